//! Tests of the runner in virtual time: each plays the driver and the server.
//!
//! | file | contents |
//! |---|---|
//! | `bench` | a driver with a virtual clock, and messages of a server |
//! | `golden` | the bytes of requests |
//! | `asking`, `ahead` | how many requests for tasks are sent, and when |
//! | `leases` | extensions and lost leases |
//! | `reports` | reports that fail in every way |
//! | `shutdown` | stops, interruptions and errors that end the runner |
//! | `random` | invariants over random servers, tasks and times |

mod ahead;
mod asking;
mod bench;
mod golden;
mod leases;
mod random;
mod reports;
mod shutdown;
