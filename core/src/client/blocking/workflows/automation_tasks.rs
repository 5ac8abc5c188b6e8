//! Blocking tasks that automations start.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Context;
use crate::client::blocking::block_on;
use crate::error::Result;
use crate::workflows::input::{CronEvent, StorageEventKind};
use crate::workflows::{self, CronTask, Input, StorageEventTask, StorageLocation, TaskIdentifier, TaskResult};

/// A task as blocking code that an automation starts on a schedule. It is a [`CronTask`] as well: for everything else see there.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::blocking::workflows::{BlockingCronTask, Context, CronRun, TaskResult};
/// use tilebox_tokio::workflows::input::CronEvent;
///
/// #[derive(Serialize, Deserialize)]
/// struct DailyReport;
///
/// impl BlockingCronTask for DailyReport {
///     fn execute(self, event: CronEvent, context: &Context) -> TaskResult {
///         context.set_display(format!("report of {}", event.time));
///         Ok(())
///     }
/// }
///
/// fn run(client: &tilebox_tokio::blocking::Client) -> tilebox_tokio::error::Result<()> {
///     client.runner().task::<CronRun<DailyReport>>().run_forever()?;
///     Ok(())
/// }
/// ```
pub trait BlockingCronTask: Serialize + DeserializeOwned + Send + 'static {
    /// The rule by which the fields become the argument of the automation. The default is the rule of Python.
    const INPUT: Input = Input::Python;

    /// Returns the name and version by which runners find this code. The default is the name of the type with the version
    /// `v0.0`.
    #[must_use]
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::of_type::<Self>()
    }

    /// Executes the task for an event of the schedule.
    ///
    /// # Errors
    ///
    /// An error is the failure of the task.
    fn execute(self, event: CronEvent, context: &Context) -> TaskResult;
}

impl<T: BlockingCronTask> CronTask for T {
    const INPUT: Input = T::INPUT;

    fn identifier() -> TaskIdentifier {
        T::identifier()
    }

    async fn execute(self, event: CronEvent, context: &workflows::Context) -> TaskResult {
        let inner = Context::new(context.clone());
        context.unblock(move |_| BlockingCronTask::execute(self, event, &inner)).await?
    }
}

/// A task as blocking code that an automation starts for an object in a storage location. It is a [`StorageEventTask`] as well:
/// for everything else see there.
pub trait BlockingStorageEventTask: Serialize + DeserializeOwned + Send + 'static {
    /// The rule by which the fields become the argument of the automation. The default is the rule of Python.
    const INPUT: Input = Input::Python;

    /// Returns the name and version by which runners find this code. The default is the name of the type with the version
    /// `v0.0`.
    #[must_use]
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::of_type::<Self>()
    }

    /// Executes the task for an object. Its storage location exists: without it, the task fails before.
    ///
    /// # Errors
    ///
    /// An error is the failure of the task.
    fn execute(self, object: StorageObject, context: &Context) -> TaskResult;
}

impl<T: BlockingStorageEventTask> StorageEventTask for T {
    const INPUT: Input = T::INPUT;

    fn identifier() -> TaskIdentifier {
        T::identifier()
    }

    async fn execute(self, object: workflows::StorageObject, context: &workflows::Context) -> TaskResult {
        let (inner, object) = (Context::new(context.clone()), StorageObject { inner: object });
        context.unblock(move |_| BlockingStorageEventTask::execute(self, object, &inner)).await?
    }
}

/// An object of a storage location that started a task.
#[derive(Clone)]
pub struct StorageObject {
    inner: workflows::StorageObject,
}

impl StorageObject {
    /// Returns the storage location.
    #[must_use]
    pub fn location(&self) -> &StorageLocation {
        self.inner.location()
    }

    /// Returns the path of the object in the storage location.
    #[must_use]
    pub fn path(&self) -> &str {
        self.inner.path()
    }

    /// Returns what happened to the object.
    #[must_use]
    pub fn kind(&self) -> StorageEventKind {
        self.inner.kind()
    }

    /// Reads the whole object. [`Context::read_object`] reads others.
    ///
    /// # Errors
    ///
    /// As [`Context::read_object`].
    pub fn read(&self) -> Result<Bytes> {
        block_on(self.inner.read())
    }
}

impl fmt::Debug for StorageObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
