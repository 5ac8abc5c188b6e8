//! The main job without async, on tokio: `cargo run --release -p tilebox-tokio --example concurrent_blocking`.

use tilebox_tokio::blocking as tilebox;

tilebox_without_await::include_without_await!("../../tests/examples/concurrent.rs");

fn main() -> miette::Result<()> {
    start()
}
