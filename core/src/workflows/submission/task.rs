//! One task of a submission, with its options.

use bytes::Bytes;
use serde::Serialize;

use super::check::{self, CheckedTask, Place};
use super::roots::TaskDefaults;
use crate::error::{Error, Result, UnreadableMessage};
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::identifier::{IntoTaskIdentifier, TaskIdentifier};
use crate::workflows::input::{AutomationInput, Input, TriggerEvent};

/// A task to submit: an identifier, an encoded input, and options.
///
/// A task that is not valid, such as one with an input that cannot be encoded, is an error when it is submitted, before a
/// request is sent. The error names the task.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::TaskSubmission;
///
/// let task = TaskSubmission::new("example.com/Tile", &(7, 3)).cluster("dev").max_retries(3);
/// assert_eq!(task.identifier()?.name(), "example.com/Tile");
/// # Ok::<(), tilebox_core::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a task does nothing until it is submitted"]
pub struct TaskSubmission {
    pub(super) identifier: Result<TaskIdentifier, Problem>,
    pub(super) input: Result<Bytes, Problem>,
    /// `None` for the cluster of the job, or for a subtask that of the runner.
    pub(super) cluster: Option<String>,
    pub(super) max_retries: Option<u32>,
    pub(super) display: Option<String>,
    pub(super) is_optional: bool,
}

/// Why a task cannot be submitted, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) reason: String,
    pub(super) advice: String,
}

impl Problem {
    pub(super) fn new(reason: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { reason: reason.into(), advice: advice.into() }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::new(error.reason(), error.advice())
    }
}

impl TaskSubmission {
    /// Creates a task with this value as its input, by the rule of Python: see [`Input::Python`].
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::workflows::TaskSubmission;
    ///
    /// #[derive(serde::Serialize)]
    /// struct CloudReport {
    ///     year: i32,
    /// }
    ///
    /// let task = TaskSubmission::new(("example.com/CloudReport", "v1.2"), &CloudReport { year: 2025 });
    /// assert_eq!(&task.input()?[..], b"2025");
    /// # Ok::<(), tilebox_core::error::Error>(())
    /// ```
    pub fn new<T: Serialize + ?Sized>(identifier: impl IntoTaskIdentifier, value: &T) -> Self {
        Self::with_rule(identifier, value, Input::Python)
    }

    /// Creates a task with this value as its input, by another rule: [`Input::Go`] for tasks that Go executes.
    pub fn with_rule<T: Serialize + ?Sized>(identifier: impl IntoTaskIdentifier, value: &T, rule: Input) -> Self {
        let input = rule
            .encode(value)
            .map_err(|error| Problem::new(format!("its input cannot be encoded: {}", error.reason()), error.advice()));
        Self::with_input(identifier, input)
    }

    /// Creates a task whose input is these bytes, at most 2048. The code of the task decides what they mean.
    pub fn bytes(identifier: impl IntoTaskIdentifier, input: impl Into<Bytes>) -> Self {
        Self::with_input(identifier, Ok(input.into()))
    }

    /// Creates a task whose input is a protobuf message. In Python and Go, that is a task with this message as its only
    /// field, or the message itself.
    pub fn protobuf(identifier: impl IntoTaskIdentifier, message: &impl prost::Message) -> Self {
        Self::bytes(identifier, message.encode_to_vec())
    }

    fn with_input(identifier: impl IntoTaskIdentifier, input: Result<Bytes, Problem>) -> Self {
        Self {
            identifier: identifier.into_task_identifier().map_err(Problem::from),
            input,
            cluster: None,
            max_retries: None,
            display: None,
            is_optional: false,
        }
    }

    /// Sets the slug of the cluster whose runners execute the task. The default is the cluster of the job, or for a subtask
    /// the cluster of the runner that executes its parent.
    pub fn cluster(mut self, slug: impl AsRef<str>) -> Self {
        self.cluster = Some(slug.as_ref().to_owned());
        self
    }

    /// Sets how often the task is executed again after it failed. The default is that of the job, or for a subtask 0.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// Lets the job continue if this subtask, or a task below it, fails: the tasks that depend on it are executed anyway. A
    /// root task cannot be optional.
    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Sets the text by which diagrams and lists show the task, at least 1 character. The default is the last part of its
    /// name, `CloudReport` for `example.com/CloudReport`, as the Python client shows the class.
    pub fn display(mut self, text: impl Into<String>) -> Self {
        self.display = Some(text.into());
        self
    }

    /// Submits the task of an automation as if this event had triggered it. The input so far becomes the argument of the
    /// automation.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::workflows::TaskSubmission;
    /// use tilebox_tokio::workflows::input::CronEvent;
    /// use tilebox_tokio::Timestamp;
    ///
    /// let event = CronEvent::new(Timestamp::parse("2030-01-01")?);
    /// let task = TaskSubmission::new("example.com/DailyReport", "Europe").triggered_by(event);
    /// # Ok::<(), tilebox_core::error::Error>(())
    /// ```
    pub fn triggered_by(mut self, event: impl Into<TriggerEvent>) -> Self {
        self.input = self.input.map(|argument| AutomationInput::new(event, argument).encode());
        self
    }

    /// Returns the identifier.
    ///
    /// # Errors
    ///
    /// If it is not valid.
    pub fn identifier(&self) -> Result<&TaskIdentifier> {
        self.identifier.as_ref().map_err(|problem| check::error("use the identifier of a task", problem.clone()))
    }

    /// Returns the encoded input.
    ///
    /// # Errors
    ///
    /// If the value cannot be encoded.
    pub fn input(&self) -> Result<&Bytes> {
        self.input.as_ref().map_err(|problem| check::error("encode the input of a task", problem.clone()))
    }

    /// Converts to a message of one task without dependencies, for the prototypes of jobs and automations.
    ///
    /// # Errors
    ///
    /// If the task is not valid or optional.
    pub fn to_wire(&self, defaults: &TaskDefaults) -> Result<wire::SingleTaskSubmission> {
        let CheckedTask { identifier, input, cluster, display, max_retries, .. } =
            check::checked_root(self.clone(), defaults, Place::ROOT)?;
        Ok(wire::SingleTaskSubmission {
            cluster_slug: cluster,
            identifier: Some(identifier.to_wire()),
            display,
            dependencies: Vec::new(),
            max_retries: max_retries.into(),
            input,
        })
    }

    /// Converts the message of one task of a prototype. It ignores dependencies, which root tasks do not have.
    ///
    /// # Errors
    ///
    /// If the task has no valid identifier.
    pub fn from_wire(task: wire::SingleTaskSubmission) -> Result<Self, UnreadableMessage> {
        let identifier =
            task.identifier.as_ref().ok_or_else(|| UnreadableMessage::new("the task has no identifier"))?;
        Ok(Self {
            identifier: Ok(TaskIdentifier::from_wire(identifier)?),
            input: Ok(task.input),
            cluster: (!task.cluster_slug.is_empty()).then_some(task.cluster_slug),
            max_retries: Some(u32::try_from(task.max_retries.max(0)).unwrap_or(u32::MAX)),
            display: (!task.display.is_empty()).then_some(task.display),
            is_optional: false,
        })
    }
}
