//! The main job on async-std: `cargo run --release -p tilebox-async-std --example concurrent`.

use tilebox_async_std as tilebox;

include!("../../tests/examples/concurrent.rs");

fn main() -> miette::Result<()> {
    tilebox::block_on(start())
}
