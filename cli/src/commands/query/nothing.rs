//! Why a query has no datapoints.

use tilebox_tokio::{Datapoints, Query, Result, TimeInterval, Timestamp};

use crate::screen::number;
use crate::selection::Selected;

/// Returns what the collections have instead of the selected datapoints, in one or two sentences.
pub(super) async fn explain(selected: &Selected) -> Result<String> {
    let contents = contents(selected);
    let Some(available) = selected.available() else { return Ok(contents) };
    let interval = selected.interval();
    if is_disjoint(interval, available) {
        return Ok(format!("{contents}; none is in the selected time, {interval}"));
    }
    let has_any = |query: Query| async move { query.skip_data().limit(1).await.map(|found| !found.is_empty()) };
    if !has_any(selected.all(interval)).await? {
        let nearest = nearest(selected, interval, available).await?;
        return Ok(format!("{contents}; none is in the selected time, {interval}{nearest}"));
    }
    let conditions = &selected.conditions;
    let area = || conditions.area.iter().fold(selected.all(interval), Query::spatial_extent);
    let filter = || conditions.filters.iter().fold(selected.all(interval), |query, text| query.filter(text.as_str()));
    let reason = match (conditions.area.is_some(), !conditions.filters.is_empty()) {
        (true, true) => match (has_any(area()).await?, has_any(filter()).await?) {
            (false, false) => "neither the area nor the filter matches one of them",
            (false, true) => "the area matches none of them",
            (true, false) => "the filter matches none of them",
            (true, true) => "the area and the filter match some of them, but not together",
        },
        (true, false) => "the area matches none of them",
        (false, true) => "the filter matches none of them",
        (false, false) => "they appeared just now",
    };
    Ok(format!("{contents}; there are datapoints in the selected time, and {reason}"))
}

/// Returns the number and the time of the datapoints of the collections.
fn contents(selected: &Selected) -> String {
    let names = match selected.collections.as_slice() {
        [only] => format!("the collection {}", only.name),
        several => format!("{} collections", several.len()),
    };
    let has = if selected.collections.len() == 1 { "has" } else { "have" };
    let count = selected.collections.iter().map(|info| info.count).sum::<Option<u64>>();
    match (count, selected.available()) {
        (Some(0), _) => format!("{names} {has} no datapoints"),
        (count, Some(available)) => {
            let count = count.map_or_else(String::new, |count| format!("{} ", number(count)));
            format!("{names} {has} {count}datapoints, from {} to {}", available.start(), available.end())
        }
        (Some(count), None) => format!("{names} {has} {} datapoints", number(count)),
        (None, None) => format!("{names} {has} an unknown number of datapoints"),
    }
}

/// Returns whether no time is in both intervals.
fn is_disjoint(interval: TimeInterval, available: TimeInterval) -> bool {
    let ends_before =
        interval.end() < available.start() || (interval.end() == available.start() && !interval.is_end_inclusive());
    ends_before || interval.start() > available.end()
}

/// Returns the nearest datapoints before and after the interval, as the end of a sentence.
async fn nearest(selected: &Selected, interval: TimeInterval, available: TimeInterval) -> Result<String> {
    let before = TimeInterval::new(available.start(), interval.start());
    let before = match before.is_empty() {
        true => None,
        false => first_time(&selected.all(before).skip_data().latest(1).await?),
    };
    let after = TimeInterval::new(interval.end(), available.end()).with_end_inclusive(true);
    let after = match after.is_empty() {
        true => None,
        false => first_time(&selected.all(after).skip_data().limit(1).await?),
    };
    Ok(match (before, after) {
        (Some(before), Some(after)) => format!("; the nearest are at {before} and {after}"),
        (Some(one), None) | (None, Some(one)) => format!("; the nearest is at {one}"),
        (None, None) => String::new(),
    })
}

fn first_time(found: &Datapoints) -> Option<Timestamp> {
    let time = found.times()?.iter().flatten().next()?;
    let nanoseconds = u32::try_from(time.rem_euclid(1_000_000_000)).ok()?;
    Timestamp::from_unix(time.div_euclid(1_000_000_000), nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_disjoint_unless_they_share_a_time() {
        let interval = |text: &str| text.parse::<TimeInterval>().expect("an interval");
        let available = interval("2025-01-10T00:00/2025-01-20T00:00").with_end_inclusive(true);
        for (text, expected) in [
            ("2025-01-01/2025-01-10", true),
            ("2025-01-01/2025-01-11", false),
            ("2025-01-20T00:00", false),
            ("2025-01-20T00:00:00.001Z/2025-02", true),
            ("2025-01-12", false),
        ] {
            assert_eq!(is_disjoint(interval(text), available), expected, "{text}");
        }
    }
}
