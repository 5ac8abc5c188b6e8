//! Enum types and the short names of their values.

use std::collections::HashSet;

use prost_types::EnumDescriptorProto;

/// An enum type: numbers and their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    full_name: String,
    values: Vec<EnumValue>,
}

/// One named number of an [`EnumType`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// The number on the wire.
    pub number: i32,
    /// The name in the descriptor: `PROCESSING_LEVEL_L1C`.
    pub name: String,
    /// The name without the prefix of its type: `L1C`.
    ///
    /// The full name where the rest would be empty, a number (which stands for an unknown value) or the name of another
    /// value.
    pub short_name: String,
}

impl EnumType {
    pub(super) fn new(full_name: &str, descriptor: &EnumDescriptorProto) -> Self {
        let prefix = upper_snake(descriptor.name()) + "_";
        let mut names = HashSet::new();
        let mut values = Vec::with_capacity(descriptor.value.len());
        for value in &descriptor.value {
            names.insert(value.name());
        }
        let mut numbers = HashSet::new();
        for value in &descriptor.value {
            // Of several names of a number, the first is the one to print.
            if !numbers.insert(value.number()) {
                continue;
            }
            let name = value.name();
            let short_name = match name.strip_prefix(&prefix) {
                Some(short) if !short.is_empty() && short.parse::<i64>().is_err() && !names.contains(short) => short,
                _ => name,
            };
            values.push(EnumValue { number: value.number(), name: name.to_owned(), short_name: short_name.to_owned() });
        }
        Self { full_name: full_name.to_owned(), values }
    }

    /// Returns the name with its package, without a leading dot: `datasets.v1.ProcessingLevel`.
    #[must_use]
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// Returns the named numbers in the order of the descriptor, each number once.
    #[must_use]
    pub fn values(&self) -> &[EnumValue] {
        &self.values
    }
}

/// Converts `SARPolarization` to `SAR_POLARIZATION`: a word starts at a capital that follows a small letter or a digit, and at
/// the last of several capitals when a small letter follows.
fn upper_snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut previous: Option<char> = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let after_word = previous.is_some_and(|previous| previous.is_ascii_lowercase() || previous.is_ascii_digit());
        let ends_acronym = previous.is_some_and(|previous| previous.is_ascii_uppercase())
            && letters.peek().is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (after_word || ends_acronym) {
            snake.push('_');
        }
        snake.push(letter.to_ascii_uppercase());
        previous = Some(letter);
    }
    snake
}

#[cfg(test)]
mod tests {
    use prost_types::EnumValueDescriptorProto;

    use super::*;

    fn enumeration(name: &str, values: &[(&str, i32)]) -> EnumType {
        let value = values
            .iter()
            .map(|(name, number)| EnumValueDescriptorProto {
                name: Some((*name).to_owned()),
                number: Some(*number),
                options: None,
            })
            .collect();
        EnumType::new(name, &EnumDescriptorProto { name: Some(name.to_owned()), value, ..Default::default() })
    }

    fn short_names(enumeration: &EnumType) -> Vec<&str> {
        enumeration.values().iter().map(|value| value.short_name.as_str()).collect()
    }

    #[test]
    fn the_prefix_of_a_value_is_the_upper_snake_name_of_its_type() {
        for (name, prefix) in [
            ("ProcessingLevel", "PROCESSING_LEVEL"),
            ("SARPolarization", "SAR_POLARIZATION"),
            ("EOCommonName", "EO_COMMON_NAME"),
            ("L2Product", "L2_PRODUCT"),
            ("already_snake", "ALREADY_SNAKE"),
            ("", ""),
        ] {
            assert_eq!(upper_snake(name), prefix);
        }
    }

    #[test]
    fn a_short_name_never_stands_for_two_values() {
        let levels = enumeration("Level", &[("LEVEL_L1C", 0), ("LEVEL_2", 1), ("LEVEL_OTHER", 2), ("OTHER", 3)]);
        assert_eq!(short_names(&levels), ["L1C", "LEVEL_2", "LEVEL_OTHER", "OTHER"]);
    }

    #[test]
    fn the_first_name_of_a_number_counts() {
        let levels = enumeration("Level", &[("LEVEL_A", 1), ("LEVEL_B", 1), ("UNRELATED", 2), ("LEVEL_", 3)]);
        assert_eq!(short_names(&levels), ["A", "UNRELATED", "LEVEL_"]);
    }
}
