//! What a crate under test provides, and how the suite uses it.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use http::{Request, Response};
use tilebox_core::protocol::exchange::{Limits, TransportError};
use tilebox_core::runtime::{Runtime, Transport};

/// Longer than anything here takes, so that a behaviour that is not held fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(300);

/// An HTTP backend on a runtime.
pub trait Backend {
    /// Whether dropping an exchange ends it also while the server is silent; else its timeout does.
    const DROPPING_ENDS_A_SILENT_EXCHANGE: bool = true;

    /// Whether a client of one's own trusts its roots also where a proxy speaks TLS itself.
    const TRUSTS_A_PROXY: bool = true;

    /// Whether the backend sees END_STREAM of HTTP/2. Otherwise a message without a length is whole only where its gzip
    /// stream shows it.
    const SEES_THE_END_OF_A_STREAM: bool = true;

    /// Whether the backend tells a request that the server refused to process from one that was lost.
    const TELLS_REFUSALS: bool = true;

    /// Whether a connection of HTTP/1.1 serves several requests.
    const REUSES_CONNECTIONS: bool = true;

    /// Runs the future on the executor.
    fn block_on<T>(future: impl Future<Output = T>) -> T;

    /// The executor.
    fn runtime() -> Arc<dyn Runtime>;

    /// The backend as an application gets it without asking for anything.
    fn transport() -> Arc<dyn Transport>;

    /// The backend with a client of one's own that trusts only this certificate (DER).
    fn trusting(root: &[u8]) -> Arc<dyn Transport>;

    /// The backend with a client of one's own that trusts only this certificate (DER) and reaches every server through a
    /// proxy, except for those of this list.
    fn through(proxy: &str, except: &str, root: &[u8]) -> Arc<dyn Transport>;

    /// The backend with settings of its own for which this host has these addresses, in this order.
    fn naming(host: &str, port: u16, addresses: [IpAddr; 2]) -> Arc<dyn Transport>;

    /// The backend that speaks HTTP/2 without TLS, if it can.
    fn http2_prior_knowledge() -> Option<Arc<dyn Transport>>;
}

/// Limits that nothing here reaches.
#[must_use]
pub fn generous() -> Limits {
    Limits::new(PATIENCE, 1 << 30)
}

/// A GET.
#[must_use]
pub fn get(address: &str) -> Request<Bytes> {
    Request::get(address).body(Bytes::new()).expect("the address is one")
}

/// A POST.
#[must_use]
pub fn post(address: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post(address).body(body.into()).expect("the address is one")
}

/// One exchange on an executor of its own.
///
/// # Errors
///
/// When there is no answer.
pub fn exchange<B: Backend>(request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
    B::block_on(within::<B, _>(B::transport().send(request, limits)))
}

/// One exchange that fails when it takes longer than this.
///
/// # Errors
///
/// When there is no response.
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

/// The output of the future, which comes before patience ends.
pub async fn within<B: Backend, F: Future>(future: F) -> F::Output {
    let runtime = B::runtime();
    match select(Box::pin(future), runtime.sleep_until(runtime.now() + PATIENCE)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
    .expect("it ends long before patience does")
}

/// A generator with a seed that a failing test shows; `TILEBOX_SEED` repeats it.
#[must_use]
pub fn seeded() -> fastrand::Rng {
    let given = std::env::var("TILEBOX_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("TILEBOX_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
