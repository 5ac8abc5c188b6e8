//! JSON objects: in a collection of features, in an array, one after the other, or one on each line.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use serde_json::Value;

use super::fault::excerpt;
use super::feature::Features;
use super::input::unreadable;
use super::{Batch, Fault, MAX_ROW_BYTES, MAX_ROWS, Place, Row, Source};

const FORM: &str = "expects GeoJSON features or objects with the fields of the dataset";

/// The form of the text around objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Objects, arrays of objects, and objects whose list `features` has the objects, in any number and over any lines.
    Document,
    /// One object on each line.
    Lines,
}

/// JSON objects as rows.
pub(super) struct Json<R> {
    objects: Objects<BufReader<R>>,
    features: Features,
}

impl<R: Read + Send> Json<R> {
    pub(super) fn new(bytes: R, form: Form, features: Features) -> Self {
        Self { objects: Objects::new(BufReader::with_capacity(1 << 16, bytes), form), features }
    }

    fn row(&self, line: u64, text: &[u8]) -> Result<Row, Fault> {
        let fault = |problem: String, advice: &'static str| Fault::new(problem, advice).at(Place::Line(line));
        let value: Value = serde_json::from_slice(text).map_err(|error| {
            let text = excerpt(&String::from_utf8_lossy(text));
            fault(format!("not valid JSON: {error} in {text}"), "check that the file is complete")
        })?;
        let Value::Object(object) = value else { return Err(fault(FORM.to_owned(), "use other lines")) };
        let fields = self.features.fields(object);
        Ok(Row { line, fields: fields.into_iter().map(|(name, value)| (Arc::from(name), value)).collect() })
    }
}

impl<R: Read + Send> Source for Json<R> {
    fn columns(&self) -> Option<Vec<String>> {
        None
    }

    fn select(&mut self, _: &[usize]) -> Result<(), Fault> {
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, Fault> {
        let mut rows = Vec::new();
        let mut bytes = 0;
        while rows.len() < MAX_ROWS && bytes < MAX_ROW_BYTES {
            let Some(line) = self.objects.next()? else { break };
            bytes += self.objects.text.len();
            rows.push(self.row(line, &self.objects.text)?);
        }
        Ok((!rows.is_empty()).then_some(Batch::Rows(rows)))
    }
}

/// Finds objects in text without holding more than one of them.
struct Objects<R> {
    bytes: R,
    form: Form,
    /// The lists around the next object.
    state: State,
    /// The line of the next byte, counted from one.
    line: u64,
    /// The text of the last object.
    text: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Outside of every list.
    Top,
    /// In a list, which may be one of features, after an element or at its start.
    List { of_collection: bool, after_element: bool },
}

impl<R: BufRead> Objects<R> {
    fn new(bytes: R, form: Form) -> Self {
        Self { bytes, form, state: State::Top, line: 1, text: Vec::new() }
    }

    fn fault(&self, problem: impl Into<String>) -> Fault {
        Fault::new(problem, "check that the file is complete").at(Place::Line(self.line))
    }

    /// Reads the text of the next object, and returns the line on which it begins.
    fn next(&mut self) -> Result<Option<u64>, Fault> {
        loop {
            let Some(byte) = self.next_visible()? else {
                return match self.state {
                    State::Top => Ok(None),
                    State::List { .. } => Err(self.fault("the file ends within a list")),
                };
            };
            match (byte, self.state) {
                (b'{', State::Top | State::List { after_element: false, .. }) => {
                    let line = self.line;
                    if self.read_object()? {
                        return Ok(Some(line));
                    }
                }
                (b'[', State::Top) if self.form == Form::Document => {
                    self.state = State::List { of_collection: false, after_element: false };
                }
                (b',', State::List { of_collection, after_element: true }) => {
                    self.state = State::List { of_collection, after_element: false };
                }
                (b']', State::List { of_collection, .. }) => {
                    self.state = State::Top;
                    if of_collection {
                        self.skip_rest_of_object()?;
                    }
                }
                (other, _) => {
                    let got = char::from(other).escape_default();
                    return Err(self.fault(format!("{FORM}, got `{got}`")));
                }
            }
        }
    }

    /// Reads the object after its first brace into `text`. Returns false if it is a collection, whose list follows.
    fn read_object(&mut self) -> Result<bool, Fault> {
        self.text.clear();
        self.text.push(b'{');
        let mut scan = Scan::new();
        let may_be_collection = self.form == Form::Document && self.state == State::Top;
        let first_line = self.line;
        while !scan.is_complete() {
            let Some(byte) = self.next_byte()? else { return Err(self.fault("the file ends within an object")) };
            if byte == b'\n' && self.form == Form::Lines {
                self.line = first_line;
                return Err(self.fault("the object does not end on its line"));
            }
            if self.text.len() >= MAX_ROW_BYTES {
                return Err(self.fault("an object exceeds 64 MiB"));
            }
            self.text.push(byte);
            let opens_list = scan.push(byte, &self.text);
            if opens_list && may_be_collection {
                self.text.clear();
                self.state = State::List { of_collection: true, after_element: false };
                return Ok(false);
            }
        }
        if let State::List { of_collection, .. } = self.state {
            self.state = State::List { of_collection, after_element: true };
        }
        Ok(true)
    }

    /// Skips the members of a collection after its list.
    fn skip_rest_of_object(&mut self) -> Result<(), Fault> {
        let mut scan = Scan::new();
        while !scan.is_complete() {
            let Some(byte) = self.next_byte()? else { return Err(self.fault("the file ends within an object")) };
            scan.push(byte, &[]);
        }
        Ok(())
    }

    /// Returns the next byte that is not white space, nor a byte order mark, nor the mark before a text of a sequence
    /// (RFC 8142).
    fn next_visible(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            match self.next_byte()? {
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0x1e | 0xef | 0xbb | 0xbf) => {}
                byte => return Ok(byte),
            }
        }
    }

    fn next_byte(&mut self) -> Result<Option<u8>, Fault> {
        let buffer = loop {
            match self.bytes.fill_buf() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                buffer => break buffer.map_err(|error| unreadable(&error))?,
            }
        };
        let Some(byte) = buffer.first().copied() else { return Ok(None) };
        self.bytes.consume(1);
        self.line += u64::from(byte == b'\n');
        Ok(Some(byte))
    }
}

/// Follows the nesting of an object after its first brace.
struct Scan {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// The start of the string that may be a name.
    string_start: usize,
    /// Whether the next string of the outer object is the name of a member.
    expects_name: bool,
    /// Whether the value of the member `features` follows.
    is_features: bool,
}

impl Scan {
    fn new() -> Self {
        let (in_string, is_escaped) = (false, false);
        Self { depth: 1, in_string, is_escaped, string_start: 0, expects_name: true, is_features: false }
    }

    fn is_complete(&self) -> bool {
        self.depth == 0
    }

    /// Follows a byte, the last one of `text`. Returns whether it opens the list `features` of the outer object.
    fn push(&mut self, byte: u8, text: &[u8]) -> bool {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => {
                    self.in_string = false;
                    if self.depth == 1 && self.expects_name {
                        self.expects_name = false;
                        self.is_features = text.get(self.string_start..) == Some(&b"features\""[..]);
                    }
                }
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.string_start = text.len();
            }
            b'[' if self.depth == 1 && self.is_features => {
                self.depth += 1;
                return true;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            b',' if self.depth == 1 => (self.expects_name, self.is_features) = (true, false),
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn objects(text: &str, form: Form) -> Result<Vec<(u64, Value)>, Fault> {
        // A small buffer, so that objects cross its ends.
        let mut objects = Objects::new(BufReader::with_capacity(3, text.as_bytes()), form);
        let mut found = Vec::new();
        while let Some(line) = objects.next()? {
            found.push((line, serde_json::from_slice(&objects.text).expect("valid JSON")));
        }
        Ok(found)
    }

    #[test]
    fn objects_are_found_in_every_form() {
        let (a, b) = (json!({"a": "}]{[\"\\", "n": [1, {"x": []}]}), json!({"b": {}}));
        let expected = |lines: [u64; 2]| vec![(lines[0], a.clone()), (lines[1], b.clone())];
        let document = |text: String| objects(&text, Form::Document).expect("objects");
        assert_eq!(document(format!("{a}{b}")), expected([1, 1]));
        assert_eq!(document(format!("\u{feff}[\n{a},\n{b}\n]\n")), expected([2, 3]));
        assert_eq!(document(format!("[{a}][] \n[{b}]")), expected([1, 2]));
        let collection = format!(
            "{{\"type\":\"FeatureCollection\",\n\"crs\":{{\"features\":[1]}},\"features\": [{a},\n{b}],\"bbox\":[1]}}"
        );
        assert_eq!(document(collection.clone()), expected([2, 3]));
        assert_eq!(document(format!("{collection}\n{b}")).len(), 3);
        assert_eq!(objects(&format!("\u{1e}{a}\n\n{b}\r\n"), Form::Lines).expect("lines"), expected([1, 3]));
        let record = json!({"features": [1]});
        assert_eq!(objects(&record.to_string(), Form::Lines).expect("a line"), [(1, record)]);
        assert!(document(String::new()).is_empty());
    }

    #[test]
    fn faults_name_the_line() {
        let refused = |text: &str, form| objects(text, form).expect_err(text).to_string();
        for (text, expected) in [
            ("\n{\"a\":1", "line 2, the file ends within an object"),
            ("[{}\n", "line 2, the file ends within a list"),
            ("[{} {}]", "line 1, expects GeoJSON features or objects with the fields of the dataset, got `{`"),
            ("[1]", "line 1, expects GeoJSON features"),
            ("{\"features\":[{}", "line 1, the file ends within a list"),
            ("{\"features\":[{}],", "line 1, the file ends within an object"),
            ("time,name\n", "line 1, expects GeoJSON features"),
        ] {
            assert!(refused(text, Form::Document).starts_with(expected), "{text}: {}", refused(text, Form::Document));
        }
        assert!(refused("{}\n{\"a\":\n1}", Form::Lines).starts_with("line 2, the object does not end on its line"));
        assert!(refused("[{}]", Form::Lines).starts_with("line 1, expects"));
        let mut invalid = Json::new(&b"{}\n{\"a\":nan}"[..], Form::Lines, Features::default());
        let refused = invalid.next_batch().expect_err("not JSON").to_string();
        assert!(refused.starts_with("line 2, not valid JSON: expected"), "{refused}");
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes: Vec<u8>, lines: bool) {
            let form = if lines { Form::Lines } else { Form::Document };
            let mut table = Json::new(bytes.as_slice(), form, Features::default());
            for _ in 0..=bytes.len() {
                match table.next_batch() {
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => return Ok(()),
                }
            }
            prop_assert!(false, "a batch without bytes");
        }

        #[test]
        fn texts_of_json_are_found(names in prop::collection::vec("[a-z{}\\[\\]\",:\\\\]{0,5}", 1..5)) {
            let object = Value::Object(names.into_iter().map(|name| (name.clone(), Value::from(name))).collect());
            let found = objects(&format!("[{object},{object}]{object}"), Form::Document).expect("objects");
            prop_assert_eq!(found.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), vec![object; 3]);
        }
    }
}
