//! The same API for code that waits: each call blocks its thread until the answer is there, whatever executor may be
//! around.
//!
//! ```no_run
//! use tilebox_async_std::blocking::{Client, Result};
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
//! fn step_of_a_workflow(client: &tilebox_async_std::Client) -> tilebox_async_std::Result<usize> {
//!     let client = client.blocking()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
//!     Ok(dataset.collections()?.len())
//! }
//! ```
//!
//! [`tilebox_core::client::blocking`] says what all of this promises, and which shorter ways are traps.

use std::time::Instant;

use async_std::task;
use tilebox_backends::thread::Thread;
use tilebox_core::client::RuntimeParts;

tilebox_core::runtime_client! {
    /// The blocking [`Client`](tilebox_core::client::blocking::Client) of core, which this dereferences to, with a thread
    /// of its own. It never uses async-std's global executor.
    blocking Client of crate::Client = parts()
}

fn parts() -> RuntimeParts {
    RuntimeParts {
        name: "async-std",
        // `task::block_on` would start the threads of the global executor.
        runtime: Thread::new(client::blocking::block_on, |deadline| {
            Box::pin(task::sleep(deadline.saturating_duration_since(Instant::now())))
        }),
        transport: Box::new(crate::default_transport),
        strategy: Strategy::Spawned,
    }
}
