//! Recorded pages of queries, merged to serve any part of a query.
//!
//! Timing and the budget of the client decide how a query is divided into requests, so a replayed client rarely sends the
//! recorded requests. It sends equal filters, with ids or times that the recorded pages cover.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Response};
use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::recording::{RecordedExchange, Recording};
use crate::protocol::connect;
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::tilebox::v1::{Id, IdInterval, Pagination, TimeInterval};
use crate::schema::DatasetSchema;

/// Service and method of queries.
const QUERY: &str = "datasets.v1.DataAccessService/Query";

/// An id as a number, in the order of results.
type IdNumber = u128;

/// Number of bits of an id after its time in milliseconds.
const BITS_AFTER_TIME: u32 = 80;

/// Pages of all recorded queries.
#[derive(Default)]
pub(super) struct RecordedPages {
    /// Queries by the encoded part that all requests of one query share.
    queries: HashMap<Bytes, RecordedQuery>,
}

/// Recorded datapoints of one query.
#[derive(Default)]
struct RecordedQuery {
    type_url: String,
    /// Times in milliseconds and encoded datapoints, by id.
    datapoints: BTreeMap<IdNumber, (i64, Bytes)>,
    /// Ranges of ids (start, exclusive end) in which all datapoints are recorded; ordered, disjoint and not adjacent.
    covered: Vec<(IdNumber, IdNumber)>,
    /// Time in milliseconds since 1970 after which all datapoints before 1970 are recorded.
    earliest: i64,
    /// Number of datapoints per page for requests without a limit. `None` if every recorded page was the last one.
    page_size: Option<usize>,
    headers: HeaderMap,
    /// Whether an id does not begin with the time or cannot be decoded. The query then serves recorded requests only.
    has_opaque_ids: bool,
}

/// The range of datapoints that a request selects.
struct RequestedRange {
    /// Start and exclusive end in milliseconds since 1970; `None` for a range of ids.
    times: Option<(i64, i64)>,
    from: IdNumber,
    to: IdNumber,
}

impl RecordedPages {
    pub(super) fn new(recording: &Recording) -> Self {
        let fields = field_numbers_by_type(recording);
        let mut pages = Self::default();
        for exchange in recording.exchanges().iter().filter(|exchange| exchange.method == QUERY) {
            let request = wire::QueryRequest::decode(exchange.request.clone()).ok();
            let page = message::<wire::QueryResultPage>(exchange);
            if let Some((request, page)) = request.zip(page) {
                let query = pages.queries.entry(query_key(&request)).or_default();
                query.add(&request, page, exchange, &fields);
            }
        }
        pages
    }

    /// Returns the requested page if it is recorded.
    pub(super) fn response(&self, method: &str, request: &Bytes) -> Option<Response<Bytes>> {
        let request = (method == QUERY).then(|| wire::QueryRequest::decode(request.clone()).ok())??;
        let query = self.queries.get(&query_key(&request)).filter(|query| !query.has_opaque_ids)?;
        let mut response = Response::new(query.page(&request)?.encode_to_vec().into());
        *response.headers_mut() = query.headers.clone();
        Some(response)
    }
}

/// Encodes the part that all requests of one query share: all but the interval and the page.
fn query_key(request: &wire::QueryRequest) -> Bytes {
    let filters = request.filters.clone().unwrap_or_default();
    let filters = wire::QueryFilters { time_interval: None, datapoint_interval: None, ..filters };
    wire::QueryRequest { filters: Some(filters), page: None, ..request.clone() }.encode_to_vec().into()
}

/// Decodes the message of a response. Returns `None` for an error.
fn message<M: prost::Message + Default>(exchange: &RecordedExchange) -> Option<M> {
    let encoded = connect::EncodedMessage::from_response(exchange.to_response()).ok()?;
    M::decode(encoded.decompress(usize::MAX).ok()?.message).ok()
}

/// Returns the field numbers of `time` and `id` by the type URL of the datapoints.
fn field_numbers_by_type(recording: &Recording) -> HashMap<String, (u32, u32)> {
    let datasets = recording.exchanges().iter().flat_map(|exchange| match exchange.method.rsplit('/').next() {
        Some("GetDataset" | "CreateDataset" | "UpdateDataset") => {
            message::<wire::Dataset>(exchange).into_iter().collect()
        }
        Some("ListDatasets") => message::<wire::ListDatasetsResponse>(exchange).unwrap_or_default().datasets,
        _ => Vec::new(),
    });
    let fields = datasets.filter_map(|dataset| {
        let described = dataset.r#type?;
        let schema = DatasetSchema::from_annotated_type(&described).ok()?;
        let numbers = (schema.field("time")?.number(), schema.field("id")?.number());
        Some((described.type_url, numbers))
    });
    fields.collect()
}

impl RecordedQuery {
    fn add(
        &mut self,
        request: &wire::QueryRequest,
        page: wire::QueryResultPage,
        exchange: &RecordedExchange,
        fields: &HashMap<String, (u32, u32)>,
    ) {
        let Some(requested) = RequestedRange::new(request) else { return };
        let data = page.data.unwrap_or_default();
        let (time, id) = fields.get(&data.type_url).copied().unwrap_or((1, 2));
        let rows = data.value.len();
        for datapoint in data.value {
            match time_field(&datapoint, time).zip(id_field(&datapoint, id)) {
                Some((time, id)) if time < 0 || id >> BITS_AFTER_TIME == time as IdNumber => {
                    self.datapoints.insert(id, (time, datapoint));
                }
                _ => self.has_opaque_ids = true,
            }
        }
        self.type_url = data.type_url;
        let mut headers = exchange.headers.clone();
        headers.remove(CONTENT_ENCODING);
        self.headers = headers;
        let next = page.next_page.and_then(|next| next.starting_after).and_then(|next| id_number(&next));
        if next.is_some() {
            self.page_size = self.page_size.max(Some(rows));
        } else if let Some((start, _)) = requested.times {
            self.earliest = self.earliest.min(start);
        }
        self.cover(requested.from, next.map_or(requested.to, |next| next.saturating_add(1).min(requested.to)));
    }

    /// Adds a range of ids in which all datapoints are recorded.
    fn cover(&mut self, mut from: IdNumber, mut to: IdNumber) {
        if from >= to {
            return;
        }
        self.covered.retain(|(start, end)| {
            let touches = *start <= to && from <= *end;
            if touches {
                (from, to) = (from.min(*start), to.max(*end));
            }
            !touches
        });
        self.covered.push((from, to));
        self.covered.sort_unstable();
    }

    /// Returns the requested page. At the end of the covered range its cursor leads to ids that are not recorded.
    fn page(&self, request: &wire::QueryRequest) -> Option<wire::QueryResultPage> {
        let requested = RequestedRange::new(request)?;
        let pagination = request.page.clone().unwrap_or_default();
        let limit = pagination.limit.and_then(|limit| usize::try_from(limit).ok()).or(self.page_size);
        let end = self.recorded_end(&requested)?;
        let after = pagination.starting_after.as_ref().and_then(id_number);
        let selected = self.datapoints.iter().filter(|(id, (time, _))| {
            let is_after = after.is_none_or(|after| **id > after);
            is_after && requested.contains(**id, *time) && (*time < 0 || **id < end)
        });
        let mut selected = selected.map(|(id, (_, datapoint))| (*id, datapoint.clone())).peekable();
        let value: Vec<_> = selected.by_ref().take(limit.unwrap_or(usize::MAX)).collect();
        let last = value.last().map(|(id, _)| *id);
        let next = match selected.peek() {
            Some(_) => last,
            None => (end < requested.to).then(|| end.saturating_sub(1)),
        };
        let starting_after = next.map(|next| Id { uuid: next.to_be_bytes().to_vec().into() });
        let value = value.into_iter().map(|(_, datapoint)| datapoint).collect();
        Some(wire::QueryResultPage {
            data: Some(wire::RepeatedAny { type_url: self.type_url.clone(), value }),
            next_page: starting_after.map(|after| Pagination { limit: pagination.limit, starting_after: Some(after) }),
        })
    }

    /// Returns the id before which all requested datapoints are recorded, or `None` if the first one is not recorded.
    fn recorded_end(&self, requested: &RequestedRange) -> Option<IdNumber> {
        let end = if requested.from >= requested.to {
            requested.to
        } else {
            let covered = self.covered.iter().find(|(start, end)| (*start..*end).contains(&requested.from));
            covered?.1.min(requested.to)
        };
        match requested.times {
            Some((start, _)) if start < 0 && (start < self.earliest || end < requested.to) => None,
            _ => Some(end),
        }
    }
}

impl RequestedRange {
    /// Returns `None` for a request without an interval of times or ids.
    fn new(request: &wire::QueryRequest) -> Option<Self> {
        let filters = request.filters.as_ref()?;
        let mut range = match (&filters.time_interval, &filters.datapoint_interval) {
            (Some(interval), None) => Self::from_times(interval)?,
            (None, Some(interval)) => Self::from_ids(interval)?,
            _ => return None,
        };
        let after = request.page.as_ref().and_then(|page| page.starting_after.as_ref()).and_then(id_number);
        range.from = after.map_or(range.from, |after| range.from.max(after.saturating_add(1)));
        Some(range)
    }

    fn from_times(interval: &TimeInterval) -> Option<Self> {
        let start = milliseconds(interval.start_time.as_ref()?)? + i64::from(interval.start_exclusive);
        let end = milliseconds(interval.end_time.as_ref()?)? + i64::from(interval.end_inclusive);
        let first_id = |time: i64| IdNumber::try_from(time).unwrap_or(0) << BITS_AFTER_TIME;
        Some(Self { times: Some((start, end)), from: first_id(start), to: first_id(end) })
    }

    fn from_ids(interval: &IdInterval) -> Option<Self> {
        let start = id_number(interval.start_id.as_ref()?)?.saturating_add(IdNumber::from(interval.start_exclusive));
        let end = id_number(interval.end_id.as_ref()?)?.saturating_add(IdNumber::from(interval.end_inclusive));
        Some(Self { times: None, from: start, to: end })
    }

    fn contains(&self, id: IdNumber, time: i64) -> bool {
        match self.times {
            Some((start, end)) => (start..end).contains(&time),
            None => (self.from..self.to).contains(&id),
        }
    }
}

fn id_number(id: &Id) -> Option<IdNumber> {
    id.uuid.as_ref().try_into().ok().map(IdNumber::from_be_bytes)
}

/// Converts a time to milliseconds since 1970.
fn milliseconds(time: &prost_types::Timestamp) -> Option<i64> {
    time.seconds.checked_mul(1000)?.checked_add(i64::from(time.nanos / 1_000_000))
}

fn id_field(datapoint: &[u8], field: u32) -> Option<IdNumber> {
    id_number(&Id::decode(message_field(datapoint, field)?).ok()?)
}

fn time_field(datapoint: &[u8], field: u32) -> Option<i64> {
    milliseconds(&prost_types::Timestamp::decode(message_field(datapoint, field)?).ok()?)
}

/// Returns the encoded value of a message field.
fn message_field(mut message: &[u8], number: u32) -> Option<&[u8]> {
    let mut found = None;
    while !message.is_empty() {
        let (tag, wire_type) = decode_key(&mut message).ok()?;
        if wire_type == WireType::LengthDelimited {
            let length = usize::try_from(decode_varint(&mut message).ok()?).ok()?;
            let (value, rest) = message.split_at_checked(length)?;
            message = rest;
            found = if tag == number { Some(value) } else { found };
        } else {
            skip_field(wire_type, tag, &mut message, DecodeContext::default()).ok()?;
        }
    }
    found
}
