//! Allowed changes of the type of a dataset with datapoints.

use prost_types::field_descriptor_proto::{Label, Type};
use tilebox_core::protocol::wire::datasets::v1::Field;

/// Checks that stored datapoints match the new type: existing fields stay, new fields follow at the end and are not
/// queryable. Descriptions and other annotations may change.
///
/// # Errors
///
/// A message that names the field and the reason.
pub(crate) fn check_change(from: &[Field], to: &[Field]) -> Result<(), String> {
    for (index, old) in from.iter().enumerate() {
        let signature = Signature::of(old);
        let name = signature.name;
        let Some(new) = to.get(index) else {
            return Err(format!("field {name:?} cannot be removed from a dataset with datapoints"));
        };
        if Signature::of(new) != signature {
            return Err(format!(
                "field {name:?} cannot be removed, renamed, moved or get another type in a dataset with datapoints"
            ));
        }
        if queryable(new) != queryable(old) {
            return Err(format!("whether field {name:?} is queryable cannot change in a dataset with datapoints"));
        }
    }
    match to.iter().skip(from.len()).find(|field| queryable(field)) {
        Some(added) => {
            Err(format!("queryable field {:?} cannot be added to a dataset with datapoints", Signature::of(added).name))
        }
        None => Ok(()),
    }
}

/// The properties of a field on which stored datapoints depend.
#[derive(PartialEq, Default)]
struct Signature<'a> {
    name: &'a str,
    kind: Option<(Type, Label)>,
    type_name: &'a str,
}

impl<'a> Signature<'a> {
    fn of(field: &'a Field) -> Self {
        let Some(descriptor) = &field.descriptor else { return Self::default() };
        Self {
            name: descriptor.name(),
            kind: Some((descriptor.r#type(), descriptor.label())),
            type_name: descriptor.type_name().trim_start_matches('.'),
        }
    }
}

fn queryable(field: &Field) -> bool {
    field.annotation.as_ref().is_some_and(|annotation| annotation.queryable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::FieldDescriptorProto;
    use tilebox_core::protocol::wire::datasets::v1::FieldAnnotation;

    fn field(name: &str, r#type: Type, queryable: bool) -> Field {
        let descriptor = FieldDescriptorProto {
            name: Some(name.to_owned()),
            r#type: Some(r#type.into()),
            ..FieldDescriptorProto::default()
        };
        let annotation = FieldAnnotation { queryable, description: name.repeat(2), ..FieldAnnotation::default() };
        Field { descriptor: Some(descriptor), annotation: Some(annotation) }
    }

    #[test]
    fn only_unqueryable_fields_can_be_added() {
        let old = [field("a", Type::Int64, true), field("b", Type::String, false)];
        let with = |more: Field| [old[0].clone(), old[1].clone(), more];
        assert_eq!(check_change(&old, &old), Ok(()));
        assert_eq!(check_change(&old, &with(field("c", Type::Bool, false))), Ok(()));
        assert!(check_change(&old, &with(field("c", Type::Bool, true))).is_err());
        assert!(check_change(&old, &old[..1]).is_err(), "removed");
        assert!(check_change(&old, &[old[1].clone(), old[0].clone()]).is_err(), "moved");
        assert!(check_change(&old, &[old[0].clone(), field("b", Type::Bytes, false)]).is_err(), "changed type");
        assert!(check_change(&old, &[field("a", Type::Int64, false), old[1].clone()]).is_err(), "no longer queryable");
    }
}
