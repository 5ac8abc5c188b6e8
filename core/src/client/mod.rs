//! The async API, the same on every runtime.
//!
//! Each operation is a [`tracing`] span that contains a span of each exchange: the [guide](crate::guide::observing) lists
//! their names and fields.
//!
//! | file | contents |
//! |---|---|
//! | `builder`, `runtime_parts` | the builder of a client, and the parts that a runtime crate supplies |
//! | `dataset`, `collection` | the handles that a client returns |
//! | `manage` | creation, change and deletion of datasets and collections |
//! | `query`, `find`, `ingest` | request builders |
//! | `query/by_collection`, `load_all` | several loads at once |
//! | `target` | the dataset and the collections that a query or a search reads |
//! | `current_definition` | requests that use the current definition of the dataset |
//! | `sibling` | sessions on a thread of their own: blocking clients, runners, telemetry |
//! | `raw`, `run_end` | requests of other protocols, such as telemetry, and its flush at the end of runs |
//! | `page_stream` | the pages of a query as a stream |
//! | `workflows` | jobs, clusters and the other handles of workflows |
//! | `driver` | the loop that performs the outputs of machines |
//! | `suggest` | suggestions for misspelt names |
//! | `blocking` | the same API without async |

pub mod blocking;
mod builder;
mod collection;
mod current_definition;
mod dataset;
mod driver;
mod find;
mod ingest;
mod load_all;
mod manage;
mod notebook;
mod page_stream;
mod query;
mod raw;
mod run_end;
mod runtime_parts;
mod sibling;
mod suggest;
mod target;
pub(crate) mod workflows;

use std::sync::Arc;

pub use builder::{BuiltClient, ClientBuilder};
pub use collection::Collection;
pub use dataset::{Dataset, Datasets};
pub use driver::strategy::Strategy;
pub use find::Find;
pub use ingest::Ingestion;
pub use load_all::{load_all, load_each};
pub use manage::DeletedDataset;
pub use page_stream::PageStream;
pub use query::Query;
pub use raw::RawClient;
pub use run_end::RunEnd;
pub use runtime_parts::{DefaultTransport, RuntimeParts, SignalStream};

use crate::datasets::{DatasetInfo, Group, Leaf, name, rpc};
use crate::error::{Error, ErrorKind, Result, UPDATE, UnreadableMessage};
use crate::protocol::id;
use crate::protocol::wire::datasets::v1 as wire;
use driver::session::Session;
use driver::spans::operation;

/// A client of one server. Cheap to clone; clones share connections and limits.
///
/// The functions `client` and `client_builder` of a runtime crate return one. It is the same type on every runtime, so a
/// library that takes `&Client` runs on all of them.
#[derive(Clone, Debug)]
#[doc(alias("new", "from_env", "connect"))]
pub struct Client {
    pub(crate) session: Arc<Session>,
    /// The parts of a blocking client on the same runtime.
    blocking: Option<fn() -> RuntimeParts>,
}

impl Client {
    /// Returns the dataset with this slug, such as `open_data.copernicus.sentinel2_msi`.
    ///
    /// A slug without a dot names a dataset of your own organisation.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the dataset does not exist or is not visible to you. The error suggests similar slugs, for
    /// which one more request lists the datasets. Otherwise as every call.
    pub async fn dataset(&self, slug: &str) -> Result<Dataset> {
        name::check_slug(slug)?;
        let operation = operation!("datasets/get", "tilebox.dataset" = slug);
        let found = async { suggest::dataset(&self.session, slug, self.dataset_of_slug(slug).await).await };
        operation.run(found).await
    }

    /// Returns the dataset as a step of another operation, or `None` if it does not exist.
    async fn dataset_if_any(&self, slug: &str) -> Result<Option<Dataset>> {
        found(operation!("datasets/get", "tilebox.dataset" = slug).run(self.dataset_of_slug(slug)).await)
    }

    async fn dataset_of_slug(&self, slug: &str) -> Result<Dataset> {
        let request = wire::GetDatasetRequest { slug: slug.to_owned(), ..Default::default() };
        self.get_dataset(request, format!("find the dataset `{slug}`")).await
    }

    /// Returns the dataset with this id.
    ///
    /// # Errors
    ///
    /// As [`dataset`](Self::dataset).
    pub async fn dataset_by_id(&self, id: uuid::Uuid) -> Result<Dataset> {
        name::check_dataset_id(id)?;
        let request = wire::GetDatasetRequest { id: Some(id::to_wire(id)), ..Default::default() };
        let found = self.get_dataset(request, format!("find the dataset with the id {id}"));
        operation!("datasets/get", "tilebox.dataset_id" = tracing::field::display(id)).run(found).await
    }

    async fn get_dataset(&self, request: wire::GetDatasetRequest, purpose: String) -> Result<Dataset> {
        let call = self.session.endpoint.call::<rpc::GetDataset>(&request, purpose.clone())?;
        let dataset = self.session.call(call).await?;
        self.dataset_from_wire(dataset, purpose)
    }

    /// Returns all visible datasets, as a tree of groups.
    ///
    /// [`Datasets::server_message`] and a `tracing` event contain the notice of the server, if there is one.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn datasets(&self) -> Result<Datasets> {
        operation!("datasets/list").run(self.list_datasets()).await
    }

    async fn list_datasets(&self) -> Result<Datasets> {
        const PURPOSE: &str = "list the datasets";
        let call = self.session.endpoint.call::<rpc::ListDatasets>(&wire::ListDatasetsRequest {}, PURPOSE)?;
        let listing = self.session.call(call).await?;
        if !listing.server_message.is_empty() {
            tracing::info!(notice = listing.server_message, "the server sent a notice");
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

/// Turns [`ErrorKind::NotFound`] into `None`.
fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the error of a response that is valid protobuf but lacks a required value.
fn unreadable(purpose: impl Into<std::borrow::Cow<'static, str>>, error: UnreadableMessage) -> Error {
    Error::new(ErrorKind::Undecodable, purpose, error.to_string(), UPDATE).with_source(error)
}
