//! The code of simulated tasks, which notes each execution.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use tilebox_core::runtime::Runtime;
use tilebox_core::testing::workflows::{Control, Execute, Execution};
use tilebox_core::workflows::runner::{FailureCause, LeaseState, LeasedTask, Outcome, StopReason};
use tilebox_core::workflows::{ProgressIndicator, Subtasks, TaskDefaults, TaskIdentifier, TaskSubmission};
use uuid::Uuid;

use super::graph::Graph;

/// The executions of a run, by a number that is in their display.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    shared: Arc<Mutex<HashMap<u64, Note>>>,
}

/// One execution.
#[derive(Clone, Debug)]
pub struct Note {
    /// The id of the task.
    pub task: Uuid,
    /// The job, by its index.
    pub job: usize,
    /// The node of its graph.
    pub node: usize,
    /// The done progress that the execution counts.
    pub progress: u64,
    /// Whether it failed; `None` while it runs or if it was dropped.
    pub failed: Option<bool>,
}

impl Notes {
    /// Returns the execution with this number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Note> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    /// Returns the number of executions that started.
    #[must_use]
    pub fn executions(&self) -> usize {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn add(&self, note: Note) -> u64 {
        let mut notes = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let number = notes.len() as u64 + 1;
        // Distinct powers would overflow; distinct multiples make sums of wrong executions differ with high probability.
        let progress = number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff;
        notes.insert(number, Note { progress, ..note });
        number
    }

    fn end(&self, number: u64, failed: bool) {
        let mut notes = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        notes.entry(number).and_modify(|note| note.failed = Some(failed));
    }
}

/// Returns the identifier of all simulated tasks.
#[must_use]
pub fn identifier() -> TaskIdentifier {
    TaskIdentifier::new("tilebox.test/Node", 1, 0)
}

/// Returns the submission of a node.
pub fn submission(job: usize, node: usize, graph: &Graph) -> TaskSubmission {
    let task = TaskSubmission::bytes(identifier(), format!("{job} {node}"));
    let task = task.max_retries(graph.nodes[node].max_retries).display(format!("{node}"));
    if graph.nodes[node].is_optional { task.optional() } else { task }
}

/// Reads the number of the execution in a display: `7#12` is execution 12 of node 7.
#[must_use]
pub fn execution_of(display: &str) -> Option<u64> {
    display.lines().next()?.split_once('#')?.1.parse().ok()
}

/// Returns the function that starts tasks in a process with this runtime.
#[must_use]
pub fn code(graphs: &Arc<Vec<Graph>>, notes: &Notes, runtime: &Arc<dyn Runtime>) -> Execute {
    let (graphs, notes, runtime) = (Arc::clone(graphs), notes.clone(), Arc::clone(runtime));
    Box::new(move |task| start(&graphs, &notes, &runtime, task))
}

/// The control of a task that stops only when it is aborted.
struct Abort(futures::future::AbortHandle);

impl Control for Abort {
    fn set_lease(&self, _: LeaseState) {}

    fn stop(&self, reason: StopReason) {
        if reason != StopReason::Stopping {
            self.0.abort();
        }
    }
}

fn start(graphs: &Arc<Vec<Graph>>, notes: &Notes, runtime: &Arc<dyn Runtime>, task: LeasedTask) -> Execution {
    let (graphs, notes, runtime) = (Arc::clone(graphs), notes.clone(), Arc::clone(runtime));
    let execution = async move {
        let input = std::str::from_utf8(&task.input).expect("an input");
        let (job, node) = input.split_once(' ').expect("job and node");
        let (job, index): (usize, usize) = (job.parse().expect("a job"), node.parse().expect("a node"));
        let node = &graphs[job].nodes[index];
        let number = notes.add(Note { task: task.id, job, node: index, progress: 0, failed: None });
        for step in &node.steps {
            runtime.sleep_until(runtime.now() + *step).await;
        }
        let display = format!("{index}#{number}");
        let done = notes.get(number).expect("a note").progress;
        let progress = vec![ProgressIndicator::new("work", done, done)];
        let fails = node.always_fails || task.retry_count < u64::from(node.failures);
        notes.end(number, fails);
        if fails {
            let display = format!("{display}\nit fails");
            return Outcome::Failed { display, progress, cause: FailureCause::Task };
        }
        let mut subtasks = Subtasks::new(TaskDefaults::new().cluster("default"));
        let mut handles = Vec::new();
        for child in &node.children {
            let task = submission(job, child.node, &graphs[job]).display(format!("{}#{number}", child.node));
            let after = child.after.iter().map(|position| &handles[*position]);
            let handle = subtasks.submit_after(task, after).expect("a valid subtask");
            handles.push(handle);
        }
        Outcome::Computed { display: Some(display), subtasks: subtasks.to_wire(), progress }
    };
    let (future, handle) = futures::future::abortable(execution);
    let future = future.map(|outcome| outcome.unwrap_or(Outcome::HandBack));
    (Box::new(Abort(handle)), future.boxed())
}
