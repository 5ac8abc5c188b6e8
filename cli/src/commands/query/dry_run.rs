//! The size of a load, and the time that it takes: `--dry-run`.

use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use serde::Serialize;
use tilebox_tokio::{LoadEstimate, Query};

use super::Args;
use crate::context::Context;
use crate::failure::Failure;
use crate::screen::number;
use crate::selection::Selected;

/// The most pages that a measurement loads.
const MEASURED_PAGES: usize = 16;
/// The longest time that a measurement takes after its first page.
const MEASURED_TIME: Duration = Duration::from_secs(2);

/// What a query would load.
#[derive(Debug, Serialize)]
struct DryRun {
    datapoints: u64,
    /// Whether the number of datapoints is exact.
    exact: bool,
    pages: u64,
    /// The bytes of the responses, usually compressed.
    bytes: u64,
    /// The time of the load at the measured rate.
    seconds: f64,
}

/// Prints how much the query would load, and how long it would take.
pub(super) async fn print(context: &Context, args: &Args, selected: &Selected) -> Result<(), Failure> {
    let estimate = args.narrowed(selected.query()).estimate().await?;
    let seconds = seconds(&estimate, args.narrowed(selected.query())).await?;
    let LoadEstimate { datapoints, pages, bytes, is_exact, .. } = estimate;
    if context.json() {
        return context.print_json(&DryRun { datapoints, exact: is_exact, pages, bytes, seconds });
    }
    let about = if is_exact { "" } else { "about " };
    let megabytes = bytes as f64 / 1e6;
    context.print(&format!(
        "{about}{} datapoints in {} pages, {megabytes:.1} MB; about {} at the measured rate\n",
        number(datapoints),
        number(pages),
        time(seconds),
    ))
}

/// Measures the beginning of a load, and returns the seconds that the whole one takes.
async fn seconds(estimate: &LoadEstimate, query: Query) -> Result<f64, Failure> {
    let started = Instant::now();
    let mut pages = query.pages();
    let mut first = None;
    let (mut rows, mut ended) = (0, false);
    for _ in 0..MEASURED_PAGES {
        let Some(page) = pages.try_next().await? else {
            ended = true;
            break;
        };
        // The first page waits for the connection, and the next ones are requested after it.
        match first {
            None => first = Some((started.elapsed(), page.len())),
            Some(_) => rows += page.len(),
        }
        if first.is_some_and(|(first, _)| started.elapsed() > first + MEASURED_TIME) {
            break;
        }
    }
    let elapsed = started.elapsed();
    let (beginning, first_rows) = first.unwrap_or((elapsed, 0));
    Ok(if ended || rows == 0 {
        elapsed.as_secs_f64()
    } else {
        let left = estimate.datapoints.saturating_sub(first_rows as u64) as f64;
        beginning.as_secs_f64() + (elapsed - beginning).as_secs_f64() * left / rows as f64
    })
}

/// Formats seconds in a unit that fits.
fn time(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 10.0 => format!("{seconds:.1} s"),
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7200.0 => format!("{:.0} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_that_fits() {
        let texts = [0.04, 9.9, 61.4, 600.0, 9000.0].map(time);
        assert_eq!(texts, ["0.0 s", "9.9 s", "61 s", "10 min", "2.5 h"]);
    }
}
