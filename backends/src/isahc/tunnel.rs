//! The reason why a proxy opens no tunnel, which libcurl does not report.

use std::time::Duration;

use ::isahc::config::{Configurable, RedirectPolicy};
use ::isahc::{AsyncBody, HttpClient};
use http::{Request, StatusCode, Uri};

/// The timeout of the request to the proxy.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Returns whether the proxy of an `https` server requires credentials (status 407).
///
/// A proxy that requires credentials for a tunnel also requires them for a plain request, whose response is visible. After a
/// failed tunnel, this function requests the root of the server, without headers of the exchange.
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
