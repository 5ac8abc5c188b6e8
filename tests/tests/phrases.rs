//! Checks the language of the repository: phrases and names that the Language rules of CONTRIBUTING.md replace do not
//! return, and test names are short.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tilebox_tests::sources::{files, root};

/// A phrase or name to avoid, its replacement, and the reason.
type Rule = (&'static str, &'static str, &'static str);

/// The rules for one kind of text each.
struct Rules {
    /// Phrases in comments, documents, messages and names of several words.
    phrases: &'static [Rule],
    /// Whole names in code.
    names: &'static [Rule],
    /// Words of names in code.
    parts_of_names: &'static [Rule],
}

const RULES: Rules = Rules { phrases: PHRASES, names: NAMES, parts_of_names: PARTS_OF_NAMES };

/// Phrases in comments, documents, messages and names of several words. `there is no` is not `is no`.
const PHRASES: &[Rule] = &[
    ("is no", "is not a, does not", "\"there is no\" is fine; \"x is no y\" reads as a translation"),
    ("are no", "are not", "as `is no`"),
    ("was no", "was not a", "as `is no`"),
    ("were no", "were not", "as `is no`"),
    ("be no", "not be", "as `is no`"),
    ("there twice", "duplicate", "the standard word"),
    ("comes of", "results from", "not an English idiom"),
    ("came of", "resulted from", "not an English idiom"),
    ("comes from what", "results from", "name the cause"),
    ("goes on", "continues", "the standard word"),
    ("go on", "continue", "the standard word"),
    ("went on", "continued", "the standard word"),
    ("going on", "continuing, or the thing that happens", "the standard word"),
    ("put away", "evict", "glossary"),
    ("puts away", "evicts", "glossary"),
    ("taken out again", "restored", "glossary"),
    ("under way", "in flight, running", "glossary"),
    ("whoever", "the name of the actor", "name the actor"),
    ("whom", "the name of the actor", "name the actor"),
    ("nobody", "no client, no task, not", "name the actor"),
    ("somebody", "the name of the actor", "name the actor"),
    ("hears of", "receives, observes", "an observer observes"),
    ("so many", "the number", "name the number"),
    ("so much", "the amount", "name the amount"),
    ("many a", "many", "archaic"),
    ("of one's own", "own, custom", "name the owner"),
    ("of ones own", "own, custom", "name the owner"),
    ("what is there", "the existing datasets, the input", "name the thing"),
    ("what was there", "the previous value", "name the thing"),
    ("those that are there", "the existing ones", "name the thing"),
    ("is there already", "exists", "the standard word"),
    ("as soon as it is there", "as it arrives", "the standard word"),
    ("anew", "again", "archaic"),
    ("lest", "so that not", "archaic"),
    ("thereof", "of it", "archaic"),
    ("behind it", "after it", "\"behind\" is a place, \"after\" an order"),
    ("behind them", "after them", "\"behind\" is a place, \"after\" an order"),
    ("behind the last", "after the last", "\"behind\" is a place, \"after\" an order"),
    ("answer", "response (noun), respond (verb)", "glossary"),
    ("answers", "responses (noun), responds (verb)", "glossary"),
    ("answered", "responded, got a response", "glossary"),
    ("answering", "responding", "glossary"),
    ("is told", "receives, is reported to", "name the actor and what it does"),
    ("are told", "receive, are reported to", "name the actor and what it does"),
    ("be told", "be reported", "name the actor and what it does"),
    ("has heard", "has received", "the standard word"),
    ("only good to know", "best effort", "glossary"),
    ("best not to", "do not", "say it"),
    ("what is wrong", "the error", "name the thing"),
    ("what went wrong", "the error", "name the thing"),
    ("what can be asked", "the accepted queries", "name the thing"),
    ("the most that", "the maximum", "the standard word"),
    ("the house", "the project", "a project is not a house"),
    ("made good", "resolved", "the standard word"),
    ("held against", "validated against", "glossary"),
    ("as it stands", "unchanged", "say it"),
    ("many times over", "several times", "say it"),
    ("other way than well", "with an error", "say it"),
];

/// The last word of a phrase and a word beside it that make ordinary English: "there is no" and "is no longer".
const ALLOWED_BESIDE: &[(&str, &str)] = &[("no", "there"), ("no", "longer"), ("told", "apart")];

/// Names that were renamed, in code.
const NAMES: &[Rule] = &[
    ("Told", "ErrorReport", "a type has the field's word"),
    ("suit", "validate", "glossary"),
    ("suits", "validate", "glossary"),
    ("hasty", "best_effort", "glossary"),
    ("put_away", "evict", "glossary"),
    ("taken_out", "restore", "glossary"),
    ("presume", "the field's verb", "the name does not say what happens"),
    ("foresee", "the field's verb", "the name does not say what happens"),
    ("GLANCES", "a constant says what it limits", "the name does not say what it limits"),
    ("WORTH_WAITING", "a constant says what it limits", "the name does not say what it limits"),
    ("answer_again", "a page is requested again by `Pages`", "decoding is a stage of `Pages`"),
    ("poll_output_where", "poll_output", "decoding is a stage of `Pages`"),
    ("Unseal", "Decode", "decoding is a stage of `Pages`"),
    ("Opened", "Decoded", "decoding is a stage of `Pages`"),
    ("Arrived", "Response", "decoding is a stage of `Pages`"),
    ("These", "Resolved", "a type has the field's word"),
    ("Chosen", "Resolved", "a type has the field's word"),
    ("Wrong", "an error type of the layer", "one error type for each layer"),
    ("Flaw", "an error type of the layer", "one error type for each layer"),
];

/// Parts of names that were renamed: `answer` also rejects `handle_answer` and `HttpAnswer`.
const PARTS_OF_NAMES: &[Rule] = &[("answer", "response", "glossary"), ("answers", "responses", "glossary")];

/// Names of files and folders that do not say what is in them.
const FILE_NAMES: &[Rule] = &[
    ("at_once", "oneshot", "glossary"),
    ("known", "the name of the table in it", "the name does not say what is known"),
    ("verbs", "the nouns of the builders in it", "the name does not say which"),
    ("current", "the noun in it", "the name does not say what is current"),
    ("arrive", "response", "glossary"),
    ("near", "read_ahead, suggestions", "the name does not say near to what"),
    ("odd", "unusual, edge_cases", "the name does not say what is odd"),
    ("heard", "recorder", "the name does not say what was heard"),
    ("suit", "validate", "glossary"),
    ("hasty", "best_effort", "glossary"),
    ("figures", "numbers, metrics", "\"figure\" is a drawing or a number"),
];

/// The path of a file, the phrase that it may contain, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Generated files, and this one.
const SKIPPED: &[&str] = &["core/src/protocol/wire/", "tests/tests/phrases.rs", "docs/notebook/cells.rs"];

/// The longest name of a test, in characters.
const MAX_TEST_NAME: usize = 60;

/// The words and punctuation of one file with their lines, apart for text and code.
#[derive(Debug, Default)]
struct Tokens {
    /// Comments, texts in quotes, documents, and names of several words.
    text: Vec<(usize, String)>,
    /// Names in code.
    names: Vec<(usize, String)>,
}

/// The syntax at one place of a Rust file.
#[derive(Clone, Copy, PartialEq)]
enum Syntax {
    Code,
    Text,
    /// A text in quotes that ends at a quote with this number of `#`.
    Raw(usize),
}

impl Tokens {
    fn of_document(document: &str) -> Self {
        let mut tokens = Self::default();
        for (index, line) in document.lines().enumerate() {
            tokens.add_text(index + 1, line);
        }
        tokens
    }

    fn of_rust(source: &str) -> Self {
        let mut tokens = Self::default();
        let mut syntax = Syntax::Code;
        for (index, line) in source.lines().enumerate() {
            tokens.add_line(index + 1, line, &mut syntax);
        }
        tokens
    }

    /// Adds a line of a Rust file that begins with this syntax.
    fn add_line(&mut self, number: usize, line: &str, syntax: &mut Syntax) {
        let mut rest = line;
        while !rest.is_empty() {
            rest = match *syntax {
                Syntax::Code => self.add_code(number, rest, syntax),
                Syntax::Text => {
                    let end = end_of_text(rest);
                    self.add_text(number, rest[..end.unwrap_or(rest.len())].trim_end_matches('\\'));
                    match end {
                        Some(end) => self.end_text(number, &rest[end + 1..], syntax),
                        None => "",
                    }
                }
                Syntax::Raw(hashes) => {
                    let quote = format!("\"{}", "#".repeat(hashes));
                    let end = rest.find(&quote);
                    self.add_text(number, &rest[..end.unwrap_or(rest.len())]);
                    match end {
                        Some(end) => self.end_text(number, &rest[end + quote.len()..], syntax),
                        None => "",
                    }
                }
            };
        }
    }

    /// Adds the code up to the next text or comment, and the comment. Returns the rest of the line.
    fn add_code<'a>(&mut self, number: usize, code: &'a str, syntax: &mut Syntax) -> &'a str {
        // A quote as a character is not the start of a text.
        let start = code.match_indices(['"', '/']).map(|(index, _)| index).find(|index| {
            let is_character = code[..*index].ends_with(['\'', '\\']) && code[index + 1..].starts_with('\'');
            !is_character && (code[*index..].starts_with('"') || code[*index..].starts_with("//"))
        });
        let Some(start) = start else {
            self.add_names(number, code);
            return "";
        };
        let (before, rest) = code.split_at(start);
        if let Some(comment) = rest.strip_prefix("//") {
            self.add_names(number, before);
            self.add_text(number, comment.trim_start_matches(['/', '!']));
            return "";
        }
        let hashes = before.len() - before.trim_end_matches('#').len();
        let is_raw = before.trim_end_matches('#').ends_with('r');
        *syntax = if is_raw { Syntax::Raw(hashes) } else { Syntax::Text };
        self.add_names(number, before);
        // A text does not continue the text before it.
        self.text.push((number, "\"".to_owned()));
        &rest[1..]
    }

    fn end_text<'a>(&mut self, number: usize, rest: &'a str, syntax: &mut Syntax) -> &'a str {
        self.text.push((number, "\"".to_owned()));
        *syntax = Syntax::Code;
        rest
    }

    fn add_text(&mut self, number: usize, text: &str) {
        let mut word = String::new();
        for character in text.chars().chain([' ']) {
            if is_of_word(character) {
                word.push(character);
                continue;
            }
            self.add_word(number, &std::mem::take(&mut word));
            if !character.is_whitespace() {
                self.text.push((number, character.to_string()));
            }
        }
    }

    /// Adds a word of a text: a name of several words counts as these words.
    fn add_word(&mut self, number: usize, word: &str) {
        let parts = word.split('_').filter(|part| !part.is_empty());
        self.text.extend(parts.map(|part| (number, part.to_lowercase())));
    }

    fn add_names(&mut self, number: usize, code: &str) {
        for name in code.split(|character| !is_of_word(character)).filter(|name| !name.is_empty()) {
            self.names.push((number, name.to_owned()));
            if name.contains('_') {
                self.add_word(number, name);
                self.text.push((number, ";".to_owned()));
            }
        }
    }
}

/// Returns the index of the quote that ends a text.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(index, character)| {
        let is_end = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        is_end.then_some(index)
    })
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '\'')
}

/// Returns the lowercase words of a name, such as `http` and `answer` of `HttpAnswer`.
fn words_of_name(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for character in name.chars() {
        if character == '_' || character.is_uppercase() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (character != '_', words.last_mut()) {
            word.extend(character.to_lowercase());
        }
    }
    words
}

/// Returns the lines of a file that break a rule.
fn broken(tokens: &Tokens, rules: &Rules) -> Vec<(usize, &'static Rule)> {
    let mut found = Vec::new();
    for rule in rules.phrases {
        let words: Vec<&str> = rule.0.split(' ').collect();
        for (index, window) in tokens.text.windows(words.len()).enumerate() {
            let is_same = window.iter().zip(&words).all(|((_, token), word)| token == word);
            let before = index.checked_sub(1).map_or("", |before| &tokens.text[before].1);
            let after = tokens.text.get(index + words.len()).map_or("", |(_, word)| word);
            let is_allowed = |(word, neighbour): &(&str, &str)| {
                words.last() == Some(word) && (before == *neighbour || after == *neighbour)
            };
            if is_same && !ALLOWED_BESIDE.iter().any(is_allowed) {
                found.push((window[0].0, rule));
            }
        }
    }
    for (line, name) in &tokens.names {
        found.extend(rules.names.iter().filter(|rule| rule.0 == name).map(|rule| (*line, rule)));
        let parts = words_of_name(name);
        // Names of several words are texts as well.
        let is_new = |rule: &&Rule| !name.contains('_') && parts.iter().any(|part| part == rule.0);
        found.extend(rules.parts_of_names.iter().filter(is_new).map(|rule| (*line, rule)));
    }
    found.sort_by_key(|(line, _)| *line);
    found
}

/// Returns the path and the tokens of each Rust file and document.
fn sources() -> Vec<(String, Tokens)> {
    let root = root();
    let mut sources = Vec::new();
    for path in files(&root) {
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let extension = Path::new(&name).extension().and_then(|extension| extension.to_str());
        if SKIPPED.iter().any(|skipped| name.starts_with(skipped))
            || !matches!(extension, Some("rs" | "md" | "toml" | "sh"))
        {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a readable file");
        let tokens = if extension == Some("rs") { Tokens::of_rust(&text) } else { Tokens::of_document(&text) };
        sources.push((name, tokens));
    }
    sources.sort_by(|(first, _), (second, _)| first.cmp(second));
    sources
}

#[test]
fn no_file_has_a_replaced_phrase_or_name() {
    let sources = sources();
    let mut used = BTreeSet::new();
    let mut report = String::new();
    for (file, tokens) in &sources {
        for (line, (phrase, write, reason)) in broken(tokens, &RULES) {
            let exception = EXCEPTIONS.iter().position(|(path, allowed, _)| path == file && allowed == phrase);
            if let Some(exception) = exception {
                used.insert(exception);
                continue;
            }
            writeln!(report, "{file}:{line}: `{phrase}`: write {write} ({reason})").expect("memory");
        }
    }
    assert!(sources.len() > 300, "{} files", sources.len());
    assert!(report.is_empty(), "see \"Language\" in CONTRIBUTING.md:\n{report}");
    for (index, (file, phrase, _)) in EXCEPTIONS.iter().enumerate() {
        assert!(used.contains(&index), "remove the exception `{phrase}` of {file}: the phrase is gone");
    }
}

#[test]
fn file_names_name_their_contents() {
    let mut report = String::new();
    for path in files(&root()) {
        let path = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
        let parts = path.split(['/', '\\']).map(|part| part.trim_end_matches(".rs"));
        for (name, write, reason) in FILE_NAMES.iter().filter(|rule| parts.clone().any(|part| part == rule.0)) {
            writeln!(report, "{path}: `{name}`: write {write} ({reason})").expect("memory");
        }
    }
    assert!(report.is_empty(), "see \"Language\" in CONTRIBUTING.md:\n{report}");
}

#[test]
fn test_names_are_short() {
    let mut long = String::new();
    for path in files(&root()).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let text = fs::read_to_string(&path).expect("a readable file");
        for name in tests_in(&text).into_iter().filter(|name| name.len() > MAX_TEST_NAME) {
            writeln!(long, "{}: {name} has {} characters", path.display(), name.len()).expect("memory");
        }
    }
    assert!(long.is_empty(), "a test name has at most {MAX_TEST_NAME} characters:\n{long}");
}

/// Returns the names of the tests in a file, also of those that a suite runs.
fn tests_in(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if !line.starts_with("#[") {
            let function =
                line.trim_start_matches("pub(crate) ").trim_start_matches("pub ").trim_start_matches("async ");
            let name = function.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next());
            let is_of_suite = line.starts_with("pub(crate) async fn ");
            names.extend(name.filter(|_| is_test || is_of_suite));
            is_test = false;
        }
    }
    names
}

#[test]
fn phrases_are_found_in_every_kind_of_text() {
    let rules = Rules {
        phrases: &[("goes on", "", ""), ("is no", "", ""), ("nobody", "", ""), ("answer", "", "")],
        names: &[("suit", "", "")],
        parts_of_names: &[("answer", "", "")],
    };
    let found = |source: &str| -> Vec<(usize, &str)> {
        broken(&Tokens::of_rust(source), &rules).into_iter().map(|(line, rule)| (line, rule.0)).collect()
    };
    assert_eq!(found("/// A load goes\n/// on.\n"), [(1, "goes on")]);
    assert_eq!(found("let text = \"it is \\\n    no number\";\n"), [(1, "is no")]);
    assert_eq!(found("let raw = r#\"a \"\nnobody\"#; // suit, nobody"), [(2, "nobody"), (2, "nobody")]);
    assert_eq!(found("fn a_load_goes_on_after_it() {}"), [(1, "goes on")]);
    assert_eq!(found("struct HttpAnswer;"), [(1, "answer")]);
    assert_eq!(found("fn handle_answer() {}"), [(1, "answer")]);
    assert_eq!(found("rules.suit(schema)"), [(1, "suit")]);
    // Ordinary English, and neighbours that are not one phrase.
    assert!(
        found("// There is no test. It is no longer one. It is. No, it is not.\nlet quote = '\"'; // suit, These")
            .is_empty()
    );
    assert!(found("call(\"it is\", \"no number\"); is(no)").is_empty());
}
