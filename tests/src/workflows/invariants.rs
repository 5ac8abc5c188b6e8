//! What must hold after a run.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{JobState, Task, TaskState};
use tilebox_core::testing::workflows::{Cause, Fault, ReportKind, Request, TraceEvent};
use uuid::Uuid;

use super::code::execution_of;
use super::run::Run;

/// A rule that a run broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

type Checked = Result<(), Broken>;

fn broken<T>(text: impl Into<String>) -> Result<T, Broken> {
    Err(Broken(text.into()))
}

fn uuid(id: Option<&Id>) -> Uuid {
    id.and_then(|id| Uuid::from_slice(&id.uuid).ok()).unwrap_or_default()
}

/// Checks a run that has ended.
///
/// # Errors
///
/// The first rule that it broke.
pub fn check(run: &Run) -> Checked {
    contracts_are_kept(run)?;
    jobs_have_ended(run)?;
    tasks_start_after_their_dependencies(run)?;
    accepted_reports_count(run)?;
    repetitions_are_explained(run)?;
    ended_leases_are_explained(run)?;
    leases_end_at_the_server_first(run)?;
    reports_are_repeated_without_asking(run)?;
    nothing_happens_after_the_end(run)
}

/// The machine keeps its contract with the driver, and the server refuses no request.
fn contracts_are_kept(run: &Run) -> Checked {
    for entry in run.world.trace() {
        if let TraceEvent::Violation(_) | TraceEvent::Failed(_) | TraceEvent::Refused(_) = &entry.event {
            return broken(entry.to_string());
        }
    }
    Ok(())
}

/// Every job ends, and every required task was computed by an execution.
fn jobs_have_ended(run: &Run) -> Checked {
    for (index, (id, graph)) in run.world.jobs().iter().zip(&*run.graphs).enumerate() {
        let job = run.world.scheduler().job(*id).expect("the job");
        let Some(required) = graph.required(!run.is_calm) else {
            if job.state() != JobState::Failed {
                return broken(format!("job {index} is {:?}, although a task of it always fails", job.state()));
            }
            continue;
        };
        if job.state() == JobState::Failed && !run.is_calm && stale_reports_fail(run, *id) {
            continue;
        }
        if job.state() != JobState::Completed {
            return broken(format!("job {index} is {:?}", job.state()));
        }
        let computed: BTreeMap<usize, usize> = tasks(run, *id)
            .filter(|task| task.state() == TaskState::Computed)
            .filter_map(|task| run.notes.get(execution_of(task.display())?))
            .fold(BTreeMap::new(), |mut counts, note| {
                *counts.entry(note.node).or_default() += 1;
                counts
            });
        if let Some(node) = required.iter().find(|node| computed.get(node) != Some(&1)) {
            return broken(format!("node {node} of job {index} was computed {:?} times", computed.get(node)));
        }
    }
    Ok(())
}

/// Returns whether the failed tasks of a job are such that fail at first, and the server accepted more failures than there
/// were.
fn stale_reports_fail(run: &Run, job: Uuid) -> bool {
    let mut failed = tasks(run, job).filter(|task| task.state() == TaskState::Failed);
    failed.all(|task| {
        let note = execution_of(task.display()).and_then(|number| run.notes.get(number));
        let Some(note) = note else { return false };
        let node = &run.graphs[note.job].nodes[note.node];
        let is_failure = |event: &TraceEvent| {
            matches!(event, TraceEvent::Accepted { task, report: ReportKind::Failed } if *task == note.task)
        };
        let accepted = run.world.trace().iter().filter(|entry| is_failure(&entry.event)).count();
        node.failures > 0 && accepted == node.max_retries as usize + 1
    })
}

fn tasks(run: &Run, job: Uuid) -> impl Iterator<Item = Task> {
    run.world.scheduler().tasks_of_job(job).expect("the job")
}

/// When the server accepted the last report of each task.
fn accepted(run: &Run) -> HashMap<Uuid, Duration> {
    let reports = run.world.trace().iter().filter_map(|entry| match entry.event {
        TraceEvent::Accepted { task, report } if report != ReportKind::HandedBack => Some((task, entry.at)),
        _ => None,
    });
    reports.collect()
}

/// No task starts before its parent was accepted as computed, nor before the last descendant of a dependency.
fn tasks_start_after_their_dependencies(run: &Run) -> Checked {
    let accepted = accepted(run);
    let mut started: HashMap<Uuid, Duration> = HashMap::new();
    for entry in run.world.trace() {
        if let TraceEvent::Started { task, .. } = entry.event {
            started.entry(task).or_insert(entry.at);
        }
    }
    for job in run.world.jobs() {
        let tasks: Vec<Task> = tasks(run, *job).collect();
        // The end of each task with its descendants. Each task precedes its subtasks.
        let mut complete: HashMap<Uuid, Duration> = HashMap::new();
        for task in tasks.iter().rev() {
            let id = uuid(task.id.as_ref());
            let end = match task.state() {
                TaskState::Skipped => Duration::ZERO,
                TaskState::Computed | TaskState::Failed | TaskState::FailedOptional => accepted[&id],
                _ => Duration::MAX,
            };
            let end = complete.get(&id).map_or(end, |below| end.max(*below));
            complete.insert(id, end);
            if task.parent_id.is_some() {
                let above = complete.entry(uuid(task.parent_id.as_ref())).or_default();
                *above = end.max(*above);
            }
        }
        for task in &tasks {
            let id = uuid(task.id.as_ref());
            let Some(start) = started.get(&id) else { continue };
            let parent = task.parent_id.as_ref().map(|parent| accepted[&uuid(Some(parent))]);
            let dependencies = task.depends_on.iter().map(|dependency| complete[&uuid(Some(dependency))]);
            if let Some(end) = dependencies.chain(parent).find(|end| end > start) {
                return broken(format!("task {id} started after {start:?}, and what it waits for ended after {end:?}"));
            }
        }
    }
    Ok(())
}

/// Display, subtasks and progress of a task are those of one execution: the one whose report the server accepted.
fn accepted_reports_count(run: &Run) -> Checked {
    for (index, job) in run.world.jobs().iter().enumerate() {
        let tasks: Vec<Task> = tasks(run, *job).collect();
        let mut children: HashMap<Uuid, Vec<&Task>> = HashMap::new();
        for task in &tasks {
            children.entry(uuid(task.parent_id.as_ref())).or_default().push(task);
        }
        let mut progress = 0;
        for task in &tasks {
            let id = uuid(task.id.as_ref());
            let Some(number) = execution_of(task.display()) else { continue };
            let Some(note) = run.notes.get(number) else {
                return broken(format!("task {id} has no execution {number}"));
            };
            // A task that has not run shows the number of the execution that submitted it.
            let ended = matches!(task.state(), TaskState::Computed | TaskState::Failed | TaskState::FailedOptional);
            if note.task != id {
                if ended {
                    return broken(format!("task {id} shows execution {number} of another task"));
                }
                continue;
            }
            progress += note.progress;
            let own = children.get(&id).map_or(&[] as &[&Task], Vec::as_slice);
            let expected = match task.state() {
                TaskState::Computed => run.graphs[index].nodes[note.node].children.len(),
                _ => 0,
            };
            if own.len() != expected {
                return broken(format!("task {id} has {} subtasks instead of {expected}", own.len()));
            }
            for child in own {
                let shown = execution_of(child.display()).expect("a number");
                let is_own =
                    shown == number || run.notes.get(shown).is_some_and(|of| of.task == uuid(child.id.as_ref()));
                if !is_own {
                    return broken(format!("a subtask of {id} is from execution {shown}, not from {number}"));
                }
            }
        }
        let sum = run.world.scheduler().job(*job).expect("the job").progress;
        let sum: u64 = sum.iter().map(|indicator| indicator.done).sum();
        if sum != progress {
            return broken(format!("the progress of job {index} is {sum}, and its accepted reports say {progress}"));
        }
    }
    Ok(())
}

/// No task is executed again, and no lease is lost, without a fault or a failure of the task.
fn repetitions_are_explained(run: &Run) -> Checked {
    let counts = run.world.fault_counts();
    let stops = counts.of(Fault::Stop) + counts.of(Fault::Interrupt);
    for repetition in run.world.repetitions() {
        let is_explained = match repetition.cause {
            Cause::Failed => true,
            Cause::HandedBack => stops > 0 || (run.aborts && counts.total() > 0),
            Cause::Crash => counts.of(Fault::Crash) > 0,
            Cause::LostResponse => counts.total() - stops - counts.of(Fault::Crash) > 0,
            Cause::DuplicatedRequest => counts.of(Fault::DuplicatedRequest) > 0,
            Cause::LeaseEnded { faults } => faults > 0,
            _ => false,
        };
        if !is_explained || (run.is_calm && repetition.cause != Cause::Failed) {
            return broken(format!("nothing explains this: {repetition}"));
        }
    }
    let has_lost_lease =
        |event: &TraceEvent| matches!(event, TraceEvent::Lease { lease_end: None, .. } | TraceEvent::Expired { .. });
    match run.world.trace().iter().find(|entry| run.is_calm && has_lost_lease(&entry.event)) {
        Some(entry) => broken(format!("a lease was lost without a fault: {entry}")),
        None => Ok(()),
    }
}

/// No lease ends at the server without a fault of its runner since the request for the task, which was sent a minute before the
/// server handed it out at most. A stop is none: a runner hands back what arrives later.
fn ended_leases_are_explained(run: &Run) -> Checked {
    let mut handed_out: HashMap<Uuid, Duration> = HashMap::new();
    let mut faults: HashMap<usize, Duration> = HashMap::new();
    for entry in run.world.trace() {
        let runner = entry.runner.unwrap_or_default();
        match &entry.event {
            TraceEvent::Fault(Fault::Stop | Fault::Interrupt) => {}
            TraceEvent::Fault(_) => {
                faults.insert(runner, entry.at);
            }
            TraceEvent::HandedOut { task, .. } => {
                handed_out.insert(*task, entry.at);
            }
            TraceEvent::Expired { task } => {
                let asked = handed_out.get(task).copied().unwrap_or_default().saturating_sub(Duration::from_secs(65));
                if faults.get(&runner).is_none_or(|fault| *fault < asked) {
                    return broken(format!("nothing explains this: {entry}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A runner never believes in a lease that the server regards as ended, and extends none that has ended.
fn leases_end_at_the_server_first(run: &Run) -> Checked {
    // The end of the leases that the server granted to each runner. A runner may not know of an extension.
    let mut granted: HashMap<(usize, Uuid), Duration> = HashMap::new();
    for entry in run.world.trace() {
        let runner = entry.runner.unwrap_or_default();
        let end_of = |task: Uuid| granted.get(&(runner, task)).copied();
        // A slow clock shows the end of a lease later. The lease began when its request was sent, a minute ago at most.
        let tolerance = |left: Duration| {
            (left + Duration::from_secs(65)) * run.drift / 1_000_000 * 101 / 100 + Duration::from_micros(1)
        };
        match &entry.event {
            TraceEvent::HandedOut { task, lease_end, .. } | TraceEvent::Extended { task, lease_end } => {
                let end = granted.entry((runner, *task)).or_default();
                *end = (*end).max(*lease_end);
            }
            TraceEvent::Started { task, lease_end: Some(end), .. }
            | TraceEvent::Lease { task, lease_end: Some(end), .. } => {
                let granted = end_of(*task).unwrap_or_default();
                if *end > granted + tolerance(end.saturating_sub(entry.at)) {
                    return broken(format!("the server's lease ends after {granted:?}: {entry}"));
                }
            }
            TraceEvent::Sent(Request::ExtendLease { task }) => {
                if let Some(end) = end_of(*task)
                    && entry.at > end + tolerance(Duration::from_secs(300))
                {
                    return broken(format!("the lease ended after {end:?}: {entry}"));
                }
            }
            TraceEvent::ProcessStarted => granted.retain(|(of, _), _| *of != runner),
            _ => {}
        }
    }
    Ok(())
}

/// A report of unknown fate is repeated without a request for a task: its response may be lost again, and the task with it.
/// After the report of an execution, its lease is not extended any more.
fn reports_are_repeated_without_asking(run: &Run) -> Checked {
    let mut unknown: HashSet<(usize, Uuid)> = HashSet::new();
    // The executions of each task that a runner holds. One process may hold two of them, after a late response.
    let mut held: HashMap<(usize, Uuid), u32> = HashMap::new();
    // Those that it executes or reports. The messages of two such executions cannot be told apart.
    let mut executed: HashMap<(usize, Uuid), u32> = HashMap::new();
    for entry in run.world.trace() {
        let runner = entry.runner.unwrap_or_default();
        match &entry.event {
            TraceEvent::NoResponse(Request::NextTask { computed: Some(task), .. }) => {
                unknown.insert((runner, *task));
            }
            TraceEvent::HandedOut { task, .. } => *held.entry((runner, *task)).or_default() += 1,
            TraceEvent::Started { task, .. } => {
                *executed.entry((runner, *task)).or_default() += 1;
                unknown.remove(&(runner, *task));
            }
            TraceEvent::Reported { task, .. } => {
                unknown.remove(&(runner, *task));
                executed.entry((runner, *task)).and_modify(|count| *count = count.saturating_sub(1));
                held.entry((runner, *task)).and_modify(|count| *count = count.saturating_sub(1));
            }
            TraceEvent::Sent(Request::NextTask { computed: Some(task), asks: true })
                if unknown.contains(&(runner, *task)) && executed.get(&(runner, *task)) == Some(&1) =>
            {
                return broken(format!("a report is repeated with a request for a task: {entry}"));
            }
            TraceEvent::Sent(Request::ExtendLease { task }) if held.get(&(runner, *task)) == Some(&0) => {
                return broken(format!("a lease is extended after the report: {entry}"));
            }
            TraceEvent::ProcessStarted => {
                unknown.retain(|(of, _)| *of != runner);
                held.retain(|(of, _), _| *of != runner);
                executed.retain(|(of, _), _| *of != runner);
            }
            _ => {}
        }
    }
    Ok(())
}

/// A runner that has ended sends nothing and starts nothing.
fn nothing_happens_after_the_end(run: &Run) -> Checked {
    let mut ended: HashMap<usize, bool> = HashMap::new();
    for entry in run.world.trace() {
        let Some(runner) = entry.runner else { continue };
        match &entry.event {
            TraceEvent::Ended(_) => {
                ended.insert(runner, true);
            }
            TraceEvent::ProcessStarted => {
                ended.insert(runner, false);
            }
            TraceEvent::Sent(_)
            | TraceEvent::Started { .. }
            | TraceEvent::Lease { .. }
            | TraceEvent::Finished { .. }
            | TraceEvent::Stopping { .. }
            | TraceEvent::Reported { .. }
                if ended.get(&runner) == Some(&true) =>
            {
                return broken(format!("after the end of the runner: {entry}"));
            }
            _ => {}
        }
    }
    Ok(())
}
