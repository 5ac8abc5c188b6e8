//! `CollectionService`.

use tilebox_core::protocol::wire::datasets::v1::{
    CreateCollectionRequest, DatasetPermission, DeleteCollectionRequest, DeleteCollectionResponse,
    GetCollectionByNameRequest, ListCollectionsRequest, ListCollectionsResponse,
};

use super::{ErrorCode, MethodResult, Refusal, dataset_of, encode, require, required_id};
use crate::permissions::Caller;
use crate::store::{Collection, Store};

/// Creates a collection. The response has the availability and the count of the empty collection; what the real server
/// sends is not known.
pub(super) fn create(store: &mut Store, caller: Caller, request: CreateCollectionRequest) -> MethodResult {
    let dataset_id = required_id("dataset_id", request.dataset_id.as_ref())?;
    if request.name.is_empty() {
        return Err(Refusal::invalid("name: expects at least 1 character"));
    }
    let dataset = dataset_of(store, caller, dataset_id)?;
    require(DatasetPermission::WriteData, dataset, caller)?;
    if dataset.collection_by_name(&request.name).is_some() {
        // The error code of the real server is not known.
        return Err(Refusal::new(
            ErrorCode::AlreadyExists,
            format!("a collection named {:?} already exists", request.name),
        ));
    }
    let id = store.new_id("collection", &format!("{dataset_id}/{}", request.name));
    let collection = Collection::new(id, request.name, Vec::new());
    let info = collection.info(true, true);
    store.add_collection(dataset_id, collection)?;
    encode(&info)
}

/// Returns a collection.
pub(super) fn get_by_name(store: &Store, caller: Caller, request: &GetCollectionByNameRequest) -> MethodResult {
    let dataset_id = required_id("dataset_id", request.dataset_id.as_ref())?;
    let dataset = dataset_of(store, caller, dataset_id)?;
    let collection = dataset.collection_by_name(&request.collection_name).ok_or_else(Refusal::no_collection)?;
    encode(&collection.info(request.with_availability, request.with_count))
}

/// Deletes a collection with its datapoints. Whether the real server requires an empty collection is not known.
pub(super) fn delete(store: &mut Store, caller: Caller, request: &DeleteCollectionRequest) -> MethodResult {
    let collection_id = required_id("collection_id", request.collection_id.as_ref())?;
    let dataset_id = required_id("dataset_id", request.dataset_id.as_ref())?;
    let dataset = dataset_of(store, caller, dataset_id)?;
    require(DatasetPermission::WriteData, dataset, caller)?;
    dataset.collection(collection_id).ok_or_else(Refusal::no_collection)?;
    store.remove_collection(dataset_id, collection_id)?;
    encode(&DeleteCollectionResponse {})
}

/// Lists the collections of a dataset, ordered by name.
pub(super) fn list(store: &Store, caller: Caller, request: &ListCollectionsRequest) -> MethodResult {
    let dataset_id = required_id("dataset_id", request.dataset_id.as_ref())?;
    let dataset = dataset_of(store, caller, dataset_id)?;
    let data = dataset
        .collections()
        .map(|collection| collection.info(request.with_availability, request.with_count))
        .collect();
    encode(&ListCollectionsResponse { data, ..ListCollectionsResponse::default() })
}
