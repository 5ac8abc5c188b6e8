//! The main job on async-std: `cargo run --release -p tilebox-async-std --example concurrent`.

use tilebox_async_std as tilebox;

include!("../../tests/examples/concurrent.rs");

fn main() -> ExitCode {
    tilebox::block_on(start())
}
