//! Jobs in virtual time: a server, runners and a network with faults, in one thread.
//!
//! Tests of an application use [`Workflows`]. [`World`] is the simulation below it, for tests of the runner itself: several jobs,
//! tasks without a `Task`, messages that a proxy changes.
//!
//! | file | contents |
//! |---|---|
//! | `workflows`, `finished_job` | a whole job for the tests of an application |
//! | `faults` | what may happen, and how often it happened |
//! | `world`, `process` | the run: its server, its runners and their processes |
//! | `server`, `call`, `history` | the server's half, the messages, the executions of each task |
//! | `network`, `clock`, `queue` | the fate of messages, the clocks of processes, the order of events |
//! | `trace` | the events of a run |

mod call;
mod clock;
mod faults;
mod finished_job;
mod history;
mod network;
mod process;
mod queue;
mod server;
mod trace;
#[expect(clippy::module_inception, reason = "each type has a file with its name")]
mod workflows;
mod world;

pub use faults::{Fault, FaultCounts, Faults};
pub use finished_job::FinishedJob;
pub use history::{Cause, Repetition};
pub use process::{Control, Execute, Execution};
pub use trace::{ReportKind, Request, Trace, TraceEntry, TraceEvent};
pub use workflows::Workflows;
pub use world::{Proxy, Signal, World, WorldSettings};
