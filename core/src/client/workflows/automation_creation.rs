//! The builders of new automations.

use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::automations::create;
use crate::client::driver::session::Session;
use crate::error::Result;
use crate::schema::excerpt::excerpt;
use crate::workflows::{Automation, AutomationChanges, NewTriggers, StorageLocation, TaskSubmission};

/// Maximum number of characters of a name that an error repeats.
const MAX_EXCERPT: usize = 60;

/// The creation of an automation with schedules, at least one and at most 32. Await it for the new automation.
///
/// It is not repeated when its response is lost, because each request creates an automation.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::TaskSubmission;
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let task = TaskSubmission::bytes("example.com/Report", "").cluster("dev");
/// let reports = client.automations().create_cron("Reports", task);
/// let reports = reports.schedules(["@daily", "CRON_TZ=Europe/Vienna 30 18 * * FRI"]).await?;
/// println!("next at {:?}", reports.next_scheduled_at());
/// # Ok(())
/// # }
/// ```
#[must_use = "a creation does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct CronAutomationCreation {
    session: Arc<Session>,
    name: String,
    task: TaskSubmission,
    schedules: Vec<String>,
    is_enabled: bool,
}

impl CronAutomationCreation {
    pub(super) fn new(session: Arc<Session>, name: String, task: TaskSubmission) -> Self {
        Self { session, name, task, schedules: Vec::new(), is_enabled: true }
    }

    /// Adds a schedule: five fields such as `30 6 * * MON-FRI`, or a helper such as `@hourly`, in UTC unless a time zone
    /// precedes them. [`CronSchedule`](crate::workflows::CronSchedule) documents the syntax.
    pub fn schedule(mut self, schedule: impl Into<String>) -> Self {
        self.schedules.push(schedule.into());
        self
    }

    /// Adds schedules, as [`schedule`](Self::schedule).
    pub fn schedules<T: Into<String>>(mut self, schedules: impl IntoIterator<Item = T>) -> Self {
        self.schedules.extend(schedules.into_iter().map(Into::into));
        self
    }

    /// Creates it disabled: it submits no jobs until an [update](crate::workflows::Automations::update) enables it.
    pub fn disabled(mut self) -> Self {
        self.is_enabled = false;
        self
    }

    /// Creates the automation, as awaiting the creation does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a request, for a name, task or schedule that
    /// is not valid, and without schedules; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the cluster of the task
    /// does not exist; otherwise as every call.
    pub async fn send(self) -> Result<Automation> {
        self.await
    }
}

impl IntoFuture for CronAutomationCreation {
    type Output = Result<Automation>;
    type IntoFuture = BoxFuture<'static, Result<Automation>>;

    fn into_future(self) -> Self::IntoFuture {
        let purpose = format!("create the automation `{}`", excerpt(&self.name, MAX_EXCERPT));
        let new = AutomationChanges {
            name: Some(self.name),
            task: Some(self.task),
            triggers: Some(NewTriggers::Cron(self.schedules)),
            is_enabled: Some(self.is_enabled),
        };
        Box::pin(async move { create(&self.session, purpose, new).await })
    }
}

/// The creation of an automation that storage events trigger, at least one and at most 32. Await it for the new automation.
///
/// It is not repeated when its response is lost, because each request creates an automation.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::{StorageLocation, TaskSubmission};
///
/// # async fn example(client: tilebox_core::Client, scenes: StorageLocation) -> tilebox_core::Result<()> {
/// let task = TaskSubmission::bytes("example.com/Tile", "");
/// let tiles = client.automations().create_storage_event("Tiles", task);
/// let tiles = tiles.event(&scenes, "**/*.tif").event(&scenes, "**/*.jp2").await?;
/// println!("{tiles}");
/// # Ok(())
/// # }
/// ```
#[must_use = "a creation does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct StorageEventAutomationCreation {
    session: Arc<Session>,
    name: String,
    task: TaskSubmission,
    events: Vec<(StorageLocation, String)>,
    is_enabled: bool,
}

impl StorageEventAutomationCreation {
    pub(super) fn new(session: Arc<Session>, name: String, task: TaskSubmission) -> Self {
        Self { session, name, task, events: Vec::new(), is_enabled: true }
    }

    /// Adds an event: an object whose path matches a glob pattern, such as `**/*.tif`, is stored in a storage location.
    pub fn event(mut self, location: &StorageLocation, glob_pattern: impl Into<String>) -> Self {
        self.events.push((location.clone(), glob_pattern.into()));
        self
    }

    /// Creates it disabled: it submits no jobs until an [update](crate::workflows::Automations::update) enables it.
    pub fn disabled(mut self) -> Self {
        self.is_enabled = false;
        self
    }

    /// Creates the automation, as awaiting the creation does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument), before a request, for a name or task that is not
    /// valid, an empty pattern, and without events; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the storage
    /// location or the cluster of the task does not exist; otherwise as every call.
    pub async fn send(self) -> Result<Automation> {
        self.await
    }
}

impl IntoFuture for StorageEventAutomationCreation {
    type Output = Result<Automation>;
    type IntoFuture = BoxFuture<'static, Result<Automation>>;

    fn into_future(self) -> Self::IntoFuture {
        let purpose = format!("create the automation `{}`", excerpt(&self.name, MAX_EXCERPT));
        let new = AutomationChanges {
            name: Some(self.name),
            task: Some(self.task),
            triggers: Some(NewTriggers::StorageEvents(self.events)),
            is_enabled: Some(self.is_enabled),
        };
        Box::pin(async move { create(&self.session, purpose, new).await })
    }
}
