//! A worker: a program that the Tilebox command line runs as a release. `tests/interop/worker.sh` calls it as the command line
//! does.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tilebox_tokio::worker::Worker;
use tilebox_tokio::workflows::{Context, Task, TaskIdentifier, TaskResult};

/// Submits a task for each part, and one after all of them.
#[derive(Serialize, Deserialize)]
struct Split {
    parts: u32,
    text: String,
}

impl Task for Split {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("tilebox.com/interop/Split", 1, 2)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        tracing::info!(parts = self.parts, "splitting {}", self.text);
        context.set_display(format!("Split({})", self.text));
        context.progress("parts").add(self.parts.into());
        let parts = context.submit_all((0..self.parts).map(Part))?;
        context.subtask(Part(self.parts)).after(&parts).max_retries(2).submit()?;
        Ok(())
    }
}

/// Calls the server with the client of the command line, and fails for numbers from 100 on.
#[derive(Serialize, Deserialize)]
struct Part(u32);

impl Task for Part {
    async fn execute(self, context: &Context) -> TaskResult {
        context.progress("parts").done(1);
        if self.0 >= 100 {
            return Err(std::io::Error::other(format!("part {} does not exist", self.0)).into());
        }
        let client = context.shared::<tilebox_tokio::Client>()?;
        client.clusters().default().await?;
        context.set_display(format!("Part({})", self.0));
        Ok(())
    }
}

/// Takes this many milliseconds.
#[derive(Serialize, Deserialize)]
struct Slow(u64);

impl Task for Slow {
    async fn execute(self, _: &Context) -> TaskResult {
        tokio::time::sleep(Duration::from_millis(self.0)).await;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> tilebox_tokio::Result<()> {
    Worker::new().task::<Split>().task::<Part>().task::<Slow>().serve().await
}
