//! Which time is meant.

use tilebox_tokio::{Dataset, Result, TimeInterval, Timestamp};

const DAY: i64 = 86_400;

/// The interval that was written: `START/END` with either left out, a day, or an instant. What is left out is where the
/// collections begin and end, which also tells the progress how much there is.
pub(crate) async fn extent(dataset: &Dataset, collections: &[String], written: Option<&str>) -> Result<TimeInterval> {
    match written.map(|text| text.split_once('/').ok_or(text)) {
        None => available(dataset, collections).await,
        Some(Err(single)) => day_or_instant(single),
        Some(Ok((start, end))) if !is_open(start) && !is_open(end) => TimeInterval::parse(start, end),
        Some(Ok((start, end))) => {
            let available = available(dataset, collections).await?;
            let end_inclusive = is_open(end);
            let start = if is_open(start) { available.start() } else { Timestamp::parse(start)? };
            let end = if is_open(end) { available.end() } else { Timestamp::parse(end)? };
            // Nothing is there when a bound lies beyond what is available.
            Ok(TimeInterval::new(start, end.max(start)).end_inclusive(end_inclusive && end >= start))
        }
    }
}

/// Whether a bound is left out, also in the way of ISO 8601-2 and STAC.
fn is_open(bound: &str) -> bool {
    matches!(bound.trim(), "" | "..")
}

fn day_or_instant(text: &str) -> Result<TimeInterval> {
    let time = Timestamp::parse(text)?;
    // A date has no colon, and every time of day has one.
    if text.contains(':') {
        return Ok(TimeInterval::instant(time));
    }
    let next = Timestamp::from_unix(time.unix_seconds() + DAY, 0).unwrap_or(Timestamp::MAX);
    Ok(TimeInterval::new(time, next))
}

/// From the first to the last datapoint of the collections, or of all when none is named.
async fn available(dataset: &Dataset, collections: &[String]) -> Result<TimeInterval> {
    let all = dataset.collections().await?;
    let chosen = all.iter().filter(|one| collections.is_empty() || collections.iter().any(|name| name == one.name()));
    let known = chosen.filter_map(|collection| collection.known_info().availability.filter(|known| !known.is_empty()));
    let union =
        known.reduce(|left, right| TimeInterval::new(left.start().min(right.start()), left.end().max(right.end())));
    match union {
        Some(interval) => Ok(interval.end_inclusive(true)),
        None => TimeInterval::parse("1970-01-01", "2100-01-01"),
    }
}
