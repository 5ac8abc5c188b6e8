//! The 16 codes of Connect and their HTTP statuses (Connect protocol, "Error Codes").

use std::fmt;

use http::StatusCode;

/// The reason why a server refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The caller cancelled the call.
    Canceled,
    /// No other code fits, or the server sent none.
    Unknown,
    /// The request is invalid in any state of the server.
    InvalidArgument,
    /// The deadline of the call passed.
    DeadlineExceeded,
    /// The requested resource does not exist.
    NotFound,
    /// The resource to create already exists.
    AlreadyExists,
    /// The caller is known and lacks the permission.
    PermissionDenied,
    /// A quota or a rate limit is exhausted.
    ResourceExhausted,
    /// The state of the server does not allow the call.
    FailedPrecondition,
    /// A concurrent operation interfered.
    Aborted,
    /// The request is outside of a valid range.
    OutOfRange,
    /// The server does not implement the method.
    Unimplemented,
    /// The server violated one of its own invariants.
    Internal,
    /// The server is unreachable or unavailable.
    Unavailable,
    /// Data is lost permanently.
    DataLoss,
    /// The caller sent no credentials, or invalid ones.
    Unauthenticated,
}

impl Code {
    /// All codes, in the order of the protocol.
    pub const ALL: [Self; 16] = [
        Self::Canceled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// Returns the name in the JSON body of an error.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canceled => "canceled",
            Self::Unknown => "unknown",
            Self::InvalidArgument => "invalid_argument",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::PermissionDenied => "permission_denied",
            Self::ResourceExhausted => "resource_exhausted",
            Self::FailedPrecondition => "failed_precondition",
            Self::Aborted => "aborted",
            Self::OutOfRange => "out_of_range",
            Self::Unimplemented => "unimplemented",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
            Self::DataLoss => "data_loss",
            Self::Unauthenticated => "unauthenticated",
        }
    }

    /// Returns the code with this name; `None` for a name outside of the protocol.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// Returns the HTTP status with which a server sends this code.
    #[must_use]
    pub const fn http_status(self) -> StatusCode {
        match self {
            Self::Canceled => CLIENT_CLOSED_REQUEST,
            Self::InvalidArgument | Self::FailedPrecondition | Self::OutOfRange => StatusCode::BAD_REQUEST,
            Self::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::AlreadyExists | Self::Aborted => StatusCode::CONFLICT,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unknown | Self::Internal | Self::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
        }
    }

    /// Returns the code of a response that is not a Connect error, such as the page of a proxy (Connect protocol, "HTTP to
    /// Error Code"). It is not the inverse of [`http_status`](Self::http_status).
    #[must_use]
    pub const fn from_http_status(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502 | 503 | 504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Status 499, for which `http` has no constant.
const CLIENT_CLOSED_REQUEST: StatusCode = match StatusCode::from_u16(499) {
    Ok(status) => status,
    Err(_) => StatusCode::BAD_REQUEST,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_status_of_the_protocol() {
        let statuses = Code::ALL.map(|code| (code.as_str(), code.http_status().as_u16()));
        assert_eq!(
            statuses,
            [
                ("canceled", 499),
                ("unknown", 500),
                ("invalid_argument", 400),
                ("deadline_exceeded", 504),
                ("not_found", 404),
                ("already_exists", 409),
                ("permission_denied", 403),
                ("resource_exhausted", 429),
                ("failed_precondition", 400),
                ("aborted", 409),
                ("out_of_range", 400),
                ("unimplemented", 501),
                ("internal", 500),
                ("unavailable", 503),
                ("data_loss", 500),
                ("unauthenticated", 401),
            ]
        );
    }

    #[test]
    fn every_name_reads_back_as_its_code() {
        for code in Code::ALL {
            assert_eq!(Code::from_name(code.as_str()), Some(code));
        }
        assert_eq!(Code::from_name("teapot"), None);
        assert_eq!(Code::from_name("NOT_FOUND"), None);
    }

    #[test]
    fn a_bare_status_maps_to_the_code_of_the_protocol() {
        let expected = [
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
            (301, Code::Unknown),
            (418, Code::Unknown),
            (500, Code::Unknown),
        ];
        for (status, code) in expected {
            let status = StatusCode::from_u16(status).expect("a valid status");
            assert_eq!(Code::from_http_status(status), code, "{status}");
        }
    }
}
