//! The tasks that a runner can execute.

use std::any::type_name;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::context::Context;
use super::task::Task;
use super::task_error::TaskResult;
use crate::error::{Error, ErrorKind, Result};
use crate::workflows::TaskIdentifier;

/// The tasks that a runner can execute, by their identifiers.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::workflows::{Context, Registry, Task, TaskIdentifier, TaskResult};
///
/// #[derive(Serialize, Deserialize)]
/// struct Scene;
///
/// impl Task for Scene {
///     fn identifier() -> TaskIdentifier {
///         TaskIdentifier::new("example.com/Scene", 1, 2)
///     }
///
///     async fn execute(self, _: &Context) -> TaskResult {
///         Ok(())
///     }
/// }
///
/// let mut registry = Registry::new();
/// registry.register::<Scene>()?;
/// let submitted = TaskIdentifier::new("example.com/Scene", 1, 0);
/// assert_eq!(registry.find(&submitted), Some(&Scene::identifier()));
/// # Ok::<(), tilebox_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    definitions: BTreeMap<TaskIdentifier, Definition>,
}

/// Decodes an input, and starts the task.
pub(in crate::client) type Start = dyn Fn(&[u8], Context) -> Result<BoxFuture<'static, TaskResult>> + Send + Sync;

/// The code of one task.
#[derive(Clone)]
pub(super) struct Definition {
    type_name: &'static str,
    pub(super) start: Arc<Start>,
}

impl Registry {
    /// Returns a registry without tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the registry of a runner or worker. `purpose` completes "cannot …" in the error of one without tasks.
    #[doc(hidden)]
    pub fn of(tasks: &[fn(&mut Self) -> Result<()>], purpose: &'static str) -> Result<Self> {
        let mut registry = Self::new();
        tasks.iter().try_for_each(|register| register(&mut registry))?;
        if registry.definitions.is_empty() {
            let advice = "add the tasks that it can execute with `.task::<T>()`";
            return Err(Error::invalid(purpose, "it has no tasks", advice));
        }
        Ok(registry)
    }

    /// Adds a task.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] if a task with the same name and version is registered, [`ErrorKind::InvalidArgument`] if
    /// its identifier is not valid.
    pub fn register<T: Task>(&mut self) -> Result<()> {
        let start = |input: &[u8], context: Context| {
            let task: T = T::INPUT.decode(input)?;
            Ok(async move { task.execute(&context).await }.boxed())
        };
        self.register_with(T::identifier(), type_name::<T>(), Arc::new(start))
    }

    /// Adds a task whose code is this function.
    pub(in crate::client) fn register_with(
        &mut self,
        identifier: TaskIdentifier,
        type_name: &'static str,
        start: Arc<Start>,
    ) -> Result<()> {
        let purpose = format!("register the task `{type_name}`");
        if let Some(reason) = identifier.problem() {
            return Err(Error::invalid(purpose, reason, "return a name such as example.com/CloudReport"));
        }
        if let Some(other) = self.definitions.get(&identifier) {
            let reason = format!("`{}` has the same identifier, {identifier}", other.type_name);
            let advice = "register each task once, or return another name or version from its function `identifier`";
            return Err(Error::new(ErrorKind::AlreadyExists, purpose, reason, advice));
        }
        self.definitions.insert(identifier, Definition { type_name, start });
        Ok(())
    }

    /// Returns the identifiers of all tasks, in their order.
    #[must_use]
    pub fn identifiers(&self) -> impl ExactSizeIterator<Item = &TaskIdentifier> {
        self.definitions.keys()
    }

    /// Returns the identifier of the code that executes a task submitted with `submitted`: the same one, else the one with the
    /// highest minor version that [accepts](TaskIdentifier::accepts) it.
    #[must_use]
    pub fn find(&self, submitted: &TaskIdentifier) -> Option<&TaskIdentifier> {
        self.entry(submitted).map(|(identifier, _)| identifier)
    }

    pub(super) fn entry(&self, submitted: &TaskIdentifier) -> Option<(&TaskIdentifier, &Definition)> {
        let exact = self.definitions.get_key_value(submitted);
        exact.or_else(|| {
            let last = TaskIdentifier::new(submitted.name(), submitted.version().major(), u64::MAX);
            let mut later = self.definitions.range((Bound::Excluded(submitted), Bound::Included(&last)));
            later.rfind(|(identifier, _)| identifier.accepts(submitted))
        })
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.definitions.keys().map(ToString::to_string)).finish()
    }
}
