//! The main job on smol: `cargo run --release -p tilebox-smol --example concurrent`.

use tilebox_smol as tilebox;

include!("../../tests/examples/concurrent.rs");

fn main() -> miette::Result<()> {
    tilebox::block_on(start())
}
