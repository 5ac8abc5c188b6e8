//! Requests that are read by the type that the dataset has now.
//!
//! Neither a page nor a datapoint says which version of the type it was written by, and even its full name stays when
//! fields are added, so a handle that is kept for long would skip what it does not know. So the definition is read again
//! beside each request: that takes one more small exchange, and no more time.

use std::future::Future;

use futures::future::join;

use super::Dataset;
use crate::error::Result;

/// Prepares a request with the last known definition and starts it while the definition is read again. Where that
/// changed, what came is dropped, and the request is prepared and started once more.
///
/// A refusal of `prepare` may be due to an old definition, so it counts only once the definition was read again. What is
/// wrong whatever the definition says has to be found before.
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
        Err(refused) => (Err(refused), known.read_again().await),
    };
    match (started, current) {
        (_, Ok(current)) if !current.info().has_type_of(known.info()) => start(prepare(&current)?).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
        (started, Ok(_)) => started,
    }
}
