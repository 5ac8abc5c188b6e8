//! Text of a user, shortened for an error.

/// Returns the text as one line of at most `max` characters: runs of white space become one space, control and format
/// characters go, and `…` stands for the rest.
pub(crate) fn excerpt(text: &str, max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() {
            space = length > 0;
            continue;
        }
        if is_format(character) {
            continue;
        }
        if length + usize::from(space) >= max {
            line.push('…');
            break;
        }
        if space {
            line.push(' ');
        }
        line.push(character);
        length += 1 + usize::from(space);
        space = false;
    }
    line
}

/// Returns whether a character only formats its neighbours (Unicode category Cf): it takes no space, and may reverse or
/// hide them.
pub(crate) fn is_format(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn white_space_becomes_one_space() {
        assert_eq!(excerpt(" a\n\t b\u{1b}[2J \u{202e}c ", 20), "a b [2J c");
        assert_eq!(excerpt("", 5), "");
        assert_eq!(excerpt(" \n ", 5), "");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(excerpt("abcdef", 6), "abcdef");
        assert_eq!(excerpt("abcdefg", 6), "abcdef…");
        assert_eq!(excerpt("ab cd", 3), "ab…");
    }

    proptest! {
        #[test]
        fn any_text_is_one_bounded_line(text in any::<String>(), max in 1..50_usize) {
            let line = excerpt(&text, max);
            prop_assert!(line.chars().count() <= max + 1);
            prop_assert!(!line.contains(|character: char| character.is_control() || is_format(character)));
        }
    }
}
