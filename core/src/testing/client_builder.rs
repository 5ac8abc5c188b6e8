//! A client for tests: no executor, no environment, and virtual time.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, lazy};

use crate::client::{BuiltClient, ClientBuilder, RuntimeParts, blocking};
use crate::protocol::endpoint::ClientMetadata;
use crate::protocol::retry::RetryPolicy;
use crate::runtime::{Runtime, Transport};
use crate::time::Instant;

/// Returns the builder of a client over a transport that responds immediately, such as
/// [`MockTransport`](super::MockTransport) and [`Replay`](super::Replay).
///
/// The client is async or blocking, as the code under test expects. Any executor can poll it, including
/// `futures::executor`. Time is virtual: waits between attempts, also an hour of `Retry-After`, end at once. The client
/// requests one page at a time, so that a query sends the same requests in each run. It reads no environment variables;
/// its address is `http://tilebox.test`, and it sends no API key.
///
/// Do not use it with a transport that delays its responses: the virtual clock jumps to the timeout of the request.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::blocking::Client;
/// use tilebox_tokio::protocol::connect::{Code, Error};
/// use tilebox_tokio::datasets::rpc::ListDatasets;
/// use tilebox_tokio::testing::{self, MockTransport};
///
/// let server = MockTransport::new().respond_with::<ListDatasets>(|_| Err(Error::new(Code::Unavailable, "maintenance")));
/// let client: Client = testing::client_builder(server.clone()).build()?;
/// let error = client.datasets().unwrap_err();
/// assert!(error.to_string().contains("maintenance"));
/// assert_eq!(server.requests::<ListDatasets>().len(), 5, "five attempts, without waiting in between");
/// # Ok::<(), tilebox_core::Error>(())
/// ```
pub fn client_builder<C: BuiltClient>(transport: impl Transport) -> ClientBuilder<C> {
    let parts = RuntimeParts::new("testing", Arc::new(VirtualTime::default()));
    let retry = RetryPolicy::default().with_max_attempts(5);
    let builder = ClientBuilder::new(parts).transport(transport).url("http://tilebox.test").anonymous().retry(retry);
    // The API key never leaves this process.
    builder.client_metadata(ClientMetadata::none()).concurrency(1).allow_key_over_cleartext()
}

/// A runtime whose clock jumps to the end of each wait.
#[derive(Debug, Default)]
struct VirtualTime {
    now: Arc<Mutex<Instant>>,
}

impl Runtime for VirtualTime {
    fn now(&self) -> Instant {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the virtual time of a run that starts on 2025-01-01.
    fn wall_time(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH + super::START_OF_RUN + self.now().since_origin()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let now = Arc::clone(&self.now);
        // The driver polls timers only while it waits for no response.
        lazy(move |_| {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = (*now).max(deadline);
        })
        .boxed()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        blocking::block_on(task);
    }

    /// Runs the work at once: it takes no virtual time.
    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }

    fn random(&self) -> u64 {
        0
    }
}
