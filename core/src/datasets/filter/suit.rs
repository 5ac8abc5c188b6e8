//! Whether an expression suits a dataset.
//!
//! Only what is certain is refused here; the rest is for the server to say.

use super::expression::Node;
use super::literal::Literal;
use crate::error::{Error, Result};
use crate::schema::closest;
use crate::schema::shown::shown;
use crate::schema::{DatasetSchema, Field, ValueType};

/// The most characters of a value that an error repeats.
const MAX_SHOWN: usize = 80;

/// Checks the fields and types of an expression, and makes whole numbers what the fields hold.
pub(super) fn suit(node: &mut Node, schema: &DatasetSchema) -> Result<()> {
    match node {
        Node::Logical { operands, .. } => operands.iter_mut().try_for_each(|operand| suit(operand, schema)),
        Node::Not(operand) => suit(operand, schema),
        Node::IsNull { field } => queryable(field, schema).map(|_| ()),
        Node::Comparison { field, value, .. } => {
            let declared = queryable(field, schema)?;
            suit_value(declared, value)
        }
    }
}

fn queryable<'schema>(name: &str, schema: &'schema DatasetSchema) -> Result<&'schema Field> {
    let refuse = |reason: &str, advice: String| Err(Error::invalid(format!("filter by `{name}`"), reason, advice));
    let Some(field) = schema.field(name) else {
        let names = schema.fields().iter().map(Field::name);
        return refuse("the dataset has no such field", closest::advice(name, names, "there are"));
    };
    // Without any annotation nothing is known.
    if field.annotation().is_none_or(|annotation| annotation.queryable) {
        return Ok(field);
    }
    let queryable = schema.fields().iter().filter(|field| field.annotation().is_some_and(|it| it.queryable));
    let names: Vec<_> = queryable.map(Field::name).collect();
    let advice = match name {
        "time" => "give the temporal extent of the query instead".to_owned(),
        "geometry" => "use `spatial_extent` instead".to_owned(),
        "id" => "use `find`, or an interval of ids as the temporal extent".to_owned(),
        _ if names.is_empty() => "no field of the dataset is queryable".to_owned(),
        _ => format!("those that are: {}", names.join(", ")),
    };
    refuse("the field is not queryable", advice)
}

fn suit_value(field: &Field, value: &mut Literal) -> Result<()> {
    let holds = match field.value_type() {
        ValueType::String => "text",
        ValueType::Bool => "true or false",
        ValueType::Int32 | ValueType::Int64 => {
            if let Literal::Uint(number) = *value
                && let Ok(number) = i64::try_from(number)
            {
                *value = Literal::Int(number);
            }
            "whole numbers"
        }
        ValueType::Uint64 => {
            if let Literal::Int(number) = *value
                && let Ok(number) = u64::try_from(number)
            {
                *value = Literal::Uint(number);
            }
            "whole numbers"
        }
        ValueType::Double | ValueType::Float => {
            if let Literal::Uint(number) = *value
                && let Ok(number) = i64::try_from(number)
            {
                *value = Literal::Int(number);
            }
            "numbers"
        }
        // What such a field could be compared with is not known yet.
        _ => return Ok(()),
    };
    let suits = match value {
        Literal::String(_) => matches!(field.value_type(), ValueType::String),
        Literal::Bool(_) => matches!(field.value_type(), ValueType::Bool),
        Literal::Int(_) | Literal::Uint(_) | Literal::Double(_) => {
            !matches!(field.value_type(), ValueType::String | ValueType::Bool)
        }
        _ => false,
    };
    if suits {
        return Ok(());
    }
    let reason = format!("the field holds {holds}, which do not compare with {}", shown(&value.to_string(), MAX_SHOWN));
    Err(Error::invalid(format!("filter by `{}`", field.name()), reason, "compare it with what it holds"))
}

#[cfg(test)]
mod tests {
    use prost_types::field_descriptor_proto::Type;

    use super::super::{Condition, EnumName, field};
    use super::*;
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

    fn suited(condition: Condition) -> Result<String> {
        let expression = condition.check().expect("an expression").suited_to(&schema(true))?;
        Ok(format!("{:?}", expression.node))
    }

    fn refused(condition: Condition) -> String {
        suited(condition).expect_err("it does not suit").to_string()
    }

    #[test]
    fn a_field_that_is_not_there_is_told_with_those_that_are() {
        assert_eq!(
            refused(field("platform").eq("S2A") & !field("cloud_covr").lt(10)),
            "cannot filter by `cloud_covr`: the dataset has no such field; did you mean `cloud_cover`? there are time, \
             id, ingestion_time, platform, orbit, size, cloud_cover, usable, location"
        );
    }

    #[test]
    fn a_field_that_is_not_queryable_is_told_with_those_that_are() {
        assert_eq!(
            refused(field("location").is_null()),
            "cannot filter by `location`: the field is not queryable; those that are: platform, orbit, size, \
             cloud_cover, usable"
        );
        assert!(refused(field("time").gt(crate::schema::Timestamp::MIN)).contains("temporal extent"));
    }

    #[test]
    fn what_a_dataset_does_not_say_of_its_fields_is_left_to_the_server() {
        let expression = field("location").eq("x").check().expect("an expression");
        assert!(expression.suited_to(&schema(false)).is_ok());
    }

    #[test]
    fn a_value_of_another_type_is_refused_where_that_is_certain() {
        assert_eq!(
            refused(field("cloud_cover").eq("10")),
            "cannot filter by `cloud_cover`: the field holds numbers, which do not compare with '10'; \
             compare it with what it holds"
        );
        for wrong in [
            field("platform").eq(1),
            field("platform").eq(EnumName("S2A")),
            field("usable").eq(1),
            field("orbit").eq(true),
            field("orbit").eq(std::time::Duration::ZERO),
        ] {
            assert!(refused(wrong).contains("compare it with what it holds"));
        }
        assert!(suited(field("orbit").lt(1.5) & field("usable").eq(true) & field("platform").ge("S")).is_ok());
    }

    #[test]
    fn whole_numbers_are_sent_as_what_the_field_holds() {
        assert!(suited(field("orbit").eq(5u64)).expect("suits").contains("Int(5)"));
        assert!(suited(field("cloud_cover").eq(5u64)).expect("suits").contains("Int(5)"));
        assert!(suited(field("size").eq(5)).expect("suits").contains("Uint(5)"));
        assert!(suited(field("size").gt(-5)).expect("suits").contains("Int(-5)"));
        assert!(suited(field("orbit").lt(u64::MAX)).expect("suits").contains("Uint"));
    }
}
