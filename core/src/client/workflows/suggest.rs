//! Suggestions for unknown clusters and workflows.
//!
//! A suggestion takes one more best-effort request. Without a response in a few seconds the error stays as it is.

use std::sync::Arc;

use crate::client::driver::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::closest::{advice, closest};
use crate::schema::excerpt::excerpt;
use crate::workflows::rpc;

/// Maximum number of suggested slugs.
const MAX_SUGGESTED: usize = 3;
/// Maximum number of characters of a name that an error repeats.
const MAX_NAME: usize = 60;

/// A cluster or workflow of a listing.
struct Listed {
    slug: String,
    name: String,
}

/// Adds the existing clusters to the error of a call that names clusters by these slugs, if one of them does not exist.
pub(in crate::client) async fn clusters(session: &Arc<Session>, slugs: &[&str], error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    match list_clusters(session).await {
        Ok(listed) => with_advice(error, slugs, &listed, "clusters"),
        Err(_) => error,
    }
}

/// Adds the existing workflows to the error of a call that names a workflow by this slug, if it does not exist.
pub(super) async fn workflow(session: &Arc<Session>, slug: &str, error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    match list_workflows(session).await {
        Ok(listed) => with_advice(error, &[slug], &listed, "workflows"),
        Err(_) => error,
    }
}

async fn list_clusters(session: &Arc<Session>) -> Result<Vec<Listed>> {
    let session = session.best_effort();
    let call = session.endpoint.call::<rpc::ListClusters>(&wire::ListClustersRequest {}, "list the clusters")?;
    let clusters = session.call(call).await?.clusters.into_iter();
    Ok(clusters.map(|cluster| Listed { slug: cluster.slug, name: cluster.display_name }).collect())
}

/// Lists the first page of workflows.
async fn list_workflows(session: &Arc<Session>) -> Result<Vec<Listed>> {
    let session = session.best_effort();
    let call = session.endpoint.call::<rpc::ListWorkflows>(&Default::default(), "list the workflows")?;
    let workflows = session.call(call).await?.workflows.into_iter();
    Ok(workflows.map(|workflow| Listed { slug: workflow.slug, name: workflow.name }).collect())
}

/// Replaces the advice of the error if one of the slugs does not exist.
fn with_advice(error: Error, slugs: &[&str], listed: &[Listed], noun: &str) -> Error {
    match slugs.iter().find(|slug| !listed.iter().any(|listed| listed.slug == **slug)) {
        Some(unknown) => error.with_advice(advice_for(unknown, listed, noun)),
        None => error,
    }
}

fn advice_for(unknown: &str, listed: &[Listed], noun: &str) -> String {
    if listed.is_empty() {
        return format!("there are no {noun}");
    }
    let close: Vec<_> = listed.iter().filter(|listed| listed.is_close_to(unknown)).take(MAX_SUGGESTED).collect();
    let introduction = format!("the {noun} are");
    // Close slugs precede, so the list alone needs no suggestions.
    let listing = advice("", listed.iter().map(|listed| listed.slug.as_str()), &introduction);
    if close.is_empty() {
        return listing;
    }
    let close: Vec<_> = close.iter().map(|listed| listed.as_suggestion()).collect();
    format!("did you mean {}? {listing}", close.join(" or "))
}

impl Listed {
    /// Returns whether a user may have meant it: by its slug, by its slug without the generated suffix, or by its name.
    fn is_close_to(&self, slug: &str) -> bool {
        let stem = self.slug.rsplit_once('-').map_or(self.slug.as_str(), |(stem, _)| stem);
        let dashed = self.name.replace(' ', "-");
        !closest(slug, [self.slug.as_str(), stem, &self.name, &dashed].into_iter().filter(|form| !form.is_empty()))
            .is_empty()
    }

    /// Returns the slug, with the name unless it is the same.
    fn as_suggestion(&self) -> String {
        if self.name.is_empty() || self.name == self.slug {
            return format!("`{}`", self.slug);
        }
        format!("`{}` ({})", self.slug, excerpt(&self.name, MAX_NAME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> Vec<Listed> {
        [("default-56uboc82HDVNys", "Default"), ("dev-cluster-ESugE7S4cwADVK", "Dev cluster"), ("gpu", "gpu")]
            .map(|(slug, name)| Listed { slug: slug.to_owned(), name: name.to_owned() })
            .into()
    }

    #[test]
    fn a_name_or_a_slug_without_suffix_is_suggested() {
        for (unknown, suggestion) in [
            ("dev-cluster", "did you mean `dev-cluster-ESugE7S4cwADVK` (Dev cluster)? the clusters are default-"),
            ("Dev cluster", "did you mean `dev-cluster-ESugE7S4cwADVK` (Dev cluster)? "),
            ("dev-cluster-ESugE7S4cwADVk", "did you mean `dev-cluster-ESugE7S4cwADVK` (Dev cluster)? "),
            ("gpus", "did you mean `gpu`? the clusters are default-56uboc82HDVNys, dev-cluster-ESugE7S4cwADVK, gpu"),
            ("production", "the clusters are default-56uboc82HDVNys, dev-cluster-ESugE7S4cwADVK, gpu"),
        ] {
            let advice = advice_for(unknown, &listed(), "clusters");
            assert!(advice.starts_with(suggestion), "{unknown}: {advice}");
        }
        assert_eq!(advice_for("x", &[], "workflows"), "there are no workflows");
    }

    #[test]
    fn an_error_about_existing_slugs_stays_as_it_is() {
        let error = || Error::new(ErrorKind::NotFound, "deploy it", "no such release", "check the id");
        assert_eq!(with_advice(error(), &["gpu"], &listed(), "clusters").advice(), "check the id");
        assert!(with_advice(error(), &["gpu", "cpu"], &listed(), "clusters").advice().contains("`gpu`?"));
    }
}
