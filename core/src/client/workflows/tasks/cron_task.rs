//! Tasks that a schedule starts.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::context::Context;
use super::envelope;
use super::task::Task;
use super::task_error::TaskResult;
use crate::error::Result;
use crate::schema::Timestamp;
use crate::workflows::input::{AutomationInput, CronEvent};
use crate::workflows::{Input, TaskIdentifier, TaskSubmission};

/// A task that an automation starts on a schedule. Its fields are the argument of the automation.
///
/// - [`prototype`](Self::prototype) is the task of a new automation.
/// - A runner executes it as `.task::<CronRun<DailyReport>>()`.
/// - [`once`](Self::once) submits it by hand, as if the schedule had started it at some time.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::Timestamp;
/// use tilebox_tokio::workflows::input::CronEvent;
/// use tilebox_tokio::workflows::{Context, CronRun, CronTask, Registry, TaskResult};
///
/// #[derive(Serialize, Deserialize)]
/// struct DailyReport {
///     region: String,
/// }
///
/// impl CronTask for DailyReport {
///     async fn execute(self, event: CronEvent, context: &Context) -> TaskResult {
///         context.set_display(format!("{} on {}", self.region, event.time));
///         Ok(())
///     }
/// }
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let report = DailyReport { region: "Europe".to_owned() };
/// client.automations().create_cron("Reports", report.prototype().cluster("dev")).schedule("@daily").await?;
///
/// let report = DailyReport { region: "Europe".to_owned() };
/// client.jobs().submit("by hand", report.once(Timestamp::parse("2030-01-01")?)).await?;
///
/// let mut tasks = Registry::new();
/// tasks.register::<CronRun<DailyReport>>()?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task of a schedule",
    label = "expects a type that implements `CronTask`, `Serialize` and `Deserialize`"
)]
pub trait CronTask: Serialize + DeserializeOwned + Send + 'static {
    /// The rule by which the fields become the argument of the automation. The default is the rule of Python.
    const INPUT: Input = Input::Python;

    /// Returns the name and version by which runners find this code, as [`Task::identifier`].
    #[must_use]
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::of_type::<Self>()
    }

    /// Executes the task for an event of the schedule.
    ///
    /// # Errors
    ///
    /// As [`Task::execute`].
    fn execute(self, event: CronEvent, context: &Context) -> impl Future<Output = TaskResult> + Send;

    /// Returns the task of a new automation, for [`Automations::create_cron`](crate::workflows::Automations::create_cron).
    fn prototype(&self) -> TaskSubmission {
        TaskSubmission::with_rule(Self::identifier(), self, Self::INPUT)
    }

    /// Returns the run that the schedule would start at this time, to submit it by hand or to test it.
    fn once(self, time: Timestamp) -> CronRun<Self> {
        CronRun { event: CronEvent::new(time), task: self }
    }
}

/// One run of a [`CronTask`]: the task and the event that started it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronRun<T> {
    event: CronEvent,
    task: T,
}

impl<T: CronTask> CronRun<T> {
    /// Returns the event.
    #[must_use]
    pub fn event(&self) -> CronEvent {
        self.event
    }

    /// Returns the task.
    #[must_use]
    pub fn task(&self) -> &T {
        &self.task
    }

    fn decode(input: &[u8]) -> Result<Self> {
        let input = AutomationInput::decode(input)?;
        Ok(Self { event: input.cron_event()?, task: T::INPUT.decode(input.argument())? })
    }

    fn encode(&self) -> Result<Bytes> {
        Ok(AutomationInput::new(self.event, T::INPUT.encode(&self.task)?).encode())
    }
}

impl<T: CronTask> Task for CronRun<T> {
    const INPUT: Input = Input::Bytes;

    fn identifier() -> TaskIdentifier {
        T::identifier()
    }

    async fn execute(self, context: &Context) -> TaskResult {
        self.task.execute(self.event, context).await
    }
}

/// As the input of a task that an automation started, in bytes.
impl<T: CronTask> Serialize for CronRun<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        envelope::serialize(self.encode(), serializer)
    }
}

impl<'de, T: CronTask> Deserialize<'de> for CronRun<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        envelope::deserialize(Self::decode, deserializer)
    }
}
