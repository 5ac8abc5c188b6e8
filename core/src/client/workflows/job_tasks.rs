//! The builder of a list of the tasks of a job.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, Stream, StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use super::Job;
use super::jobs::read_id;
use crate::client::driver::list_options::ListOptions;
use crate::client::driver::session::Session;
use crate::client::driver::spans::{Operation, operation};
use crate::client::unreadable;
use crate::error::{Error, Result};
use crate::protocol::wire::workflows::v1::ListJobTasksResponse;
use crate::workflows::{TaskPageKey, TaskSummary, TaskTree, TaskWalk, rpc};

/// Maximum number of requests in flight for one list.
const MAX_REQUESTS: usize = 8;

/// A list of the tasks of a job. Await it for all of them as a [`TaskTree`], or read it as a [stream](Self::stream).
///
/// ```no_run
/// # async fn example(job: tilebox_core::workflows::Job) -> tilebox_core::Result<()> {
/// println!("{}", job.tasks().await?);
/// # Ok(())
/// # }
/// ```
#[must_use = "a list does nothing until it is awaited or read"]
#[derive(Debug)]
pub struct JobTasks {
    job: Job,
    selection: Selection,
    options: ListOptions,
}

/// The tasks of a list.
#[derive(Debug)]
enum Selection {
    All,
    Roots,
    ChildrenOf(Result<Uuid>),
}

impl JobTasks {
    pub(super) fn new(job: Job) -> Self {
        Self { job, selection: Selection::All, options: ListOptions::default() }
    }

    /// Lists only the root tasks.
    pub fn roots(mut self) -> Self {
        self.selection = Selection::Roots;
        self
    }

    /// Lists only the direct subtasks of the task with this id: a [`Uuid`], or anything that converts into one, such as text.
    pub fn children_of(mut self, task: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        self.selection = Selection::ChildrenOf(read_id("list the subtasks of a task", task.try_into()));
        self
    }

    /// Sets the maximum number of tasks, at least 1.
    pub fn limit(mut self, tasks: u64) -> Self {
        self.options.limit(tasks);
        self
    }

    /// Sets the maximum number of tasks of a page, at least 1. By default the server decides.
    pub fn page_size(mut self, tasks: u64) -> Self {
        self.options.page_size(tasks);
        self
    }

    /// Lists only tasks after the [`cursor`](TaskStream::cursor) of an earlier, equal list: a [`Uuid`] or anything that converts
    /// into one, such as text.
    ///
    /// Only a list of [`roots`](Self::roots) or of [`children_of`](Self::children_of) a task has cursors: with all tasks it is an
    /// error.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(mut self, cursor: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        self.options.starting_after(cursor);
        self
    }

    /// Loads all tasks as a tree, as awaiting the list does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for an id that is not valid; otherwise as every call.
    #[doc(alias("collect", "all"))]
    pub async fn load(self) -> Result<TaskTree> {
        self.await
    }

    /// Returns the tasks as a stream, page by page, several requests at once. Each task comes after its parent.
    ///
    /// Dropping the stream aborts the requests in flight.
    #[doc(alias("iter", "pages"))]
    pub fn stream(self) -> TaskStream {
        let id = self.job.id();
        let purpose = self.job.purpose("list the tasks of");
        let before = self.options.cursor();
        let walk = walk(id, self.selection, self.options, &purpose);
        TaskStream {
            operation: operation!("workflows/jobs/tasks/list", "tilebox.job_id" = tracing::field::display(id)),
            purpose,
            session: Arc::clone(self.job.session()),
            walk: Some(walk),
            before,
            after: before,
            in_flight: FuturesUnordered::new(),
            tasks: Vec::new().into_iter(),
        }
    }
}

impl IntoFuture for JobTasks {
    type Output = Result<TaskTree>;
    type IntoFuture = BoxFuture<'static, Result<TaskTree>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(TaskTree::new(self.stream().try_collect().await?)) })
    }
}

fn walk(job_id: Uuid, selection: Selection, options: ListOptions, purpose: &str) -> Result<TaskWalk> {
    let range = options.range(purpose)?.check(purpose)?;
    let walk = match selection {
        Selection::All if range.starting_after.is_some() => {
            let advice = "list the `roots`, or the subtasks of a task with `children_of`";
            return Err(Error::invalid(
                purpose.to_owned(),
                "a list of all tasks has no cursors to start after",
                advice,
            ));
        }
        Selection::All => TaskWalk::all(job_id),
        Selection::Roots => TaskWalk::children(job_id, None),
        Selection::ChildrenOf(task) => TaskWalk::children(job_id, Some(task?)),
    };
    Ok(walk.within(range))
}

type Reply = (TaskPageKey, Result<ListJobTasksResponse>);

/// The tasks of a job as a stream. Ends after the last one, or after an error.
#[must_use = "a stream does nothing until it is read"]
pub struct TaskStream {
    /// `None` after the end.
    walk: Option<Result<TaskWalk>>,
    in_flight: FuturesUnordered<BoxFuture<'static, Reply>>,
    /// The tasks of the last response that were not read.
    tasks: std::vec::IntoIter<TaskSummary>,
    /// The cursors before and after that response.
    before: Option<Uuid>,
    after: Option<Uuid>,
    session: Arc<Session>,
    purpose: String,
    operation: Operation,
}

impl TaskStream {
    /// Returns the cursor after the pages of [`roots`](JobTasks::roots) or [`children_of`](JobTasks::children_of) that were read
    /// to their end; `None` before the end of the first one, and in a list of all tasks. After an error, an equal list
    /// [starting after](JobTasks::starting_after) it returns the rest.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        if self.tasks.len() == 0 { self.after } else { self.before }
    }

    /// Sends requests that are known, up to the maximum.
    fn send(&mut self) -> Result<()> {
        let Some(walk) = &mut self.walk else { return Ok(()) };
        let walk = match walk {
            Ok(walk) => walk,
            Err(_) => return std::mem::replace(walk, Ok(TaskWalk::all(Uuid::nil()))).map(drop),
        };
        while self.in_flight.len() < MAX_REQUESTS
            && let Some((key, request)) = walk.next_request()
        {
            let call = self.session.endpoint.call::<rpc::ListJobTasks>(&request, self.purpose.clone())?;
            let session = Arc::clone(&self.session);
            self.in_flight.push(Box::pin(async move { (key, session.call(call).await) }));
        }
        Ok(())
    }

    fn take(&mut self, (key, response): Reply) -> Result<()> {
        let Some(Ok(walk)) = &mut self.walk else { return Ok(()) };
        let tasks = walk.handle_response(key, response?).map_err(|error| unreadable(self.purpose.clone(), error))?;
        self.tasks = tasks.into_iter();
        (self.before, self.after) = (self.after, walk.cursor());
        if walk.has_reached_limit() {
            self.in_flight.clear();
        }
        Ok(())
    }

    fn poll_task(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<TaskSummary>>> {
        loop {
            if let Some(task) = self.tasks.next() {
                return Poll::Ready(Ok(Some(task)));
            }
            self.send()?;
            match ready!(self.in_flight.poll_next_unpin(cx)) {
                Some(reply) => self.take(reply)?,
                None => return Poll::Ready(Ok(None)),
            }
        }
    }

    fn end(&mut self) {
        self.walk = None;
        // The requests in flight end within the operation.
        self.operation.within(|| self.in_flight.clear());
        self.operation.end();
    }
}

impl Stream for TaskStream {
    type Item = Result<TaskSummary>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.walk.is_none() {
            return Poll::Ready(None);
        }
        let operation = this.operation.clone();
        match ready!(operation.within(|| this.poll_task(cx))) {
            Ok(Some(task)) => Poll::Ready(Some(Ok(task))),
            Ok(None) => {
                this.end();
                Poll::Ready(None)
            }
            Err(error) => {
                operation.failed(&error);
                this.end();
                Poll::Ready(Some(Err(error)))
            }
        }
    }
}

impl Drop for TaskStream {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for TaskStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskStream").field("in_flight", &self.in_flight.len()).finish_non_exhaustive()
    }
}
