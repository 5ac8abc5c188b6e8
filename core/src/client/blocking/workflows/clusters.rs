//! Clusters: creation, search, change and deletion.

use crate::client::blocking::{Client, block_on};
use crate::client::workflows;
use crate::error::Result;
use crate::workflows::{Cluster, Listing};

impl Client {
    /// Returns the clusters of your organisation, to list, create and change them.
    #[must_use]
    pub fn clusters(&self) -> Clusters {
        Clusters { inner: self.inner().clusters() }
    }
}

/// The clusters of your organisation. Cheap to clone.
///
/// A cluster is identified by its slug. Where a slug is expected, a reference to a [`Cluster`] serves as well.
///
/// ```no_run
/// # fn example(client: tilebox_core::blocking::Client) -> tilebox_core::Result<()> {
/// let cluster = client.clusters().create("Dev cluster").description("For experiments").send()?;
/// println!("{}", client.clusters().all()?);
/// client.clusters().delete(&cluster)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Clusters {
    inner: workflows::Clusters,
}

impl Clusters {
    /// Returns all clusters, in the order of the server. The listing prints as a table.
    ///
    /// # Errors
    ///
    /// As every call.
    #[doc(alias = "list")]
    pub fn all(&self) -> Result<Listing<Cluster>> {
        block_on(self.inner.all())
    }

    /// Returns the cluster with this slug, such as `dev-cluster-ESugE7S4cwADVK`.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Clusters::find`].
    #[doc(alias = "get")]
    pub fn find(&self, slug: impl AsRef<str>) -> Result<Cluster> {
        block_on(self.inner.find(slug))
    }

    /// Returns the default cluster, on which tasks run that name no cluster. The server creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn default(&self) -> Result<Cluster> {
        block_on(self.inner.default())
    }

    /// Returns the creation of a cluster with this name, 1 to 100 characters. [`ClusterCreation`] has the options.
    pub fn create(&self, name: impl Into<String>) -> ClusterCreation {
        ClusterCreation { inner: self.inner.create(name) }
    }

    /// Returns the change of the cluster with this slug. [`ClusterUpdate`] has the properties that can change.
    pub fn update(&self, slug: impl AsRef<str>) -> ClusterUpdate {
        ClusterUpdate { inner: self.inner.update(slug) }
    }

    /// Deletes the cluster with this slug.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Clusters::delete`].
    pub fn delete(&self, slug: impl AsRef<str>) -> Result<()> {
        block_on(self.inner.delete(slug))
    }
}

/// The creation of a cluster. [`send`](Self::send) returns the new cluster.
#[must_use = "a creation does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct ClusterCreation {
    inner: workflows::ClusterCreation,
}

impl ClusterCreation {
    /// Sets the description, at most 50 000 characters.
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { inner: self.inner.description(description) }
    }

    /// Sets the slug: 1 to 100 letters, digits and hyphens. Without it, the server derives one from the name.
    ///
    /// As [`crate::workflows::ClusterCreation::slug`].
    pub fn slug(self, slug: impl Into<String>) -> Self {
        Self { inner: self.inner.slug(slug) }
    }

    /// Creates the cluster.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::ClusterCreation::send`].
    pub fn send(self) -> Result<Cluster> {
        block_on(self.inner.send())
    }
}

/// A change of a cluster. [`send`](Self::send) returns the changed cluster. Properties that are not set stay as they are.
#[must_use = "a change does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct ClusterUpdate {
    inner: workflows::ClusterUpdate,
}

impl ClusterUpdate {
    /// Sets the name, 1 to 100 characters.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { inner: self.inner.name(name) }
    }

    /// Sets the description, at most 50 000 characters. An empty one removes it.
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { inner: self.inner.description(description) }
    }

    /// Changes the cluster.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::ClusterUpdate::send`].
    pub fn send(self) -> Result<Cluster> {
        block_on(self.inner.send())
    }
}
