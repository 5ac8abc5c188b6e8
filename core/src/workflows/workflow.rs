//! Workflows: named programs whose releases are deployed to clusters.

use std::fmt;

use super::{TableRow, WorkflowRelease};
use crate::error::UnreadableMessage;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;

/// Maximum number of characters of a text that [`Display`](fmt::Display) prints.
const MAX_PRINTED: usize = 200;

/// A workflow: a named program. Its releases contain the tasks, and are deployed to clusters.
///
/// A value shows the workflow as it was when the server returned it. Where a slug is expected, a reference to a workflow
/// serves as well.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Workflow {
    /// The slug, which identifies it.
    pub slug: String,
    /// The display name.
    pub name: String,
    /// The summary, one sentence; empty without one.
    pub summary: String,
    /// The documentation, in Markdown; empty without one.
    pub description: String,
    /// The releases, in the order of the server.
    pub releases: Vec<WorkflowRelease>,
    /// How the Tilebox console presents it; `None` for most.
    pub presentation: Option<WorkflowPresentation>,
}

impl Workflow {
    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the workflow has no slug, or one of its releases has no id.
    pub fn from_wire(workflow: wire::Workflow) -> Result<Self, UnreadableMessage> {
        if workflow.slug.is_empty() {
            return Err(UnreadableMessage::new(format!("the workflow `{}` has no slug", workflow.name)));
        }
        let releases = workflow.releases.into_iter().map(WorkflowRelease::from_wire);
        Ok(Self {
            slug: workflow.slug,
            name: workflow.name,
            summary: workflow.summary,
            description: workflow.description,
            releases: releases.collect::<Result<_, _>>()?,
            presentation: workflow.presentation.map(WorkflowPresentation::from_wire),
        })
    }

    /// Returns the release that was created last; `None` without releases.
    #[must_use]
    pub fn latest_release(&self) -> Option<&WorkflowRelease> {
        self.releases.iter().max_by_key(|release| release.created_at)
    }
}

/// `<name> [Workflow <slug>]: <summary>`, and one line for each release.
impl fmt::Display for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [Workflow {}]", excerpt(&self.name, MAX_PRINTED), excerpt(&self.slug, MAX_PRINTED))?;
        if !self.summary.is_empty() {
            write!(f, ": {}", excerpt(&self.summary, MAX_PRINTED))?;
        }
        for release in &self.releases {
            write!(f, "\n    {}", release.headline())?;
        }
        Ok(())
    }
}

/// The slug.
impl AsRef<str> for Workflow {
    fn as_ref(&self) -> &str {
        &self.slug
    }
}

impl TableRow for Workflow {
    const NAMES: [&'static str; 2] = ["workflow", "workflows"];
    const COLUMNS: &'static [&'static str] = &["slug", "name", "releases", "latest release", "summary"];

    fn cells(&self) -> Vec<String> {
        let latest = self.latest_release().and_then(|release| release.created_at);
        vec![
            self.slug.clone(),
            self.name.clone(),
            self.releases.len().to_string(),
            latest.map_or_else(String::new, |time| time.to_string()),
            self.summary.clone(),
        ]
    }
}

/// How the Tilebox console presents a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkflowPresentation {
    /// The URL of its image; empty without one.
    pub image_url: String,
    /// The text that replaces the image.
    pub image_alt: String,
    /// The types of imagery that it uses, such as optical.
    pub imagery_types: Vec<String>,
    /// Its use cases.
    pub use_cases: Vec<String>,
    /// The datasets that it uses.
    pub dataset_labels: Vec<String>,
}

impl WorkflowPresentation {
    fn from_wire(presentation: wire::WorkflowPresentation) -> Self {
        Self {
            image_url: presentation.image_url,
            image_alt: presentation.image_alt,
            imagery_types: presentation.imagery_type,
            use_cases: presentation.use_case,
            dataset_labels: presentation.dataset_label,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::id;
    use crate::workflows::Listing;
    use uuid::Uuid;

    fn release(number: u128, seconds: i64) -> wire::WorkflowRelease {
        wire::WorkflowRelease {
            id: Some(id::to_wire(Uuid::from_u128(number))),
            created_at: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            ..Default::default()
        }
    }

    fn message() -> wire::Workflow {
        wire::Workflow {
            slug: "clouds".to_owned(),
            name: "Clouds".to_owned(),
            summary: "Finds clouds".to_owned(),
            releases: vec![release(1, 0), release(2, 86_400), release(3, 3600)],
            ..Default::default()
        }
    }

    #[test]
    fn a_workflow_prints_its_releases() {
        let workflow = Workflow::from_wire(message()).expect("a workflow");
        assert_eq!(workflow.latest_release().map(|release| release.id), Some(Uuid::from_u128(2)));
        let text = workflow.to_string();
        assert!(text.starts_with("Clouds [Workflow clouds]: Finds clouds\n    release 00000000-"), "{text}");
        assert_eq!(text.lines().count(), 4, "{text}");
        let table = Listing::from(vec![workflow]).to_string();
        assert!(table.contains("3          1970-01-02T00:00:00Z   Finds clouds"), "{table}");
    }

    #[test]
    fn a_workflow_without_slug_or_release_id_is_an_error() {
        let error = Workflow::from_wire(wire::Workflow { slug: String::new(), ..message() }).expect_err("no slug");
        assert!(error.to_string().ends_with("the workflow `Clouds` has no slug"), "{error}");
        let releases = vec![wire::WorkflowRelease::default()];
        let error = Workflow::from_wire(wire::Workflow { releases, ..message() }).expect_err("no id");
        assert!(error.to_string().ends_with("a release has no id"), "{error}");
    }

    #[test]
    fn a_presentation_keeps_all_labels() {
        let presentation = wire::WorkflowPresentation {
            image_url: "https://h/i.png".to_owned(),
            imagery_type: vec!["optical".to_owned()],
            use_case: vec!["clouds".to_owned(), "fields".to_owned()],
            ..Default::default()
        };
        let workflow = wire::Workflow { presentation: Some(presentation), ..message() };
        let presentation = Workflow::from_wire(workflow).expect("a workflow").presentation.expect("a presentation");
        assert_eq!((presentation.imagery_types.len(), presentation.use_cases.len()), (1, 2));
    }
}
