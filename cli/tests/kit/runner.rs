//! A runner in the process of the test.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tilebox_emulator::Emulator;
use tilebox_tokio::workflows::{Context, Task, TaskError, TaskIdentifier, TaskResult};
use tilebox_tokio::{Client, block_on};

/// The identifier of [`Report`].
pub(crate) const TASK: &str = "example.com/CloudReport@v1.2";

/// A task with two fields. It reports progress, and fails while the runner is broken.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    year: i32,
    month: u32,
}

impl Task for Report {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("example.com/CloudReport", 1, 2)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        if context.shared::<AtomicBool>()?.load(Ordering::Relaxed) {
            return Err(TaskError::new(format!("no scenes in {}-{:02}", self.year, self.month)));
        }
        context.progress("months").add(12);
        context.progress("months").done(u64::from(self.month));
        Ok(())
    }
}

/// Returns a client of this server, inside of [`block_on`].
pub(crate) fn client(server: &Emulator) -> Client {
    tilebox_tokio::client_builder().url(server.url()).anonymous().build().expect("a client")
}

/// Executes all tasks that wait on the default cluster.
pub(crate) fn run_tasks(server: &Emulator, is_broken: bool) {
    block_on(async {
        let client = client(server);
        let cluster = client.clusters().default().await.expect("the default cluster");
        let runner = client.runner().cluster(&cluster).shared(AtomicBool::new(is_broken)).task::<Report>();
        runner.run_all().await.expect("a run");
    });
}
