//! The description of a method of the API. Each method has a file in the `rpc` folder of its service.

use prost::Message;

use crate::protocol::retry::Idempotency;

/// A unary method.
///
/// ```
/// use tilebox_core::protocol::retry::Idempotency;
/// use tilebox_core::protocol::rpc::Rpc;
/// use tilebox_core::protocol::wire::datasets::v1 as wire;
///
/// /// Deletes a dataset.
/// struct DeleteDataset;
///
/// impl Rpc for DeleteDataset {
///     type Request = wire::DeleteDatasetRequest;
///     type Response = wire::DeleteDatasetResponse;
///     const PATH: &'static str = "/datasets.v1.DatasetService/DeleteDataset";
///     const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
///     const WRITES: bool = true;
/// }
/// ```
pub trait Rpc: 'static {
    /// The request message.
    type Request: Message;
    /// The response message.
    type Response: Message + Default;
    /// Service and method, as in the URL.
    const PATH: &'static str;
    /// Whether a repeated call has a further effect.
    const IDEMPOTENCY: Idempotency;
    /// Whether it changes data on the server. The error of such a call tells whether the change may have happened.
    const WRITES: bool = false;

    /// Returns the part of a whole response that this one lacks. A response that is truncated to zero bytes is a valid
    /// message without fields, which must not be read as "nothing found".
    fn lacks(_response: &Self::Response) -> Option<String> {
        None
    }
}
