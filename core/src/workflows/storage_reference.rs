//! References to buckets and folders.

use std::fmt;

use super::StorageType;
use crate::error::{Error, Result};
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;

/// Maximum number of characters of a text that [`Display`](fmt::Display) prints.
const MAX_PRINTED: usize = 200;

/// A reference to a bucket or folder, for a new storage location.
///
/// [`S3Bucket`], [`GcsBucket`], [`AzureContainer`] and [`LocalFolder`] convert into one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageReference {
    /// A bucket of Amazon S3.
    S3(S3Bucket),
    /// A bucket of Google Cloud Storage.
    Gcs(GcsBucket),
    /// A container of Azure Blob Storage.
    AzureBlob(AzureContainer),
    /// A folder of a machine.
    Local(LocalFolder),
}

/// A bucket of Amazon S3.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct S3Bucket {
    /// The name of the bucket.
    pub bucket: String,
    /// The region, such as `eu-central-1`; empty for none.
    pub region: String,
}

impl S3Bucket {
    /// Returns the reference to a bucket.
    #[must_use]
    pub fn new(bucket: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), region: String::new() }
    }

    /// Sets the region, such as `eu-central-1`.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        Self { region: region.into(), ..self }
    }
}

/// A bucket of Google Cloud Storage.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct GcsBucket {
    /// The name of the bucket.
    pub bucket: String,
    /// The id of the project that owns it; empty for none.
    pub project_id: String,
    /// The location of its data, such as `EU`; empty for none.
    pub location: String,
}

impl GcsBucket {
    /// Returns the reference to a bucket.
    #[must_use]
    pub fn new(bucket: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), project_id: String::new(), location: String::new() }
    }

    /// Sets the id of the project that owns it.
    #[must_use]
    pub fn project_id(self, project_id: impl Into<String>) -> Self {
        Self { project_id: project_id.into(), ..self }
    }

    /// Sets the location of its data, such as `EU`.
    #[must_use]
    pub fn location(self, location: impl Into<String>) -> Self {
        Self { location: location.into(), ..self }
    }
}

/// A container of Azure Blob Storage.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AzureContainer {
    /// The resource id of the storage account: `/subscriptions/…/storageAccounts/…`.
    pub storage_account_resource_id: String,
    /// The name of the container.
    pub container: String,
    /// The region, such as `westeurope`; empty for none.
    pub region: String,
}

impl AzureContainer {
    /// Returns the reference to a container of the storage account with this resource id.
    #[must_use]
    pub fn new(storage_account_resource_id: impl Into<String>, container: impl Into<String>) -> Self {
        Self {
            storage_account_resource_id: storage_account_resource_id.into(),
            container: container.into(),
            region: String::new(),
        }
    }

    /// Sets the region, such as `westeurope`.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        Self { region: region.into(), ..self }
    }
}

/// A folder of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LocalFolder {
    /// The path of the folder.
    pub path: String,
}

impl LocalFolder {
    /// Returns the reference to a folder.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }
}

impl StorageReference {
    /// Returns the kind of storage.
    #[must_use]
    pub fn storage_type(&self) -> StorageType {
        match self {
            Self::S3(_) => StorageType::S3,
            Self::Gcs(_) => StorageType::Gcs,
            Self::AzureBlob(_) => StorageType::AzureBlob,
            Self::Local(_) => StorageType::Local,
        }
    }

    /// Refuses a reference with an empty required part. `purpose` completes "cannot …".
    #[cfg_attr(not(feature = "client"), expect(dead_code, reason = "the client checks new references"))]
    pub(crate) fn check(&self, purpose: &str) -> Result<()> {
        let empty = match self {
            Self::S3(S3Bucket { bucket, .. }) | Self::Gcs(GcsBucket { bucket, .. }) => {
                bucket.trim().is_empty().then_some("the name of the bucket")
            }
            Self::AzureBlob(reference) if reference.storage_account_resource_id.trim().is_empty() => {
                Some("the resource id of the storage account")
            }
            Self::AzureBlob(reference) => reference.container.trim().is_empty().then_some("the name of the container"),
            Self::Local(LocalFolder { path }) => path.trim().is_empty().then_some("the path of the folder"),
        };
        match empty {
            Some(part) => Err(Error::invalid(purpose.to_owned(), format!("{part} is empty"), "write it")),
            None => Ok(()),
        }
    }

    /// Converts a message; `None` without a reference of a known kind.
    #[must_use]
    pub fn from_wire(reference: wire::StorageLocationReference) -> Option<Self> {
        if let Some(s3) = reference.aws_s3_bucket {
            Some(Self::S3(S3Bucket { bucket: s3.bucket, region: s3.region }))
        } else if let Some(gcs) = reference.gcs_bucket {
            Some(Self::Gcs(GcsBucket { bucket: gcs.bucket, project_id: gcs.project_id, location: gcs.location }))
        } else if let Some(azure) = reference.azure_blob {
            Some(Self::AzureBlob(AzureContainer {
                storage_account_resource_id: azure.storage_account_resource_id,
                container: azure.container,
                region: azure.region,
            }))
        } else {
            reference.local.map(|local| Self::Local(LocalFolder { path: local.path }))
        }
    }

    /// Converts into a message.
    #[must_use]
    pub fn to_wire(&self) -> wire::StorageLocationReference {
        let mut reference =
            wire::StorageLocationReference { r#type: self.storage_type().to_number(), ..Default::default() };
        match self.clone() {
            Self::S3(S3Bucket { bucket, region }) => {
                reference.aws_s3_bucket = Some(wire::Awss3BucketReference { bucket, region });
            }
            Self::Gcs(GcsBucket { bucket, project_id, location }) => {
                reference.gcs_bucket = Some(wire::GcsBucketReference { bucket, project_id, location });
            }
            Self::AzureBlob(AzureContainer { storage_account_resource_id, container, region }) => {
                reference.azure_blob =
                    Some(wire::AzureBlobReference { storage_account_resource_id, container, region });
            }
            Self::Local(LocalFolder { path }) => reference.local = Some(wire::LocalReference { path }),
        }
        reference
    }
}

/// The kind of storage and the name of the bucket, container or folder: `Amazon S3 bucket scenes`.
impl fmt::Display for StorageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noun, name) = match self {
            Self::S3(S3Bucket { bucket, .. }) | Self::Gcs(GcsBucket { bucket, .. }) => (" bucket", bucket),
            Self::AzureBlob(AzureContainer { container, .. }) => (" container", container),
            Self::Local(LocalFolder { path }) => ("", path),
        };
        write!(f, "{}{noun} {}", self.storage_type(), excerpt(name, MAX_PRINTED))
    }
}

impl From<S3Bucket> for StorageReference {
    fn from(reference: S3Bucket) -> Self {
        Self::S3(reference)
    }
}

impl From<GcsBucket> for StorageReference {
    fn from(reference: GcsBucket) -> Self {
        Self::Gcs(reference)
    }
}

impl From<AzureContainer> for StorageReference {
    fn from(reference: AzureContainer) -> Self {
        Self::AzureBlob(reference)
    }
}

impl From<LocalFolder> for StorageReference {
    fn from(reference: LocalFolder) -> Self {
        Self::Local(reference)
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    fn references() -> [StorageReference; 4] {
        [
            S3Bucket::new("b").region("r").into(),
            GcsBucket::new("b").project_id("p").location("l").into(),
            AzureContainer::new("a", "c").region("r").into(),
            LocalFolder::new("/d").into(),
        ]
    }

    #[test]
    fn references_have_known_bytes_and_round_trip() {
        // Field and number of each part by the definition of `StorageLocationReference`; the type is field 5.
        let expected: [&[u8]; 4] = [
            b"\x0a\x06\x0a\x01b\x12\x01r\x28\x02",
            b"\x12\x09\x0a\x01b\x12\x01p\x1a\x01l\x28\x01",
            b"\x1a\x09\x0a\x01a\x12\x01c\x1a\x01r\x28\x04",
            b"\x22\x04\x0a\x02/d\x28\x03",
        ];
        for (reference, bytes) in references().into_iter().zip(expected) {
            assert_eq!(reference.to_wire().encode_to_vec(), bytes, "{reference}");
            assert_eq!(StorageReference::from_wire(reference.to_wire()), Some(reference));
        }
        assert_eq!(StorageReference::from_wire(wire::StorageLocationReference::default()), None);
    }

    #[cfg(feature = "client")]
    #[test]
    fn an_empty_required_part_is_refused() {
        for reference in references() {
            reference.check("create it").expect("whole");
        }
        for (reference, reason) in [
            (StorageReference::from(S3Bucket::new(" ")), "the name of the bucket is empty"),
            (GcsBucket::new("").into(), "the name of the bucket is empty"),
            (AzureContainer::new("", "c").into(), "the resource id of the storage account is empty"),
            (AzureContainer::new("a", "").into(), "the name of the container is empty"),
            (LocalFolder::new("").into(), "the path of the folder is empty"),
        ] {
            assert_eq!(reference.check("create it").expect_err(reason).reason(), reason);
        }
    }

    #[test]
    fn a_reference_prints_its_kind_and_name() {
        let texts = references().map(|reference| reference.to_string());
        let expected = ["Amazon S3 bucket b", "Google Cloud Storage bucket b", "Azure Blob Storage container c"];
        assert_eq!(texts[..3], expected);
        assert_eq!(texts[3], "local folder /d");
    }
}
