//! The demonstration on tokio: `cargo run --release -p tilebox-demo`.

use std::process::ExitCode;

use tilebox_tokio as tilebox;

include!("../job.rs");

fn main() -> ExitCode {
    tilebox_demo::run(|arguments, server| tilebox::block_on(load(arguments, server)))
}
