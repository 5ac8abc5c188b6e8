//! A page of a query: the selection of its datapoints, and its encoding.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use tilebox_core::protocol::wire::tilebox::v1::Pagination;

use super::{Collection, Datapoint, IdRange};
use crate::filter::Filter;
use crate::ids::DatapointId;
use crate::protobuf;

/// The query for a page.
pub(crate) struct PageQuery {
    /// The range of ids after the cursor.
    pub(crate) range: IdRange,
    /// The conditions on datapoints.
    pub(crate) filter: Filter,
    /// The largest number of datapoints, at least 1.
    pub(crate) limit: usize,
    /// Whether the page has only time, id and ingestion time of each datapoint.
    pub(crate) skip_data: bool,
}

/// A page: datapoints ordered by id.
#[derive(Default)]
pub(crate) struct Page {
    messages: Vec<Bytes>,
    last: Option<DatapointId>,
    /// The last id, if more datapoints follow.
    next: Option<DatapointId>,
}

impl Page {
    /// Adds the first matching datapoints of the merged collections. Scans at most `budget` datapoints. If the page is
    /// incomplete then, returns the last scanned id, after which the next call continues.
    pub(crate) fn extend(
        &mut self,
        collections: &[&Collection],
        query: &PageQuery,
        budget: usize,
    ) -> Option<DatapointId> {
        let mut scanned = None;
        for (index, (id, datapoint)) in merge(collections, query.range).enumerate() {
            if index == budget {
                return scanned;
            }
            scanned = Some(id);
            if !query.filter.matches(datapoint) {
                continue;
            }
            // One more datapoint is found before there is a next page, so that no page is empty. What the real server does
            // is not known; its clients handle both.
            if self.messages.len() == query.limit {
                self.next = self.last;
                return None;
            }
            self.messages.push(if query.skip_data { datapoint.without_data() } else { datapoint.message().clone() });
            self.last = Some(id);
        }
        None
    }

    /// Encodes the `QueryResultPage`.
    pub(crate) fn encode(&self, type_url: &str, limit: Option<i64>) -> Bytes {
        let data_len = protobuf::bytes_len(type_url.len())
            + self.messages.iter().map(|m| protobuf::bytes_len(m.len())).sum::<usize>();
        let next_page = self.next.map(|id| Pagination { limit, starting_after: Some(id.to_wire()) }.encode_to_vec());
        let next_len = next_page.as_ref().map_or(0, |page| protobuf::bytes_len(page.len()));

        let mut page = BytesMut::with_capacity(protobuf::bytes_len(data_len) + next_len);
        protobuf::write_header(1, data_len, &mut page);
        protobuf::write_bytes(1, type_url.as_bytes(), &mut page);
        for message in &self.messages {
            protobuf::write_header(2, message.len(), &mut page);
            page.put_slice(message);
        }
        if let Some(next_page) = next_page {
            protobuf::write_bytes(2, &next_page, &mut page);
        }
        page.freeze()
    }
}

/// Merges the datapoints of several collections in the order of ids.
fn merge<'a>(collections: &[&'a Collection], range: IdRange) -> impl Iterator<Item = (DatapointId, &'a Datapoint)> {
    let mut sources: Vec<_> = collections.iter().map(|collection| collection.range(range)).collect();
    let mut heads: Vec<_> = sources.iter_mut().map(Iterator::next).collect();
    let mut order: BinaryHeap<_> =
        heads.iter().enumerate().filter_map(|(source, head)| head.map(|(id, _)| Reverse((*id, source)))).collect();
    std::iter::from_fn(move || {
        let mut first = order.peek_mut()?;
        let Reverse((id, source)) = *first;
        let head = heads.get_mut(source)?;
        let (_, datapoint) = head.take()?;
        *head = sources.get_mut(source)?.next();
        match head {
            Some((next, _)) => *first = Reverse((**next, source)),
            None => {
                std::collections::binary_heap::PeekMut::pop(first);
            }
        }
        Some((id, datapoint))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tilebox_core::protocol::wire::datasets::v1::QueryResultPage;
    use uuid::Uuid;

    fn collection(ids: &[u128]) -> Collection {
        let datapoints = ids.iter().map(|id| (DatapointId(*id), Datapoint::new(id.to_be_bytes().to_vec().into(), 0)));
        Collection::new(Uuid::nil(), String::new(), datapoints.collect())
    }

    proptest! {
        #[test]
        fn pages_have_each_datapoint_once_and_in_order(
            ids in prop::collection::btree_set(1_u128..1000, 0..200),
            limit in 1_usize..50,
            budget in 1_usize..30,
        ) {
            let all: Vec<_> = ids.into_iter().collect();
            let parts: Vec<_> = (0..3)
                .map(|part| collection(&all.iter().copied().filter(|id| id % 3 == part).collect::<Vec<_>>()))
                .collect();
            let parts: Vec<_> = parts.iter().collect();
            let whole = IdRange::between(DatapointId(0), false, DatapointId(u128::MAX), true);
            let mut found = Vec::new();
            let mut range = whole;
            loop {
                let mut query = PageQuery { range, filter: Filter::default(), limit, skip_data: false };
                let mut page = Page::default();
                while let Some(scanned) = page.extend(&parts, &query, budget) {
                    query.range = query.range.after(scanned);
                }
                let decoded = QueryResultPage::decode(page.encode("a.Type", Some(limit as i64))).expect("a page");
                let data = decoded.data.expect("data");
                prop_assert_eq!(data.type_url, "a.Type");
                prop_assert!(data.value.len() <= limit);
                found.extend(data.value.iter().map(|value| u128::from_be_bytes(value[..].try_into().expect("an id"))));
                let Some(next) = decoded.next_page else { break };
                prop_assert_eq!(next.limit, Some(limit as i64));
                prop_assert!(!data.value.is_empty());
                let cursor = DatapointId::from_slice(&next.starting_after.expect("a cursor").uuid).expect("an id");
                range = range.after(cursor);
            }
            prop_assert_eq!(found, all);
        }
    }
}
