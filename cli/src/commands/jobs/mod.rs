//! Jobs: submitted, listed, watched, retried, canceled and submitted again.
//!
//! | file | contents |
//! |---|---|
//! | `list` | the filters of a list |
//! | `submit` | a job from task identifiers and inputs |
//! | `input` | the input of a task, from text or a file |
//! | `show` | one job with its failed tasks, or all of them |
//! | `watch` | the wait for the end of a job |
//! | `change` | retries, cancellations and copies |
//! | `reference` | a job by its id, or by the first digits of it |
//! | `json` | what `--json` prints |

mod change;
mod input;
mod json;
mod list;
pub(super) mod reference;
mod show;
mod submit;
mod watch;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  The jobs of the last week that failed:
    tbx jobs --last 7d --state failed

  A job with one task, and the wait for its end:
    tbx jobs submit --name clouds --task example.com/CloudReport@v1.2 --input 2025 --wait

  What failed, and again:
    tbx jobs show 0199614b-6102-1498-815b-3cb23f72b489
    tbx jobs retry 0199614b-6102-1498-815b-3cb23f72b489 --wait

Where a command expects the id of a job, the first digits of it are enough if no other job begins with them.";

/// Lists jobs, the newest first; submits, watches and changes them.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    list: list::List,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    Submit(submit::Args),
    Show(show::Args),
    Watch(watch::Args),
    Retry(change::Retry),
    Cancel(change::Cancel),
    Clone(change::Clone),
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            None => self.list.run(context).await,
            Some(Action::Submit(arguments)) => arguments.run(context).await,
            Some(Action::Show(arguments)) => arguments.run(context).await,
            Some(Action::Watch(arguments)) => arguments.run(context).await,
            Some(Action::Retry(arguments)) => arguments.run(context).await,
            Some(Action::Cancel(arguments)) => arguments.run(context).await,
            Some(Action::Clone(arguments)) => arguments.run(context).await,
        }
    }
}
