//! A table on standard output: the first rows, and the number of all.

use std::time::Duration;

use tilebox_tokio::Datapoints;

use super::Args;
use super::count::{Total, total};
use super::sort::Ordering;
use crate::context::Context;
use crate::failure::Failure;
use crate::screen::number;
use crate::selection::Selected;

/// The number of rows of a preview.
const ROWS: u64 = 10;
/// The largest `--limit` of which a preview shows every row.
const MAX_ROWS: u64 = 50;
/// The longest time that a preview counts datapoints.
const PATIENCE: Duration = Duration::from_secs(2);
/// The width of a table that is not printed to a terminal, in columns.
const WIDTH: usize = 120;

/// Prints the first rows with the memory of a page, or all rows. Returns whether there is a row.
pub(super) async fn print(context: &Context, args: &Args, selected: &Selected) -> Result<bool, Failure> {
    let (shown, total) = load(args, selected).await?;
    let table = shown.table().with_all_rows();
    let table = match summary(shown.len() as u64, total) {
        Some(summary) => table.with_summary(summary),
        None => table,
    };
    let table = match args.wide {
        true => table.with_all_columns(),
        false => table.with_width(context.width().unwrap_or(WIDTH)),
    };
    context.print(&format!("{table}\n"))?;
    Ok(!shown.is_empty())
}

/// Returns the rows to show, and the number of all.
async fn load(args: &Args, selected: &Selected) -> Result<(Datapoints, Total), Failure> {
    let rows = args.most().filter(|most| *most <= MAX_ROWS).unwrap_or(ROWS);
    let is_whole = args.all || args.most().is_some_and(|most| most <= rows);
    if args.ordering() == Ordering::Sorted {
        let all = args.sorted(selected).await?;
        let (count, rows) = (all.len() as u64, usize::try_from(rows).unwrap_or(usize::MAX));
        let shown = if is_whole { all } else { all.slice(0, rows) };
        return Ok((shown, Total::Exact(count)));
    }
    let query = args.narrowed(selected.query());
    let shown = if is_whole { query.await? } else { query.limit(rows).await? };
    let count = shown.len() as u64;
    let total = if is_whole || count < rows { Total::Exact(count) } else { total(args, selected, PATIENCE).await? };
    Ok((shown, total))
}

/// Returns the last line of a table that does not have all rows.
fn summary(shown: u64, total: Total) -> Option<String> {
    // A count that ended early, or is outdated, may be less than the rows.
    let total = match total {
        Total::Exact(total) if total <= shown => return None,
        Total::MoreThan(least) => Total::MoreThan(least.max(shown)),
        exact @ Total::Exact(_) => exact,
    };
    let (shown, total) = (number(shown), total.text());
    Some(format!("showing {shown} of {total} datapoints (--all: all rows, --wide: all columns)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_the_total_unless_all_rows_are_shown() {
        assert_eq!(summary(10, Total::Exact(10)), None);
        let text = summary(10, Total::Exact(1_204_331));
        let expected = "showing 10 of 1 204 331 datapoints (--all: all rows, --wide: all columns)";
        assert_eq!(text.as_deref(), Some(expected));
        let text = summary(10, Total::MoreThan(3)).expect("a summary");
        assert!(text.starts_with("showing 10 of more than 10 datapoints"), "{text}");
    }
}
