//! The implementation of each RPC, from request message to response message, without HTTP.

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
use tilebox_core::protocol::connect::Code;
use tilebox_core::protocol::wire::datasets::v1::DatasetPermission;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::workflows::scheduler::Rejection;
use uuid::Uuid;

use crate::ids::{self, DatapointId};
use crate::permissions::Caller;
use crate::rpc::Rpc;
use crate::store::{Dataset, DiskError, DiskErrorKind, Store};
use crate::workflows::{Moment, Reply, Workflows};

/// The numbers of datapoints in a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSizes {
    /// The page size of requests without a limit.
    pub(crate) default: usize,
    /// The largest page size, to which larger limits are reduced.
    pub(crate) maximum: usize,
}

/// The API without a network: encoded requests in, encoded responses out.
///
/// [`Builder::service`](crate::Builder::service) creates it. A service reads no clock and draws no random numbers, and has
/// no thread unless a data folder needs one that writes, so that a simulation can place it behind a simulated network. The
/// options of HTTP (port, latency, compression, tokens, limits) have no effect; the permissions of the datasets apply.
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
    workflows: Arc<Workflows>,
}

/// The error of a refused RPC.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The error code of Connect and gRPC.
    pub code: ErrorCode,
    /// The message for the caller.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Refusal {}

/// The encoded response message, or the error.
pub(crate) type MethodResult = Result<Bytes, Refusal>;

impl Service {
    pub(crate) fn new(store: Arc<RwLock<Store>>, page_sizes: PageSizes, workflows: Arc<Workflows>) -> Self {
        Self { store, page_sizes, workflows }
    }

    /// Serves a request.
    ///
    /// `path` is the path of the HTTP request, such as `/datasets.v1.DataAccessService/Query`, also under `/public`.
    /// `message` is the encoded request message, neither framed nor compressed. `now` is the ingestion time of new
    /// datapoints and the time by which leases of tasks end; it must not go back.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the server refuses the request; with the code `unimplemented` for an unknown path.
    pub fn call(&self, path: &str, message: Bytes, now: SystemTime) -> Result<Bytes, Refusal> {
        let (rpc, public) = Rpc::of_path(path)
            .ok_or_else(|| Refusal::new(ErrorCode::Unimplemented, format!("there is no method {path}")))?;
        let caller = if public { Caller::PUBLIC } else { Caller::TRUSTED };
        self.call_as(caller, rpc, &message, Moment::of(now))?.block()
    }

    /// Submits the jobs of cron automations that are due at `now`, and returns the time at which the next one is.
    ///
    /// A running [`Emulator`](crate::Emulator) does so by itself. A service has no timer, so a simulation calls this.
    pub fn fire_automations(&self, now: SystemTime) -> Option<SystemTime> {
        self.workflows.fire_automations(Moment::of(now)).map(SystemTime::from)
    }

    /// Serves a request of a caller. The response may have to wait for the disk.
    pub(crate) fn call_as(&self, caller: Caller, rpc: Rpc, message: &Bytes, moment: Moment) -> Result<Reply, Refusal> {
        match rpc.permission() {
            Some(_) => self.workflows.call(caller, rpc, message, moment),
            None => self.call_datasets(caller, rpc, message, moment.time).map(Reply::ready),
        }
    }

    fn call_datasets(&self, caller: Caller, rpc: Rpc, message: &Bytes, now: SystemTime) -> MethodResult {
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
            _ => Err(Refusal::new(ErrorCode::Unimplemented, format!("{} is not a method of datasets", rpc.name()))),
        }
    }

    // A poisoned lock is usable: every change is one insertion or removal.
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
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message)
    }

    /// Returns the error of an unknown dataset. Its text is recorded.
    fn no_dataset() -> Self {
        Self::new(ErrorCode::NotFound, "no such dataset")
    }

    /// Returns the error of an unknown collection. Its text is documented.
    fn no_collection() -> Self {
        Self::new(ErrorCode::NotFound, "no such collection")
    }

    /// Returns the error of an unknown datapoint. The real text is not known.
    fn no_datapoint() -> Self {
        Self::new(ErrorCode::NotFound, "no such datapoint")
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let code = match rejection.code() {
            Code::InvalidArgument => ErrorCode::InvalidArgument,
            Code::NotFound => ErrorCode::NotFound,
            Code::ResourceExhausted => ErrorCode::ResourceExhausted,
            _ => ErrorCode::Internal,
        };
        Self::new(code, rejection.message())
    }
}

impl From<DiskError> for Refusal {
    fn from(error: DiskError) -> Self {
        if error.kind() == DiskErrorKind::Full {
            let reason = "nothing was stored: the disk of the emulator is full; free some space and try again";
            return Self::new(ErrorCode::ResourceExhausted, reason);
        }
        Self::new(ErrorCode::Internal, format!("the data cannot be stored: {error}"))
    }
}

/// Returns a dataset that the caller can see.
fn dataset_of(store: &Store, caller: Caller, id: Uuid) -> Result<&Dataset, Refusal> {
    store.dataset(id).filter(|dataset| dataset.is_visible(caller)).ok_or_else(Refusal::no_dataset)
}

/// Refuses a caller without this permission for the dataset.
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

/// Converts a time to a message. Times before 1970 become 1970.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp { seconds, nanos: since.subsec_nanos().cast_signed() }
}

pub(crate) fn decode<M: Message + Default>(request: &Bytes) -> Result<M, Refusal> {
    M::decode(request.clone()).map_err(|error| Refusal::invalid(format!("not a valid request message: {error}")))
}

fn encode(response: &impl Message) -> MethodResult {
    Ok(response.encode_to_vec().into())
}

/// Reads an id that may be absent, but not malformed.
pub(crate) fn optional_id(name: &str, id: Option<&Id>) -> Result<Option<Uuid>, Refusal> {
    id.map(|id| ids::from_wire(id).ok_or_else(|| malformed_id(name))).transpose()
}

pub(crate) fn required_id(name: &str, id: Option<&Id>) -> Result<Uuid, Refusal> {
    optional_id(name, id)?.ok_or_else(|| Refusal::invalid(format!("{name}: a value is required")))
}

fn malformed_id(name: &str) -> Refusal {
    Refusal::invalid(format!("{name}: expects an id of 16 bytes that is not nil"))
}

fn datapoint_id(name: &str, id: Option<&Id>) -> Result<DatapointId, Refusal> {
    let id = id.ok_or_else(|| Refusal::invalid(format!("{name}: a value is required")))?;
    DatapointId::from_slice(&id.uuid).ok_or_else(|| malformed_id(name))
}
