//! The number of datapoints of a query.

use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use tilebox_tokio::Query;

use super::Args;
use crate::context::Context;
use crate::failure::Failure;
use crate::screen::number;
use crate::selection::Selected;

/// A number of datapoints, as far as it was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Total {
    Exact(u64),
    MoreThan(u64),
}

impl Total {
    /// Returns the number with the words for its precision.
    pub(super) fn text(self) -> String {
        match self {
            Self::Exact(datapoints) => number(datapoints),
            Self::MoreThan(datapoints) => format!("more than {}", number(datapoints)),
        }
    }
}

/// Prints the number of datapoints.
pub(super) async fn print(context: &Context, args: &Args, selected: &Selected) -> Result<(), Failure> {
    let count = match selected.known_count() {
        Some(count) => count.min(args.most().unwrap_or(u64::MAX)),
        None => args.most().into_iter().fold(selected.query(), Query::limit).count().await?,
    };
    if context.json() {
        return context.print_json(&serde_json::json!({ "count": count }));
    }
    context.print(&format!("{count}\n"))
}

/// Counts the datapoints for at most this time, because a preview does not wait for millions of ids.
pub(super) async fn total(args: &Args, selected: &Selected, patience: Duration) -> Result<Total, Failure> {
    let limit = args.most().unwrap_or(u64::MAX);
    if let Some(count) = selected.known_count() {
        return Ok(Total::Exact(count.min(limit)));
    }
    let started = Instant::now();
    let query = args.most().into_iter().fold(selected.query(), Query::limit);
    let mut pages = query.skip_data().columns("id").unordered().pages();
    let mut count = 0;
    while let Some(page) = pages.try_next().await? {
        count += page.len() as u64;
        if started.elapsed() > patience && count < limit {
            return Ok(Total::MoreThan(count));
        }
    }
    Ok(Total::Exact(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_says_whether_it_is_exact() {
        assert_eq!(Total::Exact(1_204_331).text(), "1 204 331");
        assert_eq!(Total::MoreThan(20_000).text(), "more than 20 000");
    }
}
