//! A call under the lock of the state.

use bytes::Bytes;
use prost::Message;

use super::clock::Moment;
use super::reply::Reply;
use super::shared::Shared;
use super::state::State;
use crate::services::{Refusal, decode};

/// A call of a method.
pub(super) struct Call<'a> {
    pub(super) shared: &'a Shared,
    pub(super) message: &'a Bytes,
    pub(super) moment: Moment,
}

impl Call<'_> {
    /// Decodes the request, serves it with the state, and encodes the response.
    pub(super) fn serve<Request, Response>(
        self,
        serve: impl FnOnce(&mut State, Request) -> Result<Response, Refusal>,
    ) -> Result<Reply, Refusal>
    where
        Request: Message + Default,
        Response: Message,
    {
        self.serve_in_steps(serve, Ok)
    }

    /// Serves a request like [`serve`](Self::serve), but makes the response after the lock of the state is released.
    pub(super) fn serve_in_steps<Request, Taken, Response>(
        self,
        take: impl FnOnce(&mut State, Request) -> Result<Taken, Refusal>,
        make: impl FnOnce(Taken) -> Result<Response, Refusal>,
    ) -> Result<Reply, Refusal>
    where
        Request: Message + Default,
        Response: Message,
    {
        let request = decode(self.message)?;
        let (taken, ticket) = {
            let mut guarded = self.shared.guarded();
            let moment = guarded.clock.advance(self.moment);
            let Some(state) = guarded.state.as_mut() else { return self.shared.refuse() };
            state.begin(moment);
            let taken = take(state, request);
            let ticket = match self.shared.disk {
                Some(_) => self.shared.queue.push(state.take_changes()),
                None => None,
            };
            (taken, ticket)
        };
        // A refusal waits as well: it may tell of changes of other calls.
        let response = taken.and_then(make).map(|response| Bytes::from(response.encode_to_vec()));
        Ok(Reply::new(response, ticket))
    }
}
