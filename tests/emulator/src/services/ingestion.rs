//! `DataIngestionService`.

use std::collections::HashSet;

use prost_types::Timestamp;
use tilebox_core::protocol::wire::datasets::v1::{
    DatasetKind, DatasetPermission, DeleteRequest, DeleteResponse, IngestRequest, IngestResponse,
};
use tilebox_core::protocol::wire::tilebox::v1::Id;
use uuid::Uuid;

use super::{ErrorCode, MethodResult, Refusal, datapoint_id, encode, require, required_id};
use crate::faces;
use crate::ids::{DatapointId, TIME_RANGE};
use crate::permissions::Caller;
use crate::protobuf::{self, Value};
use crate::schema::canonical;
use crate::store::{Collection, Datapoint, Dataset, DatasetType, Store, milliseconds};
use crate::wkb;

/// The largest number of datapoints in a request.
const MAXIMUM_DATAPOINTS: usize = 8192;
/// The number of the geometry in a datapoint.
const GEOMETRY_FIELD: u32 = 4;
/// The number of the well-known binary in a geometry.
const WKB_FIELD: u32 = 1;

/// Ingests all datapoints of the request or none. The second of two equal datapoints counts as existing; what the real
/// server does is not known.
pub(super) fn ingest(store: &mut Store, caller: Caller, request: &IngestRequest, now: Timestamp) -> MethodResult {
    check_count("values", request.values.len())?;
    let (dataset, collection) = writable_collection(store, caller, request.collection_id.as_ref())?;
    let id = collection.id();

    let mut datapoint_ids = Vec::with_capacity(request.values.len());
    let mut seen = HashSet::new();
    let mut created = Vec::new();
    for (index, value) in request.values.iter().enumerate() {
        let invalid = |reason: String| Refusal::invalid(format!("values[{index}]: {reason}"));
        if value.is_empty() {
            return Err(invalid("expects a datapoint, got an empty message".to_owned()));
        }
        let (datapoint_id, datapoint) = prepare(dataset.r#type(), id, value, now).map_err(invalid)?;
        if collection.get(datapoint_id).is_none() && seen.insert(datapoint_id) {
            created.push((datapoint_id, datapoint));
        }
        datapoint_ids.push(datapoint_id.to_wire());
    }
    let (num_created, all) = (created.len(), datapoint_ids.len());
    if num_created < all && !request.allow_existing {
        // The text is documented.
        return Err(Refusal::invalid(
            "found existing datapoints with same id, refusing to ingest with \"allow_existing=false\"",
        ));
    }
    store.insert_datapoints(id, created)?;
    encode(&IngestResponse { num_created: num_created as i64, num_existing: (all - num_created) as i64, datapoint_ids })
}

/// Deletes all datapoints of the request or none. Duplicate ids count once; what the real server does is not known.
pub(super) fn delete(store: &mut Store, caller: Caller, request: &DeleteRequest) -> MethodResult {
    check_count("datapoint_ids", request.datapoint_ids.len())?;
    let (_, collection) = writable_collection(store, caller, request.collection_id.as_ref())?;
    let id = collection.id();
    let mut ids = request
        .datapoint_ids
        .iter()
        .map(|id| datapoint_id("datapoint_ids", Some(id)))
        .collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    if let Some(missing) = ids.iter().find(|id| collection.get(**id).is_none()) {
        return Err(Refusal::new(ErrorCode::NotFound, format!("no such datapoint {missing}; nothing was deleted")));
    }
    store.remove_datapoints(id, &ids)?;
    encode(&DeleteResponse { num_deleted: ids.len() as i64 })
}

fn check_count(name: &str, count: usize) -> Result<(), Refusal> {
    if count > MAXIMUM_DATAPOINTS {
        return Err(Refusal::invalid(format!("{name}: expects at most {MAXIMUM_DATAPOINTS}, got {count}")));
    }
    Ok(())
}

fn writable_collection<'a>(
    store: &'a Store,
    caller: Caller,
    id: Option<&Id>,
) -> Result<(&'a Dataset, &'a Collection), Refusal> {
    let id = required_id("collection_id", id)?;
    let dataset = store.dataset_of_collection(id).ok_or_else(Refusal::no_collection)?;
    require(DatasetPermission::WriteData, dataset, caller)?;
    Ok((dataset, dataset.collection(id).ok_or_else(Refusal::no_collection)?))
}

/// Converts a sent datapoint to the stored form. The hash in its id covers the corrected geometry and excludes the time;
/// both are choices.
fn prepare(
    r#type: &DatasetType,
    collection: Uuid,
    value: &[u8],
    now: Timestamp,
) -> Result<(DatapointId, Datapoint), String> {
    let datapoint = canonical(&r#type.schema, value)?;
    let milliseconds = milliseconds(&datapoint.time);
    if !TIME_RANGE.contains(&milliseconds) {
        // The ids of earlier times are not known.
        return Err("field \"time\": expects a time from 1970 on".to_owned());
    }
    let (rest, faces) = match r#type.kind {
        DatasetKind::Spatiotemporal => {
            let (rest, faces) = correct_geometry(datapoint.rest)?;
            (rest, Some(faces))
        }
        DatasetKind::Temporal | DatasetKind::Unspecified => (datapoint.rest, None),
    };
    let id = DatapointId::compute(collection, milliseconds, faces, &rest);
    Ok((id, Datapoint::ingested(id, datapoint.time, now, &rest)))
}

/// Corrects the winding of the geometry. Returns the encoded fields, and the faces that the geometry touches.
fn correct_geometry(rest: Vec<u8>) -> Result<(Vec<u8>, u8), String> {
    let geometry = match protobuf::fields(&rest).next().flatten() {
        Some(protobuf::Field { number: GEOMETRY_FIELD, value: Value::Bytes(geometry), end }) => Some((geometry, end)),
        _ => None,
    };
    let (geometry, end) = geometry.ok_or("field \"geometry\": a value is required")?;
    let wkb = protobuf::fields(geometry).find_map(|field| match field? {
        protobuf::Field { number: WKB_FIELD, value: Value::Bytes(wkb), .. } => Some(wkb),
        _ => None,
    });
    let wkb = wkb.filter(|wkb| !wkb.is_empty()).ok_or("field \"geometry\": a value is required")?;
    let invalid = "field \"geometry\": not valid WKB with finite coordinates";
    let shape = wkb::shape(wkb).ok_or(invalid)?;
    if !shape.positions().all(|[longitude, latitude]| longitude.abs() <= 360.0 && latitude.abs() <= 90.0) {
        // The real server's treatment of such positions is not known.
        return Err("field \"geometry\": expects longitudes from -360 to 360 and latitudes from -90 to 90".to_owned());
    }
    let corrected = wkb::with_corrected_winding(wkb).ok_or(invalid)?;
    let faces = faces::touched(&shape.into_lines());

    let mut message = Vec::with_capacity(geometry.len());
    protobuf::write_bytes(WKB_FIELD, &corrected, &mut message);
    let mut fields = Vec::with_capacity(rest.len());
    protobuf::write_bytes(GEOMETRY_FIELD, &message, &mut fields);
    fields.extend_from_slice(rest.get(end..).unwrap_or_default());
    Ok((fields, faces))
}
