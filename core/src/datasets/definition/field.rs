//! One field of a new dataset, put together by its type.

use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::Label;

use super::FieldType;
use crate::protocol::wire::datasets::v1 as wire;
use crate::schema::well_known::name;

pub use wire::FieldRole;

/// A field of the datapoints of a new dataset: a name, a type, and what people should know of it.
///
/// ```
/// use tilebox_core::datasets::FieldDefinition;
///
/// let cloud_cover = FieldDefinition::float64("cloud_cover").description("Part that is cloudy, in percent").example("12.5").queryable();
/// let bands = FieldDefinition::string("bands").repeated();
/// ```
///
/// Names are in snake case, of at most 100 characters. A dataset refuses fields that it cannot have, naming them.
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
    /// A field of any type.
    ///
    /// The server takes a known set of messages and enums only, those that have a function of their own here.
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        Self { name: name.into(), field_type, is_repeated: false, annotation: wire::FieldAnnotation::default() }
    }

    scalars! {
        /// Text.
        string: String;
        /// Any bytes.
        bytes: Bytes;
        /// True or false.
        bool: Bool;
        /// A whole number of 32 bits.
        int32: Int32;
        /// A whole number of 64 bits.
        int64: Int64;
        /// A whole number of 64 bits, not negative.
        uint64: Uint64;
        /// A floating-point number of 64 bits.
        float64: Float64;
    }

    well_known! {
        /// A point in time.
        timestamp: Message name::TIMESTAMP;
        /// A span of time.
        duration: Message name::DURATION;
        /// A UUID.
        uuid: Message name::UUID;
        /// A geometry, stored as the WKB that is sent.
        geometry: Message name::GEOMETRY;
        /// A vector with three components.
        vec3: Message name::VEC3;
        /// A quaternion.
        quaternion: Message name::QUATERNION;
        /// A latitude and a longitude in degrees.
        lat_lon: Message name::LAT_LON;
        /// A latitude and a longitude in degrees, and an altitude.
        lat_lon_alt: Message name::LAT_LON_ALT;
        /// The assets of a STAC item.
        assets: Message name::ASSETS;
        /// The authentication schemes of a STAC item.
        authentication: Message name::AUTHENTICATION;
        /// The storage schemes of a STAC item.
        storage: Message name::STORAGE;
        /// The links of a STAC item.
        links: Message name::LINKS;
        /// A provider of a STAC item.
        provider: Message name::PROVIDER;
        /// The software that made a STAC item, with versions.
        processing_software: Message name::PROCESSING_SOFTWARE;
        /// Whether a satellite flies north or south.
        flight_direction: Enum name::FLIGHT_DIRECTION;
        /// To which side an instrument looks.
        observation_direction: Enum name::OBSERVATION_DIRECTION;
        /// Who offers open data.
        opendata_provider: Enum name::OPENDATA_PROVIDER;
        /// How far a product is processed.
        processing_level: Enum name::PROCESSING_LEVEL;
        /// The polarizations of a radar image.
        polarization: Enum name::POLARIZATION;
        /// How a radar image is acquired.
        acquisition_mode: Enum name::ACQUISITION_MODE;
    }

    /// Any number of values instead of one.
    pub fn repeated(mut self) -> Self {
        self.is_repeated = true;
        self
    }

    /// What the field means.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.annotation.description = description.into();
        self
    }

    /// A value that it could have, as text.
    pub fn example(mut self, value: impl Into<String>) -> Self {
        self.annotation.example_value = value.into();
        self
    }

    /// Lets queries filter by it: a text (two of a dataset at most), number or boolean that is not repeated.
    pub fn queryable(mut self) -> Self {
        self.annotation.queryable = true;
        self
    }

    /// Where the value stands in the source of the data, such as `/properties/eo:cloud_cover` of a STAC item (RFC 6901).
    pub fn source_json_pointer(mut self, pointer: impl Into<String>) -> Self {
        self.annotation.source_json_pointer = Some(pointer.into());
        self
    }

    /// The JSON schema that describes the value.
    pub fn json_schema_ref(mut self, url: impl Into<String>) -> Self {
        self.annotation.json_schema_ref = Some(url.into());
        self
    }

    /// What part the field plays, such as that of the title of a datapoint.
    pub fn role(mut self, role: FieldRole) -> Self {
        self.annotation.roles.push(role.into());
        self
    }

    /// Without a number: the server counts the fields.
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
