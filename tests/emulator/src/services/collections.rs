//! `CollectionService`.

use tilebox_core::wire::datasets::v1::{
    CreateCollectionRequest, DatasetPermission, DeleteCollectionRequest, DeleteCollectionResponse,
    GetCollectionByNameRequest, ListCollectionsRequest, ListCollectionsResponse,
};

use super::{Answer, ErrorCode, Refusal, encode, required_id};
use crate::ids;
use crate::store::{Collection, Dataset, Store};

/// The answer holds the availability and the count of the empty collection; what the real server sends is not known.
pub(super) fn create(store: &mut Store, request: CreateCollectionRequest) -> Answer {
    let dataset_id = required_id("dataset_id", request.dataset_id.as_ref())?;
    if request.name.is_empty() {
        return Err(Refusal::invalid("name: must not be empty"));
    }
    let dataset = store.dataset_mut(dataset_id).ok_or_else(Refusal::no_dataset)?;
    may_write(dataset)?;
    if dataset.collection_by_name(&request.name).is_some() {
        // Which code the real server answers with is not known.
        return Err(Refusal::new(
            ErrorCode::AlreadyExists,
            format!("a collection named {:?} exists already", request.name),
        ));
    }
    let id = ids::of_collection(dataset_id, &request.name);
    encode(&dataset.put_collection(Collection::new(id, request.name, Vec::new())).info(true, true))
}

pub(super) fn get_by_name(store: &Store, request: &GetCollectionByNameRequest) -> Answer {
    let dataset_id = required_id("dataset_id", request.dataset_id.as_ref())?;
    let dataset = store.dataset(dataset_id).ok_or_else(Refusal::no_dataset)?;
    let collection = dataset.collection_by_name(&request.collection_name).ok_or_else(Refusal::no_collection)?;
    encode(&collection.info(request.with_availability, request.with_count))
}

/// Datapoints go with their collection. Whether the real server asks for an empty one is not known.
pub(super) fn delete(store: &mut Store, request: &DeleteCollectionRequest) -> Answer {
    let collection_id = required_id("collection_id", request.collection_id.as_ref())?;
    let dataset_id = required_id("dataset_id", request.dataset_id.as_ref())?;
    let dataset = store.dataset_mut(dataset_id).ok_or_else(Refusal::no_dataset)?;
    may_write(dataset)?;
    dataset.remove_collection(collection_id).ok_or_else(Refusal::no_collection)?;
    encode(&DeleteCollectionResponse {})
}

/// In the order of names.
pub(super) fn list(store: &Store, request: &ListCollectionsRequest) -> Answer {
    let dataset_id = required_id("dataset_id", request.dataset_id.as_ref())?;
    let dataset = store.dataset(dataset_id).ok_or_else(Refusal::no_dataset)?;
    let data = dataset
        .collections()
        .map(|collection| collection.info(request.with_availability, request.with_count))
        .collect();
    encode(&ListCollectionsResponse { data, ..ListCollectionsResponse::default() })
}

fn may_write(dataset: &Dataset) -> Result<(), Refusal> {
    if dataset.permits(DatasetPermission::WriteData) {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::PermissionDenied, format!("dataset {} may only be read", dataset.slug())))
}
