//! Which time is meant.

use tilebox_tokio::{Dataset, Result, TimeInterval, Timestamp};

/// The interval that was written, as [`TimeInterval`] reads it. An open end is where the collections begin or end, which
/// also tells the progress how much there is.
pub(crate) async fn extent(dataset: &Dataset, collections: &[String], written: Option<&str>) -> Result<TimeInterval> {
    let Some(written) = written else { return available(dataset, collections).await };
    let interval: TimeInterval = written.parse()?;
    let (from_first, to_last) = (interval.start() == Timestamp::MIN, interval.end() == Timestamp::MAX);
    if !from_first && !to_last {
        return Ok(interval);
    }
    let available = available(dataset, collections).await?;
    let start = if from_first { available.start() } else { interval.start() };
    let end = if to_last { available.end() } else { interval.end() };
    let narrowed = TimeInterval::new(start, end).with_end_inclusive(interval.is_end_inclusive());
    // Where the other bound lies beyond what is available there is nothing, and a query says so.
    Ok(if narrowed.is_empty() { interval } else { narrowed })
}

/// From the first to the last datapoint of the collections, or of all when none is named.
async fn available(dataset: &Dataset, collections: &[String]) -> Result<TimeInterval> {
    let all = dataset.collections().await?;
    let chosen = all.iter().filter(|one| collections.is_empty() || collections.iter().any(|name| name == one.name()));
    let known = chosen.filter_map(|collection| collection.info().availability.filter(|known| !known.is_empty()));
    let union =
        known.reduce(|left, right| TimeInterval::new(left.start().min(right.start()), left.end().max(right.end())));
    match union {
        Some(interval) => Ok(interval.with_end_inclusive(true)),
        None => "1970-01-01/2100-01-01".parse(),
    }
}
