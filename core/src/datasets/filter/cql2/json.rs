//! CQL2 as JSON: `{"op": "and", "args": [...]}`.

use serde_json::Value;

use super::{Complaint, MAX_NESTING, Operand, Read, SUBSET, compare, comparison, shorten, typed_literal};
use crate::datasets::filter::condition::Condition;
use crate::datasets::filter::expression::Comparison;
use crate::datasets::filter::field::field;
use crate::datasets::filter::literal::Literal;

const SHAPE: &str = "write {\"op\": \"<\", \"args\": [{\"property\": \"cloud_cover\"}, 10]}";

pub(super) fn parse(json: &str) -> Read<Condition> {
    let value =
        serde_json::from_str(json).map_err(|error| Complaint::new(format!("it is not JSON: {error}"), SHAPE))?;
    if let Some(number) = oversized_integer(json) {
        let reason = format!("`{}` is not a number of 64 bits", shorten(number));
        return Err(Complaint::new(reason, "write text in quotes, and a rounded number with an exponent"));
    }
    condition(&value, 0)
}

/// The first whole number of a JSON text that has no place in 64 bits: the parser makes a rounded one of it.
fn oversized_integer(json: &str) -> Option<&str> {
    let is_number = |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.');
    // Every second part lies in quotes, once escaped quotes are not counted.
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

fn condition(value: &Value, nesting: usize) -> Read<Condition> {
    if nesting > MAX_NESTING {
        return Err(Complaint::new(format!("it nests more than {MAX_NESTING} deep"), SUBSET));
    }
    let (Some(operator), Some(args)) = (value["op"].as_str(), value["args"].as_array()) else {
        return Err(Complaint::new("a condition is no object with `op` and `args`", SHAPE));
    };
    only(value, &["op", "args"])?;
    let wrong = |count: &str| {
        let reason = format!("`{}` has {} arguments and takes {count}", shorten(operator), args.len());
        Complaint::new(reason, SHAPE)
    };
    match (operator, args.as_slice()) {
        ("and" | "or", []) => Err(wrong("at least one")),
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
            let values: Vec<_> = values.iter().map(literal).collect::<Read<_>>()?;
            Ok(field(name(operand)?).is_in(values))
        }
        ("between", [operand, low, high]) => {
            let side = |comparison, bound| {
                compare(Operand::Field(name(operand)?), comparison, Operand::Literal(literal(bound)?))
            };
            Ok(side(Comparison::GreaterThanOrEqual, low)? & side(Comparison::LessThanOrEqual, high)?)
        }
        ("not" | "isNull", _) => Err(wrong("one")),
        ("in", _) => Err(wrong("a field and a list")),
        ("between", _) => Err(wrong("a field and two values")),
        _ => match (comparison(operator), args.as_slice()) {
            (Some(comparison), [left, right]) => compare(operand(left)?, comparison, operand(right)?),
            (Some(_), _) => Err(wrong("two")),
            (None, _) => Err(Complaint::unsupported(operator, "")),
        },
    }
}

/// Refuses members that would be ignored: they may change what is meant.
fn only(value: &Value, known: &[&str]) -> Read<()> {
    let mut names = value.as_object().into_iter().flat_map(|object| object.keys());
    match names.find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Complaint::new(format!("the member `{}` is not expected", shorten(name)), SHAPE)),
    }
}

fn name(value: &Value) -> Read<String> {
    match operand(value)? {
        Operand::Field(name) => Ok(name),
        Operand::Literal(_) => Err(Complaint::new("a value stands where only a field can", SHAPE)),
    }
}

fn literal(value: &Value) -> Read<Literal> {
    match operand(value)? {
        Operand::Literal(value) => Ok(value),
        Operand::Field(name) => {
            let reason = format!("the field `{}` stands where only a value can", shorten(&name));
            Err(Complaint::new(reason, SHAPE))
        }
    }
}

fn operand(value: &Value) -> Read<Operand> {
    let literal = match value {
        Value::Bool(value) => Literal::Bool(*value),
        Value::String(text) => Literal::String(text.clone()),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => Literal::Int(number),
            (None, Some(number), _) => Literal::Uint(number),
            (None, None, number) => Literal::Double(number.unwrap_or(f64::NAN)),
        },
        Value::Null => return Err(Complaint::new("null compares with nothing", "use isNull")),
        Value::Array(_) => return Err(Complaint::new("a list stands where a field or a value can", SHAPE)),
        Value::Object(object) => {
            if let Some(name) = object.get("property").and_then(Value::as_str) {
                only(value, &["property"])?;
                return Ok(Operand::Field(name.to_owned()));
            }
            if let Some(operator) = object.get("op").and_then(Value::as_str) {
                return Err(Complaint::unsupported(operator, " inside a comparison"));
            }
            let typed = object.iter().find_map(|(key, text)| Some((key, typed_literal(key, text.as_str()?)?)));
            match typed {
                Some((key, literal)) => {
                    only(value, &[key])?;
                    literal?
                }
                None => {
                    let keys: Vec<_> = object.keys().map(String::as_str).collect();
                    return Err(Complaint::unsupported(&keys.join(", "), ""));
                }
            }
        }
    };
    Ok(Operand::Literal(literal))
}
