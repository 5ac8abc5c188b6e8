//! The names that the server knows, for completions.

use std::ffi::OsString;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use tilebox_tokio::block_on;

use crate::arguments::{Arguments, Global};
use crate::context::Context;
use crate::failure::Failure;
use crate::screen::printable;

/// The longest time that a completion may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Maximum number of jobs, the newest ones, whose ids are completed.
const MAX_JOBS: u64 = 50;

/// A name and what it is.
type Names = Vec<(String, String)>;

/// Lets a command complete names, with the words that are typed so far. Arguments are recognised by their ids, which are
/// the names of their fields.
pub(super) fn with_names(command: Command, words: Vec<OsString>) -> Command {
    add(command, &Arc::new(words))
}

fn add(command: Command, words: &Arc<Vec<OsString>>) -> Command {
    let command = command.mut_args(|argument| {
        let kind = match argument.get_id().as_str() {
            "dataset" => Kind::Dataset,
            "collection" | "collections" => Kind::Collection,
            "name" if argument.get_value_names().is_some_and(|names| names == ["COLLECTION"]) => Kind::Collection,
            "columns" | "sort" => Kind::Field,
            "job" => Kind::Job,
            "cluster" => Kind::Cluster,
            _ => return argument,
        };
        let words = Arc::clone(words);
        argument.add(ArgValueCandidates::new(move || kind.candidates(&words)))
    });
    command.mut_subcommands(|inner| add(inner, words))
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Dataset,
    Collection,
    Field,
    Job,
    Cluster,
}

impl Kind {
    /// Returns the names, or none if the server does not send them in time.
    fn candidates(self, words: &[OsString]) -> Vec<CompletionCandidate> {
        let Some((context, dataset)) = typed(words) else { return Vec::new() };
        let names = match (self, dataset) {
            (Self::Dataset, _) => in_time(async move { datasets(&context).await }),
            (Self::Job, _) => in_time(async move { jobs(&context).await }),
            (Self::Cluster, _) => in_time(async move { clusters(&context).await }),
            (Self::Collection, Some(dataset)) => in_time(async move { collections(&context, &dataset).await }),
            (Self::Field, Some(dataset)) => in_time(async move { fields(&context, &dataset).await }),
            (_, None) => None,
        };
        let candidates = names.unwrap_or_default().into_iter().map(|(name, help)| {
            let help = printable(&help);
            CompletionCandidate::new(printable(&name)).help((!help.is_empty()).then(|| help.into()))
        });
        candidates.collect()
    }
}

/// Returns the context and the dataset of an unfinished command line.
fn typed(words: &[OsString]) -> Option<(Context, Option<String>)> {
    let command = Arguments::command().ignore_errors(true);
    let matches = command.try_get_matches_from(words).ok()?;
    let mut global = Global::from_arg_matches(&matches).ok()?;
    global.timeout = Some(PATIENCE);
    global.retries = Some(0);
    Some((Context::new(global), dataset_of(&matches)))
}

/// Returns the dataset of a command or of one below it.
fn dataset_of(matches: &ArgMatches) -> Option<String> {
    let (_, inner) = matches.subcommand()?;
    let dataset = inner.try_get_one::<String>("dataset").ok().flatten();
    dataset.cloned().or_else(|| dataset_of(inner))
}

/// Returns the result of a future, or `None` after a failure or [`PATIENCE`].
///
/// It runs on a thread that is not joined: a name resolution in flight cannot be stopped, and the program ends anyway.
fn in_time(names: impl Future<Output = Result<Names, Failure>> + Send + 'static) -> Option<Names> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(block_on(names).ok()));
    receiver.recv_timeout(PATIENCE).ok().flatten()
}

async fn datasets(context: &Context) -> Result<Names, Failure> {
    let datasets = context.client()?.datasets().await?;
    let names = datasets.root.iter().map(|dataset| (dataset.slug().to_owned(), dataset.name().to_owned()));
    Ok(names.collect())
}

async fn jobs(context: &Context) -> Result<Names, Failure> {
    let jobs = context.client()?.jobs().query(..).limit(MAX_JOBS).await?;
    Ok(jobs.iter().map(|job| (job.id().to_string(), format!("{}, {}", job.name(), job.state()))).collect())
}

async fn clusters(context: &Context) -> Result<Names, Failure> {
    let clusters = context.client()?.clusters().all().await?;
    Ok(clusters.iter().map(|cluster| (cluster.slug.clone(), cluster.name.clone())).collect())
}

async fn collections(context: &Context, dataset: &str) -> Result<Names, Failure> {
    let collections = context.client()?.dataset(dataset).await?.collections().await?;
    let names = collections.into_iter().map(|collection| {
        let info = collection.info();
        let count = info.count.map_or(String::new(), |count| format!("{count} datapoints"));
        (info.name, count)
    });
    Ok(names.collect())
}

async fn fields(context: &Context, dataset: &str) -> Result<Names, Failure> {
    let dataset = context.client()?.dataset(dataset).await?;
    let fields = dataset.schema()?.fields().iter().map(|field| {
        let description = field.annotation().map(|annotation| annotation.description.clone());
        (field.name().to_owned(), description.unwrap_or_default())
    });
    Ok(fields.collect())
}
