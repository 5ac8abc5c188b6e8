//! Requests whose responses are decoded by the current definition of the dataset.
//!
//! A page does not contain the version of its type, and the name of a type stays the same when a field is added. A handle
//! that is kept for long would therefore skip new fields. So each request reads the definition again at the same time: one
//! more small exchange, but no more time.

use std::future::Future;

use futures::future::join;

use super::Dataset;
use crate::error::Result;

/// Prepares a request with the last known definition, and starts it while reading the definition again. If the definition
/// changed, it drops the response, and prepares and starts the request once more.
///
/// An error of `prepare` may result from an old definition, so it is returned only after the definition was read again.
/// Errors that do not depend on the definition must be found before.
pub(super) async fn with_current_definition<P, T, F>(
    dataset: &Dataset,
    prepare: impl Fn(&Dataset) -> Result<P>,
    start: impl Fn(P) -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let known = dataset.latest();
    let (started, current) = match prepare(&known) {
        Ok(prepared) => join(start(prepared), known.read_again()).await,
        Err(error) => (Err(error), known.read_again().await),
    };
    match (started, current) {
        (_, Ok(current)) if !current.info().has_type_of(known.info()) => start(prepare(&current)?).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
        (started, Ok(_)) => started,
    }
}
