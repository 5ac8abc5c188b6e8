//! `DataAccessService`.

use std::sync::RwLockReadGuard;

use tilebox_core::protocol::wire::datasets::v1::{
    Any, DatasetPermission, QueryByIdRequest, QueryFilters, QueryRequest,
};
use tilebox_core::protocol::wire::tilebox::v1::{Id, Pagination};
use uuid::Uuid;

use super::{MethodResult, PageSizes, Refusal, datapoint_id, dataset_of, encode, optional_id, require};
use crate::filter::Filter;
use crate::permissions::Caller;
use crate::store::{Collection, Dataset, IdRange, Page, PageQuery, Store};

/// The largest number of collections in a request.
const MAXIMUM_COLLECTIONS: usize = 100;
/// The number of datapoints that are scanned under one lock, which takes some milliseconds.
const SCANNED_PER_LOCK: usize = 10_000;

/// Returns a page. `read` locks the store; a long scan unlocks it from time to time, so that it does not block writers.
/// One page can therefore reflect several states of the store, as the pages of one query do.
pub(super) fn query<'a>(
    read: impl Fn() -> RwLockReadGuard<'a, Store>,
    caller: Caller,
    page_sizes: PageSizes,
    request: &QueryRequest,
) -> MethodResult {
    let no_filters = QueryFilters::default();
    let filters = request.filters.as_ref().unwrap_or(&no_filters);
    let no_page = Pagination::default();
    let page = request.page.as_ref().unwrap_or(&no_page);
    let mut range = range_of(filters)?;
    if let Some(id) = page.starting_after.as_ref() {
        // The datapoint of the cursor need not exist.
        range = range.after(datapoint_id("page.starting_after", Some(id))?);
    }
    let limit = match page.limit {
        None => page_sizes.default,
        Some(limit) => usize::try_from(limit)
            .ok()
            .filter(|limit| *limit > 0)
            .ok_or_else(|| Refusal::invalid(format!("page.limit: expects at least 1, got {limit}")))?,
    };
    let limit = limit.min(page_sizes.maximum);

    let mut found = Page::default();
    loop {
        let store = read();
        let dataset = queried_dataset(&store, caller, request.dataset_id.as_ref(), &request.collection_ids)?;
        let collections = collections_of(dataset, &request.collection_ids)?;
        let filter = Filter::of(filters, dataset.r#type()).map_err(Refusal::invalid)?;
        let query = PageQuery { range, filter, limit, skip_data: request.skip_data };
        match found.extend(&collections, &query, SCANNED_PER_LOCK) {
            Some(last) => range = range.after(last),
            None => return Ok(found.encode(&dataset.r#type().type_url, page.limit)),
        }
    }
}

/// Returns a datapoint.
pub(super) fn query_by_id(store: &Store, caller: Caller, request: &QueryByIdRequest) -> MethodResult {
    let id = datapoint_id("id", request.id.as_ref())?;
    let dataset = queried_dataset(store, caller, request.dataset_id.as_ref(), &request.collection_ids)?;
    let collections = collections_of(dataset, &request.collection_ids)?;
    let datapoint = collections.iter().find_map(|collection| collection.get(id)).ok_or_else(Refusal::no_datapoint)?;
    let value = if request.skip_data { datapoint.without_data() } else { datapoint.message().clone() };
    encode(&Any { type_url: dataset.r#type().type_url.clone(), value })
}

/// Returns the range of ids. Exactly one of the two intervals is required.
fn range_of(filters: &QueryFilters) -> Result<IdRange, Refusal> {
    match (&filters.time_interval, &filters.datapoint_interval) {
        (Some(interval), None) => match (&interval.start_time, &interval.end_time) {
            (Some(start), Some(end)) => Ok(IdRange::of_time(start, end, interval)),
            // The real server's treatment of open intervals is not known; clients always send both ends.
            _ => Err(Refusal::invalid("filters.time_interval: both ends are required")),
        },
        (None, Some(interval)) => Ok(IdRange::between(
            datapoint_id("filters.datapoint_interval.start_id", interval.start_id.as_ref())?,
            interval.start_exclusive,
            datapoint_id("filters.datapoint_interval.end_id", interval.end_id.as_ref())?,
            interval.end_inclusive,
        )),
        _ => Err(Refusal::invalid("filters: exactly one of time_interval and datapoint_interval is required")),
    }
}

/// Returns the dataset of the request, or that of its first collection.
fn queried_dataset<'a>(
    store: &'a Store,
    caller: Caller,
    dataset: Option<&Id>,
    collections: &[Id],
) -> Result<&'a Dataset, Refusal> {
    let dataset = match optional_id("dataset_id", dataset)? {
        Some(id) => dataset_of(store, caller, id)?,
        None => {
            let id = optional_id("collection_ids", collections.first())?
                .ok_or_else(|| Refusal::invalid("one of dataset_id and collection_ids is required"))?;
            let dataset = store.dataset_of_collection(id).filter(|dataset| dataset.is_visible(caller));
            dataset.ok_or_else(Refusal::no_collection)?
        }
    };
    require(DatasetPermission::AccessData, dataset, caller)?;
    Ok(dataset)
}

/// Returns the collections of the request, or all collections of the dataset.
///
/// Collections of another dataset are not found; the real server's response is not known.
fn collections_of<'a>(dataset: &'a Dataset, ids: &[Id]) -> Result<Vec<&'a Collection>, Refusal> {
    if ids.len() > MAXIMUM_COLLECTIONS {
        return Err(Refusal::invalid(format!(
            "collection_ids: expects at most {MAXIMUM_COLLECTIONS}, got {}",
            ids.len()
        )));
    }
    if ids.is_empty() {
        return Ok(dataset.collections().collect());
    }
    let mut unique: Vec<Uuid> = Vec::with_capacity(ids.len());
    for id in ids {
        let id = optional_id("collection_ids", Some(id))?.unwrap_or_default();
        if !unique.contains(&id) {
            unique.push(id);
        }
    }
    unique.into_iter().map(|id| dataset.collection(id).ok_or_else(Refusal::no_collection)).collect()
}
