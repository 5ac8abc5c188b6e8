//! The demonstration without async, on async-std:
//! `cargo run --release -p tilebox-demo --no-default-features --features async-std --bin tilebox-demo-async-std-blocking`.

use std::process::ExitCode;

use tilebox_async_std::blocking as tilebox;

tilebox_without_await::include_without_await!("../job.rs");

fn main() -> ExitCode {
    tilebox_demo::run(load)
}
