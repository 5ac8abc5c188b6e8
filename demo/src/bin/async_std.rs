//! The demonstration on async-std:
//! `cargo run --release -p tilebox-demo --no-default-features --features async-std --bin tilebox-demo-async-std`.

use std::process::ExitCode;

use tilebox_async_std as tilebox;

include!("../job.rs");

fn main() -> ExitCode {
    tilebox_demo::run(|arguments, server| tilebox::block_on(load(arguments, server)))
}
