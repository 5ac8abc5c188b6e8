//! The runner: it executes tasks of jobs in this process.
//!
//! | file | contents |
//! |---|---|
//! | `builder` | the options of a runner |
//! | `run` | one run, from its start to its end |
//! | `place` | the thread and the transport of the machine |
//! | `driver` | the loop that acts on what the machine decides |
//! | `inbox` | what other threads tell the driver |
//! | `metrics` | the metrics of runners while they run |
//! | `running` | the tasks that are executed |

mod builder;
mod driver;
mod inbox;
mod metrics;
mod place;
mod run;
mod running;
#[cfg(test)]
mod tests;

pub use builder::Runner;
pub use metrics::{RunnerMetrics, RunnerSnapshot};
