//! The requests that list the tasks of a job, level by level.

use std::collections::{HashSet, VecDeque};

use uuid::Uuid;

use super::{ListRange, TaskSummary};
use crate::error::UnreadableMessage;
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1 as wire;

/// The number of subtasks of each task that a response includes.
const PREFETCHED_CHILDREN: i64 = 100;

/// Maximum number of successive pages with a cursor and without new tasks.
const MAX_EMPTY_PAGES: u32 = 1000;

/// Decides which pages of a job's tasks to request, and collects their tasks.
///
/// Send the requests of [`next_request`](Self::next_request), one or several at a time. Pass each response to
/// [`handle_response`](Self::handle_response) with the page that it was requested for. The walk has ended when there is
/// no request and none is in flight.
#[derive(Debug)]
pub struct TaskWalk {
    job_id: Uuid,
    /// Whether the subtasks of listed tasks are listed too.
    descends: bool,
    waiting: VecDeque<TaskPageKey>,
    /// The tasks so far.
    seen: HashSet<Uuid>,
    /// The cursors so far, each with the parent of its page.
    cursors: HashSet<(Option<Uuid>, Uuid)>,
    /// The last cursor of a list without subtasks of the listed tasks.
    cursor: Option<Uuid>,
    page_size: Option<u64>,
    /// The rest of the limit.
    remaining: Option<u64>,
}

/// A page of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskPageKey {
    parent: Option<Uuid>,
    after: Option<Uuid>,
    /// The number of successive pages without new tasks before it.
    empty_pages: u32,
}

impl TaskWalk {
    /// Creates a walk through all tasks of a job.
    #[must_use]
    pub fn all(job_id: Uuid) -> Self {
        Self::new(job_id, None, true)
    }

    /// Creates a walk through the direct subtasks of a task, or through the root tasks of a job.
    #[must_use]
    pub fn children(job_id: Uuid, parent: Option<Uuid>) -> Self {
        Self::new(job_id, parent, false)
    }

    fn new(job_id: Uuid, parent: Option<Uuid>, descends: bool) -> Self {
        let first = TaskPageKey { parent, after: None, empty_pages: 0 };
        let waiting = VecDeque::from([first]);
        Self {
            job_id,
            descends,
            waiting,
            seen: HashSet::new(),
            cursors: HashSet::new(),
            cursor: None,
            page_size: None,
            remaining: None,
        }
    }

    /// Limits the walk, before its first request. A walk through all tasks ignores the cursor, because each of its levels has
    /// cursors of its own.
    #[must_use]
    pub fn within(mut self, range: ListRange) -> Self {
        (self.page_size, self.remaining) = (range.page_size, range.limit);
        if let (false, Some(after), Some(first)) = (self.descends, range.starting_after, self.waiting.front_mut()) {
            first.after = Some(after);
            self.cursors.insert((first.parent, after));
            self.cursor = Some(after);
        }
        self
    }

    /// Returns the cursor after the pages so far: a walk through the same [children](Self::children) that starts after it lists
    /// the rest. A walk through all tasks has none.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.cursor
    }

    /// Returns whether the walk has listed as many tasks as its limit. Responses in flight are not needed.
    #[must_use]
    pub fn has_reached_limit(&self) -> bool {
        self.remaining == Some(0)
    }

    /// Returns the next request, if one is known before further responses.
    pub fn next_request(&mut self) -> Option<(TaskPageKey, wire::ListJobTasksRequest)> {
        let key = self.waiting.pop_front()?;
        let limit = self.page_size.into_iter().chain(self.remaining).min();
        let page = Pagination {
            limit: limit.and_then(|limit| i64::try_from(limit).ok()),
            starting_after: key.after.map(id::to_wire),
        };
        let request = wire::ListJobTasksRequest {
            job_id: Some(id::to_wire(self.job_id)),
            parent_task_id: key.parent.map(id::to_wire),
            page: Some(page).filter(|page| *page != Pagination::default()),
            prefetch_children: self.descends.then_some(wire::JobTaskChildrenPrefetch { limit: PREFETCHED_CHILDREN }),
        };
        Some((key, request))
    }

    /// Takes the response to a request. Returns its tasks, each after its parent.
    ///
    /// # Errors
    ///
    /// If a task has no id, or the pages would never end.
    pub fn handle_response(
        &mut self,
        key: TaskPageKey,
        response: wire::ListJobTasksResponse,
    ) -> Result<Vec<TaskSummary>, UnreadableMessage> {
        let wire::ListJobTasksResponse { page, prefetched_child_pages } = response;
        let mut tasks = Vec::new();
        self.add_page(key, page.unwrap_or_default(), &mut tasks)?;
        let mut prefetched = HashSet::new();
        let descends = self.descends;
        for page in prefetched_child_pages.into_iter().filter(|_| descends) {
            // Without a parent they would be root tasks, which other pages list.
            let Some(parent) = page.parent_task_id.as_ref().and_then(id::from_wire) else { continue };
            let key = TaskPageKey { parent: Some(parent), after: None, empty_pages: 0 };
            if prefetched.insert(parent) {
                self.add_page(key, page, &mut tasks)?;
            }
        }
        if self.descends {
            let unlisted = tasks.iter().filter(|task| task.has_children && !prefetched.contains(&task.id));
            self.waiting.extend(unlisted.map(|task| TaskPageKey {
                parent: Some(task.id),
                after: None,
                empty_pages: 0,
            }));
        }
        if let Some(remaining) = &mut self.remaining {
            tasks.truncate(usize::try_from(*remaining).unwrap_or(usize::MAX));
            *remaining = remaining.saturating_sub(tasks.len() as u64);
        }
        if self.has_reached_limit() {
            self.waiting.clear();
        }
        Ok(tasks)
    }

    fn add_page(
        &mut self,
        key: TaskPageKey,
        page: wire::JobTaskPage,
        tasks: &mut Vec<TaskSummary>,
    ) -> Result<(), UnreadableMessage> {
        let known = tasks.len();
        for task in page.tasks {
            let task = TaskSummary::from_wire(task)?;
            if self.seen.insert(task.id) {
                let parent_id = task.parent_id.or(key.parent);
                tasks.push(TaskSummary { parent_id, ..task });
            }
        }
        let after = page.next_page.and_then(|page| page.starting_after).as_ref().and_then(id::from_wire);
        let Some(after) = after else { return Ok(()) };
        // Tasks that were listed before do not count: a server that repeats them must not occupy its caller forever.
        let empty_pages = if tasks.len() == known { key.empty_pages + 1 } else { 0 };
        if !self.cursors.insert((key.parent, after)) {
            return Err(UnreadableMessage::new(format!("the cursor {after} of a page is repeated")));
        }
        if empty_pages > MAX_EMPTY_PAGES {
            return Err(UnreadableMessage::new(format!("{MAX_EMPTY_PAGES} successive pages had no new tasks")));
        }
        if !self.descends {
            self.cursor = Some(after);
        }
        self.waiting.push_back(TaskPageKey { after: Some(after), empty_pages, ..key });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::TaskTree;

    const JOB: Uuid = Uuid::from_u128(1000);

    fn task(number: u128, has_children: bool) -> wire::TaskSummary {
        let id = Some(id::to_wire(Uuid::from_u128(number)));
        wire::TaskSummary { id, display: number.to_string(), has_children, ..Default::default() }
    }

    fn page(parent: Option<u128>, tasks: Vec<wire::TaskSummary>, next: Option<u128>) -> wire::JobTaskPage {
        let id = |id: Option<u128>| id.map(|id| id::to_wire(Uuid::from_u128(id)));
        let next_page = next.map(|next| Pagination { limit: None, starting_after: id(Some(next)) });
        wire::JobTaskPage { parent_task_id: id(parent), tasks, next_page }
    }

    fn response(page: wire::JobTaskPage, children: Vec<wire::JobTaskPage>) -> wire::ListJobTasksResponse {
        wire::ListJobTasksResponse { page: Some(page), prefetched_child_pages: children }
    }

    fn parent_and_cursor(request: &wire::ListJobTasksRequest) -> (Option<u128>, Option<u128>) {
        let number = |id: &Option<_>| id.as_ref().and_then(id::from_wire).map(|id| id.as_u128());
        (number(&request.parent_task_id), request.page.as_ref().and_then(|page| number(&page.starting_after)))
    }

    #[test]
    fn a_walk_requests_pages_and_subtasks_that_are_not_prefetched() {
        let mut walk = TaskWalk::all(JOB);
        let (key, request) = walk.next_request().expect("the first page");
        assert_eq!(parent_and_cursor(&request), (None, None));
        assert_eq!(request.prefetch_children.map(|prefetch| prefetch.limit), Some(100));
        assert!(walk.next_request().is_none());
        let children = page(Some(1), vec![task(11, true), task(12, false)], Some(12));
        let first = response(page(None, vec![task(1, true), task(2, true), task(3, false)], Some(3)), vec![children]);
        let mut tasks = walk.handle_response(key, first).expect("tasks");
        let mut requested = Vec::new();
        while let Some((key, request)) = walk.next_request() {
            requested.push(parent_and_cursor(&request));
            let next = match requested.last() {
                Some((None, Some(3))) => page(None, vec![task(4, false)], None),
                Some((Some(1), Some(12))) => page(Some(1), vec![task(13, false)], None),
                Some((Some(2), None)) => page(None, vec![task(21, false)], None),
                Some((Some(11), None)) => page(None, Vec::new(), None),
                other => unreachable!("{other:?}"),
            };
            tasks.extend(walk.handle_response(key, response(next, Vec::new())).expect("tasks"));
        }
        assert_eq!(requested, [(None, Some(3)), (Some(1), Some(12)), (Some(2), None), (Some(11), None)]);
        let tree: Vec<_> = TaskTree::new(tasks).with_depths().map(|(depth, task)| (depth, task.id.as_u128())).collect();
        assert_eq!(tree, [(0, 1), (1, 11), (1, 12), (1, 13), (0, 2), (1, 21), (0, 3), (0, 4)]);
    }

    #[test]
    fn children_are_listed_without_their_subtasks() {
        let mut walk = TaskWalk::children(JOB, Some(Uuid::from_u128(1)));
        let (key, request) = walk.next_request().expect("a page");
        assert_eq!((parent_and_cursor(&request), request.prefetch_children), ((Some(1), None), None));
        let sent =
            response(page(Some(1), vec![task(11, true)], None), vec![page(Some(11), vec![task(111, false)], None)]);
        assert_eq!(walk.handle_response(key, sent).expect("tasks").len(), 1);
        assert!(walk.next_request().is_none());
    }

    #[test]
    fn a_repeated_cursor_or_task_does_not_repeat_the_walk() {
        let mut walk = TaskWalk::all(JOB);
        let (key, _) = walk.next_request().expect("a page");
        assert_eq!(
            walk.handle_response(key, response(page(None, vec![task(1, true)], Some(1)), Vec::new()))
                .expect("tasks")
                .len(),
            1
        );
        let (key, _) = walk.next_request().expect("the next page");
        let repeated = response(page(None, vec![task(1, true)], Some(1)), Vec::new());
        let error = walk.handle_response(key, repeated).expect_err("a repeated cursor");
        assert!(error.to_string().contains("is repeated"), "{error}");
        // A task that is its own subtask.
        let (key, _) = walk.next_request().expect("the subtasks of 1");
        let cycle = response(page(Some(1), vec![task(1, true)], None), Vec::new());
        assert!(walk.handle_response(key, cycle).expect("no new task").is_empty());
        assert!(walk.next_request().is_none());
    }

    #[test]
    fn pages_without_new_tasks_end_the_walk_with_an_error() {
        let mut walk = TaskWalk::all(JOB);
        for cursor in 0.. {
            let (key, _) = walk.next_request().expect("a page");
            // Empty pages, and pages that repeat the task of the first one.
            let tasks = if cursor % 2 == 0 { vec![task(1, false)] } else { Vec::new() };
            let repeated = response(page(None, tasks, Some(cursor + 1)), Vec::new());
            match walk.handle_response(key, repeated) {
                Ok(tasks) => assert!(tasks.is_empty() != (cursor == 0) && cursor <= 1000),
                Err(error) => {
                    assert_eq!(cursor, 1001);
                    assert!(error.to_string().contains("1000 successive pages had no new tasks"), "{error}");
                    break;
                }
            }
        }
    }
}
