//! The main job without async, on smol: `cargo run --release -p tilebox-smol --example concurrent_blocking`.

use tilebox_smol::blocking as tilebox;

tilebox_without_await::include_without_await!("../../tests/examples/concurrent.rs");

fn main() -> miette::Result<()> {
    start()
}
