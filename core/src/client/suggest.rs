//! Suggestions for misspelt names of datasets and collections.
//!
//! A suggestion takes one more best-effort request. Without a response in a few seconds the error stays as it is.

use std::sync::Arc;

use super::Dataset;
use super::driver::session::Session;
use crate::datasets::rpc;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::wire::datasets::v1::ListDatasetsRequest;
use crate::schema::closest;

/// Adds similar slugs to the error of a dataset that was not found.
pub(super) async fn dataset<T>(session: &Arc<Session>, slug: &str, found: Result<T>) -> Result<T> {
    match found {
        // The server rejects a slug that is not valid with another code than an unknown slug.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidArgument) => {
            Err(match slugs(session).await {
                Ok(slugs) => with_suggestion(error, close_slugs(slug, slugs.iter().map(String::as_str))),
                Err(_) => error,
            })
        }
        found => found,
    }
}

/// Adds the existing names to the error of a collection that was not found.
pub(super) async fn collection<T>(dataset: &Dataset, name: &str, found: Result<T>) -> Result<T> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(match dataset.best_effort().names().await {
            Ok(names) if names.is_empty() => error.with_advice("the dataset has no collections"),
            Ok(names) => {
                let names = names.iter().map(|(_, name)| &**name);
                error.with_advice(closest::advice(name, names, "the collections of the dataset are"))
            }
            Err(_) => error,
        }),
        found => found,
    }
}

async fn slugs(session: &Arc<Session>) -> Result<Vec<String>> {
    let session = session.best_effort();
    let call = session.endpoint.call::<rpc::ListDatasets>(&ListDatasetsRequest {}, "list the datasets")?;
    let listing = session.call(call).await?;
    Ok(listing.datasets.into_iter().map(|dataset| dataset.slug).collect())
}

/// Returns the slugs, such as `open_data.copernicus.sentinel2_msi`, that are similar to `slug`, or whose last part is similar
/// if `slug` has only one part.
fn close_slugs<'a>(slug: &str, slugs: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let slugs: Vec<_> = slugs.into_iter().collect();
    let close = closest::closest(slug, slugs.iter().copied());
    if !close.is_empty() || slug.contains('.') {
        return close;
    }
    let last = |slug: &'a str| slug.rsplit('.').next().unwrap_or(slug);
    let close = closest::closest(slug, slugs.iter().map(|slug| last(slug)));
    slugs.into_iter().filter(|slug| close.contains(&last(slug))).take(3).collect()
}

fn with_suggestion(error: Error, close: Vec<&str>) -> Error {
    if close.is_empty() {
        return error;
    }
    let mut advice = format!("did you mean `{}`?", close.join("` or `"));
    if !error.advice().is_empty() {
        advice.push_str(&format!(" otherwise {}", error.advice()));
    }
    error.with_advice(advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::blocking::Client;
    use crate::protocol::connect::{self, Code};
    use crate::runtime::{Limits, Transport, TransportError};
    use crate::testing;
    use bytes::Bytes;
    use http::{Request, Response};
    use std::sync::Mutex;
    use std::time::Duration;

    /// Knows no dataset, and never responds to a listing. Keeps the timeout of each request.
    #[derive(Clone, Default)]
    struct Silent(Arc<Mutex<Vec<(String, Duration)>>>);

    #[async_trait::async_trait]
    impl Transport for Silent {
        async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
            let method = request.uri().path().rsplit('/').next().expect("a method").to_owned();
            let is_listing = method == "ListDatasets";
            self.0.lock().expect("not poisoned").push((method, limits.timeout));
            if is_listing {
                return std::future::pending().await;
            }
            let error = connect::Error::new(Code::NotFound, "no such dataset");
            let response = Response::builder().status(error.status).header("content-type", "application/json");
            Ok(response.body(error.to_json().into()).expect("a response"))
        }
    }

    #[test]
    fn an_error_waits_a_few_seconds_for_suggestions() {
        let server = Silent::default();
        let client: Client = testing::client_builder(server.clone()).build().expect("a client");
        let error = client.dataset("sentinel").expect_err("no such dataset");
        assert_eq!((error.kind(), error.reason()), (ErrorKind::NotFound, "no such dataset"));
        let requests = server.0.lock().expect("not poisoned").clone();
        assert_eq!(requests.len(), 2, "a listing without a response is not repeated: {requests:?}");
        assert_eq!(requests[1], ("ListDatasets".to_owned(), Duration::from_secs(5)));
    }

    #[test]
    fn a_similar_slug_or_last_part_is_suggested() {
        let slugs = [
            "open_data.copernicus.sentinel2_msi",
            "open_data.copernicus.sentinel1_sar",
            "open_data.asf.ers_sar",
            "scenes",
        ];
        assert_eq!(close_slugs("open_data.copernicus.sentinel2_mis", slugs)[0], slugs[0]);
        assert_eq!(close_slugs("sentinel2-msi", slugs), [slugs[0]]);
        assert_eq!(close_slugs("scene", slugs), ["scenes"]);
        assert!(close_slugs("landsat", slugs).is_empty());
        assert!(close_slugs("other.sentinel2_msi", slugs).is_empty());
    }
}
