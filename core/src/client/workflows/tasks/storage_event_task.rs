//! Tasks that an object in a storage location starts.

use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::context::Context;
use super::envelope;
use super::task::Task;
use super::task_error::TaskResult;
use crate::error::Result;
use crate::workflows::input::{AutomationInput, StorageEvent, StorageEventKind};
use crate::workflows::{Input, StorageLocation, TaskIdentifier, TaskSubmission};

/// A task that an automation starts for an object in a storage location. Its fields are the argument of the automation.
///
/// - [`prototype`](Self::prototype) is the task of a new automation.
/// - A runner executes it as `.task::<StorageEventRun<NewScene>>()`.
/// - [`once`](Self::once) submits it by hand, as if the object had started it.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::workflows::{Context, Registry, StorageEventRun, StorageEventTask, StorageObject, TaskResult};
///
/// #[derive(Serialize, Deserialize)]
/// struct NewScene;
///
/// impl StorageEventTask for NewScene {
///     async fn execute(self, object: StorageObject, context: &Context) -> TaskResult {
///         let scene = object.read().await?;
///         context.set_display(format!("{}: {} bytes", object.path(), scene.len()));
///         Ok(())
///     }
/// }
///
/// # async fn example(client: tilebox_core::Client, scenes: tilebox_core::workflows::StorageLocation) -> tilebox_core::Result<()> {
/// let automation = client.automations().create_storage_event("New scenes", NewScene.prototype());
/// automation.event(&scenes, "**.tif").await?;
///
/// client.jobs().submit("by hand", NewScene.once(&scenes, "2030/01/scene.tif")).await?;
///
/// let mut tasks = Registry::new();
/// tasks.register::<StorageEventRun<NewScene>>()?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task of storage events",
    label = "expects a type that implements `StorageEventTask`, `Serialize` and `Deserialize`"
)]
pub trait StorageEventTask: Serialize + DeserializeOwned + Send + 'static {
    /// The rule by which the fields become the argument of the automation. The default is the rule of Python.
    const INPUT: Input = Input::Python;

    /// Returns the name and version by which runners find this code, as [`Task::identifier`].
    #[must_use]
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::of_type::<Self>()
    }

    /// Executes the task for an object. Its storage location exists: without it, the task fails before.
    ///
    /// # Errors
    ///
    /// As [`Task::execute`].
    fn execute(self, object: StorageObject, context: &Context) -> impl Future<Output = TaskResult> + Send;

    /// Returns the task of a new automation, for
    /// [`Automations::create_storage_event`](crate::workflows::Automations::create_storage_event).
    fn prototype(&self) -> TaskSubmission {
        TaskSubmission::with_rule(Self::identifier(), self, Self::INPUT)
    }

    /// Returns the run that the creation of this object would start, to submit it by hand or to test it. The location is its id
    /// or a reference to a [`StorageLocation`].
    fn once(self, location: impl Into<Uuid>, path: impl Into<String>) -> StorageEventRun<Self> {
        StorageEventRun { event: StorageEvent::created(location.into(), path), task: self }
    }
}

/// An object of a storage location that started a task.
#[derive(Clone)]
pub struct StorageObject {
    context: Context,
    location: StorageLocation,
    event: StorageEvent,
}

impl StorageObject {
    /// Returns the storage location.
    #[must_use]
    pub fn location(&self) -> &StorageLocation {
        &self.location
    }

    /// Returns the path of the object in the storage location.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.event.path
    }

    /// Returns what happened to the object.
    #[must_use]
    pub fn kind(&self) -> StorageEventKind {
        self.event.kind
    }

    /// Reads the whole object. [`Context::read_object`] reads others.
    ///
    /// # Errors
    ///
    /// As [`Context::read_object`].
    pub async fn read(&self) -> Result<Bytes> {
        self.context.read_object(&self.location, &self.event.path).await
    }
}

impl fmt::Debug for StorageObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageObject").field("location", &self.location.name).field("event", &self.event).finish()
    }
}

/// One run of a [`StorageEventTask`]: the task and the event that started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageEventRun<T> {
    event: StorageEvent,
    task: T,
}

impl<T: StorageEventTask> StorageEventRun<T> {
    /// Returns the event.
    #[must_use]
    pub fn event(&self) -> &StorageEvent {
        &self.event
    }

    /// Returns the task.
    #[must_use]
    pub fn task(&self) -> &T {
        &self.task
    }

    fn decode(input: &[u8]) -> Result<Self> {
        let input = AutomationInput::decode(input)?;
        Ok(Self { event: input.storage_event()?, task: T::INPUT.decode(input.argument())? })
    }

    fn encode(&self) -> Result<Bytes> {
        Ok(AutomationInput::new(self.event.clone(), T::INPUT.encode(&self.task)?).encode())
    }
}

impl<T: StorageEventTask> Task for StorageEventRun<T> {
    const INPUT: Input = Input::Bytes;

    fn identifier() -> TaskIdentifier {
        T::identifier()
    }

    async fn execute(self, context: &Context) -> TaskResult {
        let location = context.storage_location(self.event.storage_location_id).await?;
        let object = StorageObject { context: context.clone(), location, event: self.event };
        self.task.execute(object, context).await
    }
}

/// As the input of a task that an automation started, in bytes.
impl<T: StorageEventTask> Serialize for StorageEventRun<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        envelope::serialize(self.encode(), serializer)
    }
}

impl<'de, T: StorageEventTask> Deserialize<'de> for StorageEventRun<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        envelope::deserialize(Self::decode, deserializer)
    }
}
