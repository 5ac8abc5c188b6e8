//! The datapoints that a command selects: a dataset, its collections, and conditions.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | [`Selection`], and its query |
//! | `times` | the time |
//! | `area` | the area |

mod area;
mod times;

use tilebox_tokio::{Client, CollectionInfo, Dataset, Query, SpatialFilter, TimeInterval, Timestamp};

use crate::failure::Failure;
use area::Area;
pub(crate) use times::{Times, now};

/// Which datapoints of which dataset.
#[derive(Debug, clap::Args)]
pub(crate) struct Selection {
    /// The dataset, by its slug, such as open_data.copernicus.sentinel2_msi.
    pub(crate) dataset: String,
    /// The collections to query, separated by commas; may be repeated. By default all of them.
    #[arg(short, long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) collections: Vec<String>,
    #[command(flatten)]
    pub(crate) conditions: Conditions,
}

/// The time, the area and the filter of datapoints.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Conditions {
    /// A filter as CQL2 text or JSON, such as "cloud_cover < 10 AND platform = 'S2A'". Datapoints match all filters if it is
    /// repeated.
    #[arg(short, long = "filter", value_name = "CQL2")]
    pub(crate) filters: Vec<String>,
    #[command(flatten)]
    pub(crate) times: Times,
    #[command(flatten)]
    pub(crate) area: Area,
}

impl Conditions {
    /// Returns whether every datapoint is selected.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty() && self.area.is_empty() && self.filters.is_empty()
    }

    /// Parses the time, and reads the area. Without a request, so that mistakes are found before the first one.
    pub(crate) fn read(&self) -> Result<ReadConditions, Failure> {
        let interval = self.times.interval(now())?;
        Ok(ReadConditions { interval, area: self.area.read()?, filters: self.filters.clone() })
    }
}

/// Conditions whose time and area are valid.
#[derive(Clone, Debug)]
pub(crate) struct ReadConditions {
    /// The time; `None` for all times.
    interval: Option<TimeInterval>,
    /// The area; `None` for the whole earth.
    pub(crate) area: Option<SpatialFilter>,
    pub(crate) filters: Vec<String>,
}

impl Selection {
    /// Returns the query of the selected datapoints.
    pub(crate) async fn query(&self, client: &Client) -> Result<Query, Failure> {
        Ok(self.find(self.conditions.read()?, client).await?.query())
    }

    /// Looks up the dataset and its collections.
    pub(crate) async fn find(&self, conditions: ReadConditions, client: &Client) -> Result<Selected, Failure> {
        let dataset = client.dataset(&self.dataset).await?;
        let names: Vec<String> = self.collections.iter().map(|name| name.trim().to_owned()).collect();
        let all = dataset.collections().await?.into_iter().map(|collection| collection.info());
        let collections = all.filter(|info| names.is_empty() || names.contains(&info.name)).collect();
        Ok(Selected { dataset, names, collections, conditions })
    }
}

impl ReadConditions {
    /// Sets the time, such as that of an interrupted load.
    pub(crate) fn set_interval(&mut self, interval: TimeInterval) {
        self.interval = Some(interval);
    }
}

/// The selected datapoints of a dataset.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    pub(crate) dataset: Dataset,
    /// The names of the collections as written; empty for all.
    names: Vec<String>,
    /// The collections that exist.
    pub(crate) collections: Vec<CollectionInfo>,
    pub(crate) conditions: ReadConditions,
}

impl Selected {
    /// Returns the query of the selected datapoints.
    pub(crate) fn query(&self) -> Query {
        let query = self.all(self.interval());
        let query = self.conditions.area.iter().fold(query, Query::spatial_extent);
        self.conditions.filters.iter().fold(query, |query, filter| query.filter(filter.as_str()))
    }

    /// Returns the query of all datapoints of the collections in an interval.
    pub(crate) fn all(&self, interval: TimeInterval) -> Query {
        let query = self.dataset.query(interval);
        if self.names.is_empty() { query } else { query.collections(&self.names) }
    }

    /// Returns the selected time. An open end is where the collections begin or end, which also tells the progress how much
    /// there is.
    pub(crate) fn interval(&self) -> TimeInterval {
        let available = self.available().unwrap_or_else(|| {
            // Times of satellites, for collections of which the server knows nothing.
            let year = |seconds| Timestamp::from_unix(seconds, 0).unwrap_or(Timestamp::UNIX_EPOCH);
            TimeInterval::new(year(0), year(4_102_444_800))
        });
        let Some(interval) = self.conditions.interval else { return available };
        let start = if interval.start() == Timestamp::MIN { available.start() } else { interval.start() };
        let end = if interval.end() == Timestamp::MAX { available.end() } else { interval.end() };
        let narrowed = TimeInterval::new(start, end).with_end_inclusive(interval.is_end_inclusive());
        // If the other bound is outside of the available time, the query finds nothing, and says why.
        if narrowed.is_empty() { interval } else { narrowed }
    }

    /// Returns the number of the selected datapoints, if the server has counted them: they are all of the collections.
    pub(crate) fn known_count(&self) -> Option<u64> {
        let is_whole = self.conditions.area.is_none() && self.conditions.filters.is_empty();
        // An interval that the collections do not know cannot be compared.
        let is_known = self.collections.iter().all(|info| info.count.is_some() && info.availability.is_some());
        if !is_whole || !is_known || self.collections.is_empty() {
            return None;
        }
        let covers = |interval: TimeInterval, available: TimeInterval| {
            let is_started = interval.start() < available.start()
                || (interval.start() == available.start() && !interval.is_start_exclusive());
            let is_ended =
                interval.end() > available.end() || (interval.end() == available.end() && interval.is_end_inclusive());
            is_started && is_ended
        };
        if let Some(available) = self.available()
            && !covers(self.interval(), available)
        {
            return None;
        }
        self.collections.iter().map(|info| info.count).sum()
    }

    /// Returns the time from the first to the last datapoint of the collections, as far as the server knows it.
    pub(crate) fn available(&self) -> Option<TimeInterval> {
        let known = self.collections.iter().filter_map(|info| info.availability.filter(|known| !known.is_empty()));
        let union =
            known.reduce(|left, right| TimeInterval::new(left.start().min(right.start()), left.end().max(right.end())));
        union.map(|interval| interval.with_end_inclusive(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_empty_without_time_area_and_filter() {
        assert!(Conditions::default().is_empty());
        let filtered = Conditions { filters: vec!["a < 1".to_owned()], ..Conditions::default() };
        assert!(!filtered.is_empty());
    }
}
