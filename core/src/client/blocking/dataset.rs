//! The blocking handle of a dataset, and the listing of all datasets.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::{Collection, Find, Query, block_on};
use crate::client;
use crate::datasets::{CollectionKey, DatasetInfo, Group, Summary};
use crate::error::Result;
use crate::schema::DatasetSchema;
use crate::schema::IntoTemporalExtent;

/// A dataset: datapoints of one type, in collections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dataset {
    inner: client::Dataset,
}

impl Dataset {
    pub(super) fn new(inner: client::Dataset) -> Self {
        Self { inner }
    }

    pub(super) fn inner(&self) -> &client::Dataset {
        &self.inner
    }

    /// Returns the names and the type of the dataset, as they were when the server returned this handle.
    #[must_use]
    pub fn info(&self) -> &DatasetInfo {
        self.inner.info()
    }

    /// Returns its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.inner.id()
    }

    /// Returns its slug, such as `open_data.copernicus.sentinel2_msi`.
    #[must_use]
    pub fn slug(&self) -> &str {
        self.inner.slug()
    }

    /// Returns its display name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// Returns the type of its datapoints, as it was when the server returned this handle.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Undecodable`](crate::ErrorKind::Undecodable) when this version cannot read the description of the type.
    pub fn schema(&self) -> Result<&Arc<DatasetSchema>> {
        self.inner.schema()
    }

    /// Returns a new handle of the dataset as the server describes it now. This handle stays as it is.
    ///
    /// # Errors
    ///
    /// As [`crate::Dataset::refresh`].
    pub fn refresh(&self) -> Result<Self> {
        block_on(self.inner.refresh()).map(Self::new)
    }

    /// Returns its collections in the order of the server, with availability and count.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn collections(&self) -> Result<Vec<Collection>> {
        let collections = block_on(self.inner.collections())?;
        Ok(collections.into_iter().map(Collection::new).collect())
    }

    /// Returns the collection with this name.
    ///
    /// # Errors
    ///
    /// As [`crate::Dataset::collection`].
    pub fn collection(&self, name: &str) -> Result<Collection> {
        block_on(self.inner.collection(name)).map(Collection::new)
    }

    /// Returns a query of the datapoints of all its collections within an extent, ordered by time.
    ///
    /// [`IntoTemporalExtent`] lists the accepted extents, and [`Query`] the options.
    #[doc(alias = "load")]
    pub fn query(&self, extent: impl IntoTemporalExtent) -> Query {
        Query::new(self.inner.query(extent))
    }

    /// Returns a search for the datapoint with this id in all its collections, which loads a table of one row.
    ///
    /// The id is a [`Uuid`] or anything that converts into one, such as text. [`Find`] has the options.
    #[doc(alias = "get")]
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Find {
        Find::new(self.inner.find(id))
    }

    /// Creates a collection.
    ///
    /// # Errors
    ///
    /// As [`crate::Dataset::create_collection`].
    pub fn create_collection(&self, name: &str) -> Result<Collection> {
        block_on(self.inner.create_collection(name)).map(Collection::new)
    }

    /// Returns the collection with this name, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn get_or_create_collection(&self, name: &str) -> Result<Collection> {
        block_on(self.inner.get_or_create_collection(name)).map(Collection::new)
    }

    /// Deletes a collection with its datapoints, given by handle, id or name. A name takes one more request.
    ///
    /// # Errors
    ///
    /// As [`crate::Dataset::delete_collection`].
    pub fn delete_collection(&self, collection: impl Into<CollectionKey>) -> Result<()> {
        block_on(self.inner.delete_collection(collection))
    }
}

impl Summary for Dataset {
    fn summary(&self) -> &str {
        self.inner.summary()
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// The listing of all visible datasets, as a tree of groups.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Datasets {
    /// The groups and datasets.
    pub root: Group<Dataset>,
    /// The notice of the server for the user of the client; empty without one.
    pub server_message: String,
    /// The number of datasets that your organisation owns.
    pub owned: u64,
    /// The maximum number of datasets that your organisation may own; `None` if the server sets no limit or
    /// does not send it.
    pub maximum_owned: Option<u64>,
}

impl Datasets {
    pub(super) fn new(datasets: client::Datasets) -> Self {
        Self {
            root: blocking_group(datasets.root),
            server_message: datasets.server_message,
            owned: datasets.owned,
            maximum_owned: datasets.maximum_owned,
        }
    }
}

fn blocking_group(group: Group<client::Dataset>) -> Group<Dataset> {
    Group {
        code_name: group.code_name,
        name: group.name,
        groups: group.groups.into_iter().map(blocking_group).collect(),
        datasets: group.datasets.into_iter().map(|(code_name, dataset)| (code_name, Dataset::new(dataset))).collect(),
    }
}

impl fmt::Display for Datasets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
