//! A client under test of the official Connect conformance suite (<https://github.com/connectrpc/conformance>).
//!
//! The runner of the suite starts it with the name of a backend, writes calls to its input and reads their results from its
//! output. `tests/conformance/run.sh` runs the suite on every backend.
//!
//! | file | contents |
//! |---|---|
//! | `runner` | the exchange of messages with the runner of the suite |
//! | `backend` | the client for the server of a call |
//! | `call` | a call, and its result in the messages of the suite |

#[cfg(has_messages)]
mod backend;
#[cfg(has_messages)]
mod call;
#[cfg(has_messages)]
mod runner;

/// The messages of the suite.
#[cfg(has_messages)]
#[allow(clippy::all, dead_code, missing_docs, unnameable_types, unreachable_pub, unused_qualifications)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/connectrpc.conformance.v1.rs"));
}

#[cfg(has_messages)]
fn main() -> std::process::ExitCode {
    runner::main()
}

#[cfg(not(has_messages))]
fn main() -> std::process::ExitCode {
    eprintln!("the messages of the suite are missing; start tests/conformance/run.sh");
    std::process::ExitCode::FAILURE
}
