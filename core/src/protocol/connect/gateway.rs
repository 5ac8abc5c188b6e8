//! The HTTP status of a response that is not a Connect error: a gateway or a proxy before the server sent it.

use http::StatusCode;

/// A class of statuses with the same retry decision and advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gateway {
    /// 408, 421, 425: the request did not reach the server; the next attempt may (RFC 9110, sections 15.5.9 and 15.5.20;
    /// RFC 8470, section 5.2).
    NotProcessed,
    /// 429: the rate limit is exceeded.
    RateLimit,
    /// 502 to 504, 520 to 530 and others above 511: the gateway cannot reach the server, or receives no response from it.
    Unavailable,
    /// 500: an internal failure without a description.
    Failed,
    /// 413: the body of the request is too long for the gateway.
    BodyTooLong,
    /// 414, 431: the URL or the head of the request is too long for the gateway.
    HeadTooLong,
    /// 407: a proxy requires a user name and a password.
    ProxyLogin,
    /// 511: the network requires a login (RFC 6585, section 6).
    NetworkLogin,
    /// 3xx: the resource is at another URL.
    Redirect,
    /// Every other status: not a Tilebox server.
    Other,
}

impl Gateway {
    /// Returns the class of a status.
    #[must_use]
    pub fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            300..=399 => Self::Redirect,
            407 => Self::ProxyLogin,
            408 | 421 | 425 => Self::NotProcessed,
            413 => Self::BodyTooLong,
            414 | 431 => Self::HeadTooLong,
            429 => Self::RateLimit,
            500 => Self::Failed,
            // Not implemented, HTTP version, content negotiation, extensions: waiting does not help.
            501 | 505 | 506 | 510 => Self::Other,
            511 => Self::NetworkLogin,
            502..=599 => Self::Unavailable,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_a_gateway_has_a_class() {
        let of = |status| Gateway::of(StatusCode::from_u16(status).expect("a status"));
        assert!((520..=530).all(|status| of(status) == Gateway::Unavailable));
        assert!([502, 503, 504, 599].into_iter().all(|status| of(status) == Gateway::Unavailable));
        assert!([408, 421, 425].into_iter().all(|status| of(status) == Gateway::NotProcessed));
        assert!([301, 302, 307, 308].into_iter().all(|status| of(status) == Gateway::Redirect));
        assert!([200, 400, 401, 403, 404, 418, 501].into_iter().all(|status| of(status) == Gateway::Other));
        assert_eq!((of(413), of(431)), (Gateway::BodyTooLong, Gateway::HeadTooLong));
        assert_eq!((of(407), of(511)), (Gateway::ProxyLogin, Gateway::NetworkLogin));
        assert_eq!((of(429), of(500)), (Gateway::RateLimit, Gateway::Failed));
    }
}
