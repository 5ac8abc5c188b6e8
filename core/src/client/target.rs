//! The target of a query or a search: a dataset, and some or all of its collections.

use std::sync::Arc;

use uuid::Uuid;

use super::{Dataset, unreadable};
use crate::columns::PageDecoder;
use crate::datasets::{CollectionInfo, CollectionKey, Contents, IntoCollectionKeys, Selection, rpc};
use crate::error::{Error, ErrorKind, Result, UPDATE};
use crate::protocol::id;
use crate::protocol::wire::datasets::v1 as wire;
use crate::schema::closest;
use crate::schema::{Field, SchemaError, SchemaErrorKind};

/// The fields of a response without data (`skip_data`).
const ALWAYS_SENT: [&str; 3] = ["time", "id", "ingestion_time"];

/// The field that identifies a datapoint.
pub(super) const ID: &str = "id";

/// The target of a query or a search.
#[derive(Clone, Debug)]
pub(super) struct QueryTarget {
    pub(super) dataset: Dataset,
    pub(super) collections: Collections,
    /// The known contents of the collections.
    pub(super) contents: Contents,
}

/// The collections of a target.
#[derive(Clone, Debug)]
pub(super) enum Collections {
    All,
    /// Id and name of at least one collection.
    Resolved(Vec<(Uuid, Arc<str>)>),
    /// Names, ids or handles from the user, not looked up yet.
    Unresolved(Vec<CollectionKey>),
}

/// The collections of a request.
pub(super) struct ResolvedTarget {
    /// The target in error messages.
    pub(super) description: String,
    /// Empty for all collections.
    pub(super) collection_ids: Vec<Uuid>,
}

impl QueryTarget {
    pub(super) fn choose(&mut self, collections: impl IntoCollectionKeys) {
        self.collections = Collections::Unresolved(collections.into_collection_keys());
        self.contents = Contents::default();
    }

    /// Returns the target with this handle of the dataset.
    pub(super) fn of(&self, dataset: &Dataset) -> Self {
        Self { dataset: dataset.clone(), ..self.clone() }
    }

    /// Returns the target in error messages: `the dataset X`, `the collection C of the dataset X`.
    pub(super) fn description(&self) -> String {
        let slug = self.dataset.slug();
        match &self.collections {
            Collections::All => format!("the dataset `{slug}`"),
            Collections::Resolved(collections) => match collections.as_slice() {
                [(_, name)] => format!("the collection `{name}` of the dataset `{slug}`"),
                several => format!("{} collections of the dataset `{slug}`", several.len()),
            },
            Collections::Unresolved(_) => format!("some collections of the dataset `{slug}`"),
        }
    }

    /// Returns the name of the collection if the target is a single, resolved one.
    pub(super) fn only_collection(&self) -> Option<&str> {
        match &self.collections {
            Collections::Resolved(collections) => {
                collections.first().filter(|_| collections.len() == 1).map(|(_, name)| &**name)
            }
            Collections::All | Collections::Unresolved(_) => None,
        }
    }

    /// Returns the name of a load for its progress.
    pub(super) fn load_name(&self) -> String {
        match &self.collections {
            Collections::Resolved(collections) if collections.len() == 1 => {
                format!("{} {}", self.dataset.name(), collections[0].1)
            }
            Collections::Unresolved(keys) if keys.len() == 1 => format!("{} {}", self.dataset.name(), keys[0]),
            _ => self.dataset.name().to_owned(),
        }
    }

    /// Validates the collections as far as possible without the dataset.
    pub(super) fn check(&self) -> Result<()> {
        match &self.collections {
            Collections::Unresolved(keys) => Selection::new(self.dataset.id(), self.dataset.slug(), keys).check(),
            Collections::All | Collections::Resolved(_) => Ok(()),
        }
    }

    /// Looks up the collections by one call, or without a call if all of them are handles, and validates them.
    pub(super) async fn resolve(mut self) -> Result<ResolvedTarget> {
        if let Collections::Unresolved(keys) = &self.collections {
            self.collections = Collections::Resolved(self.look_up(keys).await?);
        }
        let collection_ids = match &self.collections {
            Collections::Resolved(collections) => collections.iter().map(|(id, _)| *id).collect(),
            Collections::All | Collections::Unresolved(_) => Vec::new(),
        };
        Ok(ResolvedTarget { description: self.description(), collection_ids })
    }

    /// Returns the id and the name of each collection, by one call or without one if they are known, and validates them.
    pub(super) async fn identify(self) -> Result<Vec<(Uuid, Arc<str>)>> {
        match &self.collections {
            Collections::All => self.list().await,
            Collections::Unresolved(keys) => self.look_up(keys).await,
            Collections::Resolved(collections) => Ok(collections.clone()),
        }
    }

    /// Returns the collections with their current availability and count, by one call, and validates them.
    pub(super) async fn contents(&self) -> Result<Vec<CollectionInfo>> {
        if let Collections::Resolved(collections) = &self.collections
            && let [(id, name)] = collections.as_slice()
        {
            // A collection of the same name may have replaced it.
            let info = self.dataset.collection_info(name).await?;
            return Ok(vec![CollectionInfo { id: *id, ..info }]);
        }
        let listed = self.list_with(true).await?;
        let chosen = match &self.collections {
            Collections::All => return Ok(listed),
            Collections::Resolved(collections) => collections.clone(),
            Collections::Unresolved(keys) => {
                let names: Vec<_> = listed.iter().map(|info| (info.id, info.name.as_str().into())).collect();
                Selection::new(self.dataset.id(), self.dataset.slug(), keys).resolve(&names)?
            }
        };
        // A handle may be that of a deleted collection, whose contents are unknown.
        let info = |(id, name): (Uuid, Arc<str>)| {
            let known = listed.iter().find(|info| info.id == id).cloned();
            known.unwrap_or_else(|| CollectionInfo { id, name: name.to_string(), availability: None, count: None })
        };
        Ok(chosen.into_iter().map(info).collect())
    }

    async fn look_up(&self, keys: &[CollectionKey]) -> Result<Vec<(Uuid, Arc<str>)>> {
        let selection = Selection::new(self.dataset.id(), self.dataset.slug(), keys);
        let listed = if keys.iter().any(CollectionKey::needs_lookup) { self.list().await? } else { Vec::new() };
        selection.resolve(&listed)
    }

    /// Lists the id and the name of every collection, without availability and count.
    async fn list(&self) -> Result<Vec<(Uuid, Arc<str>)>> {
        Ok(self.list_with(false).await?.into_iter().map(|info| (info.id, info.name.into())).collect())
    }

    /// Lists every collection, with or without availability and count.
    async fn list_with(&self, contents: bool) -> Result<Vec<CollectionInfo>> {
        let purpose = format!("list the collections of the dataset `{}`", self.dataset.slug());
        let request = wire::ListCollectionsRequest {
            dataset_id: Some(id::to_wire(self.dataset.id())),
            with_availability: contents,
            with_count: contents,
        };
        let session = &self.dataset.session;
        let call = session.endpoint.call::<rpc::ListCollections>(&request, purpose.clone())?;
        let listing = session.call(call).await?;
        let collections = listing
            .data
            .into_iter()
            .map(|info| CollectionInfo::from_wire(info).map_err(|error| unreadable(purpose.clone(), error)));
        collections.collect()
    }

    /// Returns the decoder of pages of this dataset, for all fields or for those of a response without data.
    pub(super) fn decoder(&self, skip_data: bool) -> Result<PageDecoder> {
        let schema = self.dataset.schema()?;
        let decoder =
            if skip_data { PageDecoder::with_columns(schema, &ALWAYS_SENT) } else { PageDecoder::new(schema) };
        self.supported(decoder)
    }

    /// Rejects columns that a response without data does not have.
    pub(super) fn check_columns(&self, columns: &[String], skip_data: bool) -> Result<()> {
        if let Some(unsent) = columns.iter().find(|name| skip_data && !ALWAYS_SENT.contains(&name.as_str())) {
            let purpose = format!("select columns of {}", self.description());
            let problem = format!("without data there is no column `{unsent}`");
            let advice = format!("select some of {}, or query with data", ALWAYS_SENT.join(", "));
            return Err(Error::invalid(purpose, problem, advice));
        }
        Ok(())
    }

    /// Returns the decoder of these fields of pages of this dataset; with `with_id`, followed by the id.
    pub(super) fn decoder_of(&self, columns: &[String], with_id: bool) -> Result<PageDecoder> {
        let names: Vec<_> = columns.iter().map(String::as_str).chain(with_id.then_some(ID)).collect();
        let purpose = || format!("select columns of {}", self.description());
        let schema = self.dataset.schema()?;
        if let Some(unknown) = names.iter().find(|name| schema.field(name).is_none()) {
            let fields = closest::advice(unknown, schema.fields().iter().map(Field::name), "the fields are");
            return Err(Error::invalid(purpose(), format!("there is no field `{unknown}`"), fields));
        }
        match PageDecoder::with_columns(schema, &names) {
            // All fields exist, so one is a duplicate.
            Err(error) if error.kind() == SchemaErrorKind::UnknownField => {
                let advice = "name each field of the dataset at most once";
                Err(Error::invalid(purpose(), error.to_string(), advice).with_source(error))
            }
            decoder => self.supported(decoder),
        }
    }

    fn supported(&self, decoder: Result<PageDecoder, SchemaError>) -> Result<PageDecoder> {
        decoder.map_err(|error| {
            let purpose = format!("read the type of the dataset `{}`", self.dataset.slug());
            Error::new(ErrorKind::Undecodable, purpose, error.to_string(), UPDATE).with_source(error)
        })
    }
}
