//! Releases of a workflow.

use std::fmt;

use uuid::Uuid;

use super::{Cluster, ReleaseContent, TableRow};
use crate::error::UnreadableMessage;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::Timestamp;
use crate::schema::excerpt::excerpt;

/// Maximum number of characters of a text that [`Display`](fmt::Display) prints.
const MAX_PRINTED: usize = 200;

/// A release of a workflow: an uploaded artifact and the tasks in it.
///
/// Where the id of a release is expected, a reference to it serves as well.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WorkflowRelease {
    /// The id.
    pub id: Uuid,
    /// The artifact; `None` if the server does not send it.
    pub artifact: Option<Artifact>,
    /// The tasks and files; `None` if the server does not send them.
    pub content: Option<ReleaseContent>,
    /// The time of its publication; `None` if unknown.
    pub created_at: Option<Timestamp>,
    /// The clusters it is deployed to.
    pub clusters: Vec<Cluster>,
}

impl WorkflowRelease {
    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the release has no id, a cluster has no slug, or a task or a file of its content is not valid.
    pub fn from_wire(release: wire::WorkflowRelease) -> Result<Self, UnreadableMessage> {
        let id = release.id.as_ref().and_then(id::from_wire);
        let clusters = release.clusters.into_iter().map(Cluster::from_wire);
        Ok(Self {
            id: id.ok_or_else(|| UnreadableMessage::new("a release has no id"))?,
            artifact: release.artifact.and_then(Artifact::from_wire),
            content: release.content.map(ReleaseContent::from_wire).transpose()?,
            created_at: release.created_at.as_ref().and_then(Timestamp::from_wire),
            clusters: clusters.collect::<Result<_, _>>()?,
        })
    }

    /// Returns one line: `release <id>, created <time>, 3 tasks, on <slug>, <slug>`.
    pub(super) fn headline(&self) -> String {
        let mut line = format!("release {}", self.id);
        if let Some(created_at) = self.created_at {
            line.push_str(&format!(", created {created_at}"));
        }
        if let Some(content) = &self.content {
            let count = content.tasks.len();
            line.push_str(&format!(", {count} task{}", if count == 1 { "" } else { "s" }));
        }
        let clusters: Vec<_> = self.clusters.iter().map(|cluster| excerpt(&cluster.slug, MAX_PRINTED)).collect();
        if !clusters.is_empty() {
            line.push_str(&format!(", on {}", clusters.join(", ")));
        }
        line
    }
}

/// One line with id, time, number of tasks and clusters, followed by the content.
impl fmt::Display for WorkflowRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())?;
        if let Some(content) = &self.content {
            for line in content.to_string().lines() {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

impl From<&WorkflowRelease> for Uuid {
    fn from(release: &WorkflowRelease) -> Self {
        release.id
    }
}

impl TableRow for WorkflowRelease {
    const NAMES: [&'static str; 2] = ["release", "releases"];
    const COLUMNS: &'static [&'static str] = &["id", "created", "tasks", "clusters"];

    fn cells(&self) -> Vec<String> {
        let clusters: Vec<_> = self.clusters.iter().map(|cluster| cluster.slug.as_str()).collect();
        vec![
            self.id.to_string(),
            self.created_at.map_or_else(String::new, |time| time.to_string()),
            self.content.as_ref().map_or_else(String::new, |content| content.tasks.len().to_string()),
            clusters.join(", "),
        ]
    }
}

/// The uploaded program of a release.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Artifact {
    /// The id.
    pub id: Uuid,
    /// The digest of its bytes.
    pub digest: String,
}

impl Artifact {
    /// Converts a message; `None` without an id.
    fn from_wire(artifact: wire::Artifact) -> Option<Self> {
        Some(Self { id: artifact.id.as_ref().and_then(id::from_wire)?, digest: artifact.digest })
    }
}

impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "artifact {}", self.id)?;
        if !self.digest.is_empty() {
            write!(f, " ({})", excerpt(&self.digest, MAX_PRINTED))?;
        }
        Ok(())
    }
}

impl From<&Artifact> for Uuid {
    fn from(artifact: &Artifact) -> Self {
        artifact.id
    }
}

/// The result of a deployment, or of its removal.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Deployment {
    /// The release.
    pub release: WorkflowRelease,
    /// The clusters that it was deployed to, or removed from.
    pub clusters: Vec<Cluster>,
}

impl Deployment {
    /// Converts the fields of both responses: that of a deployment and that of its removal.
    #[cfg(feature = "client")]
    pub(crate) fn from_wire(
        release: Option<wire::WorkflowRelease>,
        clusters: Vec<wire::Cluster>,
    ) -> Result<Self, UnreadableMessage> {
        let clusters = clusters.into_iter().map(Cluster::from_wire);
        Ok(Self {
            release: WorkflowRelease::from_wire(release.unwrap_or_default())?,
            clusters: clusters.collect::<Result<_, _>>()?,
        })
    }
}

/// The line of the release, and one line for each cluster.
impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.release.headline())?;
        for cluster in &self.clusters {
            write!(
                f,
                "\n    {} [Cluster {}]",
                excerpt(&cluster.name, MAX_PRINTED),
                excerpt(&cluster.slug, MAX_PRINTED)
            )?;
        }
        Ok(())
    }
}
