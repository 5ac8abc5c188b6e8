//! Workflows: jobs, tasks, clusters, workflows, automations, storage locations and telemetry.
//!
//! | file | contents |
//! |---|---|
//! | `state` | the state that the services share, behind one lock |
//! | `jobs`, `tasks` | `JobService` and `TaskService`, over the scheduler of core |
//! | `cluster`, `workflow`, `release` | `WorkflowsService` |
//! | `automation` | `AutomationService`, and the jobs of cron triggers |
//! | `storage_location` | `StorageLocationService` |
//! | `telemetry` | `TelemetryQueryService`, and the logs and spans of clients |
//! | `diagram` | the diagram of a job |
//! | `slug`, `text` | slugs and the lengths of texts |
//! | `clock`, `timing` | the time of a call; the durations that options set |
//! | `reply` | a response that may wait for the disk |
//! | `writer` | the queue of changes that are not on disk yet |
//!
//! A service is a file with one function for each method: the state and the decoded request in, the response out.

mod automation;
mod clock;
mod cluster;
mod diagram;
mod jobs;
mod release;
mod reply;
mod slug;
mod state;
mod storage_location;
mod tasks;
mod telemetry;
#[cfg(all(test, feature = "disk"))]
mod tests;
mod text;
mod timing;
mod workflow;
mod writer;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use prost::Message;
use tilebox_core::protocol::wire::workflows::v1::{QueryJobLogsRequest, QueryJobSpansRequest};

pub(crate) use automation::run as run_automations;
use clock::Clock;
pub(crate) use clock::Moment;
pub(crate) use reply::Reply;
pub(crate) use state::Options;
use state::State;
use telemetry::{Job, Telemetry};
pub(crate) use telemetry::{MAXIMUM_MESSAGE_BYTES, Signal};
pub(crate) use timing::{LONGEST, SHORTEST, Timing};
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
    telemetry: Telemetry,
}

/// The part that calls and the writer share.
struct Shared {
    options: Options,
    /// Held for microseconds, never while the disk is written.
    guarded: Mutex<Guarded>,
    /// The changes on their way to the disk.
    queue: Queue,
    disk: Option<Arc<Disk>>,
}

/// The values behind the lock.
struct Guarded {
    clock: Clock,
    /// `None` after an error of the disk, until the state is loaded again.
    state: Option<State>,
    /// The number of errors of the disk.
    reloads: u64,
}

impl Workflows {
    /// Creates the services, with the jobs, clusters and so on of the disk if there is one. Emulators with the same
    /// identity and seed create the same ids.
    ///
    /// # Errors
    ///
    /// [`DiskError`] if the records on disk cannot be read, or the system refuses a thread.
    pub(crate) fn new(options: Options, disk: Option<Arc<Disk>>) -> Result<Self, DiskError> {
        let state = match &disk {
            Some(disk) => State::restore(options, disk.records()?, Moment::ORIGIN)?,
            None => State::new(options),
        };
        let guarded = Mutex::new(Guarded { clock: Clock::new(), state: Some(state), reloads: 0 });
        let shared = Arc::new(Shared { options, guarded, queue: Queue::default(), disk });
        let writer = match &shared.disk {
            Some(disk) => Some(spawn_writer(Arc::clone(&shared), Arc::clone(disk)).map_err(DiskError::thread)?),
            None => None,
        };
        Ok(Self { shared, writer, telemetry: Telemetry::default() })
    }

    /// Serves a request.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the request is refused. It changed nothing.
    pub(crate) fn call(&self, caller: Caller, rpc: Rpc, message: &Bytes, moment: Moment) -> Result<Reply, Refusal> {
        require(rpc, caller)?;
        let call = Call { shared: &self.shared, message, moment };
        match rpc {
            // JobService
            Rpc::SubmitJob => call.serve(jobs::submit),
            Rpc::GetJob => call.serve(jobs::get),
            Rpc::ListJobTasks => call.serve(jobs::list_tasks),
            Rpc::RetryJob => call.serve(jobs::retry),
            Rpc::CancelJob => call.serve(jobs::cancel),
            Rpc::VisualizeJob => call.serve_in_steps(diagram::visualize, |drawing| Ok(drawing.draw())),
            Rpc::QueryJobs => call.serve(jobs::query),
            Rpc::GetJobPrototype => call.serve(jobs::prototype),
            Rpc::CloneJob => call.serve(jobs::clone),
            Rpc::GetJobStateCounts => call.serve(jobs::state_counts),
            Rpc::GetTaskQueueStats => call.serve(jobs::queue_stats),

            // TaskService
            Rpc::NextTask => call.serve(tasks::next),
            Rpc::TaskFailed => call.serve(tasks::failed),
            Rpc::ExtendTaskLease => call.serve(tasks::extend_lease),

            // WorkflowsService
            Rpc::CreateCluster => call.serve(cluster::create),
            Rpc::GetCluster => call.serve(cluster::get),
            Rpc::UpdateCluster => call.serve(cluster::update),
            Rpc::DeleteCluster => call.serve(cluster::delete),
            Rpc::ListClusters => call.serve(cluster::list),
            Rpc::CreateWorkflow => call.serve(workflow::create),
            Rpc::ListWorkflows => call.serve(workflow::list),
            Rpc::GetWorkflow => call.serve(workflow::get),
            Rpc::UpdateWorkflow => call.serve(workflow::update),
            Rpc::DeleteWorkflow => call.serve(workflow::delete),
            Rpc::PublishWorkflowRelease => call.serve(release::publish),
            Rpc::UnpublishWorkflowRelease => call.serve(release::unpublish),
            Rpc::DeployWorkflowRelease => call.serve(release::deploy),
            Rpc::UndeployWorkflowRelease => call.serve(release::undeploy),

            // AutomationService
            Rpc::CreateAutomation => call.serve(automation::create),
            Rpc::GetAutomation => call.serve(automation::get),
            Rpc::UpdateAutomation => call.serve(automation::update),
            Rpc::DeleteAutomation => call.serve(automation::delete),
            Rpc::ListAutomations => call.serve(automation::list),

            // StorageLocationService
            Rpc::CreateStorageLocation => call.serve(storage_location::create),
            Rpc::GetStorageLocation => call.serve(storage_location::get),
            Rpc::UpdateStorageLocation => call.serve(storage_location::update),
            Rpc::DeleteStorageLocation => call.serve(storage_location::delete),
            Rpc::ListStorageLocations => call.serve(storage_location::list),

            // TelemetryQueryService
            Rpc::QueryJobLogs => call.serve_in_steps(
                |state, request: QueryJobLogsRequest| Ok((Job::find(state, request.job_id.as_ref())?, request)),
                |(job, request)| telemetry::query_job_logs(&self.telemetry, &job, &request),
            ),
            Rpc::QueryJobSpans => call.serve_in_steps(
                |state, request: QueryJobSpansRequest| Ok((Job::find(state, request.job_id.as_ref())?, request)),
                |(job, request)| telemetry::query_job_spans(&self.telemetry, &job, &request),
            ),
            Rpc::QueryLogsInInterval => {
                let page = telemetry::query_logs_in_interval(&self.telemetry, &decode(message)?)?;
                Ok(Reply::ready(page.encode_to_vec().into()))
            }
            Rpc::GetLogMessageCounts => {
                let counts = telemetry::count_logs(&self.telemetry, &decode(message)?)?;
                Ok(Reply::ready(counts.encode_to_vec().into()))
            }
            _ => Err(Refusal::new(ErrorCode::Unimplemented, format!("the emulator does not serve {}", rpc.path()))),
        }
    }
}

impl Workflows {
    /// Submits the jobs of automations that are due, and returns the time at which the next one is.
    pub(crate) fn fire_automations(&self, moment: Moment) -> Option<DateTime<Utc>> {
        let mut guarded = self.shared.guarded();
        let moment = guarded.clock.advance(moment);
        let Some(state) = guarded.state.as_mut() else {
            drop(self.shared.queue.request_reload());
            return None;
        };
        state.begin(moment);
        automation::fire(state);
        let changes = state.take_changes();
        let next = automation::next_due(state);
        if !changes.is_empty() {
            // Nobody waits for the jobs.
            drop(self.shared.queue.push(changes));
        }
        next
    }

    /// Stores logs or spans that a client exports. `encoding` is the value of the header `content-encoding`. A body that
    /// cannot be read is discarded.
    pub(crate) fn store_telemetry(&self, signal: Signal, encoding: Option<&[u8]>, body: Bytes, time: SystemTime) {
        let now = u64::try_from(clock::since_1970(time).as_nanos()).unwrap_or(u64::MAX);
        self.telemetry.store(signal, encoding, body, now, |tasks| {
            let mut guarded = self.shared.guarded();
            let Some(state) = guarded.state.as_mut() else { return HashMap::new() };
            tasks.iter().filter_map(|task| Some((*task, state.scheduler().job_of_task(*task)?))).collect()
        });
    }
}

/// A call of a method.
struct Call<'a> {
    shared: &'a Shared,
    message: &'a Bytes,
    moment: Moment,
}

impl Call<'_> {
    /// Decodes the request, serves it with the state, and encodes the response.
    fn serve<Request, Response>(
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
    fn serve_in_steps<Request, Taken, Response>(
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
            let Some(state) = guarded.state.as_mut() else {
                return Ok(Reply::new(Bytes::new(), self.shared.queue.request_reload()));
            };
            state.begin(moment);
            let taken = take(state, request);
            let ticket = match self.shared.disk {
                Some(_) => self.shared.queue.push(state.take_changes()),
                None => None,
            };
            (taken?, ticket)
        };
        Ok(Reply::new(make(taken)?.encode_to_vec().into(), ticket))
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
    fn guarded(&self) -> MutexGuard<'_, Guarded> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the state from disk, and refuses all calls whose changes are not on disk.
    fn reload(&self, disk: &Disk, refusal: Refusal) {
        let mut guarded = self.guarded();
        // Calls add to the queue under the lock of the state, so none is missed. All their changes are lost.
        let lost = self.queue.take();
        guarded.reloads += 1;
        // The same seed would repeat ids.
        let options = Options { seed: self.options.seed.wrapping_add(guarded.reloads), ..self.options };
        let moment = guarded.clock.last();
        guarded.state = disk.records().and_then(|records| State::restore(options, records, moment)).ok();
        drop(guarded);
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
                if shared.guarded().state.is_none() {
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
