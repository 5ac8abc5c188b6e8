//! The main job on tokio: `cargo run --release -p tilebox-tokio --example concurrent`.

use tilebox_tokio as tilebox;

include!("../../tests/examples/concurrent.rs");

fn main() -> miette::Result<()> {
    tilebox::block_on(start())
}
