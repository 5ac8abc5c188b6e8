//! The async API over the seam: the same on every runtime.
//!
//! A person starts at the `Client` of a runtime crate, which is this [`Client`] with an executor and an HTTP client.
//!
//! Each exchange is a [`tracing`] span `tilebox_exchange` at the level `DEBUG`, inside of the span of its caller, with the
//! path of the method (`rpc`) and how it ended (`status` or `error`).
//!
//! | file | holds |
//! |---|---|
//! | `builder` | how a client is made |
//! | `dataset`, `collection` | the handles that a client gives |
//! | `manage` | datasets and collections are made, changed and deleted |
//! | `query`, `find`, `ingest` | requests that are built up and awaited |
//! | `query/by_collection`, `at_once` | several loads at once |
//! | `target` | the dataset and the collections that these ask |
//! | `current` | these are read by the type that the dataset has now |
//! | `page_stream` | the pages of a query as they are read |
//! | `session` | what all of them share |
//! | `drive`, `strategy` | the loop that acts on what machines decide |
//! | `verbs` | how a builder ends, as in the blocking API |
//! | `blocking` | the same API for code that waits |

mod at_once;
pub mod blocking;
mod builder;
mod collection;
mod current;
mod dataset;
mod drive;
pub(crate) mod environment;
mod find;
mod ingest;
mod manage;
mod notebook;
mod page_stream;
mod query;
mod runtime_client;
mod session;
mod strategy;
mod target;
mod verbs;

use std::sync::Arc;

pub use at_once::{load_all, load_each};
pub use builder::{Awaited, ClientBuilder, DefaultTransport, RuntimeParts};
pub use collection::Collection;
pub use dataset::{Dataset, Datasets};
pub use find::Find;
pub use ingest::Ingestion;
pub use manage::DeletedDataset;
pub use page_stream::PageStream;
pub use query::Query;
pub use strategy::Strategy;

use crate::datasets::{DatasetInfo, Group, Leaf, id, rpc};
use crate::error::{Error, ErrorKind, Result, UnreadableMessage};
use crate::wire::datasets::v1 as wire;
use session::Session;

/// A client of one server. Cheap to clone; clones share connections and limits.
///
/// Made by the builder of a runtime crate. Code that should run on any runtime takes `&tilebox_core::Client`: the
/// clients of the runtime crates dereference to it.
#[derive(Clone, Debug)]
pub struct Client {
    session: Arc<Session>,
}

impl Client {
    pub(crate) fn from_session(session: Session) -> Self {
        Self { session: Arc::new(session) }
    }

    /// The dataset with this slug, such as `open_data.copernicus.sentinel2_msi`.
    ///
    /// A slug without a dot is looked up in your own organisation.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such dataset, or it is not visible to you; otherwise as every call.
    pub async fn dataset(&self, slug: &str) -> Result<Dataset> {
        let request = wire::GetDatasetRequest { slug: slug.to_owned(), ..Default::default() };
        self.get_dataset(request, format!("find the dataset `{slug}`")).await
    }

    /// The dataset with this id.
    ///
    /// # Errors
    ///
    /// As [`dataset`](Self::dataset).
    pub async fn dataset_by_id(&self, id: uuid::Uuid) -> Result<Dataset> {
        let request = wire::GetDatasetRequest { id: Some(id::to_wire(id)), ..Default::default() };
        self.get_dataset(request, format!("find the dataset with the id {id}")).await
    }

    async fn get_dataset(&self, request: wire::GetDatasetRequest, purpose: String) -> Result<Dataset> {
        let call = self.session.endpoint.call::<rpc::GetDataset>(&request, purpose.clone())?;
        let dataset = self.session.call(call).await?;
        self.dataset_from_wire(dataset, purpose)
    }

    /// Every dataset that you can see, as a tree of groups.
    ///
    /// A notice of the server is in [`Datasets::server_message`] and goes to `tracing`; it is never printed.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn datasets(&self) -> Result<Datasets> {
        const PURPOSE: &str = "list the datasets";
        let call = self.session.endpoint.call::<rpc::ListDatasets>(&wire::ListDatasetsRequest {}, PURPOSE)?;
        let listing = self.session.call(call).await?;
        if !listing.server_message.is_empty() {
            tracing::info!(notice = listing.server_message, "the server has a notice");
        }
        let mut leaves = Vec::with_capacity(listing.datasets.len());
        for dataset in listing.datasets {
            let info = DatasetInfo::from_wire(dataset).map_err(|error| unreadable(PURPOSE, error))?;
            leaves.push(Leaf {
                group_id: info.group_id,
                code_name: info.code_name.clone(),
                dataset: self.handle(info),
            });
        }
        Ok(Datasets {
            root: Group::build(&listing.groups, leaves),
            server_message: listing.server_message,
            owned: u64::try_from(listing.owned_datasets).unwrap_or(0),
            maximum_owned: listing.maximum_owned_datasets.and_then(|maximum| u64::try_from(maximum).ok()),
        })
    }

    fn handle(&self, info: DatasetInfo) -> Dataset {
        Dataset::new(Arc::clone(&self.session), Arc::new(info))
    }
}

/// The error of an answer that decodes as protobuf and still does not say what it should.
fn unreadable(purpose: impl Into<std::borrow::Cow<'static, str>>, error: UnreadableMessage) -> Error {
    Error::new(ErrorKind::Undecodable, purpose, error.to_string(), "").with_source(error)
}
