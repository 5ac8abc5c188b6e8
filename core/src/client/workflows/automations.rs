//! Automations: creation, search, change and deletion.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::{AutomationUpdate, CronAutomationCreation, StorageEventAutomationCreation, suggest};
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::manage::is_gone_now;
use crate::client::{Client, unreadable};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::name::check_id;
use crate::workflows::{Automation, AutomationChanges, Listing, TaskSubmission, rpc};

impl Client {
    /// Returns the automations of your organisation, to list, create and change them.
    #[must_use]
    pub fn automations(&self) -> Automations {
        Automations { session: Arc::clone(&self.session) }
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
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let task = TaskSubmission::bytes("example.com/Report", "").cluster("dev");
/// let automation = client.automations().create_cron("Reports", task).schedule("0 6 * * MON-FRI").await?;
/// println!("{automation}");
///
/// let scenes = client.storage_locations().find("01941f29-c650-202f-6495-c71dd2118fb1").await?;
/// let task = TaskSubmission::bytes("example.com/Tile", "");
/// client.automations().create_storage_event("Tiles", task).event(&scenes, "**/*.tif").await?;
///
/// client.automations().update(&automation).disable().await?;
/// client.automations().delete_and_cancel_jobs(&automation).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Automations {
    session: Arc<Session>,
}

impl Automations {
    /// Returns all automations, in the order of the server. The listing prints as a table.
    ///
    /// # Errors
    ///
    /// As every call.
    #[doc(alias = "list")]
    pub async fn all(&self) -> Result<Listing<Automation>> {
        const PURPOSE: &str = "list the automations";
        let call = self.session.endpoint.call::<rpc::ListAutomations>(&(), PURPOSE)?;
        let listed = async {
            let automations = self.session.call(call).await?.automations.into_iter().map(Automation::from_wire);
            automations.collect::<Result<_, _>>().map_err(|error| unreadable(PURPOSE, error))
        };
        operation!("workflows/automations/list").run(listed).await
    }

    /// Returns the automation with this id. The id is a [`Uuid`] or anything that converts into one, such as text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist; [`ErrorKind::InvalidArgument`], before a request, for an id that is
    /// not valid; otherwise as every call.
    #[doc(alias = "get")]
    pub async fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<Automation> {
        let id = id.try_into().map_err(|error| error.to_string());
        let id = check_id("find an automation", "automation", &id)?;
        let purpose = format!("find the automation {id}");
        let found = async {
            let automation = get(&self.session, id, purpose.clone()).await?;
            Automation::from_wire(automation).map_err(|error| unreadable(purpose, error))
        };
        operation!("workflows/automations/get", "tilebox.automation_id" = tracing::field::display(id)).run(found).await
    }

    /// Returns the creation of an automation with this name, 1 to 100 characters, that submits a task on a schedule.
    ///
    /// The input of the task holds its arguments. When the schedule triggers it, the server wraps them into a message with
    /// the time of the event.
    pub fn create_cron(&self, name: impl Into<String>, task: impl Into<TaskSubmission>) -> CronAutomationCreation {
        CronAutomationCreation::new(Arc::clone(&self.session), name.into(), task.into())
    }

    /// Returns the creation of an automation with this name, 1 to 100 characters, that submits a task when an object is
    /// stored.
    ///
    /// The input of the task holds its arguments. When an object triggers it, the server wraps them into a message with the
    /// path of the object.
    pub fn create_storage_event(
        &self,
        name: impl Into<String>,
        task: impl Into<TaskSubmission>,
    ) -> StorageEventAutomationCreation {
        StorageEventAutomationCreation::new(Arc::clone(&self.session), name.into(), task.into())
    }

    /// Returns the change of the automation with this id. [`AutomationUpdate`] has the properties that can change.
    pub fn update(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> AutomationUpdate {
        AutomationUpdate::new(Arc::clone(&self.session), id.try_into().map_err(|error| error.to_string()))
    }

    /// Deletes the automation with this id. The jobs that it submitted continue.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist, unless an earlier attempt of this call may have deleted it and its
    /// response was lost; otherwise as [`find`](Self::find).
    pub async fn delete(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<()> {
        self.delete_with(id.try_into().map_err(|error| error.to_string()), Jobs::Continue).await
    }

    /// Deletes the automation with this id, and cancels those of its jobs that are queued or running.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete).
    pub async fn delete_and_cancel_jobs(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<()> {
        self.delete_with(id.try_into().map_err(|error| error.to_string()), Jobs::Cancel).await
    }

    async fn delete_with(&self, id: Result<Uuid, String>, jobs: Jobs) -> Result<()> {
        let id = check_id("delete an automation", "automation", &id)?;
        let request = wire::DeleteAutomationRequest {
            automation_id: Some(id::to_wire(id)),
            cancel_jobs: matches!(jobs, Jobs::Cancel),
        };
        let purpose = format!("delete the automation {id}");
        let call = self.session.endpoint.call::<rpc::DeleteAutomation>(&request, purpose)?;
        let deleted = async {
            match self.session.call(call).await {
                Err(error) if !is_gone_now(&error) => Err(with_advice(error)),
                _ => Ok(()),
            }
        };
        let operation =
            operation!("workflows/automations/delete", "tilebox.automation_id" = tracing::field::display(id));
        operation.run(deleted).await
    }
}

/// The jobs of a deleted automation.
#[derive(Clone, Copy)]
enum Jobs {
    Continue,
    Cancel,
}

/// Reads the automation with this id.
pub(super) async fn get(session: &Arc<Session>, id: Uuid, purpose: String) -> Result<wire::AutomationPrototype> {
    let call = session.endpoint.call::<rpc::GetAutomation>(&id::to_wire(id), purpose)?;
    session.call(call).await.map_err(with_advice)
}

/// Creates an automation with these properties.
pub(super) async fn create(session: &Arc<Session>, purpose: String, new: AutomationChanges) -> Result<Automation> {
    let request = new.apply(&purpose, wire::AutomationPrototype::default())?;
    let call = session.endpoint.call::<rpc::CreateAutomation>(&request, purpose.clone())?;
    let created = async {
        match session.call(call).await {
            Ok(automation) => Automation::from_wire(automation).map_err(|error| unreadable(purpose, error)),
            Err(error) => Err(with_clusters(session, &request, error).await),
        }
    };
    operation!("workflows/automations/create").run(created).await
}

/// Adds suggestions to the error of an automation whose task names an unknown cluster.
pub(super) async fn with_clusters(
    session: &Arc<Session>,
    automation: &wire::AutomationPrototype,
    error: Error,
) -> Error {
    match automation.prototype.as_ref().map(|task| task.cluster_slug.as_str()) {
        Some(slug) if !slug.is_empty() => suggest::clusters(session, &[slug], error).await,
        _ => error,
    }
}

/// Replaces the advice of the error of an unknown id.
pub(super) fn with_advice(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => error.with_advice("check the id: `automations().all()` lists the automations"),
        _ => error,
    }
}

#[cfg(test)]
mod tests;
