//! Tests of the scheduler.
//!
//! | file | contents |
//! |---|---|
//! | `support` | submissions, and a scheduler with a virtual clock |
//! | `recorded` | the recorded run of a Fibonacci job, and recorded bytes |
//! | `submissions` | limits |
//! | `versions`, `order` | which task a runner gets |
//! | `optional`, `retries`, `leases`, `reports` | ends of executions |
//! | `jobs`, `queries`, `lists` | requests about jobs |
//! | `records` | restored schedulers |
//! | `growth` | steps, and sizes of structures |
//! | `model`, `random` | random runs against a naive model |

use super::Scheduler;
use super::keys::Key;

mod growth;
mod jobs;
mod leases;
mod lists;
mod model;
mod optional;
mod order;
mod queries;
mod random;
mod recorded;
mod records;
mod reports;
mod retries;
mod submissions;
mod support;
mod versions;

impl Scheduler {
    /// Returns the numbers of the tasks that a runner of everything could get.
    fn waiting_tasks(&self) -> Vec<usize> {
        let jobs = self.queues.all().flat_map(|(queue, jobs)| jobs.iter().map(move |job| (queue, *job)));
        let tasks = jobs.flat_map(|(queue, job)| self.jobs[job].waiting.tasks(queue));
        tasks.map(|task| task.number() as usize).collect()
    }
}
