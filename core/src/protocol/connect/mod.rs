//! The Connect codec for unary calls: pure functions between message bytes and [`http::Request`] / [`http::Response`].
//!
//! Implements section "Unary RPCs" of the Connect protocol (<https://connectrpc.com/docs/protocol>). It does no IO and
//! does not depend on the Tilebox API.
//!
//! | file | holds |
//! |---|---|
//! | [`code`] | the 16 codes and their HTTP statuses, in both directions |
//! | [`request`] | message bytes to an HTTP request |
//! | [`response`] | an HTTP response to message bytes or an [`Error`] |
//! | [`error`] | the JSON body of an error |
//! | [`metadata`] | the headers and trailers of a response |
//! | [`gateway`] | classes of the HTTP statuses of gateways and proxies |
//! | [`gzip`] | compression, and decompression within a limit |
//! | [`retry_after`] | the `Retry-After` header, read without a clock |

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
pub use response::{EncodedMessage, UnaryResponse};

/// The content type of binary protobuf messages in unary Connect.
pub const CONTENT_TYPE: &str = "application/proto";
