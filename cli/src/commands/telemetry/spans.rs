//! The spans of a job.

use futures::TryStreamExt as _;
use tilebox_tokio::Datapoints;
use tilebox_tokio::datasets::Position;
use tilebox_tokio::workflows::{Span, SpanStatus};
use uuid::Uuid;

use super::json;
use crate::commands::jobs::reference;
use crate::context::Context;
use crate::destination::Output;
use crate::failure::Failure;
use crate::order::Order;
use crate::screen::{Colour, Colours, printable};

/// Prints the spans of a job: the executions of its tasks and their parts, with their durations.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The job, by its id or the first digits of it.
    job: String,
    /// Prints only spans of this task, given by id.
    #[arg(long, value_name = "ID")]
    task: Option<Uuid>,
    /// The order by time.
    #[arg(long = "sort", value_enum, default_value = "asc", value_name = "ORDER")]
    order: Order,
    /// The maximum number of spans, the first ones in their order.
    #[arg(short, long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Prints the attributes of each span.
    #[arg(long)]
    attributes: bool,
    /// Prints the attributes of the runner of each span.
    #[arg(long)]
    include_runner_attributes: bool,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut destination = super::destination(&self.output, "spans", context).await?;
        let client = context.client()?;
        let mut query = reference::find(&client, &self.job).await?.spans();
        if let Some(task) = self.task {
            query = query.task(task);
        }
        if self.order == Order::Desc {
            query = query.newest_first();
        }
        if let Some(limit) = self.limit {
            query = query.limit(limit);
        }
        let mut pages = query.pages();
        let mut is_empty = true;
        let colours = Colours::of_stdout();
        while let Some(page) = pages.try_next().await? {
            is_empty &= page.is_empty();
            if let Some(destination) = &mut destination {
                destination.write(Datapoints::new(page.into()), Position::start()).await?;
                continue;
            }
            let mut text = String::new();
            for span in &page {
                if context.json() {
                    text.push_str(&json::span(span, self.include_runner_attributes)?);
                } else {
                    text.push_str(&self.line(span, colours));
                }
            }
            context.print(&text)?;
        }
        super::complete(destination, "spans", context).await?;
        if is_empty {
            context.say("no spans match");
        }
        Ok(())
    }

    /// Returns a span as a line: start, duration, name, failure, attributes.
    fn line(&self, span: &Span, colours: Colours) -> String {
        let start = span.start().map_or_else(|| "-".to_owned(), |time| time.to_milliseconds_string());
        let duration =
            span.duration().map_or_else(|| "-".to_owned(), |duration| format!("{:.3} s", duration.as_secs_f64()));
        let mut line =
            format!("{} {duration:>10} {}", colours.paint(Some(Colour::Dim), &start), printable(span.name()));
        if span.status() == SpanStatus::Error {
            let failure = format!("failed: {}", printable(span.status_message()));
            line.push(' ');
            line.push_str(&colours.paint(Some(Colour::Red), &failure));
        }
        line.push_str(&super::attributes_text(
            self.attributes.then(|| span.attributes()),
            self.include_runner_attributes.then(|| span.runner_attributes()),
            colours,
        ));
        line.push('\n');
        line
    }
}
