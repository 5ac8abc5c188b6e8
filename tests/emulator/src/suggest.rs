//! Spelling suggestions for unknown words.

/// Returns advice for an unknown word: the most similar known word, or all known words after `introduction`.
///
/// The comparison ignores case and everything after `=` or `:`.
pub(crate) fn advice(word: &str, introduction: &str, known: &[&str]) -> String {
    let closest = known.iter().map(|known| (distance(&stem(word), &stem(known)), known)).min();
    match closest {
        // At most a third of the letters may differ.
        Some((distance, known)) if !word.is_empty() && distance * 3 <= stem(known).len() => {
            format!("did you mean {known:?}?")
        }
        _ => format!("{introduction} {}", known.join(", ")),
    }
}

fn stem(word: &str) -> Vec<char> {
    let end = word.find(['=', ':']).unwrap_or(word.len());
    word.get(..end).unwrap_or(word).to_lowercase().chars().collect()
}

/// Returns the number of letters to insert, remove or replace (Levenshtein distance).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.iter().enumerate() {
        let mut before = index;
        let mut last = index + 1;
        for (other, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let replaced = before + usize::from(letter != other);
            before = *cell;
            last = replaced.min(before + 1).min(last + 1);
            *cell = last;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_changed_letters() {
        let distance = |left: &str, right: &str| distance(&stem(left), &stem(right));
        for (left, right, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("kitten", "sitting", 3),
            ("", "ab", 2),
            ("ab", "", 2),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn only_a_similar_word_is_suggested() {
        let known = ["times=N", "on=METHOD"];
        assert_eq!(advice("time=3", "known are", &known), "did you mean \"times=N\"?");
        assert_eq!(advice("nothing", "known are", &known), "known are times=N, on=METHOD");
        assert_eq!(advice("", "known are", &known), "known are times=N, on=METHOD");
    }
}
