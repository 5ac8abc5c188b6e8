//! Storage locations: buckets and folders whose events trigger automations.

use std::fmt;

use uuid::Uuid;

use super::{StorageReference, TableRow};
use crate::error::UnreadableMessage;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;

/// Maximum number of characters of a text that [`Display`](fmt::Display) prints.
const MAX_PRINTED: usize = 200;

/// A storage location: a bucket or folder. An object that is stored in it can trigger automations.
///
/// Where the id of a storage location is expected, a reference to it serves as well.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StorageLocation {
    /// The id.
    pub id: Uuid,
    /// The display name.
    pub name: String,
    /// The bucket or folder as text, such as its URL.
    pub location: String,
    /// The kind of storage.
    pub storage_type: StorageType,
    /// The parts of the location; `None` if the server does not send them, or sends a kind that this version does not know.
    pub reference: Option<StorageReference>,
}

impl StorageLocation {
    /// Creates the description of a storage location, for tests: [`StorageLocations::create`] creates one on the server.
    ///
    /// [`StorageLocations::create`]: crate::workflows::StorageLocations::create
    #[must_use]
    pub fn new(id: Uuid, name: impl Into<String>, reference: impl Into<StorageReference>) -> Self {
        let reference = reference.into();
        let location = match &reference {
            StorageReference::Local(folder) => folder.path.clone(),
            other => other.to_string(),
        };
        Self { id, name: name.into(), location, storage_type: reference.storage_type(), reference: Some(reference) }
    }

    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the storage location has no id.
    pub fn from_wire(location: wire::StorageLocation) -> Result<Self, UnreadableMessage> {
        let id = location.id.as_ref().and_then(id::from_wire);
        let missing = || UnreadableMessage::new(format!("the storage location `{}` has no id", location.location));
        let reference = location.reference;
        // Older servers send the type only beside the reference, newer ones in both.
        let inner = reference.as_ref().map_or(0, |reference| reference.r#type);
        let number = if location.r#type == 0 { inner } else { location.r#type };
        Ok(Self {
            id: id.ok_or_else(missing)?,
            name: location.name,
            location: location.location,
            storage_type: StorageType::from_number(number),
            reference: reference.and_then(StorageReference::from_wire),
        })
    }

    /// Converts into a message, as the trigger of an automation contains it.
    #[must_use]
    pub fn to_wire(&self) -> wire::StorageLocation {
        wire::StorageLocation {
            id: Some(id::to_wire(self.id)),
            location: self.location.clone(),
            r#type: self.storage_type.to_number(),
            name: self.name.clone(),
            reference: self.reference.as_ref().map(StorageReference::to_wire),
        }
    }
}

/// `<name> [<type>]: <location>`.
impl fmt::Display for StorageLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| excerpt(text, MAX_PRINTED);
        write!(f, "{} [{}]: {}", text(&self.name), self.storage_type, text(&self.location))
    }
}

impl From<&StorageLocation> for Uuid {
    fn from(location: &StorageLocation) -> Self {
        location.id
    }
}

impl TableRow for StorageLocation {
    const NAMES: [&'static str; 2] = ["storage location", "storage locations"];
    const COLUMNS: &'static [&'static str] = &["id", "name", "type", "location"];

    fn cells(&self) -> Vec<String> {
        vec![self.id.to_string(), self.name.clone(), self.storage_type.to_string(), self.location.clone()]
    }
}

/// A kind of storage. Numbers that this version does not know are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageType {
    /// A bucket of Google Cloud Storage.
    Gcs,
    /// A bucket of Amazon S3.
    S3,
    /// A folder of a machine.
    Local,
    /// A container of Azure Blob Storage.
    AzureBlob,
    /// Another kind; 0 if the server does not send one.
    Unknown(i32),
}

impl StorageType {
    fn from_number(number: i32) -> Self {
        match wire::StorageType::try_from(number) {
            Ok(wire::StorageType::Gcs) => Self::Gcs,
            Ok(wire::StorageType::AwsS3) => Self::S3,
            Ok(wire::StorageType::Local) => Self::Local,
            Ok(wire::StorageType::AzureBlob) => Self::AzureBlob,
            Ok(wire::StorageType::Unspecified) | Err(_) => Self::Unknown(number),
        }
    }

    /// Returns the number of the message.
    pub(super) fn to_number(self) -> i32 {
        match self {
            Self::Gcs => wire::StorageType::Gcs.into(),
            Self::S3 => wire::StorageType::AwsS3.into(),
            Self::Local => wire::StorageType::Local.into(),
            Self::AzureBlob => wire::StorageType::AzureBlob.into(),
            Self::Unknown(number) => number,
        }
    }
}

impl fmt::Display for StorageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gcs => f.pad("Google Cloud Storage"),
            Self::S3 => f.pad("Amazon S3"),
            Self::Local => f.pad("local folder"),
            Self::AzureBlob => f.pad("Azure Blob Storage"),
            Self::Unknown(0) => f.pad("unknown storage"),
            Self::Unknown(number) => f.pad(&format!("storage type {number}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::{Listing, S3Bucket};

    fn message() -> wire::StorageLocation {
        wire::StorageLocation {
            id: Some(id::to_wire(Uuid::from_u128(7))),
            location: "s3://scenes".to_owned(),
            r#type: 2,
            name: "Scenes".to_owned(),
            reference: Some(StorageReference::from(S3Bucket::new("scenes").region("eu-central-1")).to_wire()),
        }
    }

    #[test]
    fn a_storage_location_round_trips_and_prints() {
        let location = StorageLocation::from_wire(message()).expect("a location");
        assert_eq!(location.to_wire(), message());
        assert_eq!(location.to_string(), "Scenes [Amazon S3]: s3://scenes");
        let table = Listing::from(vec![location]).to_string();
        assert!(table.contains("00000000-0000-0000-0000-000000000007   Scenes   Amazon S3   s3://scenes"), "{table}");
        let error = StorageLocation::from_wire(wire::StorageLocation { id: None, ..message() }).expect_err("no id");
        assert!(error.to_string().ends_with("the storage location `s3://scenes` has no id"), "{error}");
    }

    #[test]
    fn an_unknown_storage_type_is_kept() {
        for number in -1..10 {
            assert_eq!(StorageType::from_number(number).to_number(), number);
        }
        let unknown = wire::StorageLocation { r#type: 9, reference: None, ..message() };
        let location = StorageLocation::from_wire(unknown.clone()).expect("a location");
        assert_eq!((location.storage_type, location.to_wire()), (StorageType::Unknown(9), unknown));
        assert_eq!(location.storage_type.to_string(), "storage type 9");
    }

    #[test]
    fn a_type_is_read_from_the_reference_without_its_own_field() {
        let location = StorageLocation::from_wire(wire::StorageLocation { r#type: 0, ..message() });
        assert_eq!(location.expect("a location").storage_type, StorageType::S3);
    }
}
