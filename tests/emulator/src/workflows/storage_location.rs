//! `StorageLocationService`: storage locations. Subscriptions and their events are not served.

use prost::Message;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    CreateStorageLocationRequest, StorageLocation, StorageLocationReference, StorageLocations, StorageType,
    UpdateStorageLocationRequest,
};
use uuid::Uuid;

use super::state::State;
use super::text::{MAXIMUM_NAME_LENGTH, check_length};
use crate::ids;
use crate::services::{ErrorCode, Refusal, required_id};
use crate::store::Table;

/// The longest part of a reference, such as a path, in characters. The limit of the real server is not known.
const MAXIMUM_REFERENCE_LENGTH: usize = 4096;

/// Creates a storage location. Nothing checks whether the bucket, container or folder exists.
pub(super) fn create(state: &mut State, request: CreateStorageLocationRequest) -> Result<StorageLocation, Refusal> {
    check_length("name", Some(&request.name), 1..=MAXIMUM_NAME_LENGTH)?;
    let mut reference = request.reference.ok_or_else(|| Refusal::invalid("reference: a value is required"))?;
    let (kind, location) = check_reference(&reference)?;
    reference.r#type = kind.into();
    let location = StorageLocation {
        id: Some(ids::to_wire(state.new_id())),
        location,
        r#type: kind.into(),
        name: request.name,
        reference: Some(reference),
    };
    state.put_storage_location(location.clone());
    Ok(location)
}

/// Returns a storage location.
pub(super) fn get(state: &mut State, id: Id) -> Result<StorageLocation, Refusal> {
    let id = required_id("id", Some(&id))?;
    state.storage_locations.get(&id).cloned().ok_or_else(|| unknown(id))
}

/// Renames a storage location.
pub(super) fn update(state: &mut State, request: UpdateStorageLocationRequest) -> Result<StorageLocation, Refusal> {
    let id = required_id("storage_location_id", request.storage_location_id.as_ref())?;
    check_length("name", Some(&request.name), 1..=MAXIMUM_NAME_LENGTH)?;
    let location = state.storage_locations.get(&id).cloned().ok_or_else(|| unknown(id))?;
    let location = StorageLocation { name: request.name, ..location };
    state.put_storage_location(location.clone());
    Ok(location)
}

/// Deletes a storage location that no automation uses. What the real server does with those automations is not known.
pub(super) fn delete(state: &mut State, id: Id) -> Result<(), Refusal> {
    let id = required_id("id", Some(&id))?;
    if !state.storage_locations.contains_key(&id) {
        return Err(unknown(id));
    }
    if let Some(automation) = state.automation_at(id) {
        let reason = format!("storage location {id} is used by automation {automation:?}; delete the automation first");
        return Err(Refusal::new(ErrorCode::FailedPrecondition, reason));
    }
    state.storage_locations.remove(&id);
    state.record(Table::StorageLocations, *id.as_bytes(), None);
    Ok(())
}

/// Returns all storage locations in the order of their creation. The order of the real server is not known.
pub(super) fn list(state: &mut State, (): ()) -> Result<StorageLocations, Refusal> {
    Ok(StorageLocations { locations: state.storage_locations.values().cloned().collect() })
}

impl State {
    fn put_storage_location(&mut self, location: StorageLocation) {
        let Some(id) = location.id.as_ref().and_then(ids::from_wire) else { return };
        self.record(Table::StorageLocations, *id.as_bytes(), Some(location.encode_to_vec().into()));
        self.storage_locations.insert(id, location);
    }

    /// Loads the record of a storage location; `None` if it is malformed.
    pub(super) fn restore_storage_location(&mut self, value: &[u8]) -> Option<()> {
        let location = StorageLocation::decode(value).ok()?;
        self.storage_locations.insert(ids::from_wire(location.id.as_ref()?)?, location);
        Some(())
    }
}

/// Returns the error of an unknown storage location. Its text is not known.
pub(super) fn unknown(id: Uuid) -> Refusal {
    Refusal::new(ErrorCode::NotFound, format!("no such storage location {id}"))
}

/// Checks a reference. Returns its kind, and the text that older clients read in its place: the bucket, container or path.
fn check_reference(reference: &StorageLocationReference) -> Result<(StorageType, String), Refusal> {
    let StorageLocationReference { aws_s3_bucket, gcs_bucket, azure_blob, local, r#type } = reference;
    let s3 = aws_s3_bucket
        .as_ref()
        .map(|s3| (StorageType::AwsS3, "aws_s3_bucket.bucket", &s3.bucket, vec![("aws_s3_bucket.region", &s3.region)]));
    let gcs = gcs_bucket.as_ref().map(|gcs| {
        let others = vec![("gcs_bucket.project_id", &gcs.project_id), ("gcs_bucket.location", &gcs.location)];
        (StorageType::Gcs, "gcs_bucket.bucket", &gcs.bucket, others)
    });
    let azure = azure_blob.as_ref().map(|azure| {
        let account = ("azure_blob.storage_account_resource_id", &azure.storage_account_resource_id);
        (
            StorageType::AzureBlob,
            "azure_blob.container",
            &azure.container,
            vec![account, ("azure_blob.region", &azure.region)],
        )
    });
    let local = local.as_ref().map(|local| (StorageType::Local, "local.path", &local.path, Vec::new()));
    let kinds: Vec<_> = [s3, gcs, azure, local].into_iter().flatten().collect();
    let [(kind, field, location, others)] = &kinds[..] else {
        let reason = "reference: expects exactly one of aws_s3_bucket, gcs_bucket, azure_blob and local";
        return Err(Refusal::invalid(format!("{reason}; got {}", kinds.len())));
    };
    // Clients name the kind twice; one that does not is understood.
    if *r#type != i32::from(StorageType::Unspecified) && *r#type != i32::from(*kind) {
        let reason = format!("reference.type: expects {} for {field}, got {type}", kind.as_str_name());
        return Err(Refusal::invalid(reason));
    }
    check_length(&format!("reference.{field}"), Some(location), 1..=MAXIMUM_REFERENCE_LENGTH)?;
    for (field, text) in others {
        let shortest = usize::from(*field == "azure_blob.storage_account_resource_id");
        check_length(&format!("reference.{field}"), Some(text), shortest..=MAXIMUM_REFERENCE_LENGTH)?;
    }
    Ok((*kind, (*location).clone()))
}

#[cfg(test)]
mod tests {
    use tilebox_core::protocol::wire::workflows::v1::{
        Awss3BucketReference, AzureBlobReference, GcsBucketReference, LocalReference,
    };

    use super::*;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn a_reference_has_exactly_one_kind() {
        let none = StorageLocationReference::default();
        let s3 = StorageLocationReference {
            aws_s3_bucket: Some(Awss3BucketReference { bucket: text("b"), region: text("eu-central-1") }),
            ..none.clone()
        };
        let gcs = StorageLocationReference {
            gcs_bucket: Some(GcsBucketReference { bucket: text("g"), ..GcsBucketReference::default() }),
            r#type: StorageType::Gcs.into(),
            ..none.clone()
        };
        let blob = |account: &str| StorageLocationReference {
            azure_blob: Some(AzureBlobReference {
                storage_account_resource_id: text(account),
                container: text("c"),
                region: text(""),
            }),
            ..none.clone()
        };
        let local =
            |path: &str| StorageLocationReference { local: Some(LocalReference { path: text(path) }), ..none.clone() };
        assert_eq!(check_reference(&s3), Ok((StorageType::AwsS3, text("b"))));
        assert_eq!(check_reference(&gcs), Ok((StorageType::Gcs, text("g"))));
        assert_eq!(check_reference(&blob("a")), Ok((StorageType::AzureBlob, text("c"))));
        assert_eq!(check_reference(&local("/data")), Ok((StorageType::Local, text("/data"))));

        let two = StorageLocationReference { local: local("/data").local, ..s3.clone() };
        let contradictory = StorageLocationReference { r#type: StorageType::Gcs.into(), ..s3 };
        for (reference, reason) in [
            (&none, "expects exactly one of aws_s3_bucket, gcs_bucket, azure_blob and local; got 0"),
            (&two, "got 2"),
            (&contradictory, "reference.type: expects STORAGE_TYPE_AWS_S3 for aws_s3_bucket.bucket, got 1"),
            (&local(""), "reference.local.path: expects 1 to 4096 characters, got 0"),
            (&blob(""), "reference.azure_blob.storage_account_resource_id: expects 1 to 4096 characters, got 0"),
        ] {
            let refusal = check_reference(reference).expect_err(reason);
            assert!(refusal.message.contains(reason), "{refusal}");
            assert_eq!(refusal.code, ErrorCode::InvalidArgument);
        }
    }
}
