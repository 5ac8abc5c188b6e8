//! What each RPC does, from request message to response message; nothing about HTTP.

mod collections;
mod data_access;
mod datasets;

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

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

/// The services over one store.
pub(crate) struct Services {
    store: Arc<RwLock<Store>>,
    page_sizes: PageSizes,
}

/// An RPC that was refused: an error code and a message for the caller.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: Cow<'static, str>,
}

/// The encoded response message, or why there is none.
pub(crate) type Answer = Result<Bytes, Refusal>;

impl Services {
    pub(crate) fn new(store: Arc<RwLock<Store>>, page_sizes: PageSizes) -> Self {
        Self { store, page_sizes }
    }

    /// Answers one encoded request.
    pub(crate) fn answer(&self, rpc: Rpc, request: &Bytes) -> Answer {
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

impl Refusal {
    fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }

    fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
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
