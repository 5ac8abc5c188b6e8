//! The definition of a field.

use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::Label;

use super::FieldType;
use crate::protocol::wire::datasets::v1 as wire;
use crate::schema::well_known::name;

pub use wire::FieldRole;

/// The definition of a field: name, type and annotations.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::FieldDefinition;
///
/// let cloud_cover = FieldDefinition::float64("cloud_cover")
///     .description("Cloud cover in percent")
///     .example("12.5")
///     .queryable();
/// let bands = FieldDefinition::string("bands").repeated();
/// ```
///
/// Names are in snake case, with 1 to 100 characters. Creating or updating a dataset validates its fields.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a field has to be added to a dataset"]
pub struct FieldDefinition {
    pub(super) name: String,
    pub(super) field_type: FieldType,
    pub(super) is_repeated: bool,
    pub(super) annotation: wire::FieldAnnotation,
}

macro_rules! scalars {
    ($($(#[$documentation:meta])* $name:ident: $field_type:ident;)*) => { $(
        $(#[$documentation])*
        pub fn $name(name: impl Into<String>) -> Self {
            Self::new(name, FieldType::$field_type)
        }
    )* };
}

macro_rules! well_known {
    ($($(#[$documentation:meta])* $name:ident: $kind:ident $type_name:expr;)*) => { $(
        $(#[$documentation])*
        pub fn $name(name: impl Into<String>) -> Self {
            Self::new(name, FieldType::$kind($type_name.to_owned()))
        }
    )* };
}

impl FieldDefinition {
    /// Defines a field of any type.
    ///
    /// The server accepts only the messages and enums that have a constructor here.
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        Self { name: name.into(), field_type, is_repeated: false, annotation: wire::FieldAnnotation::default() }
    }

    scalars! {
        /// Defines a text field.
        string: String;
        /// Defines a field of bytes.
        bytes: Bytes;
        /// Defines a boolean field.
        bool: Bool;
        /// Defines a field of signed 32-bit integers.
        int32: Int32;
        /// Defines a field of signed 64-bit integers.
        int64: Int64;
        /// Defines a field of unsigned 64-bit integers.
        uint64: Uint64;
        /// Defines a field of 64-bit floating-point numbers.
        float64: Float64;
    }

    well_known! {
        /// Defines a field of points in time.
        timestamp: Message name::TIMESTAMP;
        /// Defines a field of durations.
        duration: Message name::DURATION;
        /// Defines a field of UUIDs.
        uuid: Message name::UUID;
        /// Defines a geometry field. The server stores the WKB unchanged.
        geometry: Message name::GEOMETRY;
        /// Defines a field of vectors with three components.
        vec3: Message name::VEC3;
        /// Defines a field of quaternions.
        quaternion: Message name::QUATERNION;
        /// Defines a field of latitudes and longitudes in degrees.
        lat_lon: Message name::LAT_LON;
        /// Defines a field of latitudes and longitudes in degrees, with altitudes.
        lat_lon_alt: Message name::LAT_LON_ALT;
        /// Defines a field with the assets of a STAC item.
        assets: Message name::ASSETS;
        /// Defines a field with the authentication schemes of a STAC item.
        authentication: Message name::AUTHENTICATION;
        /// Defines a field with the storage schemes of a STAC item.
        storage: Message name::STORAGE;
        /// Defines a field with the links of a STAC item.
        links: Message name::LINKS;
        /// Defines a field with a provider of a STAC item.
        provider: Message name::PROVIDER;
        /// Defines a field with the software, and its versions, that produced a STAC item.
        processing_software: Message name::PROCESSING_SOFTWARE;
        /// Defines a field with the flight direction of a satellite, north or south.
        flight_direction: Enum name::FLIGHT_DIRECTION;
        /// Defines a field with the side to which an instrument looks.
        observation_direction: Enum name::OBSERVATION_DIRECTION;
        /// Defines a field with a provider of open data.
        opendata_provider: Enum name::OPENDATA_PROVIDER;
        /// Defines a field with the processing level of a product.
        processing_level: Enum name::PROCESSING_LEVEL;
        /// Defines a field with the polarizations of a radar image.
        polarization: Enum name::POLARIZATION;
        /// Defines a field with the acquisition mode of a radar image.
        acquisition_mode: Enum name::ACQUISITION_MODE;
    }

    /// Makes the field hold a list of values.
    pub fn repeated(mut self) -> Self {
        self.is_repeated = true;
        self
    }

    /// Sets the description of the field.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.annotation.description = description.into();
        self
    }

    /// Sets an example value, as text.
    pub fn example(mut self, value: impl Into<String>) -> Self {
        self.annotation.example_value = value.into();
        self
    }

    /// Lets filters use the field: text (at most two fields of a dataset), a number or a boolean, not repeated.
    pub fn queryable(mut self) -> Self {
        self.annotation.queryable = true;
        self
    }

    /// Sets the JSON pointer (RFC 6901) to the value in the source of the data, such as `/properties/eo:cloud_cover` in a
    /// STAC item.
    pub fn source_json_pointer(mut self, pointer: impl Into<String>) -> Self {
        self.annotation.source_json_pointer = Some(pointer.into());
        self
    }

    /// Sets the URL of the JSON schema of the value.
    pub fn json_schema_ref(mut self, url: impl Into<String>) -> Self {
        self.annotation.json_schema_ref = Some(url.into());
        self
    }

    /// Adds a role of the field, such as the title of a datapoint.
    pub fn role(mut self, role: FieldRole) -> Self {
        self.annotation.roles.push(role.into());
        self
    }

    /// Converts the field to its message, without a number: the server numbers the fields.
    pub(super) fn to_wire(&self) -> wire::Field {
        let label = if self.is_repeated { Label::Repeated } else { Label::Optional };
        let descriptor = FieldDescriptorProto {
            name: Some(self.name.clone()),
            r#type: Some(self.field_type.to_wire().into()),
            type_name: self.field_type.type_name().map(|name| format!(".{}", name.trim_start_matches('.'))),
            label: Some(label.into()),
            ..Default::default()
        };
        wire::Field { descriptor: Some(descriptor), annotation: Some(self.annotation.clone()) }
    }
}
