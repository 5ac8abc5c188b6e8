//! The subtasks that one execution of a task submits.

use std::borrow::Borrow;
use std::sync::Arc;

use super::check::{self, CheckedTask, Place};
use super::encode::Columns;
use super::groups::{Dependencies, Groups, ListId, MAX_GROUPS, TooManyGroups};
use super::roots::TaskDefaults;
use super::task::{Problem, TaskSubmission};
use crate::error::Result;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::identifier::TaskIdentifier;

/// The largest number of subtasks of one task.
const MAX_TASKS: usize = u32::MAX as usize;

/// Collects the subtasks of one execution of a task, with their dependencies on each other.
///
/// The server receives them with the report of the finished task, and executes them after it. A subtask that violates a limit
/// of the API is refused when it is submitted, and the others stay.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::{Subtasks, TaskDefaults, TaskSubmission};
///
/// let mut subtasks = Subtasks::new(TaskDefaults::new().cluster("dev"));
/// let months = subtasks.submit_all((1..=12).map(|month| TaskSubmission::new("Month", &month)))?;
/// let summary = subtasks.submit_after(TaskSubmission::new("Summary", &()), &months)?;
/// subtasks.submit_after(TaskSubmission::new("Mail", &()).optional(), &summary)?;
///
/// let message = subtasks.to_wire().expect("14 subtasks");
/// assert_eq!(message.task_groups.len(), 3);
/// assert_eq!(message.task_groups[2].dependencies_on_other_groups, [1]);
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Subtasks {
    defaults: TaskDefaults,
    tasks: Vec<CheckedTask>,
    groups: Groups,
    /// Its address tells the handles of this collector from others.
    collector: Arc<Collector>,
}

/// Has no value, only an address.
#[derive(Debug)]
struct Collector;

/// A submitted subtask, on which later subtasks of the same task can depend.
#[derive(Clone, Debug)]
pub struct Subtask {
    collector: Arc<Collector>,
    index: u32,
}

impl Subtask {
    /// Returns the number of subtasks that were submitted before.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index as usize
    }
}

/// One subtask, where a list of dependencies is expected.
impl<'a> IntoIterator for &'a Subtask {
    type Item = &'a Subtask;
    type IntoIter = std::iter::Once<&'a Subtask>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}

impl Subtasks {
    /// Returns a collector without subtasks. The defaults have the cluster of the runner.
    #[must_use]
    pub fn new(defaults: TaskDefaults) -> Self {
        Self { defaults, tasks: Vec::new(), groups: Groups::default(), collector: Arc::new(Collector) }
    }

    /// Returns the number of subtasks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Returns whether there are no subtasks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Adds a subtask without dependencies.
    ///
    /// # Errors
    ///
    /// When the task is not valid, or the subtasks would form more than 64 groups.
    pub fn submit(&mut self, task: impl Into<TaskSubmission>) -> Result<Subtask> {
        self.add(task.into(), &mut After::Tasks(Dependencies::default()))
    }

    /// Adds a subtask that is executed after these subtasks and all tasks below them.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit), or when a handle belongs to another task.
    pub fn submit_after(
        &mut self,
        task: impl Into<TaskSubmission>,
        after: impl IntoIterator<Item: Borrow<Subtask>>,
    ) -> Result<Subtask> {
        let task = task.into();
        let after = self.dependencies(&task, after)?;
        self.add(task, &mut After::Tasks(after))
    }

    /// Adds subtasks without dependencies.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit). The subtasks before the refused one stay.
    pub fn submit_all(&mut self, tasks: impl IntoIterator<Item: Into<TaskSubmission>>) -> Result<Vec<Subtask>> {
        self.submit_all_after(tasks, [] as [Subtask; 0])
    }

    /// Adds subtasks that are executed after these subtasks and all tasks below them. This reads the list of dependencies once
    /// for all tasks.
    ///
    /// # Errors
    ///
    /// As [`submit_after`](Self::submit_after). The subtasks before the refused one stay.
    pub fn submit_all_after(
        &mut self,
        tasks: impl IntoIterator<Item: Into<TaskSubmission>>,
        after: impl IntoIterator<Item: Borrow<Subtask>>,
    ) -> Result<Vec<Subtask>> {
        let mut tasks = tasks.into_iter().map(Into::into).peekable();
        let Some(first) = tasks.peek() else { return Ok(Vec::new()) };
        let mut after = After::Tasks(self.dependencies(first, after)?);
        tasks.map(|task| self.add(task, &mut after)).collect()
    }

    /// Returns the indices of these handles.
    fn dependencies(
        &self,
        task: &TaskSubmission,
        after: impl IntoIterator<Item: Borrow<Subtask>>,
    ) -> Result<Dependencies> {
        let indices = after.into_iter().map(|handle| {
            let handle: &Subtask = handle.borrow();
            Arc::ptr_eq(&handle.collector, &self.collector).then_some(handle.index)
        });
        let indices: Option<Vec<_>> = indices.collect();
        indices.map(Dependencies::new).ok_or_else(|| {
            let advice = "depend on subtasks that this execution of the task submitted";
            self.refused(task.identifier.as_ref().ok(), Problem::new("it depends on a subtask of another task", advice))
        })
    }

    fn add(&mut self, task: TaskSubmission, after: &mut After) -> Result<Subtask> {
        let task = check::checked(task, &self.defaults, self.place())?;
        if self.tasks.len() >= MAX_TASKS {
            let reason = format!("expects at most {MAX_TASKS} subtasks");
            return Err(
                self.refused(Some(&task.identifier), Problem::new(reason, "submit some of them from a subtask"))
            );
        }
        let added = match &*after {
            After::Tasks(dependencies) => self.groups.add(dependencies),
            After::List(list) => self.groups.add_to(*list).map(|()| *list),
        };
        let list = added.map_err(|TooManyGroups(groups)| {
            let reason = format!("expects subtasks that form at most {MAX_GROUPS} groups, got {groups}");
            let advice = "tasks form one group if they depend on the same tasks and the same tasks depend on them: let more \
                          tasks share their dependencies, or submit parts of the graph from subtasks";
            self.refused(Some(&task.identifier), Problem::new(reason, advice))
        })?;
        *after = After::List(list);
        let index = self.tasks.len() as u32;
        self.tasks.push(task);
        Ok(Subtask { collector: Arc::clone(&self.collector), index })
    }

    fn place(&self) -> Place {
        Place::subtask(self.tasks.len())
    }

    fn refused(&self, identifier: Option<&TaskIdentifier>, problem: Problem) -> crate::error::Error {
        check::error(self.place().purpose(identifier), problem)
    }

    /// Converts to the message of the report; `None` if there are no subtasks.
    #[must_use]
    pub fn to_wire(&self) -> Option<wire::TaskSubmissions> {
        if self.tasks.is_empty() {
            return None;
        }
        let numbered = self.groups.numbered();
        let with_dependencies = |dependencies| wire::TaskSubmissionGroup {
            dependencies_on_other_groups: dependencies,
            ..Default::default()
        };
        let mut groups: Vec<_> = numbered.dependencies.into_iter().map(with_dependencies).collect();
        let mut columns = Columns::default();
        for (task, number) in self.tasks.iter().zip(numbered.of_tasks) {
            columns.push(&mut groups[number as usize], task.clone());
        }
        Some(columns.finish(groups))
    }
}

/// The dependencies of the next task.
enum After {
    Tasks(Dependencies),
    /// The list of an earlier task.
    List(ListId),
}
