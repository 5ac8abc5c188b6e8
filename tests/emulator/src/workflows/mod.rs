//! Workflows: jobs, tasks, clusters, workflows, automations, storage locations and telemetry.
//!
//! | file | contents |
//! |---|---|
//! | `state` | the state that the services share, behind one lock |
//! | `clock` | the time of a call |
//! | `reply` | a response that may wait for the disk |
//!
//! A service is a file with one function for each method: the state, the decoded request and possibly the moment in, the
//! response out.

mod clock;
mod reply;
mod state;

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use prost::Message;

pub(crate) use clock::Moment;
pub(crate) use reply::Reply;
use state::State;

use crate::permissions::Caller;
use crate::rpc::Rpc;
use crate::services::{ErrorCode, Refusal, decode};

/// The services of workflows.
pub(crate) struct Workflows {
    /// Held for microseconds, never while the disk is written.
    state: Mutex<State>,
}

impl Workflows {
    /// Creates the services without any jobs, clusters and so on.
    pub(crate) fn new(identity: u128) -> Self {
        Self { state: Mutex::new(State::new(identity)) }
    }

    /// Serves a request.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the request is refused. It changed nothing.
    pub(crate) fn call(&self, caller: Caller, rpc: Rpc, message: &Bytes, moment: Moment) -> Result<Reply, Refusal> {
        require(rpc, caller)?;
        match rpc {
            // JobService

            // TaskService

            // WorkflowsService

            // AutomationService, StorageLocationService

            // TelemetryQueryService, DiagramService
            _ => {
                let _ = (message, moment);
                Err(Refusal::new(ErrorCode::Unimplemented, format!("the emulator does not serve {}", rpc.path())))
            }
        }
    }

    /// Decodes a request, serves it with the state, and encodes the response.
    fn serve<Request, Response>(
        &self,
        message: &Bytes,
        serve: impl FnOnce(&mut State, Request) -> Result<Response, Refusal>,
    ) -> Result<Reply, Refusal>
    where
        Request: Message + Default,
        Response: Message,
    {
        let request = decode(message)?;
        let response = {
            // A poisoned lock is usable: a function of a service checks everything before it changes anything.
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            serve(&mut state, request)?
        };
        Ok(Reply::ready(response.encode_to_vec().into()))
    }
}

/// Refuses a caller whose token lacks the permission for a method.
fn require(rpc: Rpc, caller: Caller) -> Result<(), Refusal> {
    match rpc.permission() {
        Some(permission) if !caller.permissions.contain(permission) => {
            Err(Refusal::new(ErrorCode::PermissionDenied, format!("not permitted to call {}", rpc.name())))
        }
        _ => Ok(()),
    }
}
