//! Suggestions for unknown clusters, workflows and jobs.
//!
//! A suggestion takes more best-effort requests: one, or one for each page of a list. Without a response in a few seconds the error stays as it is.

use std::sync::Arc;

use futures::stream::{StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use super::WorkflowList;
use crate::client::driver::session::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::closest::{advice, closest};
use crate::schema::excerpt::excerpt;
use crate::workflows::{JobInfo, Workflow, rpc};

/// Number of jobs whose ids are compared.
const NEWEST_JOBS: i64 = 100;
/// Maximum number of pages of workflows whose slugs are compared.
const MAX_PAGES: usize = 10;
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

/// Adds similar ids of the newest jobs to the error of a job that was not found.
pub(super) async fn job(session: &Arc<Session>, id: Uuid, error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    match list_jobs(session).await {
        Ok(jobs) => error.with_advice(advice_for_job(id, &jobs)),
        Err(_) => error,
    }
}

/// Lists the newest jobs.
async fn list_jobs(session: &Arc<Session>) -> Result<Vec<JobInfo>> {
    let session = session.best_effort();
    let page = Some(Pagination { limit: Some(NEWEST_JOBS), starting_after: None });
    let request = wire::QueryJobsRequest { filters: Some(Default::default()), page, ..Default::default() };
    let call = session.endpoint.call::<rpc::QueryJobs>(&request, "list the newest jobs")?;
    let jobs = session.call(call).await?.jobs.into_iter();
    Ok(jobs.filter_map(|job| JobInfo::from_wire(job).ok()).collect())
}

fn advice_for_job(id: Uuid, jobs: &[JobInfo]) -> String {
    const CHECK: &str = "check the id, and whether the job belongs to another organisation";
    let ids: Vec<String> = jobs.iter().map(|job| job.id.to_string()).collect();
    let close = closest(&id.to_string(), ids.iter().map(String::as_str));
    let described = |text: &str| {
        let name = jobs.iter().find(|job| job.id.to_string() == text).map_or("", |job| &job.name);
        format!("`{text}` ({})", excerpt(name, MAX_NAME))
    };
    match (close.as_slice(), ids.first()) {
        ([], None) => "there are no jobs yet".to_owned(),
        ([], Some(newest)) => format!("{CHECK}; the newest job is {}", described(newest)),
        (close, _) => {
            let close: Vec<_> = close.iter().map(|id| described(id)).collect();
            format!("did you mean {}?", close.join(" or "))
        }
    }
}

async fn list_clusters(session: &Arc<Session>) -> Result<Vec<Listed>> {
    let session = session.best_effort();
    let call = session.endpoint.call::<rpc::ListClusters>(&wire::ListClustersRequest {}, "list the clusters")?;
    let clusters = session.call(call).await?.clusters.into_iter();
    Ok(clusters.map(|cluster| Listed { slug: cluster.slug, name: cluster.display_name }).collect())
}

/// Lists the workflows of the first pages.
async fn list_workflows(session: &Arc<Session>) -> Result<Vec<Listed>> {
    let pages = WorkflowList::new(session.best_effort()).pages().take(MAX_PAGES);
    let workflows: Vec<Workflow> = pages.try_concat().await?;
    let workflows = workflows.into_iter();
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
    let close: Vec<_> = close.iter().map(|listed| listed.suggestion()).collect();
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
    fn suggestion(&self) -> String {
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

    fn job(id: &str, name: &str) -> JobInfo {
        let id = crate::protocol::id::to_wire(id.parse().expect("an id"));
        JobInfo::from_wire(wire::Job { id: Some(id), name: name.to_owned(), ..Default::default() }).expect("a job")
    }

    #[test]
    fn a_mistyped_id_gets_the_job_that_was_meant() {
        let jobs = [
            job("019acba6-f5fa-25e9-106a-9f964c42ac70", "fibonacci"),
            job("019acba6-f5ff-7d11-2a9c-0b1e4f6a5511", "clouds"),
        ];
        let mistyped = "019acba6-f5fa-25e9-106a-9f964c42ac71".parse().expect("an id");
        assert_eq!(advice_for_job(mistyped, &jobs), "did you mean `019acba6-f5fa-25e9-106a-9f964c42ac70` (fibonacci)?");
        let advice = advice_for_job(Uuid::from_u128(7), &jobs);
        assert!(advice.ends_with("the newest job is `019acba6-f5fa-25e9-106a-9f964c42ac70` (fibonacci)"), "{advice}");
        assert_eq!(advice_for_job(Uuid::from_u128(7), &[]), "there are no jobs yet");
    }
}
