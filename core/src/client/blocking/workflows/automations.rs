//! Automations: creation, search, change and deletion.

use std::fmt;

use uuid::Uuid;

use crate::client::blocking::{Client, block_on};
use crate::client::workflows;
use crate::error::Result;
use crate::workflows::{Automation, Listing, StorageLocation, TaskSubmission};

impl Client {
    /// Returns the automations of your organisation, to list, create and change them.
    #[must_use]
    pub fn automations(&self) -> Automations {
        Automations { inner: self.inner().automations() }
    }
}

/// The automations of your organisation. Cheap to clone.
///
/// An automation is identified by its id. Where an id is expected, a reference to an [`Automation`] serves as well.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::TaskSubmission;
///
/// # fn example(client: tilebox_core::blocking::Client) -> tilebox_core::Result<()> {
/// let task = TaskSubmission::bytes("example.com/Report", "").cluster("dev");
/// let automation = client.automations().create_cron("Reports", task).schedule("0 6 * * MON-FRI").send()?;
/// client.automations().update(&automation).disable().send()?;
/// client.automations().delete_and_cancel_jobs(&automation)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Automations {
    inner: workflows::Automations,
}

impl Automations {
    /// Returns all automations, in the order of the server. The listing prints as a table.
    ///
    /// # Errors
    ///
    /// As every call.
    #[doc(alias = "list")]
    pub fn all(&self) -> Result<Listing<Automation>> {
        block_on(self.inner.all())
    }

    /// Returns the automation with this id. The id is a [`Uuid`] or anything that converts into one, such as text.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Automations::find`].
    #[doc(alias = "get")]
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<Automation> {
        block_on(self.inner.find(id))
    }

    /// Returns the creation of an automation with this name, 1 to 100 characters, that submits a task on a schedule.
    ///
    /// As [`crate::workflows::Automations::create_cron`].
    pub fn create_cron(&self, name: impl Into<String>, task: impl Into<TaskSubmission>) -> CronAutomationCreation {
        CronAutomationCreation { inner: self.inner.create_cron(name, task) }
    }

    /// Returns the creation of an automation with this name, 1 to 100 characters, that submits a task when an object is
    /// stored.
    ///
    /// As [`crate::workflows::Automations::create_storage_event`].
    pub fn create_storage_event(
        &self,
        name: impl Into<String>,
        task: impl Into<TaskSubmission>,
    ) -> StorageEventAutomationCreation {
        StorageEventAutomationCreation { inner: self.inner.create_storage_event(name, task) }
    }

    /// Returns the change of the automation with this id. [`AutomationUpdate`] has the properties that can change.
    pub fn update(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> AutomationUpdate {
        AutomationUpdate { inner: self.inner.update(id) }
    }

    /// Deletes the automation with this id. The jobs that it submitted continue.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Automations::delete`].
    pub fn delete(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<()> {
        block_on(self.inner.delete(id))
    }

    /// Deletes the automation with this id, and cancels those of its jobs that are queued or running.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Automations::delete`].
    pub fn delete_and_cancel_jobs(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<()> {
        block_on(self.inner.delete_and_cancel_jobs(id))
    }
}

/// The creation of an automation with schedules, at least one and at most 32. [`send`](Self::send) returns the new
/// automation.
///
/// It is not repeated when its response is lost, because each request creates an automation.
#[must_use = "a creation does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct CronAutomationCreation {
    inner: workflows::CronAutomationCreation,
}

impl CronAutomationCreation {
    /// Adds a schedule: five fields such as `30 6 * * MON-FRI`, or a helper such as `@hourly`, in UTC unless a time zone
    /// precedes them. [`CronSchedule`](crate::workflows::CronSchedule) documents the syntax.
    pub fn schedule(self, schedule: impl Into<String>) -> Self {
        Self { inner: self.inner.schedule(schedule) }
    }

    /// Adds schedules, as [`schedule`](Self::schedule).
    pub fn schedules<T: Into<String>>(self, schedules: impl IntoIterator<Item = T>) -> Self {
        Self { inner: self.inner.schedules(schedules) }
    }

    /// Creates it disabled: it submits no jobs until an [update](Automations::update) enables it.
    pub fn disabled(self) -> Self {
        Self { inner: self.inner.disabled() }
    }

    /// Creates the automation.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::CronAutomationCreation::send`].
    pub fn send(self) -> Result<Automation> {
        block_on(self.inner.send())
    }
}

/// The creation of an automation that storage events trigger, at least one and at most 32. [`send`](Self::send) returns the
/// new automation.
///
/// It is not repeated when its response is lost, because each request creates an automation.
#[must_use = "a creation does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct StorageEventAutomationCreation {
    inner: workflows::StorageEventAutomationCreation,
}

impl StorageEventAutomationCreation {
    /// Adds an event: an object whose path matches a glob pattern, such as `**/*.tif`, is stored in a storage location.
    pub fn event(self, location: &StorageLocation, glob_pattern: impl Into<String>) -> Self {
        Self { inner: self.inner.event(location, glob_pattern) }
    }

    /// Creates it disabled: it submits no jobs until an [update](Automations::update) enables it.
    pub fn disabled(self) -> Self {
        Self { inner: self.inner.disabled() }
    }

    /// Creates the automation.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::StorageEventAutomationCreation::send`].
    pub fn send(self) -> Result<Automation> {
        block_on(self.inner.send())
    }
}

/// A change of an automation. [`send`](Self::send) returns the changed automation. Properties that are not set stay as they
/// are.
///
/// As [`crate::workflows::AutomationUpdate`].
#[must_use = "a change does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct AutomationUpdate {
    inner: workflows::AutomationUpdate,
}

impl AutomationUpdate {
    /// Sets the name, 1 to 100 characters.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { inner: self.inner.name(name) }
    }

    /// Sets the task, with its arguments, cluster and retries.
    pub fn task(self, task: impl Into<TaskSubmission>) -> Self {
        Self { inner: self.inner.task(task) }
    }

    /// Sets all schedules, 1 to 32, of an automation with schedules.
    pub fn schedules<T: Into<String>>(self, schedules: impl IntoIterator<Item = T>) -> Self {
        Self { inner: self.inner.schedules(schedules) }
    }

    /// Sets all events, 1 to 32 storage locations with glob patterns, of an automation that storage events trigger.
    pub fn events<'a, T: Into<String>>(self, events: impl IntoIterator<Item = (&'a StorageLocation, T)>) -> Self {
        Self { inner: self.inner.events(events) }
    }

    /// Enables it: it submits jobs.
    pub fn enable(self) -> Self {
        Self { inner: self.inner.enable() }
    }

    /// Disables it: it submits no more jobs. The jobs that it submitted continue.
    pub fn disable(self) -> Self {
        Self { inner: self.inner.disable() }
    }

    /// Changes the automation.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::AutomationUpdate::send`].
    pub fn send(self) -> Result<Automation> {
        block_on(self.inner.send())
    }
}
