//! Filter expressions in the three-valued logic of SQL: a comparison with a missing value is unknown, and only true
//! matches.

use tilebox_core::protocol::wire::datasets::v1::filter_expression::Expression as Wire;
use tilebox_core::protocol::wire::datasets::v1::{
    FieldComparison, FieldComparisonOperator, FilterExpression, LogicalExpression, LogicalOperator,
};

use super::value::Value;
use crate::protobuf;
use crate::schema::{FieldKind, Schema, is_snake_case};

/// The limits of the API.
const MAXIMUM_EXPRESSIONS: usize = 64;
const MAXIMUM_OPERANDS: usize = 64;
const MAXIMUM_NODES: usize = 256;
/// The deepest nesting; an expression without operands has depth 1.
const MAXIMUM_DEPTH: usize = 8;
const MAXIMUM_FIELD_NAME_LENGTH: usize = 100;

/// All expressions of a query, of which a datapoint must match each.
#[derive(Default)]
pub(super) struct Expressions {
    all: Vec<Expression>,
    fields: Fields,
}

enum Expression {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    /// The position of the field in [`Fields`], the operator and the literal.
    Compare(usize, FieldComparisonOperator, Value<Vec<u8>>),
    IsNull(usize),
}

/// The numbers and kinds of the fields in expressions, without duplicates.
#[derive(Default)]
struct Fields(Vec<(u32, FieldKind)>);

impl Expressions {
    /// Validates expressions against a type.
    pub(super) fn of(expressions: &[FilterExpression], schema: &Schema) -> Result<Self, String> {
        let path = "filters.expressions";
        if expressions.len() > MAXIMUM_EXPRESSIONS {
            return Err(format!("{path}: expects at most {MAXIMUM_EXPRESSIONS}, got {}", expressions.len()));
        }
        let mut reader = Reader { schema, fields: Fields::default(), nodes: 0 };
        let read = |(index, expression)| reader.expression(expression, &format!("{path}[{index}]"), 1);
        let all = expressions.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { all, fields: reader.fields })
    }

    /// Returns whether a datapoint with these encoded fields matches all expressions.
    pub(super) fn match_fields(&self, fields: &[u8]) -> bool {
        if self.all.is_empty() {
            return true;
        }
        let values = self.fields.values(fields);
        self.all.iter().all(|expression| expression.truth(&values) == Some(true))
    }
}

impl Expression {
    /// Returns true, false or unknown (`None`).
    fn truth(&self, values: &[Option<Value<&[u8]>>]) -> Option<bool> {
        match self {
            Self::And(operands) => combine(false, operands, values),
            Self::Or(operands) => combine(true, operands, values),
            Self::Not(operand) => operand.truth(values).map(|truth| !truth),
            Self::Compare(field, operator, right) => {
                let left = values.get(*field)?.as_ref()?;
                Some(left.satisfies(*operator, right))
            }
            Self::IsNull(field) => Some(values.get(*field).is_none_or(Option::is_none)),
        }
    }
}

/// Returns `decisive` if any operand is, else unknown if any operand is, else the opposite of `decisive`.
fn combine(decisive: bool, operands: &[Expression], values: &[Option<Value<&[u8]>>]) -> Option<bool> {
    let mut truth = Some(!decisive);
    for operand in operands {
        match operand.truth(values) {
            Some(found) if found == decisive => return Some(decisive),
            Some(_) => {}
            None => truth = None,
        }
    }
    truth
}

impl Fields {
    fn position(&mut self, number: u32, kind: &FieldKind) -> usize {
        let known = self.0.iter().position(|(known, _)| *known == number);
        known.unwrap_or_else(|| {
            self.0.push((number, kind.clone()));
            self.0.len() - 1
        })
    }

    /// Reads the values of an encoded datapoint, `None` for missing fields.
    fn values<'a>(&self, encoded: &'a [u8]) -> Vec<Option<Value<&'a [u8]>>> {
        let mut values = vec![None; self.0.len()];
        for field in protobuf::fields(encoded).map_while(|field| field) {
            let named = self.0.iter().zip(&mut values).find(|((number, _), _)| *number == field.number);
            if let Some(((_, kind), value)) = named {
                *value = Value::of_field(&field.value, kind);
            }
        }
        values
    }
}

struct Reader<'a> {
    schema: &'a Schema,
    fields: Fields,
    nodes: usize,
}

impl Reader<'_> {
    fn expression(&mut self, wire: &FilterExpression, path: &str, depth: usize) -> Result<Expression, String> {
        self.nodes += 1;
        if self.nodes > MAXIMUM_NODES {
            return Err(format!("filters.expressions: expects at most {MAXIMUM_NODES} expressions including operands"));
        }
        if depth > MAXIMUM_DEPTH {
            return Err(format!("{path}: expects at most {MAXIMUM_DEPTH} levels of expressions"));
        }
        match &wire.expression {
            None => Err(format!("{path}: one of logical, comparison and is_null is required")),
            Some(Wire::Logical(logical)) => self.logical(logical, &format!("{path}.logical"), depth),
            Some(Wire::Comparison(comparison)) => self.comparison(comparison, &format!("{path}.comparison")),
            Some(Wire::IsNull(check)) => {
                Ok(Expression::IsNull(self.field(&check.field_name, &format!("{path}.is_null"))?.0))
            }
        }
    }

    fn logical(&mut self, logical: &LogicalExpression, path: &str, depth: usize) -> Result<Expression, String> {
        let (shortest, longest) = match logical.operator() {
            LogicalOperator::And | LogicalOperator::Or => (2, MAXIMUM_OPERANDS),
            LogicalOperator::Not => (1, 1),
            LogicalOperator::Unspecified => return Err(format!("{path}.operator: one of AND, OR and NOT is required")),
        };
        let count = logical.operands.len();
        if !(shortest..=longest).contains(&count) {
            return Err(format!("{path}.operands: expects {shortest} to {longest}, got {count}"));
        }
        let read = |(index, operand)| self.expression(operand, &format!("{path}.operands[{index}]"), depth + 1);
        let mut operands = logical.operands.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(match logical.operator() {
            LogicalOperator::Or => Expression::Or(operands),
            LogicalOperator::Not if count == 1 => Expression::Not(Box::new(operands.remove(0))),
            _ => Expression::And(operands),
        })
    }

    fn comparison(&mut self, comparison: &FieldComparison, path: &str) -> Result<Expression, String> {
        let (field, kind) = self.field(&comparison.field_name, path)?;
        let operator = comparison.operator();
        match operator {
            FieldComparisonOperator::Unspecified => {
                return Err(format!("{path}.operator: a known operator is required"));
            }
            FieldComparisonOperator::Equal | FieldComparisonOperator::NotEqual => {}
            _ if kind == FieldKind::Bool => {
                return Err(format!(
                    "{path}.operator: expects EQUAL or NOT_EQUAL, because field {:?} is a bool",
                    comparison.field_name
                ));
            }
            _ => {}
        }
        let literal = comparison.value.as_ref().and_then(|value| value.value.as_ref());
        let literal = literal.ok_or_else(|| format!("{path}.value: a value is required"))?;
        let value = Value::of_literal(literal, &kind)
            .map_err(|reason| format!("{path}.value: field {:?}: {reason}", comparison.field_name))?;
        Ok(Expression::Compare(field, operator, value))
    }

    fn field(&mut self, name: &str, path: &str) -> Result<(usize, FieldKind), String> {
        let invalid = |reason: &str| format!("{path}.field_name: {reason}");
        if !is_snake_case(name) || name.len() > MAXIMUM_FIELD_NAME_LENGTH {
            return Err(invalid(
                "expects at most 100 lower-case letters, digits and underscores, starting with a letter",
            ));
        }
        let field = self.schema.by_name(name).ok_or_else(|| invalid(&format!("there is no field {name:?}")))?;
        if !field.queryable || field.repeated || !field.kind.is_comparable() {
            return Err(invalid(&format!("field {name:?} is not queryable")));
        }
        Ok((self.fields.position(field.number, &field.kind), field.kind.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::field_descriptor_proto::Type;
    use prost_types::{DescriptorProto, FieldDescriptorProto};
    use tilebox_core::protocol::wire::datasets::v1::field_query_value::Value as Literal;
    use tilebox_core::protocol::wire::datasets::v1::{FieldAnnotation, FieldNullCheck, FieldQueryValue};

    fn schema() -> Schema {
        let field = |name: &str, number, r#type: Type| FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            r#type: Some(r#type.into()),
            ..FieldDescriptorProto::default()
        };
        let fields =
            vec![field("number", 4, Type::Int64), field("flag", 5, Type::Bool), field("hidden", 6, Type::Int64)];
        let annotation = |queryable| FieldAnnotation { queryable, ..FieldAnnotation::default() };
        let message = DescriptorProto { field: fields, ..DescriptorProto::default() };
        Schema::of_message(&message, &[annotation(true), annotation(true), annotation(false)])
    }

    fn number_is(value: i64) -> FilterExpression {
        compare("number", FieldComparisonOperator::Equal, Literal::Int64Value(value))
    }

    fn compare(field: &str, operator: FieldComparisonOperator, value: Literal) -> FilterExpression {
        let value = Some(FieldQueryValue { value: Some(value) });
        let comparison = FieldComparison { field_name: field.to_owned(), operator: operator.into(), value };
        FilterExpression { expression: Some(Wire::Comparison(comparison)) }
    }

    fn is_null(field: &str) -> FilterExpression {
        FilterExpression { expression: Some(Wire::IsNull(FieldNullCheck { field_name: field.to_owned() })) }
    }

    fn logical(operator: LogicalOperator, operands: Vec<FilterExpression>) -> FilterExpression {
        let logical = LogicalExpression { operator: operator.into(), operands };
        FilterExpression { expression: Some(Wire::Logical(logical)) }
    }

    fn truth(expression: FilterExpression, fields: &[u8]) -> Option<bool> {
        let read = Expressions::of(&[expression], &schema()).expect("an expression");
        read.all[0].truth(&read.fields.values(fields))
    }

    fn refusal(expression: FilterExpression) -> String {
        Expressions::of(&[number_is(1), expression], &schema()).err().expect("a refusal")
    }

    #[test]
    fn a_missing_value_is_unknown_as_in_sql() {
        use LogicalOperator::{And, Not, Or};
        let mut present = Vec::new();
        protobuf::write_varint(4, 7, &mut present);
        let unknown = || compare("flag", FieldComparisonOperator::NotEqual, Literal::BoolValue(true));
        assert_eq!(truth(number_is(7), &present), Some(true));
        assert_eq!(truth(number_is(8), &present), Some(false));
        assert_eq!(truth(unknown(), &present), None);
        assert_eq!(truth(logical(Not, vec![unknown()]), &present), None);
        assert_eq!(truth(logical(And, vec![unknown(), number_is(8)]), &present), Some(false));
        assert_eq!(truth(logical(And, vec![unknown(), number_is(7)]), &present), None);
        assert_eq!(truth(logical(Or, vec![unknown(), number_is(7)]), &present), Some(true));
        assert_eq!(truth(logical(Or, vec![unknown(), number_is(8)]), &present), None);
        assert_eq!(truth(is_null("flag"), &present), Some(true));
        assert_eq!(truth(logical(Not, vec![is_null("flag")]), &present), Some(false));
        assert_eq!(truth(is_null("number"), &present), Some(false));
    }

    #[test]
    fn a_value_of_zero_is_not_missing() {
        let mut zero = Vec::new();
        protobuf::write_varint(4, 0, &mut zero);
        assert_eq!(truth(number_is(0), &zero), Some(true));
        assert_eq!(truth(is_null("number"), &zero), Some(false));
    }

    #[test]
    fn errors_name_the_path_of_the_expression() {
        use LogicalOperator::{And, Not, Or};
        let nested = logical(And, vec![number_is(1), is_null("absent")]);
        assert_eq!(
            refusal(nested),
            "filters.expressions[1].logical.operands[1].is_null.field_name: there is no field \"absent\""
        );
        for (expression, reason) in [
            (is_null("hidden"), "not queryable"),
            (is_null("No"), "lower-case"),
            (logical(And, vec![number_is(1)]), "2 to 64"),
            (logical(Not, vec![number_is(1), number_is(2)]), "1 to 1"),
            (logical(Or, vec![number_is(1); 65]), "2 to 64"),
            (logical(LogicalOperator::Unspecified, vec![]), "operator"),
            (compare("flag", FieldComparisonOperator::LessThan, Literal::BoolValue(true)), "is a bool"),
            (compare("number", FieldComparisonOperator::Unspecified, Literal::Int64Value(1)), "operator"),
            (FilterExpression { expression: None }, "required"),
        ] {
            let found = refusal(expression);
            assert!(found.contains(reason), "{found}");
        }
    }

    #[test]
    fn expressions_have_a_maximum_number_and_depth() {
        use LogicalOperator::{Not, Or};
        let nested = |depth| (1..depth).fold(number_is(1), |inner, _| logical(Not, vec![inner]));
        assert!(Expressions::of(&[nested(8)], &schema()).is_ok());
        assert!(Expressions::of(&[nested(9)], &schema()).is_err());
        assert!(Expressions::of(&vec![number_is(1); 64], &schema()).is_ok());
        assert!(Expressions::of(&vec![number_is(1); 65], &schema()).is_err());
        let wide = logical(Or, vec![number_is(1); 63]);
        assert!(Expressions::of(&vec![wide.clone(); 4], &schema()).is_ok(), "256 nodes");
        assert!(Expressions::of(&[vec![wide; 4], vec![number_is(1)]].concat(), &schema()).is_err(), "257 nodes");
    }
}
