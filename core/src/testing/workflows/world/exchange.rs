//! The way of a request to the server, and of its response to the runner.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::{Event, World};
use crate::protocol::exchange::TransportError;
use crate::protocol::machine::{Exchange, Machine as _, RequestId};
use crate::runtime::Runtime as _;
use crate::testing::workflows::call::{Call, error_response, gateway_response};
use crate::testing::workflows::network::Treatment;
use crate::testing::workflows::process::{Open, Process};
use crate::testing::workflows::server::Sender;
use crate::testing::workflows::trace::TraceEvent;
use crate::time::Instant;
use crate::workflows::runner::RunnerReply;

/// A request on its way.
pub(super) struct Flight {
    pub(super) runner: usize,
    pub(super) process: u64,
    pub(super) id: RequestId,
    pub(super) sent: Instant,
    pub(super) call: Call,
    pub(super) treatment: Treatment,
    pub(super) response: Option<Duration>,
    pub(super) faults: u32,
}

impl World {
    pub(super) fn send(&mut self, runner: usize, process: &mut Process, exchange: Exchange<RunnerReply>) {
        let now = self.executor.now();
        let (id, request, limits, decoder) = exchange.split();
        let call = match Call::decode(&request) {
            Ok(call) => call,
            Err(reason) => return self.violation(runner, &format!("sends a request that is not valid: {reason}")),
        };
        let (number, request) = (process.number, call.request());
        self.trace.push(now, Some(runner), TraceEvent::Sent(request));
        let fate = self.network.fate();
        for fault in &fate.faults {
            self.trace.push(now, Some(runner), TraceEvent::Fault(*fault));
            if let Some(task) = request.task() {
                self.server.history.count_fault(task, number);
            }
        }
        process.open.insert(id, Open { decoder, limits, request });
        let timeout = process.clock.global(process.clock.local(now) + limits.timeout);
        self.queue.push(timeout, Event::TimeOut { runner, process: number, id });
        if let Some(delay) = fate.breaks {
            self.queue.push(now + delay, Event::Break { runner, process: number, id });
        }
        let (treatment, faults) = (fate.treatment, fate.faults.len() as u32);
        let flight =
            Flight { runner, process: number, id, sent: now, call, treatment, response: fate.response, faults };
        let flight = Arc::new(flight);
        for (index, delay) in fate.arrivals.into_iter().enumerate() {
            let event = Event::Arrive { flight: Arc::clone(&flight), is_duplicate: index > 0 };
            self.queue.push(now + delay, event);
        }
    }

    /// A request arrives at the server.
    pub(super) fn arrive(&mut self, flight: Arc<Flight>, is_duplicate: bool) {
        let now = self.executor.now();
        let refused = self.proxy.as_mut();
        let refused = refused.and_then(|proxy| proxy.refuse(now.since_origin(), flight.runner, flight.call.request()));
        let treatment = refused.map_or(flight.treatment, Treatment::Refuse);
        if refused.is_some()
            && let Some(task) = flight.call.request().task()
        {
            self.server.history.count_fault(task, flight.process);
        }
        let mut handed_out = None;
        let mut response = match treatment {
            Treatment::Refuse(code) => error_response(code, "the server is restarting"),
            _ => {
                let Flight { runner, process, faults, .. } = *flight;
                let sender = Sender { runner, process, is_duplicate, faults };
                let (response, task) = self.server.serve(now, &flight.call, sender, &mut self.trace);
                handed_out = task;
                response
            }
        };
        match treatment {
            Treatment::ServeAndFail(code) => response = error_response(code, "the connection to the store was lost"),
            Treatment::BadGateway => response = gateway_response(),
            Treatment::Serve | Treatment::Refuse(_) => {}
        }
        if let Some(delay) = flight.response {
            let handed_out = handed_out.filter(|_| treatment == Treatment::Serve);
            self.queue.push(now + delay, Event::Deliver { flight, response, handed_out });
        }
    }

    /// A response arrives at a runner.
    pub(super) fn deliver(
        &mut self,
        flight: &Flight,
        response: http::Response<Bytes>,
        handed_out: Option<(Uuid, u32)>,
    ) {
        let Flight { runner, process, id, sent, .. } = *flight;
        let now = self.executor.now();
        let response = match &mut self.proxy {
            Some(proxy) => proxy.respond(now - sent, flight.call.request(), response),
            None => response,
        };
        let Some(process) = self.process(runner, process) else { return };
        let Some(open) = process.open.remove(&id) else { return };
        let result = open.decoder.decode(Ok(response));
        let at = process.clock.local(now);
        process.machine.handle_response(at, id, result);
        if let Some((task, execution)) = handed_out
            && let Some(hand_out) = self.server.history.get(task, execution)
        {
            hand_out.is_delivered = true;
        }
        self.pump(runner);
    }

    /// Ends an exchange without a response.
    pub(super) fn fail(
        &mut self,
        runner: usize,
        number: u64,
        id: RequestId,
        error: impl FnOnce(&Open) -> TransportError,
    ) {
        let now = self.executor.now();
        let Some(process) = self.process(runner, number) else { return };
        let Some(open) = process.open.remove(&id) else { return };
        let result = open.decoder.decode(Err(error(&open)));
        let at = process.clock.local(now);
        process.machine.handle_response(at, id, result);
        self.trace.push(now, Some(runner), TraceEvent::NoResponse(open.request));
        self.pump(runner);
    }
}
