//! Jobs in virtual time: a server, runners and a network with faults, in one thread.
//!
//! | file | contents |
//! |---|---|
//! | `faults` | what may happen, and how often it happened |
//! | `world`, `process` | the run: its server, its runners and their processes |
//! | `server`, `call`, `history` | the server's half, the messages, the executions of each task |
//! | `network`, `clock`, `queue` | the fate of messages, the clocks of processes, the order of events |
//! | `trace` | the events of a run |

mod call;
mod clock;
mod faults;
mod history;
mod network;
mod process;
mod queue;
mod server;
mod trace;
mod world;

pub use faults::{Fault, FaultCounts, Faults};
pub use history::{Cause, Repetition};
pub use process::{Control, Execute, Execution};
pub use trace::{ReportKind, Request, Trace, TraceEntry, TraceEvent};
pub use world::{Proxy, Signal, World, WorldSettings};
