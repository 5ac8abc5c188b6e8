//! How the types of fields are written in an Arrow schema.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::extension::{EXTENSION_TYPE_METADATA_KEY, EXTENSION_TYPE_NAME_KEY};
use arrow_schema::{DataType, Field, FieldRef, Fields, TimeUnit};

use crate::protocol::wire::datasets::v1::FieldAnnotation;

/// The key of the field metadata that says what a field means, in the words of the dataset.
pub const DESCRIPTION_KEY: &str = "description";

/// The key of the field metadata that names the protobuf type of a message kept encoded.
pub const MESSAGE_TYPE_KEY: &str = "tilebox.message_type";

/// Longitudes and latitudes in degrees, as the GeoArrow specification writes it ("Extension metadata").
const WGS84: &str = r#"{"crs":"EPSG:4326","crs_type":"authority_code"}"#;

pub(super) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()))
}

pub(super) fn duration() -> DataType {
    DataType::Duration(TimeUnit::Nanosecond)
}

pub(super) fn enumeration() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// What a field says beyond its data type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning<'a> {
    Plain,
    Uuid,
    Geometry,
    /// An encoded message of this type.
    Message(&'a str),
}

impl Meaning<'_> {
    fn metadata(self) -> HashMap<String, String> {
        let entries: &[(&str, &str)] = match &self {
            Meaning::Plain => &[],
            Meaning::Uuid => &[(EXTENSION_TYPE_NAME_KEY, "arrow.uuid")],
            Meaning::Geometry => &[(EXTENSION_TYPE_NAME_KEY, "geoarrow.wkb"), (EXTENSION_TYPE_METADATA_KEY, WGS84)],
            Meaning::Message(name) => &[(MESSAGE_TYPE_KEY, name)],
        };
        entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// A nullable field of this meaning.
    pub(super) fn field(self, name: &str, data_type: DataType) -> Field {
        Field::new(name, data_type, true).with_metadata(self.metadata())
    }
}

/// A list of `item`s, as the field with this name.
pub(super) fn list(name: &str, item: FieldRef) -> Field {
    Field::new(name, DataType::List(item), true)
}

/// The entries of a map with these columns: the key, which is never null, and the value.
pub(super) fn map_entries(columns: &Fields) -> FieldRef {
    let fields: Fields =
        columns.iter().enumerate().map(|(index, field)| field.as_ref().clone().with_nullable(index > 0)).collect();
    Arc::new(Field::new("entries", DataType::Struct(fields), false))
}

/// The field with what the dataset says about it.
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
