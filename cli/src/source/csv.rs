//! Tables of text (RFC 4180), also with other separators.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::input::unreadable;
use super::{Batch, Fault, Input, MAX_ROW_BYTES, MAX_ROWS, Place, Row, Source};

/// Separators, of which the most frequent one in the header is used.
const SEPARATORS: &[u8] = b",\t;|";

/// A table whose first line has the names of the columns.
pub(super) struct Csv {
    reader: csv::Reader<Bounded>,
    budget: Arc<AtomicUsize>,
    names: Vec<Arc<str>>,
    selected: Vec<usize>,
    /// Texts of missing values, beside the empty one.
    missing: Vec<String>,
}

impl Csv {
    pub(super) fn open(input: Input, separator: Option<u8>, missing: &[String]) -> Result<Self, Fault> {
        let separator = separator.unwrap_or_else(|| guess_separator(input.head()));
        let budget = Arc::new(AtomicUsize::new(MAX_ROW_BYTES));
        let bounded = Bounded { bytes: input.into_reader(), budget: Arc::clone(&budget) };
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(bounded);
        let header = reader.headers().map_err(fault)?.clone();
        let names: Vec<Arc<str>> = header.iter().map(|name| Arc::from(name.trim())).collect();
        Ok(Self { reader, budget, selected: (0..names.len()).collect(), names, missing: missing.to_vec() })
    }

    fn value(&self, text: &str) -> Value {
        match text {
            "" => Value::Null,
            text if self.missing.iter().any(|missing| missing == text) => Value::Null,
            text => Value::from(text),
        }
    }
}

impl Source for Csv {
    fn columns(&self) -> Option<Vec<String>> {
        Some(self.names.iter().map(|name| name.as_ref().to_owned()).collect())
    }

    fn select(&mut self, columns: &[usize]) -> Result<(), Fault> {
        self.selected = columns.to_vec();
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, Fault> {
        let mut rows = Vec::new();
        let mut record = csv::StringRecord::new();
        let mut bytes = 0;
        while rows.len() < MAX_ROWS && bytes < MAX_ROW_BYTES {
            self.budget.store(MAX_ROW_BYTES, Ordering::Relaxed);
            if !self.reader.read_record(&mut record).map_err(fault)? {
                break;
            }
            bytes += record.as_slice().len();
            let line = record.position().map_or(0, csv::Position::line);
            let fields = self
                .selected
                .iter()
                .filter_map(|index| Some((Arc::clone(self.names.get(*index)?), self.value(record.get(*index)?))));
            rows.push(Row { line, fields: fields.collect() });
        }
        Ok((!rows.is_empty()).then_some(Batch::Rows(rows)))
    }
}

fn guess_separator(head: &[u8]) -> u8 {
    let header = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let mut is_quoted = false;
    let mut counts = [0; SEPARATORS.len()];
    for byte in header {
        match byte {
            b'"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            byte => {
                if let Some(index) = SEPARATORS.iter().position(|separator| separator == byte) {
                    counts[index] += 1;
                }
            }
        }
    }
    // The first of equally frequent ones, which is the comma.
    let most = counts.iter().copied().max().unwrap_or_default();
    counts.iter().position(|count| *count == most).map_or(b',', |index| SEPARATORS[index])
}

fn fault(error: csv::Error) -> Fault {
    let place = error.position().map(|position| Place::Line(position.line()));
    let fault = match error.kind() {
        csv::ErrorKind::Io(error) => unreadable(error),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let problem = format!("expects {expected_len} values, as many as the header has, got {len}");
            Fault::new(problem, "quote values that contain the separator, or set it with --separator")
        }
        csv::ErrorKind::Utf8 { .. } => Fault::new("not valid UTF-8", "convert the file to UTF-8"),
        _ => Fault::new(error.to_string(), "check that it is CSV"),
    };
    match place {
        Some(place) => fault.at(place),
        None => fault,
    }
}

/// Bytes of which only a limited number is read for one row: an unclosed quote would otherwise read all of them.
struct Bounded {
    bytes: Box<dyn Read + Send>,
    budget: Arc<AtomicUsize>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let budget = self.budget.load(Ordering::Relaxed);
        if budget == 0 {
            return Err(io::Error::other("a row exceeds 64 MiB; is a quote not closed?"));
        }
        let end = buffer.len().min(budget);
        let read = self.bytes.read(&mut buffer[..end])?;
        self.budget.store(budget - read, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Csv {
        Csv::open(Input::of_bytes(text.as_bytes()), None, &["NA".to_owned()]).expect("a table")
    }

    fn rows(text: &str) -> Result<Vec<Row>, Fault> {
        match open(text).next_batch()? {
            Some(Batch::Rows(rows)) => Ok(rows),
            _ => Ok(Vec::new()),
        }
    }

    #[test]
    fn rows_have_lines_and_texts() {
        let read = rows("\u{feff}time, name\n2025-01-01,\"a,\nb\"\n\n2025-01-02,NA\n2025-01-03,\n").expect("rows");
        let expected = [(2, "2025-01-01".into(), "a,\nb".into()), (4, "2025-01-02".into(), Value::Null)];
        let read: Vec<_> =
            read.iter().map(|row| (row.line, row.fields[0].1.clone(), row.fields[1].1.clone())).collect();
        assert_eq!(read[..2], expected);
        assert_eq!(read[2].2, Value::Null);
        assert_eq!(open("\u{feff}time, name\n").columns().expect("a header"), ["time", "name"]);
    }

    #[test]
    fn only_selected_columns_are_read() {
        let mut table = open("a;b;c\n1;2;3\n");
        table.select(&[0, 2]).expect("columns");
        let Ok(Some(Batch::Rows(rows))) = table.next_batch() else { panic!("one row") };
        assert_eq!(rows[0].fields, [("a".into(), "1".into()), ("c".into(), "3".into())]);
        assert!(table.next_batch().expect("the end").is_none());
    }

    #[test]
    fn the_header_tells_the_separator() {
        for (header, separator) in
            [("a,b", b','), ("a\tb,c\td", b'\t'), ("a;b", b';'), ("\"a;b;c\",d", b','), ("a|b", b'|'), ("a", b',')]
        {
            assert_eq!(guess_separator(header.as_bytes()), separator, "{header}");
        }
    }

    #[test]
    fn faults_name_the_line() {
        let refused = |text: &str| rows(text).expect_err(text).to_string();
        assert!(refused("a,b\n1,2\n3\n").starts_with("line 3, expects 2 values, as many as the header has, got 1"));
        let latin = Csv::open(Input::of_bytes(b"a\n\xe9\n"), None, &[]).expect("a header").next_batch();
        assert!(latin.expect_err("not UTF-8").to_string().starts_with("line 2, not valid UTF-8"));
        let mut endless = b"a\n\"".to_vec();
        endless.resize(MAX_ROW_BYTES + 100_000, b'x');
        let refused = Csv::open(Input::of_bytes(&endless), None, &[]).expect("a header").next_batch();
        assert!(refused.expect_err("too long").to_string().contains("a row exceeds 64 MiB"));
    }
}
