//! Why a proxy opened no tunnel, which libcurl does not say.

use std::time::Duration;

use ::isahc::config::{Configurable, RedirectPolicy};
use ::isahc::{AsyncBody, HttpClient};
use http::{Request, StatusCode, Uri};

/// How long the proxy has to say it, at most.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Whether the proxy before an `https` server asks for credentials (status 407).
///
/// A proxy that wants them for a tunnel wants them for a request in the clear as well, and that response is seen. The request
/// asks for the root of the server, without any header of the exchange. It is sent only after the tunnel failed.
pub(super) async fn is_denied(client: &HttpClient, server: &Uri, proxy: &Uri) -> bool {
    let Some(authority) = server.authority() else { return false };
    let request = Request::head(format!("http://{}/", authority.as_str()))
        .proxy(proxy.clone())
        .proxy_blacklist(std::iter::empty::<String>())
        .redirect_policy(RedirectPolicy::None)
        .timeout(TIMEOUT)
        .body(AsyncBody::empty());
    match request {
        Ok(request) => {
            let response = client.send_async(request).await;
            response.is_ok_and(|response| response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED)
        }
        Err(_) => false,
    }
}
