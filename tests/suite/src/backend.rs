//! The interface between a crate under test and the suite.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use http::{Request, Response};
use tilebox_core::protocol::exchange::{Limits, TransportError};
use tilebox_core::runtime::{Runtime, Transport};

/// A timeout longer than any test, so that a broken behaviour fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(300);

/// An HTTP backend on a runtime.
pub trait Backend {
    /// Whether dropping an exchange ends it even while the server is silent; otherwise its timeout does.
    const DROPPING_ENDS_A_SILENT_EXCHANGE: bool = true;

    /// Whether a custom client also trusts its roots for a proxy that speaks TLS.
    const TRUSTS_A_PROXY: bool = true;

    /// Whether the backend sees END_STREAM of HTTP/2. Otherwise only its gzip stream shows that a message without a length
    /// is complete.
    const SEES_THE_END_OF_A_STREAM: bool = true;

    /// Whether the backend distinguishes a request that the server refused to process from a lost one.
    const TELLS_REFUSALS: bool = true;

    /// Whether an HTTP/1.1 connection serves several requests.
    const REUSES_CONNECTIONS: bool = true;

    /// Runs the future on the executor.
    fn block_on<T>(future: impl Future<Output = T>) -> T;

    /// Returns the executor.
    fn runtime() -> Arc<dyn Runtime>;

    /// Returns the default backend of an application.
    fn transport() -> Arc<dyn Transport>;

    /// Returns the backend with a custom client that trusts only this certificate (DER).
    fn trusting(root: &[u8]) -> Arc<dyn Transport>;

    /// Returns the backend with a custom client that trusts only this certificate (DER) and reaches every server through a
    /// proxy, except for those of a list.
    fn through(proxy: &str, except: &str, root: &[u8]) -> Arc<dyn Transport>;

    /// Returns the backend with custom settings that resolve this host to these addresses, in this order.
    fn naming(host: &str, port: u16, addresses: [IpAddr; 2]) -> Arc<dyn Transport>;

    /// Returns the backend that speaks HTTP/2 without TLS, if it can.
    fn http2_prior_knowledge() -> Option<Arc<dyn Transport>>;
}

/// Returns limits that no test reaches.
#[must_use]
pub fn generous() -> Limits {
    Limits::new(PATIENCE, 1 << 30)
}

/// Returns a GET request.
#[must_use]
pub fn get(address: &str) -> Request<Bytes> {
    Request::get(address).body(Bytes::new()).expect("the address is one")
}

/// Returns a POST request.
#[must_use]
pub fn post(address: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post(address).body(body.into()).expect("the address is one")
}

/// Runs one exchange on its own executor.
///
/// # Errors
///
/// Returns an error without a response.
pub fn exchange<B: Backend>(request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
    B::block_on(within::<B, _>(B::transport().send(request, limits)))
}

/// Runs one exchange with a timeout.
///
/// # Errors
///
/// Returns an error without a response.
pub async fn exchange_within<B: Backend>(
    transport: &Arc<dyn Transport>,
    request: Request<Bytes>,
    timeout: Duration,
) -> Result<Response<Bytes>, TransportError> {
    let (runtime, limits) = (B::runtime(), Limits::new(timeout, generous().response_bytes));
    match select(transport.send(request, limits), runtime.sleep_until(runtime.now() + timeout)).await {
        Either::Left((result, _)) => result,
        Either::Right(_) => Err(TransportError::timed_out(limits)),
    }
}

/// Returns the output of a future that ends within `PATIENCE`.
pub async fn within<B: Backend, F: Future>(future: F) -> F::Output {
    let runtime = B::runtime();
    match select(Box::pin(future), runtime.sleep_until(runtime.now() + PATIENCE)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
    .expect("the future ends in time")
}

/// Returns a generator whose seed a failing test prints; `TILEBOX_SEED` sets the seed.
#[must_use]
pub fn seeded() -> fastrand::Rng {
    let given = std::env::var("TILEBOX_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("TILEBOX_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
