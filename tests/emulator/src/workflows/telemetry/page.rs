//! The order and the pages of a query.

use bytes::Bytes;
use tilebox_core::protocol::wire::tilebox::v1::{Id, Pagination, SortDirection};

use super::record::{Record, Stored};
use super::records::{Position, Records};
use crate::services::Refusal;

/// The number of records in a page of a request without a limit. That of the real server is not known.
const DEFAULT_LIMIT: usize = 1_000;
/// The largest number of records in a page, to which larger limits are reduced. That of the real server is not known.
const MAXIMUM_LIMIT: usize = 10_000;
/// The size of records with their origins after which a page ends, in bytes.
const MAXIMUM_PAGE_BYTES: usize = 16 << 20;

/// The requested order and page.
#[derive(Debug, PartialEq)]
pub(super) struct PageRequest {
    requested: Option<i64>,
    limit: usize,
    /// The position of the last record of the previous page.
    after: Option<Position>,
    is_descending: bool,
}

impl PageRequest {
    /// Reads a request. Without a sort direction, the oldest records are first.
    pub(super) fn read(page: Option<&Pagination>, sort: Option<i32>) -> Result<Self, Refusal> {
        let requested = page.and_then(|page| page.limit);
        let limit = match requested {
            None => DEFAULT_LIMIT,
            Some(limit @ ..=0) => {
                return Err(Refusal::invalid(format!("page.limit: expects at least 1, got {limit}")));
            }
            Some(limit) => usize::try_from(limit).unwrap_or(MAXIMUM_LIMIT).min(MAXIMUM_LIMIT),
        };
        let after = page.and_then(|page| page.starting_after.as_ref()).map(|id| {
            position(id).ok_or_else(|| Refusal::invalid("page.starting_after: expects that of a previous page"))
        });
        let is_descending = match SortDirection::try_from(sort.unwrap_or_default()) {
            Ok(SortDirection::Unspecified | SortDirection::Ascending) => false,
            Ok(SortDirection::Descending) => true,
            Err(_) => {
                let got = sort.unwrap_or_default();
                return Err(Refusal::invalid(format!(
                    "sort_direction: expects 1 (ascending) or 2 (descending), got {got}"
                )));
            }
        };
        Ok(Self { requested, limit, after: after.transpose()?, is_descending })
    }

    /// Returns the records of the page, and the request for the next page if there is one.
    pub(super) fn take<'a, R: Record>(
        &self,
        mut positions: Vec<Position>,
        records: &'a Records<R>,
    ) -> (Vec<&'a Stored<R>>, Option<Pagination>) {
        positions.sort_unstable();
        if self.is_descending {
            positions.reverse();
        }
        let start = self.after.map_or(0, |after| {
            positions
                .partition_point(|position| if self.is_descending { *position >= after } else { *position <= after })
        });
        let rest = positions.get(start..).unwrap_or_default();
        let (mut page, mut bytes) = (Vec::new(), 0);
        for (index, position) in rest.iter().enumerate().take(self.limit) {
            let Some(record) = records.get(*position) else { continue };
            page.push(record);
            // Each record of a response has a copy of its origin.
            bytes += record.bytes + record.origin.size();
            if bytes >= MAXIMUM_PAGE_BYTES || index + 1 == self.limit {
                let next = (index + 1 < rest.len())
                    .then(|| Pagination { limit: self.requested, starting_after: Some(cursor(*position)) });
                return (page, next);
            }
        }
        (page, None)
    }
}

/// Returns the id that stands for a position: its time, then its number.
fn cursor((time, number): Position) -> Id {
    Id { uuid: Bytes::copy_from_slice(&[time.to_be_bytes(), number.to_be_bytes()].concat()) }
}

fn position(id: &Id) -> Option<Position> {
    let (time, number) = id.uuid.split_at_checked(8)?;
    let number = u64::from_be_bytes(number.try_into().ok()?);
    (number > 0).then_some((u64::from_be_bytes(time.try_into().ok()?), number))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;

    use super::*;
    use crate::workflows::telemetry::record::Origin;

    fn store(times: &[u64], body: usize) -> Records<LogRecord> {
        let mut records = Records::new(1_000_000, usize::MAX);
        let logs = times.iter().map(|time| LogRecord {
            time_unix_nano: *time,
            severity_text: "x".repeat(body),
            ..LogRecord::default()
        });
        records.extend(Stored::all(&Arc::new(Origin::default()), logs.collect(), 0).collect());
        records
    }

    fn all(records: &Records<LogRecord>) -> Vec<Position> {
        records.all().map(|(position, _)| position).collect()
    }

    proptest! {
        #[test]
        fn pages_together_are_all_records_in_order(
            times in prop::collection::vec(1..20_u64, 0..50), limit in 1..10_i64, is_descending: bool,
        ) {
            let records = store(&times, 0);
            let sort = Some(i32::from(if is_descending { SortDirection::Descending } else { SortDirection::Ascending }));
            let mut page = Some(Pagination { limit: Some(limit), starting_after: None });
            let (mut found, mut pages) = (Vec::new(), 0);
            while let Some(request) = page {
                let request = PageRequest::read(Some(&request), sort).expect("a page request");
                let (records, next) = request.take(all(&records), &records);
                prop_assert!(records.len() == limit as usize || next.is_none());
                found.extend(records.iter().map(|record| record.time));
                page = next;
                pages += 1;
                prop_assert!(pages <= times.len() + 1);
            }
            let mut expected = times;
            expected.sort_unstable();
            if is_descending {
                expected.reverse();
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn large_records_end_a_page_early() {
        let records = store(&[1; 9], MAXIMUM_PAGE_BYTES / 4);
        let (page, next) = PageRequest::read(None, None).expect("a request").take(all(&records), &records);
        assert_eq!((page.len(), next.is_some()), (4, true));
    }

    #[test]
    fn invalid_pages_are_refused() {
        let page = |limit, uuid: &[u8]| {
            let starting_after = (!uuid.is_empty()).then(|| Id { uuid: Bytes::copy_from_slice(uuid) });
            PageRequest::read(Some(&Pagination { limit, starting_after }), None)
        };
        assert!(
            page(None, &[1; 16]).is_ok() && page(Some(i64::MAX), &[]).is_ok_and(|page| page.limit == MAXIMUM_LIMIT)
        );
        for (limit, uuid) in [(Some(0), &[][..]), (Some(-1), &[]), (None, &[1; 15]), (None, &[1; 17]), (None, &[0; 16])]
        {
            assert!(page(limit, uuid).is_err(), "{limit:?} {uuid:?}");
        }
        assert!(PageRequest::read(None, Some(3)).is_err());
    }
}
