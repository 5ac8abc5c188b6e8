//! The main job without async, on async-std: `cargo run --release -p tilebox-async-std --example concurrent_blocking`.

use tilebox_async_std::blocking as tilebox;

tilebox_without_await::include_without_await!("../../tests/examples/concurrent.rs");

fn main() -> miette::Result<()> {
    start()
}
