//! Recorded pages of queries, put together so that any part of a query is answered from them.
//!
//! How a query is cut into requests depends on timing and on the budget of the client, so a replay rarely sends the requests
//! that were recorded. What it asks for is the same: equal filters, and ids or times that the recorded pages cover.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Response};
use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::recording::{Recorded, Recording};
use crate::protocol::connect;
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::tilebox::v1::{Id, IdInterval, Pagination, TimeInterval};
use crate::schema::DatasetSchema;

/// Service and method of what is answered from pages.
const QUERY: &str = "datasets.v1.DataAccessService/Query";

/// A place in a result: the number that an id is.
type Key = u128;

/// How many bits of an id follow the milliseconds of its time.
const BELOW_MILLISECONDS: u32 = 80;

/// The pages of all recorded queries.
#[derive(Default)]
pub(super) struct RecordedPages {
    /// By what is the same in each request of one query.
    queries: HashMap<Bytes, RecordedQuery>,
}

/// What was recorded of one query, whatever its requests were.
#[derive(Default)]
struct RecordedQuery {
    type_url: String,
    /// The datapoints with their times in milliseconds, by id.
    datapoints: BTreeMap<Key, (i64, Bytes)>,
    /// Where all datapoints are known: begin and end of each stretch, in order, none touches another.
    covered: Vec<(Key, Key)>,
    /// From when on all datapoints before 1970 are known, in milliseconds.
    earliest: i64,
    /// How many datapoints a page has where the request does not say. Without one that leads on: all.
    page_size: Option<usize>,
    headers: HeaderMap,
    /// Whether ids do not begin with the time, or cannot be read: then only recorded requests are answered.
    is_unusual: bool,
}

/// What a request asks for.
struct Asked {
    /// Times in milliseconds, or ids.
    times: Option<(i64, i64)>,
    from: Key,
    to: Key,
}

impl RecordedPages {
    pub(super) fn new(recording: &Recording) -> Self {
        let fields = fields_of_types(recording);
        let mut pages = Self::default();
        for exchange in recording.exchanges().iter().filter(|exchange| exchange.method == QUERY) {
            let request = wire::QueryRequest::decode(exchange.request.clone()).ok();
            let page = message::<wire::QueryResultPage>(exchange);
            if let Some((request, page)) = request.zip(page) {
                let query = pages.queries.entry(same(&request)).or_default();
                query.add(&request, page, exchange, &fields);
            }
        }
        pages
    }

    /// The page that a request asks for, where the recorded ones hold it.
    pub(super) fn answer(&self, method: &str, request: &Bytes) -> Option<Response<Bytes>> {
        let request = (method == QUERY).then(|| wire::QueryRequest::decode(request.clone()).ok())??;
        let query = self.queries.get(&same(&request)).filter(|query| !query.is_unusual)?;
        let mut response = Response::new(query.page(&request)?.encode_to_vec().into());
        *response.headers_mut() = query.headers.clone();
        Some(response)
    }
}

/// What is the same in each request of one query: all but its interval and its page.
fn same(request: &wire::QueryRequest) -> Bytes {
    let filters = request.filters.clone().unwrap_or_default();
    let filters = wire::QueryFilters { time_interval: None, datapoint_interval: None, ..filters };
    wire::QueryRequest { filters: Some(filters), page: None, ..request.clone() }.encode_to_vec().into()
}

/// The message of a response that is not an error.
fn message<M: prost::Message + Default>(exchange: &Recorded) -> Option<M> {
    let answer = connect::seal_response(exchange.response()).ok()?.open(usize::MAX).ok()?;
    M::decode(answer.message).ok()
}

/// The numbers of the fields `time` and `id`, by the type of the datapoints.
fn fields_of_types(recording: &Recording) -> HashMap<String, (u32, u32)> {
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
        exchange: &Recorded,
        fields: &HashMap<String, (u32, u32)>,
    ) {
        let Some(asked) = Asked::new(request) else { return };
        let data = page.data.unwrap_or_default();
        let (time, id) = fields.get(&data.type_url).copied().unwrap_or((1, 2));
        let rows = data.value.len();
        for datapoint in data.value {
            match milliseconds(&datapoint, time).zip(key(&datapoint, id)) {
                Some((time, id)) if time < 0 || id >> BELOW_MILLISECONDS == time as Key => {
                    self.datapoints.insert(id, (time, datapoint));
                }
                _ => self.is_unusual = true,
            }
        }
        self.type_url = data.type_url;
        let mut headers = exchange.headers.clone();
        headers.remove(CONTENT_ENCODING);
        self.headers = headers;
        let next = page.next_page.and_then(|next| next.starting_after).and_then(|next| number(&next));
        if next.is_some() {
            self.page_size = self.page_size.max(Some(rows));
        } else if let Some((start, _)) = asked.times {
            self.earliest = self.earliest.min(start);
        }
        self.cover(asked.from, next.map_or(asked.to, |next| next.saturating_add(1).min(asked.to)));
    }

    fn cover(&mut self, mut from: Key, mut to: Key) {
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

    /// The page that a request asks for. Where what is covered ends, it leads on to where nothing is known.
    fn page(&self, request: &wire::QueryRequest) -> Option<wire::QueryResultPage> {
        let asked = Asked::new(request)?;
        let pagination = request.page.clone().unwrap_or_default();
        let limit = pagination.limit.and_then(|limit| usize::try_from(limit).ok()).or(self.page_size);
        let known = self.covered.iter().find(|(start, end)| (*start..*end).contains(&asked.from));
        let end = if asked.from >= asked.to { asked.to } else { known?.1.min(asked.to) };
        let before_epoch = asked.times.is_some_and(|(start, _)| start < 0);
        if before_epoch && asked.times.is_some_and(|(start, _)| start < self.earliest || end < asked.to) {
            return None;
        }
        let after = pagination.starting_after.as_ref().and_then(number);
        let wanted = self.datapoints.iter().filter(|(id, (time, _))| {
            let is_after = after.is_none_or(|after| **id > after);
            is_after && if *time < 0 { asked.holds(**id, *time) } else { asked.holds(**id, *time) && **id < end }
        });
        let mut wanted = wanted.map(|(id, (_, datapoint))| (*id, datapoint.clone())).peekable();
        let value: Vec<_> = wanted.by_ref().take(limit.unwrap_or(usize::MAX)).collect();
        let last = value.last().map(|(id, _)| *id);
        let next = match wanted.peek() {
            Some(_) => last,
            None => (end < asked.to).then(|| end.saturating_sub(1)),
        };
        let starting_after = next.map(|next| Id { uuid: next.to_be_bytes().to_vec().into() });
        let value = value.into_iter().map(|(_, datapoint)| datapoint).collect();
        Some(wire::QueryResultPage {
            data: Some(wire::RepeatedAny { type_url: self.type_url.clone(), value }),
            next_page: starting_after.map(|after| Pagination { limit: pagination.limit, starting_after: Some(after) }),
        })
    }
}

impl Asked {
    /// `None` where a request says nothing that can be compared.
    fn new(request: &wire::QueryRequest) -> Option<Self> {
        let filters = request.filters.as_ref()?;
        let mut asked = match (&filters.time_interval, &filters.datapoint_interval) {
            (Some(interval), None) => Self::of_times(interval)?,
            (None, Some(interval)) => Self::of_ids(interval)?,
            _ => return None,
        };
        let after = request.page.as_ref().and_then(|page| page.starting_after.as_ref()).and_then(number);
        asked.from = after.map_or(asked.from, |after| asked.from.max(after.saturating_add(1)));
        Some(asked)
    }

    fn of_times(interval: &TimeInterval) -> Option<Self> {
        let time = |time: &Option<prost_types::Timestamp>| {
            let time = time.as_ref()?;
            time.seconds.checked_mul(1000)?.checked_add(i64::from(time.nanos / 1_000_000))
        };
        let start = time(&interval.start_time)? + i64::from(interval.start_exclusive);
        let end = time(&interval.end_time)? + i64::from(interval.end_inclusive);
        let place = |time: i64| Key::try_from(time).unwrap_or(0) << BELOW_MILLISECONDS;
        Some(Self { times: Some((start, end)), from: place(start), to: place(end) })
    }

    fn of_ids(interval: &IdInterval) -> Option<Self> {
        let start = number(interval.start_id.as_ref()?)?.saturating_add(Key::from(interval.start_exclusive));
        let end = number(interval.end_id.as_ref()?)?.saturating_add(Key::from(interval.end_inclusive));
        Some(Self { times: None, from: start, to: end })
    }

    fn holds(&self, id: Key, time: i64) -> bool {
        match self.times {
            Some((start, end)) => (start..end).contains(&time),
            None => (self.from..self.to).contains(&id),
        }
    }
}

fn number(id: &Id) -> Option<Key> {
    id.uuid.as_ref().try_into().ok().map(Key::from_be_bytes)
}

fn key(datapoint: &[u8], field: u32) -> Option<Key> {
    number(&Id::decode(find(datapoint, field)?).ok()?)
}

fn milliseconds(datapoint: &[u8], field: u32) -> Option<i64> {
    let time = prost_types::Timestamp::decode(find(datapoint, field)?).ok()?;
    time.seconds.checked_mul(1000)?.checked_add(i64::from(time.nanos / 1_000_000))
}

/// The bytes of a field that is a message.
fn find(mut message: &[u8], number: u32) -> Option<&[u8]> {
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
