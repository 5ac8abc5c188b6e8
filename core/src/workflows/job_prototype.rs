//! The root tasks of a job, for its clones.

use std::fmt;

use uuid::Uuid;

use super::{TaskDefaults, TaskSubmission};
use crate::error::{Error, Result, UnreadableMessage, plain};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;

/// Maximum number of root tasks of a clone (Workflows API, `CloneJobRequest.root_tasks_overrides`).
const MAX_ROOT_TASKS: usize = 64;

/// The name and the root tasks of a job, as they were submitted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobPrototype {
    /// The name of the job.
    pub name: String,
    /// The root tasks.
    pub tasks: Vec<TaskSubmission>,
}

impl JobPrototype {
    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If a task has no valid identifier.
    pub fn from_wire(prototype: wire::GetJobPrototypeResponse) -> Result<Self, UnreadableMessage> {
        let tasks = prototype.root_tasks.into_iter().map(TaskSubmission::from_wire).collect::<Result<_, _>>()?;
        Ok(Self { name: prototype.job_name, tasks })
    }

    /// Returns the request for a job with this name and these root tasks, derived from the job with this id.
    ///
    /// # Errors
    ///
    /// When the name is empty, a task is not valid, or there are not 1 to 64 tasks.
    pub fn to_clone_request(&self, job_id: Uuid) -> Result<wire::CloneJobRequest> {
        let invalid = |reason: String, advice: &'static str| {
            Err(Error::invalid(format!("clone the job {job_id}"), reason, advice))
        };
        if self.name.trim().is_empty() {
            return invalid("the name of the new job is empty".to_owned(), "give it a name; jobs may share one");
        }
        if !(1..=MAX_ROOT_TASKS).contains(&self.tasks.len()) {
            let reason = format!("expects 1 to {MAX_ROOT_TASKS} root tasks, got {}", self.tasks.len());
            return invalid(reason, "submit a new job for other numbers of tasks");
        }
        let tasks = self.tasks.iter().map(|task| task.to_wire(&TaskDefaults::new())).collect::<Result<_>>()?;
        Ok(wire::CloneJobRequest {
            job_id: Some(id::to_wire(job_id)),
            root_tasks_overrides: tasks,
            job_name: self.name.clone(),
        })
    }
}

/// Prints the name, and a line for each root task.
impl fmt::Display for JobPrototype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.name))?;
        for task in &self.tasks {
            match task.identifier() {
                Ok(identifier) => write!(f, "\n  {}", plain(&identifier.to_string()))?,
                Err(error) => write!(f, "\n  {}", error.reason())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Uuid = Uuid::from_u128(7);

    fn prototype() -> JobPrototype {
        let task = |name: &str, cluster: &str, max_retries| wire::SingleTaskSubmission {
            cluster_slug: cluster.to_owned(),
            identifier: Some(wire::TaskIdentifier { name: name.to_owned(), version: "v1.2".to_owned() }),
            display: "Tile".to_owned(),
            dependencies: Vec::new(),
            max_retries,
            input: vec![1, 2].into(),
        };
        let root_tasks = vec![task("example.com/A", "dev", 3), task("example.com/B", "", 0)];
        JobPrototype::from_wire(wire::GetJobPrototypeResponse { root_tasks, job_name: "clouds".to_owned() })
            .expect("a prototype")
    }

    #[test]
    fn a_clone_has_all_properties_of_its_root_tasks() {
        let again = JobPrototype { name: "again".to_owned(), ..prototype() };
        let request = again.to_clone_request(JOB).expect("a request");
        assert_eq!((request.job_name.as_str(), request.root_tasks_overrides.len()), ("again", 2));
        let task = &request.root_tasks_overrides[0];
        assert_eq!((task.cluster_slug.as_str(), task.max_retries, &task.input[..]), ("dev", 3, &[1, 2][..]));
        assert_eq!(task.identifier.as_ref().map(|identifier| identifier.version.as_str()), Some("v1.2"));
        assert_eq!(task.display, "Tile");
    }

    #[test]
    fn a_clone_needs_a_name_and_a_limited_number_of_tasks() {
        let task = prototype().tasks.swap_remove(0);
        for (name, count, reason) in [
            (" ", 1, "the name of the new job is empty"),
            ("a", 0, "expects 1 to 64 root tasks, got 0"),
            ("a", 65, "expects 1 to 64 root tasks, got 65"),
        ] {
            let tasks = vec![task.clone(); count];
            let error = JobPrototype { name: name.to_owned(), tasks }.to_clone_request(JOB).expect_err(reason);
            assert_eq!(error.reason(), reason);
        }
        assert!(JobPrototype { name: "a".to_owned(), tasks: vec![task; 64] }.to_clone_request(JOB).is_ok());
    }

    #[test]
    fn a_prototype_prints_its_root_tasks() {
        assert_eq!(prototype().to_string(), "clouds\n  example.com/A@v1.2\n  example.com/B@v1.2");
        let unnamed = wire::GetJobPrototypeResponse { root_tasks: vec![Default::default()], ..Default::default() };
        assert!(JobPrototype::from_wire(unnamed).is_err());
    }
}
