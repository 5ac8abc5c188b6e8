//! The same API for code that waits: each call blocks its thread until the answer is there, whatever executor may be
//! around.
//!
//! ```no_run
//! use tilebox_smol::blocking::{Client, Result};
//!
//! fn main() -> Result<()> {
//!     let client = Client::from_env()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
//!     let collection = dataset.collection("S2A_S2MSI1C")?;
//!     let datapoints = collection.query(("2025-03-01", "2025-03-02")).load()?;
//!     println!("{datapoints}");
//!     Ok(())
//! }
//! ```
//!
//! Synchronous code that runs under an executor and holds an async client makes a blocking one from it:
//!
//! ```no_run
//! fn step_of_a_workflow(client: &tilebox_smol::Client) -> tilebox_smol::Result<usize> {
//!     let client = client.blocking()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
//!     Ok(dataset.collections()?.len())
//! }
//! ```
//!
//! [`tilebox_core::client::blocking`] says what all of this promises, and which shorter ways are traps.

use futures::future::{BoxFuture, FutureExt as _};
use smol::Timer;
use tilebox_backends::thread::Thread;
use tilebox_core::client::RuntimeParts;

tilebox_core::runtime_client! {
    /// The blocking [`Client`](tilebox_core::client::blocking::Client) of core, which this dereferences to, with a thread
    /// that smol's reactor runs on. It never uses smol's global executor.
    blocking Client of crate::Client = parts()
}

fn parts() -> RuntimeParts {
    RuntimeParts {
        name: "smol",
        runtime: Thread::new(run, |deadline| Timer::at(deadline).map(drop).boxed()),
        transport: Box::new(crate::default_transport),
        strategy: Strategy::Spawned,
    }
}

fn run(future: BoxFuture<'static, ()>) {
    smol::block_on(future);
}
