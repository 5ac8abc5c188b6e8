//! Names of a dataset as Rust identifiers.

use std::collections::HashSet;

/// Keywords of Rust 2024, including reserved ones.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that cannot be raw identifiers.
const NEVER_RAW: [&str; 4] = ["crate", "self", "Self", "super"];

/// Names that the generated code and its derives use.
const USED_TYPES: [&str; 17] = [
    "BTreeMap",
    "Clone",
    "Debug",
    "Deserialize",
    "Err",
    "Footprint",
    "Hash",
    "None",
    "Ok",
    "Option",
    "Serialize",
    "Some",
    "String",
    "TimeDelta",
    "Timestamp",
    "Uuid",
    "Vec",
];

/// Names of one scope, each given once.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// Returns the scope of types, in which the names that the code uses are taken.
    pub(super) fn of_types() -> Self {
        Self(USED_TYPES.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Takes the first of these names that is free, or the last one with a number.
    pub(super) fn take(&mut self, names: &[String]) -> String {
        if let Some(free) = names.iter().find(|name| !self.0.contains(*name)) {
            self.0.insert(free.clone());
            return free.clone();
        }
        let name = names.last().map_or("", String::as_str);
        let separator = if name.ends_with(|last: char| last.is_ascii_digit()) { "_" } else { "" };
        let mut number = 2_u64;
        loop {
            let numbered = format!("{name}{separator}{number}");
            if self.0.insert(numbered.clone()) {
                return numbered;
            }
            number += 1;
        }
    }
}

/// Returns the name of a field in snake case, without the escape of keywords.
pub(super) fn field(name: &str) -> String {
    if is_snake_case(name) {
        return name.to_owned();
    }
    let joined = words(name).iter().map(|word| word.to_ascii_lowercase()).collect::<Vec<_>>().join("_");
    match joined.chars().next() {
        None => "field".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("field_{joined}"),
        Some(_) => joined,
    }
}

/// Escapes an identifier that is a keyword.
pub(super) fn escaped(name: String) -> String {
    if NEVER_RAW.contains(&name.as_str()) {
        format!("{name}_")
    } else if KEYWORDS.contains(&name.as_str()) {
        format!("r#{name}")
    } else {
        name
    }
}

/// Returns the name of a type or a variant in upper camel case. `stand_in` replaces what a name lacks: a first letter, or
/// all of it.
pub(super) fn camel(name: &str, stand_in: &str) -> String {
    let mut camel = String::new();
    for word in words(name) {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        // Two numbers in a row keep their border: `LEVEL_2_1`.
        if first.is_some_and(|first| first.is_ascii_digit()) && camel.ends_with(|last: char| last.is_ascii_digit()) {
            camel.push('_');
        }
        camel.extend(first);
        camel.push_str(&letters.as_str().to_ascii_lowercase());
    }
    if !camel.starts_with(|first: char| first.is_ascii_alphabetic()) {
        camel.insert_str(0, stand_in);
    }
    escaped(camel)
}

/// Returns whether this is a Rust identifier in upper camel case that the code can use for a type.
pub(super) fn is_type(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
        && name != "Self"
        && !USED_TYPES.contains(&name)
}

/// Returns whether a name is an identifier in snake case as `rustc` lints it.
fn is_snake_case(name: &str) -> bool {
    let has_letters = name.contains(|letter: char| letter.is_ascii_lowercase());
    has_letters
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        && !name.trim_matches('_').contains("__")
}

/// Splits a name into words: at other characters than ASCII letters and digits, at a capital after a small letter, and at
/// the last of several capitals before a small letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous: Option<char> = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_ascii_alphanumeric() {
            words.push(String::new());
            previous = None;
            continue;
        }
        let after_word = previous.is_some_and(|previous| previous.is_ascii_lowercase());
        let ends_acronym = previous.is_some_and(|previous| previous.is_ascii_uppercase() || previous.is_ascii_digit())
            && letters.peek().is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (after_word || ends_acronym) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
        previous = Some(letter);
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_field_keeps_a_name_in_snake_case() {
        for name in ["time", "granule_name", "b02", "_private", "trailing_", "x"] {
            assert_eq!(field(name), name);
        }
        for (name, expected) in [
            ("cloudCover", "cloud_cover"),
            ("S2ATile", "s2a_tile"),
            ("SARMode", "sar_mode"),
            ("eo:cloud_cover", "eo_cloud_cover"),
            ("a__b", "a_b"),
            ("2nd", "field_2nd"),
            ("", "field"),
            ("_", "field"),
            ("größe", "gr_e"),
            ("日本", "field"),
        ] {
            assert_eq!(field(name), expected, "{name}");
        }
    }

    #[test]
    fn keywords_are_escaped() {
        assert_eq!(escaped("type".to_owned()), "r#type");
        assert_eq!(escaped("gen".to_owned()), "r#gen");
        assert_eq!(escaped("self".to_owned()), "self_");
        assert_eq!(escaped("types".to_owned()), "types");
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn a_type_is_named_in_upper_camel_case() {
        for (name, expected) in [
            ("Sentinel2Msi", "Sentinel2Msi"),
            ("UNSPECIFIED", "Unspecified"),
            ("L1C", "L1c"),
            ("NOT_APPLICABLE", "NotApplicable"),
            ("LEVEL_2_1", "Level2_1"),
            ("5M", "Value5m"),
            ("", "Value"),
            ("self", "Self_"),
            ("SARImage", "SarImage"),
        ] {
            assert_eq!(camel(name, "Value"), expected, "{name}");
        }
    }

    #[test]
    fn a_name_is_taken_once() {
        let mut names = Names::default();
        let mut take = |text: &[&str]| names.take(&text.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(take(&["A", "B"]), "A");
        assert_eq!(take(&["A", "B"]), "B");
        assert_eq!(take(&["A", "B"]), "B2");
        assert_eq!(take(&["A", "B"]), "B3");
        assert_eq!(take(&["L1"]), "L1");
        assert_eq!(take(&["L1"]), "L1_2");
        assert_eq!(Names::of_types().take(&["Vec".to_owned()]), "Vec2");
    }

    proptest! {
        #[test]
        fn every_name_becomes_an_identifier(name: String) {
            for identifier in [escaped(field(&name)), camel(&name, "Value")] {
                let bare = identifier.strip_prefix("r#").unwrap_or(&identifier);
                prop_assert!(bare.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'), "{}", identifier);
                prop_assert!(bare.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'), "{}", identifier);
                prop_assert!(bare.contains(|letter: char| letter != '_'), "{}", identifier);
            }
        }
    }
}
