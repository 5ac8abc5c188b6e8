//! What a person may have meant who asked for a name that is not there.
//!
//! It takes one more request, and the error does not wait long for it: where there is no answer it stays as it is.

use std::sync::Arc;

use super::Dataset;
use super::driver::session::Session;
use crate::datasets::rpc;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::wire::datasets::v1::ListDatasetsRequest;
use crate::schema::closest;

/// The error of a dataset that was looked for by its slug, with the slugs that are like it.
pub(super) async fn dataset<T>(session: &Arc<Session>, slug: &str, found: Result<T>) -> Result<T> {
    match found {
        // A slug that cannot be one is refused with another code than one that nothing has.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidArgument) => {
            Err(match slugs(session).await {
                Ok(slugs) => with_suggestion(error, close_slugs(slug, slugs.iter().map(String::as_str))),
                Err(_) => error,
            })
        }
        found => found,
    }
}

/// The error of a collection that was looked for by its name, with the names that there are.
pub(super) async fn collection<T>(dataset: &Dataset, name: &str, found: Result<T>) -> Result<T> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(match dataset.hasty().names().await {
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
    let session = session.hasty();
    let call = session.endpoint.call::<rpc::ListDatasets>(&ListDatasetsRequest {}, "list the datasets")?;
    let listing = session.call(call).await?;
    Ok(listing.datasets.into_iter().map(|dataset| dataset.slug).collect())
}

/// The slugs, such as `open_data.copernicus.sentinel2_msi`, that `slug` may stand for: nearly the same, or with its last
/// part nearly the same where `slug` has no other one.
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

    /// Knows no dataset, and never answers what there is. Keeps how much time each request had.
    #[derive(Clone, Default)]
    struct Silent(Arc<Mutex<Vec<(String, Duration)>>>);

    #[async_trait::async_trait]
    impl Transport for Silent {
        async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
            let method = request.uri().path().rsplit('/').next().expect("a method").to_owned();
            let is_listing = method == "ListDatasets";
            self.0.lock().expect("nobody panicked").push((method, limits.timeout));
            if is_listing {
                return std::future::pending().await;
            }
            let error = connect::Error::new(Code::NotFound, "no such dataset");
            let response = Response::builder().status(error.status).header("content-type", "application/json");
            Ok(response.body(error.to_json().into()).expect("a response"))
        }
    }

    #[test]
    fn an_error_waits_a_few_seconds_at_most_for_what_was_meant() {
        let server = Silent::default();
        let client: Client = testing::client_builder(server.clone()).build().expect("a client");
        let error = client.dataset("sentinel").expect_err("no such dataset");
        assert_eq!((error.kind(), error.reason()), (ErrorKind::NotFound, "no such dataset"));
        let asked = server.0.lock().expect("nobody panicked").clone();
        assert_eq!(asked.len(), 2, "what is not answered is not asked again: {asked:?}");
        assert_eq!(asked[1], ("ListDatasets".to_owned(), Duration::from_secs(5)));
    }

    #[test]
    fn a_slug_is_meant_by_what_is_like_it_or_like_its_last_part() {
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
