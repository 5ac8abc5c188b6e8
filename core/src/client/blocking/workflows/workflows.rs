//! Workflows and their releases: creation, search, change, deployment and deletion.

use std::fmt;

use futures::stream::StreamExt as _;
use uuid::Uuid;

use crate::client::blocking::{Client, block_on};
use crate::client::workflows;
use crate::error::Result;
use crate::workflows::{Deployment, Listing, ReleaseContent, Workflow, WorkflowRelease};

impl Client {
    /// Returns the workflows of your organisation, to list, create, change and deploy them.
    #[must_use]
    pub fn workflows(&self) -> Workflows {
        Workflows { inner: self.inner().workflows() }
    }
}

/// The workflows of your organisation, with their releases. Cheap to clone.
///
/// A workflow is identified by its slug, a release by its id. Where they are expected, references to a [`Workflow`] and to a
/// [`WorkflowRelease`] serve as well.
///
/// ```no_run
/// # fn example(client: tilebox_core::blocking::Client) -> tilebox_core::Result<()> {
/// let workflow = client.workflows().find("clouds")?;
/// if let Some(release) = workflow.latest_release() {
///     let deployment = client.workflows().deploy(&workflow, release).clusters(["dev"]).send()?;
///     println!("{deployment}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Workflows {
    inner: workflows::Workflows,
}

impl Workflows {
    /// Returns the list of all workflows, which [`load`](WorkflowList::load) loads, or an iterator page by page.
    #[doc(alias = "list")]
    pub fn all(&self) -> WorkflowList {
        WorkflowList { inner: self.inner.all() }
    }

    /// Returns the workflow with this slug, with its releases.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Workflows::find`].
    #[doc(alias = "get")]
    pub fn find(&self, slug: impl AsRef<str>) -> Result<Workflow> {
        block_on(self.inner.find(slug))
    }

    /// Returns the creation of a workflow with this name, 1 to 100 characters. [`WorkflowCreation`] has the options.
    pub fn create(&self, name: impl Into<String>) -> WorkflowCreation {
        WorkflowCreation { inner: self.inner.create(name) }
    }

    /// Returns the change of the workflow with this slug. [`WorkflowUpdate`] has the properties that can change.
    pub fn update(&self, slug: impl AsRef<str>) -> WorkflowUpdate {
        WorkflowUpdate { inner: self.inner.update(slug) }
    }

    /// Deletes the workflow with this slug.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Workflows::delete`].
    pub fn delete(&self, slug: impl AsRef<str>) -> Result<()> {
        block_on(self.inner.delete(slug))
    }

    /// Publishes an uploaded artifact as a release of a workflow.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Workflows::publish`].
    pub fn publish(
        &self,
        workflow: impl AsRef<str>,
        artifact_id: impl TryInto<Uuid, Error: fmt::Display>,
        content: &ReleaseContent,
    ) -> Result<WorkflowRelease> {
        block_on(self.inner.publish(workflow, artifact_id, content))
    }

    /// Removes a release of a workflow.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Workflows::unpublish`].
    pub fn unpublish(
        &self,
        workflow: impl AsRef<str>,
        release_id: impl TryInto<Uuid, Error: fmt::Display>,
    ) -> Result<()> {
        block_on(self.inner.unpublish(workflow, release_id))
    }

    /// Returns the deployment of a release of a workflow: to the default cluster, unless
    /// [`clusters`](ReleaseDeployment::clusters) names others.
    pub fn deploy(
        &self,
        workflow: impl AsRef<str>,
        release_id: impl TryInto<Uuid, Error: fmt::Display>,
    ) -> ReleaseDeployment {
        ReleaseDeployment { inner: self.inner.deploy(workflow, release_id) }
    }

    /// Returns the removal of a release of a workflow from clusters: from the default cluster, unless
    /// [`clusters`](ReleaseDeployment::clusters) names others.
    pub fn undeploy(
        &self,
        workflow: impl AsRef<str>,
        release_id: impl TryInto<Uuid, Error: fmt::Display>,
    ) -> ReleaseDeployment {
        ReleaseDeployment { inner: self.inner.undeploy(workflow, release_id) }
    }
}

/// A list of workflows. [`load`](Self::load) returns all of them, [`stream`](Self::stream) an iterator.
#[must_use = "a list does nothing until it is loaded or read"]
#[derive(Clone, Debug)]
pub struct WorkflowList {
    inner: workflows::WorkflowList,
}

impl WorkflowList {
    /// Sets the maximum number of workflows, at least 1.
    pub fn limit(self, limit: u64) -> Self {
        Self { inner: self.inner.limit(limit) }
    }

    /// Sets the maximum number of workflows of a response, at least 1. By default the server decides.
    pub fn page_size(self, page_size: u64) -> Self {
        Self { inner: self.inner.page_size(page_size) }
    }

    /// Returns only workflows after the [`cursor`](WorkflowStream::cursor) of an earlier list: a [`Uuid`] or anything that
    /// converts into one, such as text.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(self, cursor: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self { inner: self.inner.starting_after(cursor) }
    }

    /// Loads the whole list. The listing prints as a table.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::WorkflowList::load`].
    pub fn load(self) -> Result<Listing<Workflow>> {
        block_on(self.inner.load())
    }

    /// Returns the workflows as an iterator, which requests a page when the previous one is read.
    ///
    /// An option that is not valid is an error as the first item. Dropping the iterator aborts the request in flight.
    #[doc(alias = "iter")]
    pub fn stream(self) -> WorkflowStream {
        WorkflowStream { inner: self.inner.stream() }
    }
}

/// Workflows as an iterator. Ends after the last one, or after an error.
#[must_use = "an iterator does nothing until it is read"]
#[derive(Debug)]
pub struct WorkflowStream {
    inner: workflows::WorkflowStream,
}

impl WorkflowStream {
    /// Returns the cursor after the pages that were read to their end; `None` before the end of the first one. After an error, a
    /// list [starting after](WorkflowList::starting_after) it returns the rest.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.inner.cursor()
    }
}

impl Iterator for WorkflowStream {
    type Item = Result<Workflow>;

    fn next(&mut self) -> Option<Self::Item> {
        block_on(self.inner.next())
    }
}

impl std::iter::FusedIterator for WorkflowStream {}

/// The creation of a workflow. [`send`](Self::send) returns the new workflow, whose slug the server derives from the name.
///
/// It is not repeated when its response is lost, because each request creates a workflow.
#[must_use = "a creation does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct WorkflowCreation {
    inner: workflows::WorkflowCreation,
}

impl WorkflowCreation {
    /// Sets the summary, one sentence.
    pub fn summary(self, summary: impl Into<String>) -> Self {
        Self { inner: self.inner.summary(summary) }
    }

    /// Sets the documentation, in Markdown, at most 50 000 characters.
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { inner: self.inner.description(description) }
    }

    /// Creates the workflow.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::WorkflowCreation::send`].
    pub fn send(self) -> Result<Workflow> {
        block_on(self.inner.send())
    }
}

/// A change of a workflow. [`send`](Self::send) returns the changed workflow. Properties that are not set stay as they are.
#[must_use = "a change does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct WorkflowUpdate {
    inner: workflows::WorkflowUpdate,
}

impl WorkflowUpdate {
    /// Sets the name, 1 to 100 characters.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { inner: self.inner.name(name) }
    }

    /// Sets the summary, one sentence. An empty one removes it.
    pub fn summary(self, summary: impl Into<String>) -> Self {
        Self { inner: self.inner.summary(summary) }
    }

    /// Sets the documentation, in Markdown, at most 50 000 characters. An empty one removes it.
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { inner: self.inner.description(description) }
    }

    /// Changes the workflow.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::WorkflowUpdate::send`].
    pub fn send(self) -> Result<Workflow> {
        block_on(self.inner.send())
    }
}

/// The deployment of a release to clusters, or its removal from them. [`send`](Self::send) returns the result.
///
/// Without clusters, it concerns the default cluster.
#[must_use = "a deployment does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct ReleaseDeployment {
    inner: workflows::ReleaseDeployment,
}

impl ReleaseDeployment {
    /// Sets the clusters: slugs, or references to clusters. An empty list means the default cluster.
    pub fn clusters<T: AsRef<str>>(self, clusters: impl IntoIterator<Item = T>) -> Self {
        Self { inner: self.inner.clusters(clusters) }
    }

    /// Deploys or removes the release.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::ReleaseDeployment::send`].
    pub fn send(self) -> Result<Deployment> {
        block_on(self.inner.send())
    }
}
