//! The parser of CQL2 JSON: `{"op": "and", "args": [...]}`.

use serde_json::Value;

use super::{MAX_NESTING, Operand, ParseError, Parsed, SUBSET, compare, comparison, shorten, typed_literal};
use crate::datasets::filter::condition::Condition;
use crate::datasets::filter::field::field;
use crate::datasets::filter::literal::Literal;
use crate::datasets::filter::node::Comparison;

/// Advice that shows the form of a comparison.
const FORM: &str = "write {\"op\": \"<\", \"args\": [{\"property\": \"cloud_cover\"}, 10]}";

pub(super) fn parse(json: &str) -> Parsed<Condition> {
    let value =
        serde_json::from_str(json).map_err(|error| ParseError::new(format!("not valid JSON: {error}"), FORM))?;
    if let Some(number) = oversized_integer(json) {
        let reason = format!("`{}` does not fit into 64 bits", shorten(number));
        return Err(ParseError::new(reason, "put text in quotes; write a rounded number with an exponent"));
    }
    condition(&value, 0)
}

/// Returns the first integer of a JSON text that does not fit into 64 bits. The JSON parser would round it.
fn oversized_integer(json: &str) -> Option<&str> {
    let is_number = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.');
    // Quotes that are not escaped alternate between the start and the end of a text.
    let mut rest = json;
    let mut quoted = false;
    while !rest.is_empty() {
        if quoted {
            let mut escaped = false;
            let end = rest.find(|character: char| {
                let ends = character == '"' && !escaped;
                escaped = character == '\\' && !escaped;
                ends
            });
            rest = &rest[end? + 1..];
            quoted = false;
            continue;
        }
        let (outside, after) = rest.split_once('"').unwrap_or((rest, ""));
        let is_oversized = |word: &&str| {
            let digits = word.strip_prefix('-').unwrap_or(word);
            let is_whole = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
            is_whole && word.parse::<i64>().is_err() && word.parse::<u64>().is_err()
        };
        let found = outside.split(|character| !is_number(character)).find(is_oversized);
        if found.is_some() {
            return found;
        }
        (rest, quoted) = (after, true);
    }
    None
}

fn condition(value: &Value, nesting: usize) -> Parsed<Condition> {
    if nesting > MAX_NESTING {
        return Err(ParseError::new(format!("its conditions nest more than {MAX_NESTING} levels deep"), SUBSET));
    }
    let (Some(operator), Some(args)) = (value["op"].as_str(), value["args"].as_array()) else {
        return Err(ParseError::new("expects a condition with `op` and `args`", FORM));
    };
    refuse_other_members(value, &["op", "args"])?;
    let wrong_count = |expected: &str| {
        let reason = format!("`{}` expects {expected}, got {} arguments", shorten(operator), args.len());
        ParseError::new(reason, FORM)
    };
    match (operator, args.as_slice()) {
        ("and" | "or", []) => Err(wrong_count("at least one argument")),
        ("and" | "or", [first, others @ ..]) => {
            let mut joined = condition(first, nesting + 1)?;
            for other in others {
                let other = condition(other, nesting + 1)?;
                joined = if operator == "and" { joined & other } else { joined | other };
            }
            Ok(joined)
        }
        ("not", [operand]) => Ok(!condition(operand, nesting + 1)?),
        ("isNull", [operand]) => Ok(field(name(operand)?).is_null()),
        ("in", [operand, Value::Array(values)]) => {
            let values: Vec<_> = values.iter().map(literal).collect::<Parsed<_>>()?;
            Ok(field(name(operand)?).is_in(values))
        }
        ("between", [operand, low, high]) => {
            let side = |comparison, bound| {
                compare(Operand::Field(name(operand)?), comparison, Operand::Literal(literal(bound)?))
            };
            Ok(side(Comparison::GreaterThanOrEqual, low)? & side(Comparison::LessThanOrEqual, high)?)
        }
        ("not" | "isNull", _) => Err(wrong_count("one argument")),
        ("in", _) => Err(wrong_count("a field and a list")),
        ("between", _) => Err(wrong_count("a field and two values")),
        _ => match (comparison(operator), args.as_slice()) {
            (Some(comparison), [left, right]) => compare(operand(left)?, comparison, operand(right)?),
            (Some(_), _) => Err(wrong_count("two arguments")),
            (None, _) => Err(ParseError::unsupported(operator, "")),
        },
    }
}

/// Refuses unknown members: they may change the meaning of the condition.
fn refuse_other_members(value: &Value, known: &[&str]) -> Parsed<()> {
    let mut names = value.as_object().into_iter().flat_map(|object| object.keys());
    match names.find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(ParseError::new(format!("unknown member `{}`", shorten(name)), FORM)),
    }
}

fn name(value: &Value) -> Parsed<String> {
    match operand(value)? {
        Operand::Field(name) => Ok(name),
        Operand::Literal(_) => Err(ParseError::new("expects a field, got a value", FORM)),
    }
}

fn literal(value: &Value) -> Parsed<Literal> {
    match operand(value)? {
        Operand::Literal(value) => Ok(value),
        Operand::Field(name) => {
            let reason = format!("expects a value, got the field `{}`", shorten(&name));
            Err(ParseError::new(reason, FORM))
        }
    }
}

fn operand(value: &Value) -> Parsed<Operand> {
    let literal = match value {
        Value::Bool(value) => Literal::Bool(*value),
        Value::String(text) => Literal::String(text.clone()),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => Literal::Int(number),
            (None, Some(number), _) => Literal::Uint(number),
            (None, None, number) => Literal::Double(number.unwrap_or(f64::NAN)),
        },
        Value::Null => return Err(ParseError::new("null cannot be compared", "use isNull")),
        Value::Array(_) => return Err(ParseError::new("expects a field or a value, got a list", FORM)),
        Value::Object(object) => {
            if let Some(name) = object.get("property").and_then(Value::as_str) {
                refuse_other_members(value, &["property"])?;
                return Ok(Operand::Field(name.to_owned()));
            }
            if let Some(operator) = object.get("op").and_then(Value::as_str) {
                return Err(ParseError::unsupported(operator, " inside a comparison"));
            }
            let typed = object.iter().find_map(|(key, text)| Some((key, typed_literal(key, text.as_str()?)?)));
            match typed {
                Some((key, literal)) => {
                    refuse_other_members(value, &[key])?;
                    literal?
                }
                None => {
                    let keys: Vec<_> = object.keys().map(String::as_str).collect();
                    return Err(ParseError::unsupported(&keys.join(", "), ""));
                }
            }
        }
    };
    Ok(Operand::Literal(literal))
}
