//! The loop that acts on the outputs of a machine. It knows no protocol and decides nothing.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, Stream, StreamExt as _};

use super::send::Ended;
use super::session::Session;
use super::start::InFlight;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::call::{Call, CallRequest};
use crate::protocol::machine::{Machine, Output};
use crate::runtime::Runtime;
use crate::time::Instant;

/// Drives a machine: the stream of its items.
///
/// Dropping it aborts what is in flight.
pub(crate) struct Drive<M: Machine> {
    machine: M,
    session: Arc<Session>,
    in_flight: FuturesUnordered<InFlight<M::Reply>>,
    timer: Option<(Instant, BoxFuture<'static, ()>)>,
}

impl<M: Machine> Drive<M> {
    pub(in crate::client) fn new(machine: M, session: Arc<Session>) -> Self {
        Self { machine, session, in_flight: FuturesUnordered::new(), timer: None }
    }

    /// Waits for the timer of the machine. It only wakes the task: the clock tells the time.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.timer {
            None => Poll::Pending,
            Some((_, timer)) => {
                ready!(timer.poll_unpin(cx));
                self.timer = None;
                Poll::Ready(())
            }
        }
    }

    /// Returns the machine, for example to ask whether it wants input.
    pub(in crate::client) fn machine(&self) -> &M {
        &self.machine
    }

    /// Returns the runtime of the machine.
    pub(in crate::client) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.session.runtime
    }

    /// Returns the machine for input. Poll the drive afterwards.
    pub(in crate::client) fn machine_mut(&mut self) -> &mut M {
        &mut self.machine
    }

    /// Sets the timer, unless one ends earlier: the machine then says for how long to wait further. Deadlines mostly move on
    /// with every exchange, and a new timer for each costs more than one early poll.
    fn set_timer(&mut self, deadline: Instant) {
        if self.timer.as_ref().is_none_or(|(set, _)| *set > deadline) {
            self.timer = Some((deadline, self.session.runtime.sleep_until(deadline)));
        }
    }
}

/// Nothing in it is ever pinned in place.
impl<M: Machine> Unpin for Drive<M> {}

impl<M> Stream for Drive<M>
where
    M: Machine,
    M::Reply: Send + 'static,
{
    type Item = Result<M::Item>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            // Deliver responses before checking deadlines: they may have arrived in time while the task was not polled.
            while let Poll::Ready(Some(Ended { id, arrival, result })) = this.in_flight.poll_next_unpin(cx) {
                this.machine.handle_response(arrival, id, result);
            }
            match this.machine.poll_output(this.session.runtime.now()) {
                Output::Send(exchange) => {
                    this.in_flight.push(this.session.start(exchange));
                    continue;
                }
                Output::Item(item) => return Poll::Ready(Some(item)),
                Output::Done => {
                    this.in_flight.clear();
                    this.timer = None;
                    return Poll::Ready(None);
                }
                Output::WaitUntil(deadline) => this.set_timer(deadline),
                Output::WaitForResponses => this.timer = None,
            }
            debug_assert!(
                this.timer.is_some() || !this.in_flight.is_empty() || this.machine.wants_input(),
                "the machine would wait forever"
            );
            ready!(this.poll_timer(cx));
        }
    }
}

impl Session {
    /// Makes one call.
    pub(crate) async fn call<Reply: Send + 'static>(self: &Arc<Self>, request: CallRequest<Reply>) -> Result<Reply> {
        let purpose = request.context.purpose.clone();
        let call = Call::new(request, self.policy, self.runtime.random());
        drive_to_item(self.drive(call), purpose).await
    }

    /// Drives a machine. Returns the stream of its items.
    pub(crate) fn drive<M: Machine>(self: &Arc<Self>, machine: M) -> Drive<M> {
        Drive::new(machine, Arc::clone(self))
    }
}

/// Returns the item of a machine that yields one.
pub(in crate::client) async fn drive_to_item<M>(mut drive: Drive<M>, purpose: Cow<'static, str>) -> Result<M::Item>
where
    M: Machine,
    M::Reply: Send + 'static,
{
    let item = drive.next().await;
    item.unwrap_or_else(|| Err(Error::new(ErrorKind::Cancelled, purpose, "it was cancelled", "try again")))
}
