//! Connect unary: pure functions between message bytes and [`http::Request`] / [`http::Response`].
//!
//! Written from the Connect protocol, section "Unary RPCs" (<https://connectrpc.com/docs/protocol>). Knows nothing of
//! Tilebox and does no IO.
//!
//! | file | holds |
//! |---|---|
//! | [`code`] | the 16 codes and their HTTP status, both ways |
//! | [`request`] | message bytes to an HTTP request |
//! | [`response`] | an HTTP response to message bytes or an [`Error`] |
//! | [`error`] | the JSON body of an error |
//! | [`metadata`] | the headers and trailers of a response |
//! | [`gateway`] | statuses of what stands before a server, by class |
//! | [`gzip`] | compression, with a limit that no body can pass |
//! | [`retry_after`] | the `Retry-After` header, without a clock |

pub mod code;
pub mod error;
pub mod gateway;
pub mod gzip;
pub mod metadata;
pub mod request;
pub mod response;
pub mod retry_after;

pub use code::Code;
pub use error::{Detail, Error};
pub use gateway::Gateway;
pub use metadata::Metadata;
pub use request::Request;
pub use response::{SealedResponse, UnaryResponse, seal_response};

/// The content type of binary protobuf messages in unary Connect.
pub const CONTENT_TYPE: &str = "application/proto";
