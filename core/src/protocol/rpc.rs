//! What every method of the API says of itself. One small file per method, in the `rpc` folder of its service.

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
    /// The message that is sent.
    type Request: Message;
    /// The message that comes back.
    type Response: Message + Default;
    /// Service and method, as they stand in the URL.
    const PATH: &'static str;
    /// What repeating it does.
    const IDEMPOTENCY: Idempotency;
    /// Whether it changes something on the server. The error of such a method says so where it may have happened.
    const WRITES: bool = false;

    /// Says what a response lacks that every whole one has. A response that was cut off before its first byte is a valid
    /// message without fields: absence is not read as "nothing there" where the method tells the two apart.
    fn lacks(_response: &Self::Response) -> Option<String> {
        None
    }
}
