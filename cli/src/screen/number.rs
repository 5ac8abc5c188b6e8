//! Numbers for readers.

/// Formats a number with a space between groups of three digits, such as `1 204 331`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let texts = [0, 12, 999, 1000, 12_345, 1_204_331].map(number);
        assert_eq!(texts, ["0", "12", "999", "1 000", "12 345", "1 204 331"]);
    }
}
