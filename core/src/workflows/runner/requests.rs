//! The requests of a runner that are in flight.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;

use super::asking::Ask;
use super::held::HeldId;
use super::{Registered, RunnerPolicy, RunnerReply};
use crate::error::{Error, Result, UnreadableMessage};
use crate::protocol::call::CallRequest;
use crate::protocol::call_error::{Attempts, CallContext};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::{ExchangeError, Limits};
use crate::protocol::machine::{Exchange, RequestId};
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::rpc::{ExtendTaskLease, NextTask, TaskFailed};

/// Makes the requests of a runner, and remembers what each is for until its response arrives.
#[derive(Debug)]
pub(super) struct Requests {
    endpoint: Endpoint,
    /// The field of a `NextTaskRequest` that asks for a task, encoded. A message is the concatenation of its fields, so this
    /// is a whole request, and follows a report that asks, too.
    wanted: Bytes,
    cluster: String,
    in_flight: BTreeMap<RequestId, InFlight>,
    next_id: RequestId,
}

/// A request in flight.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) sent: Instant,
    pub(super) kind: Kind,
    context: CallContext,
}

/// What a request is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// For a task.
    Ask(Ask),
    /// For the report of a task, and for the next task if it asks.
    Report { task: HeldId, ask: Option<Ask>, bytes: usize },
    /// For an extension of the lease of a task.
    Extension { task: HeldId },
}

impl InFlight {
    /// Returns the error of a failed request. `purpose` completes "cannot …"; it is not put together for every request.
    pub(super) fn error(&self, purpose: String, failure: ExchangeError) -> Error {
        let attempts = Attempts { count: 1, elapsed: Duration::ZERO, may_have_happened: false };
        CallContext { purpose: purpose.into(), ..self.context.clone() }.error(attempts, failure)
    }
}

impl Requests {
    pub(super) fn new(endpoint: Endpoint, registered: &Registered) -> Self {
        let wanted = wire::NextTaskRequest { computed_task: None, next_task_to_run: Some(registered.to_wire()) };
        Self {
            endpoint,
            wanted: wanted.encode_to_vec().into(),
            cluster: registered.cluster.clone(),
            in_flight: BTreeMap::new(),
            next_id: RequestId::FIRST,
        }
    }

    /// Makes the request for a task.
    ///
    /// # Errors
    ///
    /// When the URL of the server is not valid, as for every request.
    pub(super) fn ask(&mut self, now: Instant, ask: Ask, policy: &RunnerPolicy) -> Result<Exchange<RunnerReply>> {
        let message = self.wanted.clone();
        let limits = Limits::new(policy.request_timeout, policy.message_limit);
        self.send::<NextTask>(now, Kind::Ask(ask), message, limits, 1, RunnerReply::NextTask)
    }

    /// Returns what the error of a request for a task completes: "cannot …".
    pub(super) fn purpose_of_asks(&self) -> String {
        format!("ask the cluster `{}` for a task", self.cluster)
    }

    /// Makes the report of a computed task, which asks for the next one if `ask` is set.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub(super) fn computed(
        &mut self,
        now: Instant,
        sending: Sending,
        computed: &Bytes,
        ask: Option<Ask>,
    ) -> Result<Exchange<RunnerReply>> {
        let message = match ask {
            Some(_) => [&computed[..], &self.wanted[..]].concat().into(),
            None => computed.clone(),
        };
        let kind = Kind::Report { task: sending.task, ask, bytes: message.len() };
        let Sending { limits, attempt, .. } = sending;
        self.send::<NextTask>(now, kind, message, limits, attempt, RunnerReply::NextTask)
    }

    /// Makes the report of a failed task.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub(super) fn failed(
        &mut self,
        now: Instant,
        sending: Sending,
        failed: &wire::TaskFailedRequest,
    ) -> Result<Exchange<RunnerReply>> {
        let message = Bytes::from(failed.encode_to_vec());
        let kind = Kind::Report { task: sending.task, ask: None, bytes: message.len() };
        let Sending { limits, attempt, .. } = sending;
        self.send::<TaskFailed>(now, kind, message, limits, attempt, RunnerReply::TaskFailed)
    }

    /// Makes an attempt to extend the lease of a task.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub(super) fn extend(
        &mut self,
        now: Instant,
        sending: Sending,
        extend: &wire::TaskLeaseRequest,
    ) -> Result<Exchange<RunnerReply>> {
        let kind = Kind::Extension { task: sending.task };
        let Sending { limits, attempt, .. } = sending;
        let message = extend.encode_to_vec().into();
        self.send::<ExtendTaskLease>(now, kind, message, limits, attempt, RunnerReply::Lease)
    }

    fn send<R: Rpc>(
        &mut self,
        now: Instant,
        kind: Kind,
        message: Bytes,
        limits: Limits,
        attempt: u32,
        reply: fn(R::Response) -> RunnerReply,
    ) -> Result<Exchange<RunnerReply>> {
        let call = self.endpoint.call_bytes::<R>(message, R::IDEMPOTENCY, "")?;
        let call: CallRequest<RunnerReply> = call.decoded_by(move |response| {
            R::Response::decode(response.message.clone()).map(reply).map_err(UnreadableMessage::new)
        });
        let id = self.next_id;
        self.next_id = id.next();
        let (exchange, context) = call.into_exchange(id, limits, attempt);
        self.in_flight.insert(id, InFlight { sent: now, kind, context });
        Ok(exchange)
    }

    /// Removes a request whose response has arrived; `None` for one that the runner no longer waits for.
    pub(super) fn take(&mut self, id: RequestId) -> Option<InFlight> {
        self.in_flight.remove(&id)
    }

    /// Forgets all requests in flight.
    pub(super) fn clear(&mut self) {
        self.in_flight.clear();
    }

    /// Forgets the requests that only ask for a task.
    pub(super) fn clear_asks(&mut self) {
        self.in_flight.retain(|_, request| !matches!(request.kind, Kind::Ask(_)));
    }
}

/// A request about a held task.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) task: HeldId,
    pub(super) limits: Limits,
    /// The number of the attempt, from 1.
    pub(super) attempt: u32,
}
