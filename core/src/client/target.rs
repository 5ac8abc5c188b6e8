//! What a query or a search asks: a dataset, and some of its collections or all.

use std::sync::Arc;

use uuid::Uuid;

use super::{Dataset, unreadable};
use crate::columns::PageDecoder;
use crate::datasets::{CollectionInfo, CollectionKey, Contents, Selection, rpc};
use crate::error::{Error, ErrorKind, Result, UPDATE};
use crate::protocol::id;
use crate::protocol::wire::datasets::v1 as wire;
use crate::schema::closest;
use crate::schema::{Field, SchemaError, SchemaErrorKind};

/// The fields that an answer without data still has (`skip_data`).
const ALWAYS_SENT: [&str; 3] = ["time", "id", "ingestion_time"];

/// The field that tells datapoints apart.
pub(super) const ID: &str = "id";

/// What a query asks.
#[derive(Clone, Debug)]
pub(super) struct QueryTarget {
    pub(super) dataset: Dataset,
    pub(super) collections: Collections,
    /// What is known of them without asking.
    pub(super) contents: Contents,
}

/// Which collections of the dataset.
#[derive(Clone, Debug)]
pub(super) enum Collections {
    All,
    /// Id and name, never none.
    These(Vec<(Uuid, Arc<str>)>),
    /// Named by a person, to be looked up.
    Chosen(Vec<CollectionKey>),
}

/// A target whose collections are known: what goes into a request.
pub(super) struct Asked {
    /// For people.
    pub(super) description: String,
    /// None where all collections are meant.
    pub(super) collection_ids: Vec<Uuid>,
}

impl QueryTarget {
    pub(super) fn choose<Key: Into<CollectionKey>>(&mut self, collections: impl IntoIterator<Item = Key>) {
        self.collections = Collections::Chosen(collections.into_iter().map(Into::into).collect());
        self.contents = Contents::default();
    }

    /// The same target by this handle of the dataset.
    pub(super) fn of(&self, dataset: &Dataset) -> Self {
        Self { dataset: dataset.clone(), ..self.clone() }
    }

    /// For people: `the dataset X`, `the collection C of the dataset X`.
    pub(super) fn description(&self) -> String {
        let slug = self.dataset.slug();
        match &self.collections {
            Collections::All => format!("the dataset `{slug}`"),
            Collections::These(these) => match these.as_slice() {
                [(_, name)] => format!("the collection `{name}` of the dataset `{slug}`"),
                several => format!("{} collections of the dataset `{slug}`", several.len()),
            },
            Collections::Chosen(_) => format!("some collections of the dataset `{slug}`"),
        }
    }

    /// The collection that is meant, where it is one and its name is known.
    pub(super) fn only_collection(&self) -> Option<&str> {
        match &self.collections {
            Collections::These(these) => these.first().filter(|_| these.len() == 1).map(|(_, name)| &**name),
            Collections::All | Collections::Chosen(_) => None,
        }
    }

    /// What a load is called where its progress is shown.
    pub(super) fn load_name(&self) -> String {
        match &self.collections {
            Collections::These(these) if these.len() == 1 => format!("{} {}", self.dataset.name(), these[0].1),
            Collections::Chosen(keys) if keys.len() == 1 => format!("{} {}", self.dataset.name(), keys[0]),
            _ => self.dataset.name().to_owned(),
        }
    }

    /// Refuses a choice of collections that cannot be asked, whatever the dataset has.
    pub(super) fn check(&self) -> Result<()> {
        match &self.collections {
            Collections::Chosen(keys) => Selection::new(self.dataset.id(), self.dataset.slug(), keys).check(),
            Collections::All | Collections::These(_) => Ok(()),
        }
    }

    /// Looks up the collections that a person named: with one call, or none where all of them are handles. They are checked.
    pub(super) async fn resolve(mut self) -> Result<Asked> {
        if let Collections::Chosen(keys) = &self.collections {
            self.collections = Collections::These(self.look_up(keys).await?);
        }
        let collection_ids = match &self.collections {
            Collections::These(these) => these.iter().map(|(id, _)| *id).collect(),
            Collections::All | Collections::Chosen(_) => Vec::new(),
        };
        Ok(Asked { description: self.description(), collection_ids })
    }

    /// Id and name of each collection that is meant: with one call, or none where they are known. A choice is checked.
    pub(super) async fn identify(self) -> Result<Vec<(Uuid, Arc<str>)>> {
        match &self.collections {
            Collections::All => self.list().await,
            Collections::Chosen(keys) => self.look_up(keys).await,
            Collections::These(these) => Ok(these.clone()),
        }
    }

    async fn look_up(&self, keys: &[CollectionKey]) -> Result<Vec<(Uuid, Arc<str>)>> {
        let selection = Selection::new(self.dataset.id(), self.dataset.slug(), keys);
        let listed = if keys.iter().any(CollectionKey::wants_listing) { self.list().await? } else { Vec::new() };
        selection.resolve(&listed)
    }

    /// Id and name of every collection, without what is costly to know of them.
    async fn list(&self) -> Result<Vec<(Uuid, Arc<str>)>> {
        let purpose = format!("list the collections of the dataset `{}`", self.dataset.slug());
        let request = wire::ListCollectionsRequest {
            dataset_id: Some(id::to_wire(self.dataset.id())),
            with_availability: false,
            with_count: false,
        };
        let session = &self.dataset.session;
        let call = session.endpoint.call::<rpc::ListCollections>(&request, purpose.clone())?;
        let listing = session.call(call).await?;
        let collections = listing.data.into_iter().map(|info| {
            let info = CollectionInfo::from_wire(info).map_err(|error| unreadable(purpose.clone(), error))?;
            Ok((info.id, info.name.into()))
        });
        collections.collect()
    }

    /// The decoder of this dataset's pages, for all fields or those that an answer without data has.
    pub(super) fn decoder(&self, skip_data: bool) -> Result<PageDecoder> {
        let schema = self.dataset.schema()?;
        let decoder =
            if skip_data { PageDecoder::with_columns(schema, &ALWAYS_SENT) } else { PageDecoder::new(schema) };
        self.usable(decoder)
    }

    /// Refuses columns that an answer without data does not have, whatever the dataset has.
    pub(super) fn check_columns(&self, columns: &[String], skip_data: bool) -> Result<()> {
        if let Some(unsent) = columns.iter().find(|name| skip_data && !ALWAYS_SENT.contains(&name.as_str())) {
            let purpose = format!("select columns of {}", self.description());
            let problem = format!("without data there is no column `{unsent}`");
            let advice = format!("select some of {}, or query with data", ALWAYS_SENT.join(", "));
            return Err(Error::invalid(purpose, problem, advice));
        }
        Ok(())
    }

    /// The decoder of these fields of this dataset's pages; with `with_id`, of the id behind them.
    pub(super) fn decoder_of(&self, columns: &[String], with_id: bool) -> Result<PageDecoder> {
        let names: Vec<_> = columns.iter().map(String::as_str).chain(with_id.then_some(ID)).collect();
        let purpose = || format!("select columns of {}", self.description());
        let schema = self.dataset.schema()?;
        if let Some(unknown) = names.iter().find(|name| schema.field(name).is_none()) {
            let fields = closest::advice(unknown, schema.fields().iter().map(Field::name), "the fields are");
            return Err(Error::invalid(purpose(), format!("there is no field `{unknown}`"), fields));
        }
        match PageDecoder::with_columns(schema, &names) {
            // Each is there, so one is there twice.
            Err(error) if error.kind() == SchemaErrorKind::UnknownField => {
                let advice = "name each field of the dataset at most once";
                Err(Error::invalid(purpose(), error.to_string(), advice).with_source(error))
            }
            decoder => self.usable(decoder),
        }
    }

    fn usable(&self, decoder: Result<PageDecoder, SchemaError>) -> Result<PageDecoder> {
        decoder.map_err(|error| {
            let purpose = format!("read the type of the dataset `{}`", self.dataset.slug());
            Error::new(ErrorKind::Undecodable, purpose, error.to_string(), UPDATE).with_source(error)
        })
    }
}
