//! The estimated size of a load.

use std::fmt;
use std::ops::Range;

use super::CollectionInfo;
use crate::metrics::ByteCount;

/// The estimated size of a load: how much it would transfer.
///
/// A load that fits into one page is counted. Everything else is extrapolated from the first page: the datapoints of the
/// collections are taken to be spread evenly over their availability, and datapoints later in the extent to match the filter
/// and the area as often as those of the first page, and to be as large. Bursts, gaps, and filters that match some times
/// more often than others make it wrong, for a rare match by any factor. [`Query::count`](crate::Query::count) counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadEstimate {
    /// The number of datapoints that the load would return.
    pub datapoints: u64,
    /// The number of pages, as large as the first one. A concurrent load cuts the query into a few more.
    pub pages: u64,
    /// The size of the responses in bytes as transferred, usually compressed. Headers are not included.
    pub bytes: u64,
    /// Whether [`datapoints`](Self::datapoints) is exact: the load fits into one page, or the query selects whole collections,
    /// whose datapoints the server counts.
    pub is_exact: bool,
}

/// The first page of a load.
#[derive(Clone, Debug)]
pub(crate) struct SamplePage {
    /// The number of datapoints.
    pub(crate) rows: u64,
    /// The bytes of the response, as transferred.
    pub(crate) bytes: u64,
    /// The time that the page covers in milliseconds since 1970, from the start of the load to the cursor; `None` if the page
    /// is the last one.
    pub(crate) covered: Option<Range<i64>>,
}

/// The query of an estimated load.
#[derive(Clone, Debug)]
pub(crate) struct EstimatedQuery<'a> {
    /// The time of the load in milliseconds since 1970.
    pub(crate) extent: Range<i64>,
    /// The collections with their contents.
    pub(crate) collections: &'a [CollectionInfo],
    /// Whether the query returns every datapoint of its extent.
    pub(crate) is_unfiltered: bool,
    /// The maximum number of datapoints.
    pub(crate) limit: Option<u64>,
    /// The number of datapoints of the extent that an earlier load delivered.
    pub(crate) delivered: u64,
}

impl LoadEstimate {
    pub(crate) fn extrapolate(sample: &SamplePage, query: &EstimatedQuery<'_>) -> Self {
        let limit = query.limit.unwrap_or(u64::MAX);
        let Some(covered) = &sample.covered else {
            return Self { datapoints: sample.rows.min(limit), pages: 1, bytes: sample.bytes, is_exact: true };
        };
        // The first page is not the last one.
        let least = sample.rows + 1;
        let counts: Option<Vec<u64>> = query.collections.iter().map(|info| counted(info, &query.extent)).collect();
        let (datapoints, is_counted) = match counts.filter(|_| query.is_unfiltered) {
            Some(counts) => (counts.into_iter().fold(0, u64::saturating_add).max(least), true),
            None => {
                let share = query.contents_of(&query.extent) / query.contents_of(covered).max(f64::MIN_POSITIVE);
                let all = if query.is_unfiltered && query.is_known() {
                    query.contents_of(&query.extent)
                } else {
                    sample.rows as f64 * share
                };
                ((all.round() as u64).max(least), false)
            }
        };
        let datapoints = datapoints.saturating_sub(query.delivered).max(1);
        let (datapoints, is_exact) = (datapoints.min(limit), is_counted || limit <= sample.rows);
        // A filter may leave the first page empty.
        let pages = match sample.rows {
            0 => query.contents_of(&query.extent) / query.contents_of(covered).max(f64::MIN_POSITIVE),
            rows => datapoints as f64 / rows as f64,
        };
        let pages = pages.max(1.0);
        Self { datapoints, pages: pages.ceil() as u64, bytes: (sample.bytes as f64 * pages).round() as u64, is_exact }
    }
}

/// Returns the number of datapoints of a collection within a time in milliseconds, if its contents determine it: it is the
/// count for all of its availability, and 0 for nothing of it.
pub(crate) fn counted(info: &CollectionInfo, time: &Range<i64>) -> Option<u64> {
    let (count, available) = (info.count?, info.availability?.milliseconds());
    match overlap(&available, time) {
        _ if count == 0 => Some(0),
        Range { start, end } if start >= end => Some(0),
        both if both == available => Some(count),
        _ => None,
    }
}

fn overlap(one: &Range<i64>, other: &Range<i64>) -> Range<i64> {
    one.start.max(other.start)..one.end.min(other.end)
}

fn width(range: &Range<i64>) -> f64 {
    range.end.saturating_sub(range.start).max(0) as f64
}

impl EstimatedQuery<'_> {
    fn is_known(&self) -> bool {
        self.collections.iter().all(|info| info.count.is_some() && info.availability.is_some())
    }

    /// Returns the expected number of unfiltered datapoints within a time, or a time in proportion to it if the contents of
    /// the collections are unknown.
    fn contents_of(&self, time: &Range<i64>) -> f64 {
        let contents = self.collections.iter().filter_map(|info| {
            let (count, available) = (info.count?, info.availability?.milliseconds());
            Some(count as f64 * width(&overlap(&available, time)) / width(&available).max(1.0))
        });
        if self.is_known() { contents.sum() } else { width(&overlap(time, &self.extent)) }
    }
}

/// Prints one line, such as `about 120000 datapoints in 24 pages, 31.5 MB`.
impl fmt::Display for LoadEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.is_exact { "" } else { "about " };
        let plural = |count: u64, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let (datapoints, pages) = (plural(self.datapoints, "datapoint"), plural(self.pages, "page"));
        f.pad(&format!("{about}{datapoints} in {pages}, {}", ByteCount(self.bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::TimeInterval;
    use uuid::Uuid;

    fn collection(count: u64) -> CollectionInfo {
        let availability = TimeInterval::parse("1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z").ok();
        CollectionInfo { id: Uuid::from_u128(1), name: "C".to_owned(), availability, count: Some(count) }
    }

    fn query(collections: &[CollectionInfo]) -> EstimatedQuery<'_> {
        EstimatedQuery { extent: 0..1000, collections, is_unfiltered: true, limit: None, delivered: 0 }
    }

    fn sample(rows: u64, covered: Range<i64>) -> SamplePage {
        SamplePage { rows, bytes: 1000, covered: Some(covered) }
    }

    fn figures(estimate: LoadEstimate) -> (u64, u64, u64, bool) {
        (estimate.datapoints, estimate.pages, estimate.bytes, estimate.is_exact)
    }

    #[test]
    fn a_load_of_one_page_is_counted() {
        let sample = SamplePage { rows: 7, bytes: 300, covered: None };
        let estimate = LoadEstimate::extrapolate(&sample, &query(&[collection(5)]));
        assert_eq!(figures(estimate), (7, 1, 300, true));
        assert_eq!(estimate.to_string(), "7 datapoints in 1 page, 300 B");
    }

    #[test]
    fn whole_collections_are_counted_by_the_server() {
        let collections = [collection(900), collection(100)];
        let estimate = LoadEstimate::extrapolate(&sample(100, 0..50), &query(&collections));
        assert_eq!(figures(estimate), (1000, 10, 10_000, true));
        let half = EstimatedQuery { extent: 0..500, ..query(&collections) };
        assert_eq!(figures(LoadEstimate::extrapolate(&sample(100, 0..50), &half)), (500, 5, 5000, false));
        let outside = EstimatedQuery { extent: 5000..9000, ..query(&collections) };
        assert_eq!(LoadEstimate::extrapolate(&sample(100, 5000..5010), &outside).datapoints, 101, "new datapoints");
    }

    #[test]
    fn a_filter_is_extrapolated_from_the_first_page() {
        let collections = [collection(1000)];
        let filtered = EstimatedQuery { is_unfiltered: false, ..query(&collections) };
        let estimate = LoadEstimate::extrapolate(&sample(20, 0..100), &filtered);
        assert_eq!(figures(estimate), (200, 10, 10_000, false));
        assert_eq!(estimate.to_string(), "about 200 datapoints in 10 pages, 10.0 kB");
        let empty = LoadEstimate::extrapolate(&sample(0, 0..100), &filtered);
        assert_eq!(figures(empty), (1, 10, 10_000, false));
        let unknown = [CollectionInfo { count: None, ..collection(0) }];
        let unknown = EstimatedQuery { collections: &unknown, ..filtered };
        assert_eq!(LoadEstimate::extrapolate(&sample(20, 0..100), &unknown).datapoints, 200);
    }

    #[test]
    fn a_limit_bounds_the_estimate() {
        let collections = [collection(1000)];
        let limited = EstimatedQuery { limit: Some(250), ..query(&collections) };
        assert_eq!(figures(LoadEstimate::extrapolate(&sample(100, 0..100), &limited)), (250, 3, 2500, true));
    }

    #[test]
    fn contents_count_a_collection_inside_or_outside() {
        let info = collection(9);
        assert_eq!(counted(&info, &(0..1000)), Some(9));
        assert_eq!(counted(&info, &(-5..2000)), Some(9));
        assert_eq!(counted(&info, &(1..1000)), None);
        assert_eq!(counted(&info, &(1000..2000)), Some(0));
        assert_eq!(counted(&collection(0), &(1..5)), Some(0));
        assert_eq!(counted(&CollectionInfo { availability: None, ..info }, &(0..1000)), None);
    }
}
