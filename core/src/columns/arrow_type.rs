//! Arrow fields for the types of a dataset.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields};

use crate::protocol::wire::datasets::v1::FieldAnnotation;
use crate::schema::well_known::WellKnown;

/// The key of the field metadata that holds the description of a field, as the dataset gives it.
pub const DESCRIPTION_KEY: &str = "description";

/// The key of the field metadata that holds the protobuf type of a message kept encoded.
pub const MESSAGE_TYPE_KEY: &str = "tilebox.message_type";

/// Returns the data type of an enum: a dictionary of names.
pub(super) fn enumeration() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Returns a nullable field.
pub(super) fn plain(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

/// Returns a field of a well-known message.
pub(super) fn well_known(name: &str, known: WellKnown) -> Field {
    plain(name, known.data_type()).with_metadata(known.metadata())
}

/// Returns a field of encoded messages of a type.
pub(super) fn encoded(name: &str, message_type: &str) -> Field {
    let metadata = HashMap::from([(MESSAGE_TYPE_KEY.to_owned(), message_type.to_owned())]);
    plain(name, DataType::BinaryView).with_metadata(metadata)
}

/// Returns a field of lists.
pub(super) fn list(name: &str, item: FieldRef) -> Field {
    plain(name, DataType::List(item))
}

/// Returns the entries of a map with these columns: the key, which is never null, and the value.
pub(super) fn map_entries(columns: &Fields) -> FieldRef {
    let fields: Fields =
        columns.iter().enumerate().map(|(index, field)| field.as_ref().clone().with_nullable(index > 0)).collect();
    Arc::new(Field::new("entries", DataType::Struct(fields), false))
}

/// Adds the description that the dataset gives of a field.
pub(super) fn annotate(field: Field, annotation: Option<&FieldAnnotation>) -> Field {
    match annotation {
        Some(annotation) if !annotation.description.is_empty() => {
            let mut metadata = field.metadata().clone();
            metadata.insert(DESCRIPTION_KEY.to_owned(), annotation.description.clone());
            field.with_metadata(metadata)
        }
        _ => field,
    }
}
