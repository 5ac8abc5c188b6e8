//! Workflows: jobs, tasks, clusters, workflows, automations, storage locations and telemetry.
//!
//! | file | contents |
//! |---|---|
//! | `state` | the state that the services share, behind one lock |
//! | `cluster`, `workflow`, `release` | `WorkflowsService` |
//! | `slug`, `text` | slugs and the lengths of texts |
//! | `clock` | the time of a call |
//! | `reply` | a response that may wait for the disk |
//! | `writer` | the queue of changes that are not on disk yet |
//!
//! A service is a file with one function for each method: the state, the decoded request and possibly the moment in, the
//! response out.

mod clock;
mod cluster;
mod release;
mod reply;
mod slug;
mod state;
#[cfg(all(test, feature = "disk"))]
mod tests;
mod text;
mod workflow;
mod writer;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use prost::Message;

pub(crate) use clock::Moment;
pub(crate) use reply::Reply;
use state::State;
use writer::{Queue, Step};

use crate::permissions::Caller;
use crate::rpc::Rpc;
use crate::services::{ErrorCode, Refusal, decode};
use crate::store::{Disk, DiskError};

/// The services of workflows.
///
/// With a disk, a thread writes the changes. Dropping the value waits until they are on disk.
pub(crate) struct Workflows {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

/// The part that calls and the writer share.
struct Shared {
    identity: u128,
    /// The seed of ids and slugs.
    seed: u64,
    /// Held for microseconds, never while the disk is written. `None` after an error of the disk, until the state is
    /// loaded again.
    state: Mutex<Option<State>>,
    /// The changes on their way to the disk.
    queue: Queue,
    disk: Option<Arc<Disk>>,
}

impl Workflows {
    /// Creates the services, with the jobs, clusters and so on of the disk if there is one. Emulators with the same
    /// identity and seed create the same ids.
    ///
    /// # Errors
    ///
    /// [`DiskError`] if the records on disk cannot be read, or the system refuses a thread.
    pub(crate) fn new(identity: u128, seed: u64, disk: Option<Arc<Disk>>) -> Result<Self, DiskError> {
        let state = match &disk {
            Some(disk) => State::restore(identity, seed, disk.records()?)?,
            None => State::new(identity, seed, false),
        };
        let shared = Shared { identity, seed, state: Mutex::new(Some(state)), queue: Queue::default(), disk };
        let shared = Arc::new(shared);
        let writer = match &shared.disk {
            Some(disk) => Some(spawn_writer(Arc::clone(&shared), Arc::clone(disk)).map_err(DiskError::thread)?),
            None => None,
        };
        Ok(Self { shared, writer })
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
            Rpc::CreateCluster => self.serve(message, cluster::create),
            Rpc::GetCluster => self.serve(message, cluster::get),
            Rpc::UpdateCluster => self.serve(message, cluster::update),
            Rpc::DeleteCluster => self.serve(message, cluster::delete),
            Rpc::ListClusters => self.serve(message, cluster::list),
            Rpc::CreateWorkflow => self.serve(message, workflow::create),
            Rpc::ListWorkflows => self.serve(message, workflow::list),
            Rpc::GetWorkflow => self.serve(message, workflow::get),
            Rpc::UpdateWorkflow => self.serve(message, workflow::update),
            Rpc::DeleteWorkflow => self.serve(message, workflow::delete),
            Rpc::PublishWorkflowRelease => {
                self.serve(message, |state, request| release::publish(state, request, moment))
            }
            Rpc::UnpublishWorkflowRelease => self.serve(message, release::unpublish),
            Rpc::DeployWorkflowRelease => self.serve(message, release::deploy),
            Rpc::UndeployWorkflowRelease => self.serve(message, release::undeploy),
            // AutomationService, StorageLocationService

            // TelemetryQueryService, DiagramService
            _ => Err(Refusal::new(ErrorCode::Unimplemented, format!("the emulator does not serve {}", rpc.path()))),
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
        let (response, ticket) = {
            let mut state = self.shared.state();
            let Some(state) = state.as_mut() else {
                return Ok(Reply::new(Bytes::new(), self.shared.queue.request_reload()));
            };
            let response = serve(state, request);
            let ticket = match self.shared.disk {
                Some(_) => self.shared.queue.push(state.take_changes()),
                None => None,
            };
            (response?, ticket)
        };
        Ok(Reply::new(response.encode_to_vec().into(), ticket))
    }
}

impl Drop for Workflows {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.take() {
            // Fails if the writer panicked.
            let _ = writer.join();
        }
    }
}

impl Shared {
    // A poisoned lock is usable: a function of a service checks everything before it changes anything.
    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the state from disk, and refuses all calls whose changes are not on disk.
    fn reload(&self, disk: &Disk, refusal: Refusal) {
        let mut state = self.state();
        // Calls add to the queue under the lock of the state, so none is missed. All their changes are lost.
        let lost = self.queue.take();
        *state = disk.records().and_then(|records| State::restore(self.identity, self.seed, records)).ok();
        drop(state);
        lost.finish(&Err(refusal));
    }
}

fn spawn_writer(shared: Arc<Shared>, disk: Arc<Disk>) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("tilebox-emulator-disk".to_owned()).spawn(move || {
        // Drops the queue's calls even after a panic, so that none waits without end.
        let _abandoning = Abandoning(&shared.queue);
        write(&shared, &disk);
    })
}

/// Writes one batch after another until the queue is closed.
fn write(shared: &Shared, disk: &Disk) {
    loop {
        match shared.queue.next() {
            Step::Write(batch) => {
                // Calls without changes need no transaction.
                let written = if batch.changes.is_empty() { Ok(()) } else { disk.record_changes(&batch.changes) };
                let outcome = written.map_err(Refusal::from);
                if let Err(refusal) = &outcome {
                    shared.reload(disk, refusal.clone());
                }
                batch.finish(&outcome);
            }
            Step::Reload(batch) => {
                let refusal =
                    Refusal::new(ErrorCode::Unavailable, "the data folder was unusable after an error; try again");
                // Another call may have asked before.
                if shared.state().is_none() {
                    shared.reload(disk, refusal.clone());
                }
                batch.finish(&Err(refusal));
            }
            Step::End => return,
        }
    }
}

/// Abandons the queue when it is dropped.
struct Abandoning<'a>(&'a Queue);

impl Drop for Abandoning<'_> {
    fn drop(&mut self) {
        self.0.abandon();
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
