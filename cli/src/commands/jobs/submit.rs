//! The submission of a job.

use std::path::PathBuf;

use clap::ValueHint;
use tilebox_tokio::workflows::{TaskIdentifier, TaskSubmission, TaskVersion};

use super::{input, watch};
use crate::context::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  One task, with a version and an input:
    tbx jobs submit --name clouds --task example.com/Month@v1.2 --input '{\"year\": 2025, \"month\": 3}'

  Two root tasks, each with its input:
    tbx jobs submit --name clouds --task Month --input 3 --task Month --input 4

  The input from another program, and the wait for the end:
    ls *.tif | jq -nR '[inputs]' | tbx jobs submit --name files --task Files --input-file - --wait

The input is JSON; text that is not JSON becomes a JSON string. A Python or Rust task without fields
takes no input, one with a single field its value, one with several an object of them. A Go task
always takes an object.";

/// Submits a job.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The name of the job, which other jobs may have too.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The identifier of a root task, such as example.com/CloudReport@v1.2; the version may also be in --version. May be
    /// repeated.
    #[arg(long, value_name = "IDENTIFIER", required = true)]
    task: Vec<String>,
    /// The version of the tasks that name none.
    #[arg(long, value_name = "VERSION", default_value = "v0.0")]
    version: TaskVersion,
    /// The input of a task: JSON, or text. Repeated as often as --task, in the same order.
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    input: Vec<String>,
    /// The file with the input of a task; `-` reads standard input. Repeated as often as --task, in the same order.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "input")]
    input_file: Vec<PathBuf>,
    /// The slug of the cluster whose runners execute the tasks. By default the default cluster.
    #[arg(long, value_name = "SLUG")]
    cluster: Option<String>,
    /// How often a task is executed again after it failed.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    max_retries: u32,
    #[command(flatten)]
    wait: watch::Wait,
}

impl Args {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let tasks = self.tasks(context)?;
        let client = context.client()?;
        let mut submission = client.jobs().submit_all(self.name, tasks).max_retries(self.max_retries);
        if let Some(cluster) = self.cluster {
            submission = submission.cluster(cluster);
        }
        self.wait.finish_submission(context, submission.await?).await
    }

    fn tasks(&self, context: &Context) -> Result<Vec<TaskSubmission>, Failure> {
        let inputs: Vec<Vec<u8>> = match (self.input.as_slice(), self.input_file.as_slice()) {
            ([], files) => files.iter().map(|path| input::read_file(context, path)).collect::<Result<_, _>>()?,
            (texts, _) => texts.iter().map(|text| input::read(text)).collect::<Result<_, _>>()?,
        };
        if !inputs.is_empty() && inputs.len() != self.task.len() {
            let message = format!(
                "cannot submit the job `{}`: expects as many inputs as tasks, got {} inputs for {} tasks",
                self.name,
                inputs.len(),
                self.task.len()
            );
            return Err(Failure::usage(&message, "repeat --input for each --task, or leave it out"));
        }
        let mut inputs = inputs.into_iter();
        self.task
            .iter()
            .map(|task| {
                let mut identifier: TaskIdentifier = task.parse()?;
                // The name is the whole text if it contains no version.
                if identifier.name() == task {
                    identifier = TaskIdentifier::new(task, self.version.major(), self.version.minor());
                }
                Ok(TaskSubmission::bytes(identifier, inputs.next().unwrap_or_default()))
            })
            .collect()
    }
}
