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
//! | `shared`, `call` | the lock around the state, and a call under it |
//! | `reply` | a response that may wait for the disk |
//! | `queue`, `writer` | the changes that are not on disk yet, and the thread that writes them |
//!
//! A service is a file with one function for each method: the state and the decoded request in, the response out.

mod automation;
mod call;
mod clock;
mod cluster;
mod diagram;
mod jobs;
mod queue;
mod release;
mod reply;
mod shared;
mod slug;
mod state;
mod storage_location;
mod tasks;
mod telemetry;
#[cfg(test)]
#[cfg(feature = "disk")]
mod tests;
mod text;
mod timing;
mod workflow;
mod writer;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use prost::Message;
use tilebox_core::protocol::wire::workflows::v1::{QueryJobLogsRequest, QueryJobSpansRequest};

pub(crate) use automation::run as run_automations;
use call::Call;
pub(crate) use clock::Moment;
pub(crate) use reply::Reply;
use shared::Shared;
pub(crate) use state::Options;
use telemetry::{Job, Telemetry};
pub(crate) use telemetry::{MAXIMUM_MESSAGE_BYTES, Signal};
pub(crate) use timing::{LONGEST, SHORTEST, Timing};

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

impl Workflows {
    /// Creates the services, with the jobs, clusters and so on of the disk if there is one. Emulators with the same
    /// identity and seed create the same ids.
    ///
    /// # Errors
    ///
    /// [`DiskError`] if the records on disk cannot be read, or the system refuses a thread.
    pub(crate) fn new(options: Options, disk: Option<Arc<Disk>>) -> Result<Self, DiskError> {
        let shared = Arc::new(Shared::new(options, disk)?);
        let writer = match &shared.disk {
            Some(disk) => Some(writer::spawn(Arc::clone(&shared), Arc::clone(disk)).map_err(DiskError::thread)?),
            None => None,
        };
        Ok(Self { shared, writer, telemetry: Telemetry::default() })
    }

    /// Serves a request.
    ///
    /// # Errors
    ///
    /// [`Refusal`], here or in the [`Reply`], if the request is refused. It changed nothing.
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
            // The request is dropped after the lock is released.
            Rpc::NextTask => call.serve_in_steps(
                |state, request| Ok((tasks::next(state, &request)?, request)),
                |(response, _)| Ok(response),
            ),
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

    /// Submits the jobs of automations that are due, and returns the time at which the next one is.
    pub(crate) fn fire_automations(&self, moment: Moment) -> Option<DateTime<Utc>> {
        let mut guarded = self.shared.guarded();
        let moment = guarded.clock.advance(moment);
        let Some(state) = guarded.state.as_mut() else {
            drop(self.shared.refuse());
            return None;
        };
        state.begin(moment);
        automation::fire(state);
        let changes = state.take_changes();
        let next = automation::next_due(state);
        if !changes.is_empty() {
            // No response depends on these jobs.
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

impl Drop for Workflows {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.take() {
            // Fails if the writer panicked.
            let _ = writer.join();
        }
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
