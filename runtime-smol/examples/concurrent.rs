//! The main job on smol: `cargo run --release -p tilebox-smol --example concurrent`.

use tilebox_smol as tilebox;

include!("../../tests/examples/concurrent.rs");

fn main() -> ExitCode {
    tilebox::block_on(start())
}
