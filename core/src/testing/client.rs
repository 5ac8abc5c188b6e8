//! A client for tests: no executor, no environment, and a clock that only waits move.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, lazy};

use crate::client::{Client, ClientBuilder, RuntimeParts, blocking};
use crate::protocol::endpoint::ClientMetadata;
use crate::protocol::retry::RetryPolicy;
use crate::runtime::{Runtime, Transport};
use crate::time::Instant;

/// Returns a builder of a client over a transport that answers at once, as [`Scripted`](super::Scripted) and
/// [`Replay`](super::Replay) do.
///
/// It is the async or the blocking one, whichever the code under test takes. Any executor can poll it, `futures::executor`
/// too. Time passes only where the client waits, and there at once: five attempts with their backoff, or a server that
/// asks to wait for an hour, take no longer than the answers. It asks for one page at a time, so that the same query sends
/// the same requests in each run. Nothing comes from the environment: the address is `http://tilebox.test`, without a key.
///
/// Not for a transport that keeps a request waiting: while it does, the clock would jump to the end of the time for it.
///
/// ```
/// use tilebox_core::blocking::Client;
/// use tilebox_core::protocol::connect::{Code, Error};
/// use tilebox_core::datasets::rpc::ListDatasets;
/// use tilebox_core::testing::{self, Scripted};
///
/// let server = Scripted::new().answer::<ListDatasets>(|_| Err(Error::new(Code::Unavailable, "closed for today")));
/// let client: Client = testing::client_builder(server.clone()).build()?;
/// let error = client.datasets().unwrap_err();
/// assert!(error.to_string().contains("closed for today"));
/// assert_eq!(server.requests::<ListDatasets>().len(), 5, "it was tried five times, without waiting in between");
/// # Ok::<(), tilebox_core::Error>(())
/// ```
pub fn client_builder<C: From<Client>>(transport: impl Transport) -> ClientBuilder<C> {
    let parts = RuntimeParts::new("testing", Arc::new(Jumping::default()));
    let retry = RetryPolicy::default().with_max_attempts(5);
    let builder = ClientBuilder::new(parts).transport(transport).url("http://tilebox.test").anonymous().retry(retry);
    // Nothing leaves this process, so neither does a key.
    builder.client_metadata(ClientMetadata::none()).concurrency(1).allow_key_over_cleartext()
}

/// A clock that jumps to the end of each wait.
#[derive(Debug, Default)]
struct Jumping {
    now: Arc<Mutex<Instant>>,
}

impl Runtime for Jumping {
    fn now(&self) -> Instant {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let now = Arc::clone(&self.now);
        // Polled only when no answer is there, and then nothing else is left to wait for.
        lazy(move |_| {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = (*now).max(deadline);
        })
        .boxed()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        blocking::block_on(task);
    }

    fn random(&self) -> u64 {
        0
    }
}
