//! A call of a custom RPC.

use std::sync::Arc;

use crate::client::Client;
use crate::error::Result;
use crate::protocol::call::{CallPolicy, CallRequest};

/// Calls a custom RPC through the driver and transport of a client, with the given policy.
///
/// The request brings its own address and headers. Dropping the future cancels the call.
///
/// ```
/// use tilebox_core::Client;
/// use tilebox_core::protocol::call::{CallPolicy, CallRequest};
/// use tilebox_core::protocol::connect::{Request, UnaryResponse};
/// use tilebox_core::protocol::retry::Idempotency;
/// use tilebox_core::testing::{self, MockTransport};
///
/// # let example = async {
/// let client: Client = testing::client_builder(MockTransport::new()).build()?;
/// let uri = "http://tilebox.test/a.Service/Method".parse().expect("an address");
/// let request = Request::new(uri, http::HeaderMap::new(), bytes::Bytes::new(), usize::MAX);
/// let decode = |response: &UnaryResponse| Ok::<usize, std::fmt::Error>(response.message.len());
/// let request = CallRequest::new(request, Idempotency::Idempotent, "measure a response", decode);
/// assert!(testing::call(&client, CallPolicy::default(), request).await.is_err(), "the mock has no response");
/// # Ok::<(), tilebox_core::Error>(())
/// # };
/// # futures::FutureExt::now_or_never(example).expect("no wait").expect("a client");
/// ```
///
/// # Errors
///
/// When the call fails. The source is a [`ExchangeError`](crate::protocol::exchange::ExchangeError).
pub async fn call<Reply: Send + 'static>(
    client: &Client,
    policy: CallPolicy,
    request: CallRequest<Reply>,
) -> Result<Reply> {
    let mut session = (*client.session).clone();
    session.policy = policy;
    Arc::new(session).call(request).await
}
