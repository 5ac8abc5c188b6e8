//! Stores the rows of a table as datapoints.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use clap::ValueHint;
use futures::StreamExt as _;
use futures::channel::oneshot;
use serde_json::json;
use tilebox_tokio::progress::{LoadListener, LoadProgress, ProgressBars, ProgressObserver};
use tilebox_tokio::{Collection, Dataset, Ingested};

use crate::context::Context;
use crate::failure::Failure;
use crate::source::{
    self, ColumnChoice, Conversion, Encoder, Fault, Features, Input, InputFormat, Reader, Source, Unit,
};

const EXAMPLES: &str = "\
Examples:
  Check a file without sending anything, then store it:
    tbx ingest my_org.scenes alps scenes.parquet --dry-run
    tbx ingest my_org.scenes alps scenes.parquet --create-collection

  A table of another program, whose columns have other names:
    tbx ingest my_org.scenes alps scenes.csv --rename acquired=time,wkt=geometry \\
      --time-unit ms --ignore-unknown

  From another command:
    tbx query my_org.scenes --last 7d --format jsonl | tbx ingest my_org.copy alps

Tables are read and sent part by part, with the memory of a part. Equal datapoints have equal
ids and are stored once, so an interrupted ingestion can be repeated.";

/// Stores the rows of a table as datapoints.
///
/// Reads Parquet, GeoParquet, CSV, Arrow, JSON lines, GeoJSON and STAC items. Columns are found by the names of the fields; the
/// columns `id` and `ingestion_time` are ignored, because the server sets them. Whole numbers are accepted for integers, and NaN
/// is a missing value.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The dataset, by its slug.
    dataset: String,
    /// The name of the collection.
    collection: String,
    /// The table, also compressed with gzip; `-` or nothing is standard input.
    #[arg(value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// The format, if neither the extension of the file nor its first bytes tell.
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Reading")]
    format: Option<InputFormat>,
    /// The only columns to read, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Reading")]
    columns: Vec<String>,
    /// Reads a column as the field with another name; several are separated by commas.
    #[arg(long, value_name = "COLUMN=FIELD", value_delimiter = ',', value_parser = rename, help_heading = "Reading")]
    rename: Vec<(String, String)>,
    /// Leaves out columns that the dataset has no field for.
    #[arg(long, help_heading = "Reading")]
    ignore_unknown: bool,
    /// The unit of times that are numbers, counted from 1970.
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Reading")]
    time_unit: Option<Unit>,
    /// The unit of durations that are numbers.
    #[arg(long, value_enum, value_name = "UNIT", help_heading = "Reading")]
    duration_unit: Option<Unit>,
    /// Stores NaN as a value instead of a missing one, in fields of floating-point numbers.
    #[arg(long, help_heading = "Reading")]
    keep_nan: bool,
    /// The text of missing values in CSV, such as NA, beside the empty one; may be repeated.
    #[arg(long, value_name = "TEXT", help_heading = "Reading")]
    null: Vec<String>,
    /// The character between values in CSV. By default the header tells whether it is a comma, a tabulator, a semicolon or a bar.
    #[arg(long, value_name = "CHARACTER", value_parser = separator, help_heading = "Reading")]
    separator: Option<u8>,
    /// Creates the collection if it does not exist.
    #[arg(long)]
    create_collection: bool,
    /// Fails if a datapoint exists already. By default it stays as it is.
    #[arg(long)]
    reject_existing: bool,
    /// Reads and checks the whole table, and sends nothing.
    #[arg(long)]
    dry_run: bool,
}

fn rename(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, field)) if !column.trim().is_empty() && !field.trim().is_empty() => {
            Ok((column.trim().to_owned(), field.trim().to_owned()))
        }
        _ => Err("expects COLUMN=FIELD, such as acquired=time".to_owned()),
    }
}

fn separator(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("expects one ASCII character, or \\t".to_owned()),
    }
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let file = self.file.clone();
        let input = unblock(move || Input::open(file.as_deref())).await??;
        let name = input.name();
        let format = self.format.map_or_else(|| InputFormat::detect(input.path(), input.head()), Ok);
        let format = format.map_err(|fault| fault.into_failure(&name, ""))?;

        let dataset = context.client()?.dataset(&self.dataset).await?;
        // A missing collection is reported before the table is read.
        let collection = self.collection(&dataset).await?;
        let reader = self.read(&dataset, input, format).await?;
        let reader = reader.map_err(|fault| fault.into_failure(&name, ""))?;
        match collection {
            Some(collection) if !self.dry_run => self.store(context, &collection, reader, &name).await,
            _ => self.check(context, reader, &name).await,
        }
    }

    /// Returns the collection; `None` if a dry run would create it.
    async fn collection(&self, dataset: &Dataset) -> Result<Option<Collection>, Failure> {
        match (self.create_collection, self.dry_run) {
            (true, true) => Ok(None),
            (true, false) => Ok(Some(dataset.get_or_create_collection(&self.collection).await?)),
            (false, _) => Ok(Some(dataset.collection(&self.collection).await?)),
        }
    }

    /// Opens the table, and checks its columns.
    async fn read(
        &self,
        dataset: &Dataset,
        input: Input,
        format: InputFormat,
    ) -> Result<Result<Reader, Fault>, Failure> {
        let choice = ColumnChoice {
            renamed: self.rename.iter().cloned().collect(),
            chosen: (!self.columns.is_empty())
                .then(|| self.columns.iter().map(|name| name.trim().to_owned()).collect()),
            ignores_unknown: self.ignore_unknown,
        };
        let conversion = Conversion {
            time_unit: self.time_unit,
            duration_unit: self.duration_unit,
            keeps_nan: self.keep_nan,
            missing: self.null.clone(),
        };
        let separator = self.separator;
        let schema = Arc::clone(dataset.schema()?);
        let open = move || {
            let features = Features::new(&schema);
            let mut source: Box<dyn Source> = source::open(input, format, separator, &conversion, features)?;
            let mut encoder = Encoder::new(&schema, choice, conversion);
            encoder.prepare(source.as_mut())?;
            Ok((source, encoder))
        };
        let guarded = move || Reader::guard(open);
        match unblock(guarded).await? {
            Ok((source, encoder)) => {
                let reader = Reader::start(source, encoder);
                let failed =
                    |error| Failure::new(&format!("cannot start to read: {error}"), "check the limits of threads");
                Ok(Ok(reader.map_err(failed)?))
            }
            Err(fault) => Ok(Err(fault)),
        }
    }

    async fn check(&self, context: &Context, mut reader: Reader, name: &str) -> Result<(), Failure> {
        let fault = reader.fault();
        let mut valid = 0;
        while let Some(batch) = reader.next().await {
            valid += batch.len();
        }
        if let Some(fault) = fault.take() {
            return Err(fault.into_failure(name, "; nothing was sent"));
        }
        if context.json() {
            return context.print_json(&json!({
                "dataset": self.dataset, "collection": self.collection, "valid": valid, "dry_run": true,
            }));
        }
        context.print(&format!("{} in {name} fit the dataset; nothing was sent\n", datapoints(valid as u64)))
    }

    async fn store(
        &self,
        context: &Context,
        collection: &Collection,
        reader: Reader,
        name: &str,
    ) -> Result<(), Failure> {
        let fault = reader.fault();
        let mut interruption = Interruption::new(context, self.reject_existing);
        let observer =
            Observer { stored: Arc::clone(&interruption.stored), bars: (!context.quiet()).then(ProgressBars::new) };
        let ingestion = collection.ingest_stream(reader).progress(observer);
        let ingestion = if self.reject_existing { ingestion.reject_existing() } else { ingestion };
        let stored = ingestion.await;
        interruption.is_over = stored.is_ok();
        let ingested = stored?;
        if let Some(fault) = fault.take() {
            let note = match ingested.ids.len() {
                0 => "; nothing was stored".to_owned(),
                stored => format!("; {} before it were stored{}", datapoints(stored as u64), self.repeating()),
            };
            return Err(fault.into_failure(name, &note));
        }
        self.report(context, &ingested)
    }

    /// Says whether the ingestion can be repeated.
    fn repeating(&self) -> &'static str {
        if self.reject_existing { "" } else { ", and stay as they are when it is repeated" }
    }

    fn report(&self, context: &Context, ingested: &Ingested) -> Result<(), Failure> {
        if context.json() {
            return context.print_json(&json!({
                "dataset": self.dataset,
                "collection": self.collection,
                "created": ingested.created,
                "existing": ingested.existing,
                "ids": ingested.ids,
            }));
        }
        let created = datapoints(ingested.created);
        context.print(&format!("{created} created, {} existed already\n", ingested.existing))
    }
}

/// Returns a number of datapoints in words.
pub(super) fn datapoints(number: u64) -> String {
    match number {
        1 => "1 datapoint".to_owned(),
        number => format!("{number} datapoints"),
    }
}

/// Runs a function that may wait for another program on a thread, so that signals are noticed.
async fn unblock<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().name("tbx-input".to_owned()).spawn(move || {
        let _ = sender.send(run());
    });
    let failed = |reason: &str| Failure::new(&format!("cannot read the table: {reason}"), "try again");
    thread.map_err(|error| failed(&error.to_string()))?;
    receiver.await.map_err(|_| failed("its thread ended"))
}

/// Counts stored datapoints, and draws bars.
struct Observer {
    stored: Arc<AtomicU64>,
    bars: Option<ProgressBars>,
}

impl ProgressObserver for Observer {
    fn start(&self, name: &str) -> LoadListener {
        let stored = Arc::clone(&self.stored);
        let mut bar = self.bars.as_ref().map(|bars| bars.start(name));
        Box::new(move |progress: &LoadProgress| {
            stored.store(progress.datapoints, Ordering::Relaxed);
            if let Some(bar) = &mut bar {
                bar(progress);
            }
        })
    }
}

/// Says what was stored if it is dropped before the end.
struct Interruption<'a> {
    context: &'a Context,
    stored: Arc<AtomicU64>,
    rejects_existing: bool,
    is_over: bool,
}

impl<'a> Interruption<'a> {
    fn new(context: &'a Context, rejects_existing: bool) -> Self {
        Self { context, stored: Arc::default(), rejects_existing, is_over: false }
    }
}

impl Drop for Interruption<'_> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let stored = datapoints(self.stored.load(Ordering::Relaxed));
        let repeating = match self.rejects_existing {
            true => "without --reject-existing the command can be repeated",
            false => "the command can be repeated: stored datapoints stay as they are",
        };
        self.context.say(&format!("At least {stored} were stored; {repeating}."));
    }
}

/// Returns the text of a file, or of standard input for `-`.
pub(super) async fn read_text(path: PathBuf) -> Result<String, Failure> {
    unblock(move || {
        let read = match path.as_path() == Path::new("-") {
            true => std::io::read_to_string(std::io::stdin()),
            false => std::fs::read_to_string(&path),
        };
        read.map_err(|error| Failure::of_file("read", &path, &error))
    })
    .await?
}
