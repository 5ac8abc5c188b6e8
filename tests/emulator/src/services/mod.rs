//! What each RPC does, from request message to response message; nothing about HTTP.

mod collections;
mod data_access;
mod datasets;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use bytes::Bytes;
pub use connectrpc::ErrorCode;
use prost::Message;
use tilebox_core::wire::tilebox::v1::Id;
use uuid::Uuid;

use crate::ids;
use crate::rpc::Rpc;
use crate::store::Store;

/// The size of pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSizes {
    /// When the request names no limit.
    pub(crate) default: usize,
    /// Larger limits are cut to this.
    pub(crate) maximum: usize,
}

/// The API without a network: encoded requests in, encoded responses out.
///
/// [`Builder::service`](crate::Builder::service) makes one, with the data of the options. It holds no thread, reads no
/// clock and draws no random numbers, so that a simulation can put it behind a network of its own. Options about HTTP
/// (port, latency, compression, tokens, limits) have no effect on it: the caller may do everything that the datasets
/// permit.
///
/// ```
/// use std::time::SystemTime;
/// use bytes::Bytes;
/// use tilebox_emulator::{Catalogue, Emulator};
///
/// let service = Emulator::builder().catalogue(Catalogue::new(100)).service()?;
/// let now = SystemTime::UNIX_EPOCH;
/// let datasets = service.answer("/datasets.v1.DatasetService/ListDatasets", Bytes::new(), now);
/// assert!(datasets.is_ok());
/// let unknown = service.answer("/no/such/method", Bytes::new(), now).expect_err("there is no such method");
/// assert_eq!(unknown.code.http_status(), 501);
/// # Ok::<(), tilebox_emulator::StartError>(())
/// ```
#[must_use]
pub struct Service {
    store: Arc<RwLock<Store>>,
    page_sizes: PageSizes,
}

/// An RPC that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The code of Connect and gRPC.
    pub code: ErrorCode,
    /// For the caller.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Refusal {}

/// The encoded response message, or why there is none.
pub(crate) type Answer = Result<Bytes, Refusal>;

impl Service {
    pub(crate) fn new(store: Arc<RwLock<Store>>, page_sizes: PageSizes) -> Self {
        Self { store, page_sizes }
    }

    /// Answers one request.
    ///
    /// `path` is that of the HTTP request, such as `/datasets.v1.DataAccessService/Query`, also under `/public`;
    /// `message` the encoded request message, neither framed nor compressed. `now` becomes the time of ingestion of what is
    /// stored.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when the request is refused as a server would refuse it; for a path without a method with the code
    /// `unimplemented`.
    pub fn answer(&self, path: &str, message: Bytes, now: SystemTime) -> Result<Bytes, Refusal> {
        let (rpc, _) = Rpc::of_path(path)
            .ok_or_else(|| Refusal::new(ErrorCode::Unimplemented, format!("there is no method {path}")))?;
        self.answer_rpc(rpc, &message, now)
    }

    pub(crate) fn answer_rpc(&self, rpc: Rpc, request: &Bytes, _now: SystemTime) -> Answer {
        match rpc {
            Rpc::GetDataset => datasets::get(&self.read(), &decode(request)?),
            Rpc::ListDatasets => datasets::list(&self.read()),
            Rpc::CreateCollection => collections::create(&mut self.write(), decode(request)?),
            Rpc::GetCollectionByName => collections::get_by_name(&self.read(), &decode(request)?),
            Rpc::DeleteCollection => collections::delete(&mut self.write(), &decode(request)?),
            Rpc::ListCollections => collections::list(&self.read(), &decode(request)?),
            Rpc::Query => data_access::query(&self.read(), self.page_sizes, &decode(request)?),
            Rpc::QueryById => data_access::query_by_id(&self.read(), &decode(request)?),
        }
    }

    // A panic while the lock was held does not make the store unusable: every change is one insertion or removal.
    fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("page_sizes", &self.page_sizes).finish_non_exhaustive()
    }
}

impl Refusal {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message)
    }

    /// The text is the recorded one.
    fn no_dataset() -> Self {
        Self::new(ErrorCode::NotFound, "no such dataset")
    }

    /// The text is the documented one.
    fn no_collection() -> Self {
        Self::new(ErrorCode::NotFound, "no such collection")
    }

    /// The real text is not known.
    fn no_datapoint() -> Self {
        Self::new(ErrorCode::NotFound, "no such datapoint")
    }
}

fn decode<M: Message + Default>(request: &Bytes) -> Result<M, Refusal> {
    M::decode(request.clone())
        .map_err(|error| Refusal::invalid(format!("the request is not the message it should be: {error}")))
}

fn encode(response: &impl Message) -> Answer {
    Ok(response.encode_to_vec().into())
}

/// An id that may be absent, but not malformed.
fn optional_id(name: &str, id: Option<&Id>) -> Result<Option<Uuid>, Refusal> {
    id.map(|id| ids::from_wire(id).ok_or_else(|| malformed_id(name))).transpose()
}

fn required_id(name: &str, id: Option<&Id>) -> Result<Uuid, Refusal> {
    optional_id(name, id)?.ok_or_else(|| Refusal::invalid(format!("{name}: a value is required")))
}

fn malformed_id(name: &str) -> Refusal {
    Refusal::invalid(format!("{name}: an id is 16 bytes and not nil"))
}
