//! The logs of a job, or of all jobs.

use std::time::Duration;

use futures::TryStreamExt as _;
use tilebox_tokio::Datapoints;
use tilebox_tokio::datasets::Position;
use tilebox_tokio::workflows::{Job, LogQuery, LogRecord, SeverityGroup};
use uuid::Uuid;

use super::follow::Follow;
use super::json;
use crate::commands::jobs::reference;
use crate::context::Context;
use crate::destination::{Destination, Output};
use crate::failure::Failure;
use crate::order::Order;
use crate::screen::{Colour, Colours, printable};
use crate::selection::{Times, now};

/// The wait between two requests for new records.
const INTERVAL: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  Warnings and errors of a job:
    tbx logs 0199614b-6102-1498-815b-3cb23f72b489 --level warning

  New records as they arrive, until the job ends:
    tbx logs 0199614b-6102-1498-815b-3cb23f72b489 --follow

  The errors of all jobs of the last hour, for another program:
    tbx logs --last 1h --level error --json";

/// Prints the logs of a job, or of all jobs within a time.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The job, by its id or the first digits of it. Without one, a time is required.
    job: Option<String>,
    /// Prints only records of this severity and above: trace, debug, info, warning or error.
    #[arg(long, value_name = "SEVERITY")]
    level: Option<SeverityGroup>,
    /// Prints only records of this task, given by id.
    #[arg(long, value_name = "ID", requires = "job")]
    task: Option<Uuid>,
    /// The order by time.
    #[arg(long = "sort", value_enum, default_value = "asc", value_name = "ORDER")]
    order: Order,
    /// The maximum number of records, the first ones in their order.
    #[arg(short, long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Prints new records as they arrive, until the job ends.
    #[arg(short, long, requires = "job", conflicts_with_all = ["order", "limit", "output", "format"])]
    follow: bool,
    /// Prints the attributes of each record.
    #[arg(long)]
    attributes: bool,
    /// Prints the attributes of the runner of each record.
    #[arg(long)]
    include_runner_attributes: bool,
    #[command(flatten)]
    times: Times,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let destination = super::destination(&self.output, "log records", context).await?;
        let client = context.client()?;
        let Some(written) = &self.job else {
            let Some(interval) = self.times.interval(now())? else {
                let message = "cannot load logs: expects a job or a time, got neither";
                return Err(Failure::usage(message, "write the id of a job, or a time such as --time today"));
            };
            let query = self.filtered(client.jobs().logs_in(interval));
            return self.print_all(context, query, destination).await;
        };
        if !self.times.is_empty() {
            let message = "cannot load the logs of a job within a time: the API selects a time only of all jobs";
            return Err(Failure::usage(message, "leave the time or the job out"));
        }
        let job = reference::find(&client, written).await?;
        if self.follow {
            return self.follow(context, job).await;
        }
        let query = self.filtered(job.logs());
        self.print_all(context, query, destination).await
    }

    fn filtered(&self, mut query: LogQuery) -> LogQuery {
        if let Some(level) = self.level {
            query = query.severity(level.and_above());
        }
        if let Some(task) = self.task {
            query = query.task(task);
        }
        if self.order == Order::Desc {
            query = query.newest_first();
        }
        match self.limit {
            Some(limit) => query.limit(limit),
            None => query,
        }
    }

    async fn print_all(
        &self,
        context: &Context,
        query: LogQuery,
        mut destination: Option<Destination>,
    ) -> Result<(), Failure> {
        let mut pages = query.pages();
        let mut is_empty = true;
        while let Some(page) = pages.try_next().await? {
            is_empty &= page.is_empty();
            match &mut destination {
                Some(destination) => destination.write(Datapoints::new(page.into()), Position::start()).await?,
                None => self.print(context, page.rows())?,
            }
        }
        super::complete(destination, "log records", context).await?;
        if is_empty {
            context.say("no log records match");
        }
        Ok(())
    }

    /// Prints new records until the job has ended.
    async fn follow(&self, context: &Context, mut job: Job) -> Result<(), Failure> {
        let mut follow = Follow::new();
        loop {
            // Runners send records late, so the records are read once more after the end.
            let has_ended = job.state().is_final();
            let mut query = self.filtered(job.logs());
            if let Some(cursor) = follow.begin() {
                query = query.starting_after(cursor);
            }
            let mut pages = query.pages();
            while let Some(page) = pages.try_next().await? {
                self.print(context, &follow.page(page))?;
                follow.cursor(pages.cursor());
            }
            follow.cursor(pages.cursor());
            if has_ended {
                context.say(&format!("the job is {}", job.state()));
                return Ok(());
            }
            tokio::time::sleep(INTERVAL).await;
            job = job.refresh().await?;
        }
    }

    fn print(&self, context: &Context, records: &[LogRecord]) -> Result<(), Failure> {
        let colours = Colours::of_stdout();
        let mut text = String::new();
        for record in records {
            if context.json() {
                text.push_str(&json::record(record, self.include_runner_attributes)?);
            } else {
                text.push_str(&self.line(record, colours));
            }
        }
        context.print(&text)
    }

    /// Returns a record as a line: time, severity, text, attributes. More lines of the text follow, indented.
    fn line(&self, record: &LogRecord, colours: Colours) -> String {
        let time = record.time().map_or_else(|| "-".to_owned(), |time| time.to_milliseconds_string());
        let severity = format!("{:<5}", printable(record.severity().unwrap_or("-")));
        let severity = colours.paint(record.severity_group().and_then(colour), &severity);
        let body = record.body().to_string();
        let mut body = body.lines().map(printable);
        let first = body.next().unwrap_or_default();
        let mut line = format!("{} {severity} {first}", colours.paint(Some(Colour::Dim), &time));
        line.push_str(&super::attributes_text(
            self.attributes.then(|| record.attributes()),
            self.include_runner_attributes.then(|| record.runner_attributes()),
            colours,
        ));
        for rest in body {
            line.push_str("\n    ");
            line.push_str(rest.trim_end());
        }
        line.push('\n');
        line
    }
}

/// Returns the colour of a severity.
fn colour(severity: SeverityGroup) -> Option<Colour> {
    match severity {
        SeverityGroup::Error => Some(Colour::Red),
        SeverityGroup::Warning => Some(Colour::Yellow),
        SeverityGroup::Info => Some(Colour::Green),
        SeverityGroup::Debug => Some(Colour::Blue),
        SeverityGroup::Trace => Some(Colour::Dim),
        _ => None,
    }
}
