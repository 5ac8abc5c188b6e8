//! One field of a new dataset, put together by its type.

use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::Label;

use super::FieldType;
use crate::protocol::wire::datasets::v1 as wire;

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
    ($($(#[$documentation:meta])* $name:ident: $kind:ident $type_name:literal;)*) => { $(
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
        timestamp: Message "google.protobuf.Timestamp";
        /// A span of time.
        duration: Message "google.protobuf.Duration";
        /// A UUID.
        uuid: Message "datasets.v1.UUID";
        /// A geometry, stored as the WKB that is sent.
        geometry: Message "datasets.v1.Geometry";
        /// A vector with three components.
        vec3: Message "datasets.v1.Vec3";
        /// A quaternion.
        quaternion: Message "datasets.v1.Quaternion";
        /// A latitude and a longitude in degrees.
        lat_lon: Message "datasets.v1.LatLon";
        /// A latitude and a longitude in degrees, and an altitude.
        lat_lon_alt: Message "datasets.v1.LatLonAlt";
        /// The assets of a STAC item.
        assets: Message "datasets.stac.v1.Assets";
        /// The authentication schemes of a STAC item.
        authentication: Message "datasets.stac.v1.Authentication";
        /// The storage schemes of a STAC item.
        storage: Message "datasets.stac.v1.Storage";
        /// The links of a STAC item.
        links: Message "datasets.stac.v1.Links";
        /// A provider of a STAC item.
        provider: Message "datasets.stac.v1.Provider";
        /// The software that made a STAC item, with versions.
        processing_software: Message "datasets.stac.v1.ProcessingSoftware";
        /// Whether a satellite flies north or south.
        flight_direction: Enum "datasets.v1.FlightDirection";
        /// To which side an instrument looks.
        observation_direction: Enum "datasets.v1.ObservationDirection";
        /// Who offers open data.
        opendata_provider: Enum "datasets.v1.OpendataProvider";
        /// How far a product is processed.
        processing_level: Enum "datasets.v1.ProcessingLevel";
        /// The polarizations of a radar image.
        polarization: Enum "datasets.v1.Polarization";
        /// How a radar image is acquired.
        acquisition_mode: Enum "datasets.v1.AcquisitionMode";
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
