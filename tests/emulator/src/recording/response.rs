//! The format of a file of recorded responses.
//!
//! A file has any number of records: the HTTP status as a little-endian int64, the length of the body as a little-endian
//! uint64, the body, compressed with gzip. A record does not name its method, so the reader tries the messages in turn.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use tilebox_core::protocol::wire::datasets::v1::{
    Any, CollectionInfo, Dataset as WireDataset, DatasetGroup, ListCollectionsResponse, ListDatasetsResponse,
    QueryResultPage,
};

use super::decode;
use crate::protobuf::{self, Value};

/// The largest decompressed body, in bytes.
const MAXIMUM_BODY_BYTES: u64 = 1 << 30;
/// The number of `Dataset.type`.
const TYPE_FIELD: u32 = 3;
/// The number of `ListDatasetsResponse.datasets`.
const DATASETS_FIELD: u32 = 1;

/// A recorded response.
pub(super) enum RecordedResponse {
    /// A response of GetDataset.
    Dataset(Box<EncodedDataset>),
    /// A response of ListDatasets.
    Datasets(Vec<DatasetGroup>, Vec<EncodedDataset>),
    /// A response of ListCollections or GetCollectionByName.
    Collections(Vec<CollectionInfo>),
    /// A response of Query or QueryByID.
    Datapoints {
        /// The type of the datapoints.
        type_url: String,
        values: Vec<Bytes>,
    },
}

/// A dataset and its encoded type.
pub(super) struct EncodedDataset {
    pub(super) info: WireDataset,
    pub(super) r#type: Bytes,
}

/// Reads all responses of a file.
pub(super) fn read(mut file: &[u8]) -> Result<Vec<RecordedResponse>, String> {
    let mut responses = Vec::new();
    while !file.is_empty() {
        let number = responses.len() + 1;
        let (status, length, rest) = header(file).ok_or_else(|| format!("record {number} is truncated"))?;
        let length = usize::try_from(length).ok().filter(|length| *length <= rest.len());
        let (body, rest) = length
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| format!("the body of record {number} is truncated"))?;
        if status != 200 {
            return Err(format!("record {number}: expects HTTP status 200, got {status}"));
        }
        let body = decompress(body).ok_or_else(|| format!("the body of record {number} is not gzip"))?;
        responses.push(recognise(&body).ok_or_else(|| {
            format!("record {number} is not a response about a dataset, its collections or its datapoints")
        })?);
        file = rest;
    }
    Ok(responses)
}

fn header(file: &[u8]) -> Option<(i64, u64, &[u8])> {
    let (status, rest) = file.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    Some((i64::from_le_bytes(*status), u64::from_le_bytes(*length), rest))
}

fn decompress(body: &[u8]) -> Option<Bytes> {
    let mut plain = Vec::new();
    GzDecoder::new(body).take(MAXIMUM_BODY_BYTES).read_to_end(&mut plain).ok()?;
    Some(plain.into())
}

/// Tries the messages in turn, each by properties that only it has.
fn recognise(body: &Bytes) -> Option<RecordedResponse> {
    if let Some(dataset) = dataset(body) {
        return Some(RecordedResponse::Dataset(Box::new(dataset)));
    }
    let page = decode_shared::<QueryResultPage>(body).and_then(|page| page.data);
    if let Some(data) = page.filter(|data| is_type_url(&data.type_url)) {
        return Some(RecordedResponse::Datapoints { type_url: data.type_url, values: data.value });
    }
    if let Some(any) = decode_shared::<Any>(body).filter(|any| is_type_url(&any.type_url)) {
        return Some(RecordedResponse::Datapoints { type_url: any.type_url, values: vec![any.value] });
    }
    if let Some(listing) = listing(body) {
        return Some(listing);
    }
    if let Some(list) = decode::<ListCollectionsResponse>(body).filter(|list| list.data.iter().all(is_collection)) {
        return Some(RecordedResponse::Collections(list.data));
    }
    decode::<CollectionInfo>(body).filter(is_collection).map(|info| RecordedResponse::Collections(vec![info]))
}

fn dataset(body: &Bytes) -> Option<EncodedDataset> {
    let info = decode::<WireDataset>(body).filter(|dataset| !dataset.code_name.is_empty())?;
    let mut fields = protobuf::fields(body).map_while(|field| field);
    let Value::Bytes(r#type) = fields.find(|field| field.number == TYPE_FIELD)?.value else { return None };
    Some(EncodedDataset { info, r#type: body.slice_ref(r#type) })
}

fn listing(body: &Bytes) -> Option<RecordedResponse> {
    let groups = decode::<ListDatasetsResponse>(body)?.groups;
    let mut datasets = Vec::new();
    for field in protobuf::fields(body) {
        let field = field?;
        if let (DATASETS_FIELD, Value::Bytes(encoded)) = (field.number, field.value) {
            datasets.push(dataset(&body.slice_ref(encoded))?);
        }
    }
    (!datasets.is_empty()).then_some(RecordedResponse::Datasets(groups, datasets))
}

/// Decodes a message that shares the memory of the body.
fn decode_shared<M: prost::Message + Default>(body: &Bytes) -> Option<M> {
    M::decode(body.clone()).ok()
}

fn is_type_url(text: &str) -> bool {
    text.starts_with("datasets")
}

fn is_collection(info: &CollectionInfo) -> bool {
    info.collection.as_ref().is_some_and(|collection| {
        !collection.name.is_empty() && collection.id.as_ref().is_some_and(|id| id.uuid.len() == 16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_files_are_refused_with_a_reason() {
        let truncated_header = [0; 9];
        let mut truncated_body = Vec::new();
        truncated_body.extend(200_i64.to_le_bytes());
        truncated_body.extend(u64::MAX.to_le_bytes());
        let mut no_gzip = Vec::new();
        no_gzip.extend(200_i64.to_le_bytes());
        no_gzip.extend(3_u64.to_le_bytes());
        no_gzip.extend(b"abc");
        let files = [(&truncated_header[..], "truncated"), (&truncated_body, "truncated"), (&no_gzip, "not gzip")];
        for (file, reason) in files {
            let error = read(file).err().expect("an error");
            assert!(error.contains(reason), "{error}");
        }
        assert!(read(&[]).is_ok_and(|responses| responses.is_empty()));
    }
}
