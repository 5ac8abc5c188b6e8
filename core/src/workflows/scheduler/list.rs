//! Lists of the tasks of a job.

use super::Scheduler;
use super::keys::{BatchKey, Key, Span, TaskKey};
use super::limits;
use super::page::{MAX_LIMIT, Page};
use super::rejection::Rejection;
use super::{id, task};
use crate::protocol::id::to_wire;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::Timestamp;

/// Maximum prefetched children of one response. Tasks whose children do not fit have no page in it.
const MAX_PREFETCHED: usize = 10_000;

impl Scheduler {
    /// Returns a page of the root tasks of a job, or of the subtasks of one of its tasks, ordered by id, and if the request
    /// prefetches children, the first page of the subtasks of each.
    ///
    /// Tilebox's order and numbers are not known. A response prefetches at most 10 000 tasks; ask for the others one by one.
    ///
    /// # Errors
    ///
    /// When the job does not exist, the parent is not one of its tasks, or the page is not valid.
    pub fn list_job_tasks(&self, request: &wire::ListJobTasksRequest) -> Result<wire::ListJobTasksResponse, Rejection> {
        let job = self.require_job(request.job_id.as_ref())?;
        let page = Page::read(request.page.as_ref())?;
        let parent = match &request.parent_task_id {
            None => None,
            Some(parent) => Some(self.require_task(job, limits::required_id("parent_task_id", Some(parent))?)?),
        };
        let batch = match parent {
            None => Some(self.jobs[job].roots),
            Some(parent) => self.graph.tasks[parent].children,
        };
        let tasks = self.page_of(batch, &page)?;
        let prefetch = match request.prefetch_children.map(|prefetch| prefetch.limit) {
            None => None,
            Some(limit) if limit >= 1 => Some(usize::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT)),
            Some(limit) => {
                return Err(Rejection::invalid(format!("prefetch_children.limit: expects at least 1, got {limit}")));
            }
        };
        let mut prefetched = Vec::new();
        let mut room = MAX_PREFETCHED;
        for key in prefetch.into_iter().flat_map(|_| tasks.iter()) {
            let Some(children) = self.graph.tasks[key].children else { continue };
            let page = Page::first(prefetch);
            let tasks = self.page_of(Some(children), &page)?;
            match room.checked_sub(tasks.len() as usize) {
                Some(rest) => room = rest,
                None => break,
            }
            prefetched.push(self.page_message(Some(key), Some(children), tasks, &page));
        }
        let page = self.page_message(parent, batch, tasks, &page);
        Ok(wire::ListJobTasksResponse { page: Some(page), prefetched_child_pages: prefetched })
    }

    /// Returns the tasks of a batch on a page.
    fn page_of(&self, batch: Option<BatchKey>, page: &Page) -> Result<Span<TaskKey>, Rejection> {
        let Some(batch) = batch else { return Ok(Span { first: TaskKey::FIRST, end: TaskKey::FIRST }) };
        let tasks = self.graph.batches[batch].tasks;
        let first = match page.after {
            None => tasks.first,
            Some(after) => match self.graph.find(after).filter(|task| self.graph.tasks[*task].batch == batch) {
                Some(task) => TaskKey::new(task.number() + 1),
                None => {
                    return Err(Rejection::invalid(format!(
                        "page.starting_after: expects a task of this list, got {after}"
                    )));
                }
            },
        };
        let count = (page.limit as u32).min(tasks.end.number() - first.number());
        Ok(Span { first, end: TaskKey::new(first.number() + count) })
    }

    fn page_message(
        &self,
        parent: Option<TaskKey>,
        batch: Option<BatchKey>,
        tasks: Span<TaskKey>,
        page: &Page,
    ) -> wire::JobTaskPage {
        let has_more = batch.is_some_and(|batch| tasks.end < self.graph.batches[batch].tasks.end);
        let last = tasks.iter().last().filter(|_| has_more);
        wire::JobTaskPage {
            parent_task_id: parent.map(|parent| to_wire(self.graph.tasks[parent].id)),
            tasks: tasks.iter().map(|task| self.summary(task)).collect(),
            next_page: last.map(|last| page.next(self.graph.tasks[last].id)),
        }
    }

    fn summary(&self, key: TaskKey) -> wire::TaskSummary {
        let task: &task::Task = &self.graph.tasks[key];
        let (started, stopped) = task.times();
        let parent = self.graph.batches[task.batch].parent;
        wire::TaskSummary {
            id: Some(to_wire(task.id)),
            parent_id: parent.map(|parent| to_wire(self.graph.tasks[parent].id)),
            display: task.shown().to_owned(),
            state: task.state.into(),
            submitted_at: Some(id::time(task.id).to_wire()),
            started_at: started.map(Timestamp::to_wire),
            stopped_at: stopped.map(Timestamp::to_wire),
            input: Some(task.input.clone()),
            retry_count: task.run.retries,
            max_retries: task.max_retries,
            has_children: task.children.is_some(),
            cluster_slug: self.queues.queue(task.queue).cluster.to_string(),
            optional: task.optional,
        }
    }
}
