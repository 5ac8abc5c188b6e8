//! The same API for code that waits: each call blocks its thread until the answer is there, whatever executor may be
//! around.
//!
//! ```no_run
//! use tilebox_tokio::blocking::{Client, Result};
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
//! fn step_of_a_workflow(client: &tilebox_tokio::Client) -> tilebox_tokio::Result<usize> {
//!     let client = client.blocking()?;
//!     let dataset = client.dataset("open_data.copernicus.sentinel2_msi")?;
//!     Ok(dataset.collections()?.len())
//! }
//! ```
//!
//! [`tilebox_core::client::blocking`] says what all of this promises, and which shorter ways are traps.

use futures::future::BoxFuture;
use tilebox_backends::thread::Thread;
use tilebox_core::client::RuntimeParts;

tilebox_core::runtime_client! {
    /// The blocking [`Client`](tilebox_core::client::blocking::Client) of core, which this dereferences to, with a tokio
    /// runtime on a thread of its own.
    blocking Client of crate::Client = parts()
}

fn parts() -> RuntimeParts {
    RuntimeParts {
        name: "tokio",
        runtime: Thread::new(run, |deadline| Box::pin(tokio::time::sleep_until(deadline.into()))),
        transport: Box::new(crate::default_transport),
        strategy: Strategy::Spawned,
    }
}

/// Where the system gives no runtime the future is dropped, which fails the calls that wait for it.
fn run(future: BoxFuture<'static, ()>) {
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
        runtime.block_on(future);
        // A name that is still being looked up keeps its thread, not this one.
        runtime.shutdown_background();
    }
}
