//! The demonstration on smol:
//! `cargo run --release -p tilebox-demo --no-default-features --features smol --bin tilebox-demo-smol`.

use std::process::ExitCode;

use tilebox_smol as tilebox;

include!("../job.rs");

fn main() -> ExitCode {
    tilebox_demo::run(|arguments, server| tilebox::block_on(load(arguments, server)))
}
