//! Checks an expression against the schema of a dataset.
//!
//! Rejects only definite errors; the server decides the rest.

use super::expression::Expression;
use super::literal::Literal;
use super::node::Node;
use crate::error::{Error, Result};
use crate::schema::closest;
use crate::schema::excerpt::excerpt;
use crate::schema::{DatasetSchema, Field, ValueType};

/// The most characters of a value that an error repeats.
const MAX_EXCERPT: usize = 80;

impl Expression {
    /// Validates the fields and values against a dataset, and converts integers to the type of their field.
    ///
    /// A query does this before it sends its first request.
    ///
    /// # Errors
    ///
    /// If the dataset lacks a field, a field is not queryable, or a field has another type than its value. The error
    /// lists the existing fields.
    pub fn validate(mut self, schema: &DatasetSchema) -> Result<Self> {
        validate(&mut self.node, schema)?;
        Ok(self)
    }
}

/// Checks the fields and types of an expression, and converts integers to the types of their fields.
fn validate(node: &mut Node, schema: &DatasetSchema) -> Result<()> {
    match node {
        Node::Logical { operands, .. } => operands.iter_mut().try_for_each(|operand| validate(operand, schema)),
        Node::Not(operand) => validate(operand, schema),
        Node::IsNull { field } => queryable_field(field, schema).map(|_| ()),
        Node::Comparison { field, value, .. } => {
            let field = queryable_field(field, schema)?;
            convert_integer(field, value);
            validate_type(field, value)
        }
    }
}

/// Returns the field with a name, unless the dataset lacks it or filters cannot use it.
fn queryable_field<'schema>(name: &str, schema: &'schema DatasetSchema) -> Result<&'schema Field> {
    let invalid = |reason: &str, advice: String| Err(Error::invalid(format!("filter by `{name}`"), reason, advice));
    let Some(field) = schema.field(name) else {
        let names = schema.fields().iter().map(Field::name);
        return invalid("the dataset has no such field", closest::advice(name, names, "the fields are"));
    };
    // A field without annotation may be queryable: let the server decide.
    if field.annotation().is_none_or(|annotation| annotation.queryable) {
        return Ok(field);
    }
    let queryable = schema.fields().iter().filter(|field| field.annotation().is_some_and(|it| it.queryable));
    let names: Vec<_> = queryable.map(Field::name).collect();
    let advice = match name {
        "time" => "use the temporal extent of the query instead".to_owned(),
        "geometry" => "use `spatial_extent` instead".to_owned(),
        "id" => "use `find`, or an interval of ids as the temporal extent".to_owned(),
        _ if names.is_empty() => "the dataset has no queryable field".to_owned(),
        _ => format!("the queryable fields are {}", names.join(", ")),
    };
    invalid("the field is not queryable", advice)
}

/// Converts an integer to the signedness of its field, if the value is in range.
fn convert_integer(field: &Field, value: &mut Literal) {
    match (field.value_type(), &*value) {
        (ValueType::Uint64, Literal::Int(number)) => {
            if let Ok(number) = u64::try_from(*number) {
                *value = Literal::Uint(number);
            }
        }
        (ValueType::Int32 | ValueType::Int64 | ValueType::Double | ValueType::Float, Literal::Uint(number)) => {
            if let Ok(number) = i64::try_from(*number) {
                *value = Literal::Int(number);
            }
        }
        _ => {}
    }
}

/// Checks that a value has the type of its field.
fn validate_type(field: &Field, value: &Literal) -> Result<()> {
    let is_number = matches!(value, Literal::Int(_) | Literal::Uint(_) | Literal::Double(_));
    let (expected, is_valid) = match field.value_type() {
        ValueType::String => ("text", matches!(value, Literal::String(_))),
        ValueType::Bool => ("a boolean", matches!(value, Literal::Bool(_))),
        ValueType::Int32 | ValueType::Int64 | ValueType::Uint64 => ("an integer", is_number),
        ValueType::Double | ValueType::Float => ("a number", is_number),
        // The comparisons of other types are not specified yet.
        _ => return Ok(()),
    };
    if is_valid {
        return Ok(());
    }
    let reason = format!("expects {expected}, got {}", excerpt(&value.to_string(), MAX_EXCERPT));
    Err(Error::invalid(format!("filter by `{}`", field.name()), reason, "compare the field with a value of its type"))
}

#[cfg(test)]
mod tests {
    use prost_types::field_descriptor_proto::Type;

    use super::*;
    use crate::datasets::filter::{Condition, EnumName, field};
    use crate::protocol::wire::datasets::v1::FieldAnnotation;
    use crate::schema::samples;

    fn schema(annotated: bool) -> DatasetSchema {
        let fields = vec![
            samples::field("platform", 4, Type::String),
            samples::field("orbit", 5, Type::Int64),
            samples::field("size", 6, Type::Uint64),
            samples::field("cloud_cover", 7, Type::Double),
            samples::field("usable", 8, Type::Bool),
            samples::field("location", 9, Type::String),
        ];
        let mut dataset = samples::annotated(fields, |_| {});
        if annotated {
            let annotation = |queryable| FieldAnnotation { queryable, ..Default::default() };
            dataset.field_annotations =
                [false, false, false, true, true, true, true, true, false].map(annotation).into();
        }
        DatasetSchema::from_annotated_type(&dataset).expect("a schema")
    }

    fn validated(condition: Condition) -> Result<String> {
        let expression = condition.check().expect("an expression").validate(&schema(true))?;
        Ok(format!("{:?}", expression.node))
    }

    fn refused(condition: Condition) -> String {
        validated(condition).expect_err("an invalid filter").to_string()
    }

    #[test]
    fn an_unknown_field_is_reported_with_the_existing_fields() {
        assert_eq!(
            refused(field("platform").eq("S2A") & !field("cloud_covr").lt(10)),
            "cannot filter by `cloud_covr`: the dataset has no such field; did you mean `cloud_cover`? the fields are \
             time, id, ingestion_time, platform, orbit, size, cloud_cover, usable, location"
        );
    }

    #[test]
    fn an_unqueryable_field_is_reported_with_the_queryable_ones() {
        assert_eq!(
            refused(field("location").is_null()),
            "cannot filter by `location`: the field is not queryable; the queryable fields are platform, orbit, \
             size, cloud_cover, usable"
        );
        assert!(refused(field("time").gt(crate::schema::Timestamp::MIN)).contains("temporal extent"));
    }

    #[test]
    fn a_field_without_annotation_is_left_to_the_server() {
        let expression = field("location").eq("x").check().expect("an expression");
        assert!(expression.validate(&schema(false)).is_ok());
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        assert_eq!(
            refused(field("cloud_cover").eq("10")),
            "cannot filter by `cloud_cover`: expects a number, got '10'; compare the field with a value of its type"
        );
        for invalid in [
            field("platform").eq(1),
            field("platform").eq(EnumName("S2A")),
            field("usable").eq(1),
            field("orbit").eq(true),
            field("orbit").eq(std::time::Duration::ZERO),
        ] {
            assert!(refused(invalid).contains("compare the field with a value of its type"));
        }
        assert!(validated(field("orbit").lt(1.5) & field("usable").eq(true) & field("platform").ge("S")).is_ok());
    }

    #[test]
    fn integers_are_converted_to_the_type_of_the_field() {
        assert!(validated(field("orbit").eq(5u64)).expect("valid").contains("Int(5)"));
        assert!(validated(field("cloud_cover").eq(5u64)).expect("valid").contains("Int(5)"));
        assert!(validated(field("size").eq(5)).expect("valid").contains("Uint(5)"));
        assert!(validated(field("size").gt(-5)).expect("valid").contains("Int(-5)"));
        assert!(validated(field("orbit").lt(u64::MAX)).expect("valid").contains("Uint"));
    }
}
