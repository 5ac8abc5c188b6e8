//! What each RPC does, from request message to response message; nothing about HTTP.

mod collections;
mod data_access;
mod datasets;
mod ingestion;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use bytes::Bytes;
pub use connectrpc::ErrorCode;
use prost::Message;
use prost_types::Timestamp;
use tilebox_core::protocol::wire::datasets::v1::DatasetPermission;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use uuid::Uuid;

use crate::ids::{self, DatapointId};
use crate::permissions::Caller;
use crate::rpc::Rpc;
use crate::store::{DataProblem, Dataset, DiskError, Store};

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
/// let datasets = service.call("/datasets.v1.DatasetService/ListDatasets", Bytes::new(), now);
/// assert!(datasets.is_ok());
/// let unknown = service.call("/no/such/method", Bytes::new(), now).expect_err("there is no such method");
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
pub(crate) type MethodResult = Result<Bytes, Refusal>;

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
    pub fn call(&self, path: &str, message: Bytes, now: SystemTime) -> Result<Bytes, Refusal> {
        let (rpc, public) = Rpc::of_path(path)
            .ok_or_else(|| Refusal::new(ErrorCode::Unimplemented, format!("there is no method {path}")))?;
        let caller = if public { Caller::ANYBODY } else { Caller::TRUSTED };
        self.call_as(caller, rpc, &message, now)
    }

    pub(crate) fn call_as(&self, caller: Caller, rpc: Rpc, message: &Bytes, now: SystemTime) -> MethodResult {
        match rpc {
            Rpc::CreateDataset => datasets::create(&mut self.write(), caller, decode(message)?),
            Rpc::GetDataset => datasets::get(&self.read(), caller, &decode(message)?),
            Rpc::UpdateDataset => datasets::update(&mut self.write(), caller, decode(message)?),
            Rpc::DeleteDataset => datasets::delete(&mut self.write(), caller, &decode(message)?),
            Rpc::ListDatasets => datasets::list(&self.read(), caller),
            Rpc::CreateCollection => collections::create(&mut self.write(), caller, decode(message)?),
            Rpc::GetCollectionByName => collections::get_by_name(&self.read(), caller, &decode(message)?),
            Rpc::DeleteCollection => collections::delete(&mut self.write(), caller, &decode(message)?),
            Rpc::ListCollections => collections::list(&self.read(), caller, &decode(message)?),
            Rpc::Query => data_access::query(|| self.read(), caller, self.page_sizes, &decode(message)?),
            Rpc::QueryById => data_access::query_by_id(&self.read(), caller, &decode(message)?),
            Rpc::Ingest => ingestion::ingest(&mut self.write(), caller, &decode(message)?, timestamp(now)),
            Rpc::Delete => ingestion::delete(&mut self.write(), caller, &decode(message)?),
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

impl From<DiskError> for Refusal {
    fn from(error: DiskError) -> Self {
        if error.problem() == DataProblem::Full {
            let reason =
                "nothing of this request is stored: the disk of the emulator is full; free some space, and try again";
            return Self::new(ErrorCode::ResourceExhausted, reason);
        }
        Self::new(ErrorCode::Internal, format!("the data cannot be kept: {error}"))
    }
}

/// A dataset that the caller may see.
fn dataset_of(store: &Store, caller: Caller, id: Uuid) -> Result<&Dataset, Refusal> {
    store.dataset(id).filter(|dataset| dataset.is_visible(caller)).ok_or_else(Refusal::no_dataset)
}

/// Refuses a caller who may not do this with the dataset.
fn require(permission: DatasetPermission, dataset: &Dataset, caller: Caller) -> Result<(), Refusal> {
    if dataset.permits(permission, caller) {
        return Ok(());
    }
    let action = match permission {
        DatasetPermission::WriteData => "write the data of",
        DatasetPermission::Edit => "edit",
        DatasetPermission::AccessData | DatasetPermission::Unspecified => "access the data of",
    };
    Err(Refusal::new(ErrorCode::PermissionDenied, format!("not permitted to {action} dataset {}", dataset.slug())))
}

/// A time as a message; one before 1970 is taken for 1970.
fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // No clock is that far.
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp { seconds, nanos: since.subsec_nanos().cast_signed() }
}

fn decode<M: Message + Default>(request: &Bytes) -> Result<M, Refusal> {
    M::decode(request.clone())
        .map_err(|error| Refusal::invalid(format!("the request is not the message it should be: {error}")))
}

fn encode(response: &impl Message) -> MethodResult {
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

fn datapoint_id(name: &str, id: Option<&Id>) -> Result<DatapointId, Refusal> {
    let id = id.ok_or_else(|| Refusal::invalid(format!("{name}: a value is required")))?;
    DatapointId::from_slice(&id.uuid).ok_or_else(|| malformed_id(name))
}
