//! The demonstration without async, on smol:
//! `cargo run --release -p tilebox-demo --no-default-features --features smol --bin tilebox-demo-smol-blocking`.

use std::process::ExitCode;

use tilebox_smol::blocking as tilebox;

tilebox_without_await::include_without_await!("../job.rs");

fn main() -> ExitCode {
    tilebox_demo::run(load)
}
