//! Logs and spans of jobs.
//!
//! | file | contents |
//! |---|---|
//! | `logs` | log records of a job or of all jobs |
//! | `spans` | spans of a job |
//! | `follow` | the records that were not yet printed |
//! | `json` | what `--json` prints |

mod follow;
mod json;
pub(super) mod logs;
pub(super) mod spans;

use tilebox_tokio::output::Format;
use tilebox_tokio::workflows::Attributes;

use crate::context::Context;
use crate::destination::{Destination, Output, Shape};
use crate::failure::Failure;
use crate::screen::{Colour, Colours, printable};

/// Opens the destination of records or spans, which `noun` names, unless they are printed as lines.
async fn destination(output: &Output, noun: &str, context: &Context) -> Result<Option<Destination>, Failure> {
    if output.target.is_stdout() && output.format.is_none_or(|shape| shape == Shape::Table) {
        return Ok(None);
    }
    if let Shape::File(format @ (Format::Stac | Format::StacGeoParquet)) = output.shape(context)? {
        let message = format!("cannot write {noun} as {format}: a STAC item has an id, a time and a geometry");
        return Err(Failure::usage(&message, "use another format, such as parquet, csv or jsonl"));
    }
    output.open(context).await.map(Some)
}

/// Completes a destination, and says how many rows a file has.
async fn complete(destination: Option<Destination>, noun: &str, context: &Context) -> Result<(), Failure> {
    if let Some(destination) = destination
        && let Some(line) = destination.finish(noun).await?
    {
        context.close(&line);
    }
    Ok(())
}

/// Returns attributes as text at the end of a line: those of the record or span, and those of the runner.
fn attributes_text(own: Option<&Attributes>, runner: Option<&Attributes>, colours: Colours) -> String {
    let mut text = String::new();
    for (name, value) in own.into_iter().chain(runner).flat_map(|attributes| attributes.iter()) {
        let attribute = format!("{}={}", printable(name), printable(&value.to_string()));
        text.push(' ');
        text.push_str(&colours.paint(Some(Colour::Dim), &attribute));
    }
    text
}
