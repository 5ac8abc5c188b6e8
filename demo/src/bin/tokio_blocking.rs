//! The demonstration without async, on tokio: `cargo run --release -p tilebox-demo --bin tilebox-demo-blocking`.

use std::process::ExitCode;

use tilebox_tokio::blocking as tilebox;

tilebox_without_await::include_without_await!("../job.rs");

fn main() -> ExitCode {
    tilebox_demo::run(load)
}
