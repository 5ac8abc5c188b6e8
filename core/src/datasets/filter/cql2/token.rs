//! The tokens of CQL2 text.

use super::{ParseError, Parsed, shorten};
use crate::datasets::filter::literal::Literal;

/// A token, and the position of its first character, counted from one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) position: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word(String),
    /// A name in double quotes, never a keyword.
    Quoted(String),
    /// Text in single quotes.
    Text(String),
    Number(Literal),
    Symbol(&'static str),
}

impl Token {
    /// Returns the position as errors show it.
    pub(super) fn place(&self) -> String {
        format!(" (at character {})", self.position)
    }

    /// Returns the token as errors show it.
    pub(super) fn shown(&self) -> String {
        match &self.kind {
            Kind::Word(word) | Kind::Quoted(word) => shorten(word),
            Kind::Text(text) => format!("'{}'", shorten(text)),
            Kind::Number(number) => shorten(&number.to_string()),
            Kind::Symbol(symbol) => (*symbol).to_owned(),
        }
    }
}

/// All symbols; longer ones come before their prefixes.
const SYMBOLS: [&str; 16] = ["<>", "<=", ">=", "!=", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/", "%", "^"];

/// Splits a text into tokens.
pub(super) fn tokens(text: &str) -> Parsed<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut position = 1;
    loop {
        let trimmed = rest.trim_start();
        position += rest[..rest.len() - trimmed.len()].chars().count();
        let Some(first) = trimmed.chars().next() else { return Ok(tokens) };
        let after_value = matches!(
            tokens.last(),
            Some(Token { kind: Kind::Quoted(_) | Kind::Text(_) | Kind::Number(_) | Kind::Symbol(")"), .. })
        );
        let (kind, length) = match first {
            '\'' => quoted(trimmed, '\'', position).map(|(text, length)| (Kind::Text(text), length))?,
            '"' => quoted(trimmed, '"', position).map(|(text, length)| (Kind::Quoted(text), length))?,
            _ if is_number(trimmed) && !(after_value && matches!(first, '+' | '-')) => number(trimmed, position)?,
            _ if first.is_alphabetic() || first == '_' => {
                let length = trimmed.find(|other| !is_word(other)).unwrap_or(trimmed.len());
                (Kind::Word(trimmed[..length].to_owned()), length)
            }
            _ => match SYMBOLS.into_iter().find(|symbol| trimmed.starts_with(symbol)) {
                Some(symbol) => (Kind::Symbol(symbol), symbol.len()),
                None => {
                    let shown = first.escape_debug();
                    let reason = format!("unexpected `{shown}` (at character {position})");
                    return Err(ParseError::new(reason, "text needs single quotes"));
                }
            },
        };
        tokens.push(Token { kind, position });
        position += trimmed[..length].chars().count();
        rest = &trimmed[length..];
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | ':')
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.strip_prefix('.').unwrap_or(digits).starts_with(|digit: char| digit.is_ascii_digit())
}

/// Returns the content of a quoted text and its length with the quotes. A doubled quote is an escaped quote.
fn quoted(text: &str, quote: char, position: usize) -> Parsed<(String, usize)> {
    let mut inside = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((index, character)) = characters.next() {
        if character != quote {
            inside.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            inside.push(quote);
        } else {
            return Ok((inside, index + quote.len_utf8()));
        }
    }
    let reason = format!("the quote {quote} (at character {position}) is not closed");
    Err(ParseError::new(reason, "close it; write a quote inside the text twice"))
}

/// Parses a number. Integers, without a decimal point and an exponent, stay exact.
fn number(text: &str, position: usize) -> Parsed<(Kind, usize)> {
    let mut length = 0;
    let mut before = ' ';
    for (index, character) in text.char_indices() {
        let sign = matches!(character, '+' | '-') && (index == 0 || matches!(before, 'e' | 'E'));
        if !sign && !is_word(character) {
            break;
        }
        before = character;
        length = index + character.len_utf8();
    }
    let written = &text[..length];
    let is_integer = !written.contains(['.', 'e', 'E']);
    let value = match is_integer {
        true => match written.parse() {
            Ok(number) => Some(Literal::Int(number)),
            Err(_) => written.parse().ok().map(Literal::Uint),
        },
        // The text begins with a digit or a point, so it is none of the words that Rust parses, such as `inf`.
        false => written.parse::<f64>().ok().filter(|number| number.is_finite()).map(Literal::Double),
    };
    let value = value.ok_or_else(|| {
        let reason = format!("`{}` (at character {position}) is not a number of 64 bits", shorten(written));
        ParseError::new(reason, "text needs single quotes")
    })?;
    Ok((Kind::Number(value), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        let tokens = tokens(text).map_err(|error| error.reason).expect("tokens");
        tokens.into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn integers_stay_exact() {
        let number = |text| kinds(text).pop().expect("a number");
        assert_eq!(number("9007199254740993"), Kind::Number(Literal::Int(9_007_199_254_740_993)));
        assert_eq!(number("-9223372036854775808"), Kind::Number(Literal::Int(i64::MIN)));
        assert_eq!(number("18446744073709551615"), Kind::Number(Literal::Uint(u64::MAX)));
        assert_eq!(number("+1.5e-3"), Kind::Number(Literal::Double(0.0015)));
        assert_eq!(number("2."), Kind::Number(Literal::Double(2.0)));
        assert_eq!(number(".5"), Kind::Number(Literal::Double(0.5)));
        assert_eq!(number("-.5e1"), Kind::Number(Literal::Double(-5.0)));
        assert_eq!(kinds("a<.5")[2], Kind::Number(Literal::Double(0.5)));
        for invalid in ["18446744073709551616", "1e999", "12abc", "1.2.3", "1e", ".", ".e1", "..5", ".5.", ".5x"] {
            assert!(tokens(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn a_sign_after_a_value_is_an_operator() {
        assert_eq!(kinds("(1)-1")[3], Kind::Symbol("-"));
        assert_eq!(kinds("a<-1")[1..], [Kind::Symbol("<"), Kind::Number(Literal::Int(-1))]);
    }

    #[test]
    fn quotes_are_closed_and_escaped_by_doubling() {
        assert_eq!(kinds("'it''s'"), [Kind::Text("it's".to_owned())]);
        assert_eq!(kinds("\"not\""), [Kind::Quoted("not".to_owned())]);
        assert_eq!(kinds("''"), [Kind::Text(String::new())]);
        assert!(tokens("a = 'open").is_err_and(|error| error.reason.contains("character 5")));
    }
}
