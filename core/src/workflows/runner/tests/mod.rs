//! Tests of the runner in virtual time: each plays the driver and the server.
//!
//! | file | contents |
//! |---|---|
//! | `bench` | a driver with a virtual clock, and messages of a server |
//! | `golden` | the bytes of requests |
//! | `shutdown` | stops, interruptions and errors that end the runner |

mod ahead;
#[expect(dead_code, reason = "the other tests follow")]
mod bench;
mod golden;
mod shutdown;
