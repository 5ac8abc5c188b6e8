//! The builder of a change of an automation.

use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use super::automations::{get, with_advice, with_clusters};
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::Result;
use crate::workflows::name::check_id;
use crate::workflows::{Automation, AutomationChanges, NewTriggers, StorageLocation, TaskSubmission, rpc};

/// A change of an automation. Await it for the changed automation. Properties that are not set stay as they are.
///
/// It takes two requests: the API replaces a whole automation, so the change first reads the current one. A trigger that
/// stays keeps its id.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::Automation;
///
/// # async fn example(client: tilebox_core::Client, reports: Automation) -> tilebox_core::Result<()> {
/// client.automations().update(&reports).disable().await?;
/// client.automations().update(&reports).schedules(["@hourly"]).enable().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a change does nothing until it is awaited"]
#[derive(Clone, Debug)]
pub struct AutomationUpdate {
    session: Arc<Session>,
    id: Result<Uuid, String>,
    changes: AutomationChanges,
}

impl AutomationUpdate {
    pub(super) fn new(session: Arc<Session>, id: Result<Uuid, String>) -> Self {
        Self { session, id, changes: AutomationChanges::default() }
    }

    /// Sets the name, 1 to 100 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.changes.name = Some(name.into());
        self
    }

    /// Sets the task, with its arguments, cluster and retries.
    pub fn task(mut self, task: impl Into<TaskSubmission>) -> Self {
        self.changes.task = Some(task.into());
        self
    }

    /// Sets all schedules, 1 to 32, of an automation with schedules.
    pub fn schedules<T: Into<String>>(mut self, schedules: impl IntoIterator<Item = T>) -> Self {
        self.changes.triggers = Some(NewTriggers::Cron(schedules.into_iter().map(Into::into).collect()));
        self
    }

    /// Sets all events, 1 to 32 storage locations with glob patterns, of an automation that storage events trigger.
    pub fn events<'a, T: Into<String>>(mut self, events: impl IntoIterator<Item = (&'a StorageLocation, T)>) -> Self {
        let events = events.into_iter().map(|(location, pattern)| (location.clone(), pattern.into()));
        self.changes.triggers = Some(NewTriggers::StorageEvents(events.collect()));
        self
    }

    /// Enables it: it submits jobs.
    pub fn enable(mut self) -> Self {
        self.changes.is_enabled = Some(true);
        self
    }

    /// Disables it: it submits no more jobs. The jobs that it submitted continue.
    pub fn disable(mut self) -> Self {
        self.changes.is_enabled = Some(false);
        self
    }

    /// Changes the automation, as awaiting the change does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the automation or the cluster of the task does not exist;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for an id, name, task or trigger that is not valid,
    /// and for triggers of the other kind; otherwise as every call.
    pub async fn send(self) -> Result<Automation> {
        self.await
    }

    async fn run(self) -> Result<Automation> {
        let id = check_id("update an automation", "automation", &self.id)?;
        let purpose = format!("update the automation {id}");
        // All checks but that of the kind of triggers need no request.
        self.changes.apply(&purpose, Default::default())?;
        let updated = async {
            let current = get(&self.session, id, purpose.clone()).await?;
            let request = self.changes.apply(&purpose, current)?;
            let call = self.session.endpoint.call::<rpc::UpdateAutomation>(&request, purpose.clone())?;
            match self.session.call(call).await {
                Ok(automation) => Automation::from_wire(automation).map_err(|error| unreadable(purpose, error)),
                Err(error) => Err(with_clusters(&self.session, &request, with_advice(error)).await),
            }
        };
        let operation =
            operation!("workflows/automations/update", "tilebox.automation_id" = tracing::field::display(id));
        operation.run(updated).await
    }
}

impl IntoFuture for AutomationUpdate {
    type Output = Result<Automation>;
    type IntoFuture = BoxFuture<'static, Result<Automation>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
