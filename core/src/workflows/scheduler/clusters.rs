//! Which clusters tasks may name.

use std::collections::BTreeSet;
use std::sync::Arc;

/// The slugs of the clusters that submissions and requests for tasks may name.
///
/// The caller owns the clusters; the scheduler only resolves the empty slug and refuses unknown ones. A removed cluster
/// keeps its queued tasks: they are handed out again once a cluster with this slug is inserted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clusters {
    default: Arc<str>,
    /// `None`: every slug.
    known: Option<BTreeSet<Arc<str>>>,
}

impl Clusters {
    /// Allows every slug. The empty one means `default`.
    #[must_use]
    pub fn any(default: &str) -> Self {
        Self { default: default.into(), known: None }
    }

    /// Allows only `default`, which the empty slug means, and those that [`insert`](Self::insert) adds.
    #[must_use]
    pub fn only(default: &str) -> Self {
        let default = Arc::from(default);
        Self { known: Some(BTreeSet::from([Arc::clone(&default)])), default }
    }

    /// Allows a slug.
    pub fn insert(&mut self, slug: &str) {
        if let Some(known) = &mut self.known {
            known.insert(slug.into());
        }
    }

    /// Refuses a slug from now on. Clusters that allow every slug ignore it.
    pub fn remove(&mut self, slug: &str) {
        if let Some(known) = &mut self.known {
            known.remove(slug);
        }
    }

    /// Returns the slug that the empty one means.
    #[must_use]
    pub fn default_slug(&self) -> &str {
        &self.default
    }

    /// Returns whether tasks may name this slug, which is not empty.
    pub(super) fn allow(&self, slug: &str) -> bool {
        self.known.as_ref().is_none_or(|known| known.contains(slug))
    }
}
