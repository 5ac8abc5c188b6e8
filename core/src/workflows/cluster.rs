//! Clusters: groups of runners that share tasks.

use std::fmt;

use super::{TableRow, Workflow};
use crate::error::UnreadableMessage;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;

/// Maximum number of characters of a text that [`Display`](fmt::Display) prints.
const MAX_PRINTED: usize = 200;

/// A cluster: a group of runners. A task that is submitted to a cluster runs on any of its runners.
///
/// A value shows the cluster as it was when the server returned it. Where a slug is expected, a reference to a cluster
/// serves as well.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Cluster {
    /// The slug, which identifies it: `dev-cluster-ESugE7S4cwADVK`.
    pub slug: String,
    /// The display name.
    pub name: String,
    /// The description; empty without one.
    pub description: String,
    /// Whether it can be deleted. The default cluster cannot.
    pub is_deletable: bool,
    /// The workflows with the releases that are deployed to it.
    pub deployed_releases: Vec<Workflow>,
}

impl Cluster {
    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the cluster has no slug, or a deployed release has no id.
    pub fn from_wire(cluster: wire::Cluster) -> Result<Self, UnreadableMessage> {
        if cluster.slug.is_empty() {
            return Err(UnreadableMessage::new(format!("the cluster `{}` has no slug", cluster.display_name)));
        }
        let deployed = cluster.deployed_releases.into_iter().map(Workflow::from_wire);
        Ok(Self {
            slug: cluster.slug,
            name: cluster.display_name,
            description: cluster.description,
            is_deletable: cluster.deletable,
            deployed_releases: deployed.collect::<Result<_, _>>()?,
        })
    }
}

/// `<name> [Cluster <slug>]: <description>`, and one line for each workflow that is deployed to it.
impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [Cluster {}]", excerpt(&self.name, MAX_PRINTED), excerpt(&self.slug, MAX_PRINTED))?;
        if !self.description.is_empty() {
            write!(f, ": {}", excerpt(&self.description, MAX_PRINTED))?;
        }
        for workflow in &self.deployed_releases {
            write!(f, "\n    {}", excerpt(&workflow.slug, MAX_PRINTED))?;
            let releases: Vec<_> = workflow.releases.iter().map(|release| release.id.to_string()).collect();
            if !releases.is_empty() {
                write!(f, ": release {}", releases.join(", "))?;
            }
        }
        Ok(())
    }
}

/// The slug.
impl AsRef<str> for Cluster {
    fn as_ref(&self) -> &str {
        &self.slug
    }
}

impl TableRow for Cluster {
    const NAMES: [&'static str; 2] = ["cluster", "clusters"];
    const COLUMNS: &'static [&'static str] = &["slug", "name", "deployed", "description"];

    fn cells(&self) -> Vec<String> {
        let deployed: Vec<_> = self.deployed_releases.iter().map(|workflow| workflow.slug.as_str()).collect();
        vec![self.slug.clone(), self.name.clone(), deployed.join(", "), self.description.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::id;
    use crate::workflows::Listing;
    use uuid::Uuid;

    fn message() -> wire::Cluster {
        let release = wire::WorkflowRelease { id: Some(id::to_wire(Uuid::from_u128(7))), ..Default::default() };
        let workflow = wire::Workflow { slug: "clouds".to_owned(), releases: vec![release], ..Default::default() };
        wire::Cluster {
            slug: "dev-1".to_owned(),
            display_name: "Dev".to_owned(),
            description: "For\nexperiments".to_owned(),
            deletable: true,
            deployed_releases: vec![workflow],
        }
    }

    #[test]
    fn a_cluster_prints_its_deployed_releases() {
        let cluster = Cluster::from_wire(message()).expect("a cluster");
        let release = "00000000-0000-0000-0000-000000000007";
        assert_eq!(cluster.to_string(), format!("Dev [Cluster dev-1]: For experiments\n    clouds: release {release}"));
        let table = Listing::from(vec![cluster]).to_string();
        assert!(table.starts_with("  slug    name   deployed   description\n"), "{table}");
        assert!(table.ends_with(" dev-1   Dev    clouds     For experiments\n1 cluster"), "{table}");
    }

    #[test]
    fn a_cluster_without_slug_is_an_error() {
        let error = Cluster::from_wire(wire::Cluster { slug: String::new(), ..message() }).expect_err("no slug");
        assert!(error.to_string().ends_with("the cluster `Dev` has no slug"), "{error}");
    }
}
