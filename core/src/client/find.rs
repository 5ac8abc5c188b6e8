//! The builder of a search for one datapoint by its id.

use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use super::Dataset;
use super::current_definition::with_current_definition;
use super::driver::meter::Meter;
use super::driver::spans::operation;
use super::target::QueryTarget;
use crate::columns::{DecodedPage, NulledValues, PageDecoder};
use crate::datapoints::Datapoints;
use crate::datasets::{IntoCollectionKeys, rpc};
use crate::error::{Error, Result, UnreadableMessage};
use crate::protocol::id;
use crate::protocol::retry::Idempotency;
use crate::protocol::wire::datasets::v1 as wire;

/// A search for one datapoint. Await it for a table of one row.
///
/// ```no_run
/// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
/// let datapoint = collection.find("01941f29-c650-202f-6495-c71dd2118fb1").await?;
/// println!("{datapoint}");
/// # Ok(())
/// # }
/// ```
#[must_use = "a search does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct Find {
    target: QueryTarget,
    id: Result<Uuid, String>,
    skip_data: bool,
}

impl Find {
    pub(super) fn new(target: QueryTarget, id: Result<Uuid, String>) -> Self {
        Self { target, id, skip_data: false }
    }

    /// Omits the data of datapoints: the result has only the columns `time`, `id` and `ingestion_time`.
    #[doc(alias = "ids_only")]
    pub fn skip_data(mut self) -> Self {
        self.skip_data = true;
        self
    }

    /// Searches only these collections of the dataset: a name, an id or a handle, or a list of at most 100 of them.
    ///
    /// As [`Query::collections`](super::Query::collections).
    pub fn collections(mut self, collections: impl IntoCollectionKeys) -> Self {
        self.target.choose(collections);
        self
    }

    /// Loads the datapoint as a table of one row, as awaiting the search does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the datapoint does not exist; otherwise as every call.
    pub async fn load(self) -> Result<Datapoints> {
        self.await
    }

    async fn run(mut self) -> Result<Datapoints> {
        let runtime = Arc::clone(&self.target.dataset.session.runtime);
        let meter = Arc::new(Meter::new(runtime.now()));
        self.target.dataset = self.target.dataset.metered(&meter);
        let operation = operation!(
            "datasets/datapoints/get",
            "tilebox.dataset" = self.target.dataset.slug(),
            "tilebox.collection" = self.target.only_collection(),
        );
        let found = operation.run(self.find()).await?;
        found.nulled.iter().for_each(NulledValues::warn);
        meter.nulled(found.nulled.iter().map(NulledValues::count).sum());
        Ok(Datapoints::new(found.batch).with_metrics(meter.read_awaited(runtime.now())))
    }

    async fn find(&self) -> Result<DecodedPage> {
        let target = self.target.description();
        let invalid = |reason: String| {
            let advice = "write it as Tilebox does, such as 01941f29-c650-202f-6495-c71dd2118fb1";
            Error::invalid(format!("find a datapoint of {target}"), reason, advice)
        };
        let id = self.id.clone().map_err(|reason| invalid(format!("the id is not valid: {reason}")))?;
        if id.is_nil() {
            return Err(invalid("the id is nil".to_owned()));
        }
        self.target.check()?;
        let prepare = |dataset: &Dataset| self.target.of(dataset).decoder(self.skip_data);
        let start = |decoder: PageDecoder| async move {
            let session = &self.target.dataset.session;
            let resolved = self.target.clone().resolve().await?;
            let request = wire::QueryByIdRequest {
                dataset_id: Some(id::to_wire(self.target.dataset.id())),
                collection_ids: resolved.collection_ids.into_iter().map(id::to_wire).collect(),
                id: Some(id::to_wire(id)),
                skip_data: self.skip_data,
            };
            let call = session.endpoint.call_with::<rpc::QueryById, _, _>(
                &request,
                Idempotency::Idempotent,
                format!("find the datapoint {id} of {}", resolved.description),
                move |response| decoder.decode_datapoint_page(&response.message).map_err(UnreadableMessage::from),
            )?;
            session.call(call).await
        };
        with_current_definition(&self.target.dataset, prepare, start).await
    }
}

impl IntoFuture for Find {
    type Output = Result<Datapoints>;
    type IntoFuture = BoxFuture<'static, Result<Datapoints>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
