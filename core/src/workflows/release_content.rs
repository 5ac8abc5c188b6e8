//! The tasks and files of a release.

use std::fmt;

use super::{ReleasePath, TaskIdentifier};
use crate::error::UnreadableMessage;
#[cfg(feature = "client")]
use crate::error::{Error, Result};
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;

/// Maximum number of printed lines of files.
const MAX_FILES: usize = 100;
/// Maximum number of characters of a text that [`Display`](fmt::Display) prints.
const MAX_PRINTED: usize = 200;

/// The content of a release: its tasks, its files, and the command that runs them.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::{ReleaseContent, ReleasePath, TaskIdentifier};
///
/// let content = ReleaseContent::new("sha256:5f2c")
///     .task(TaskIdentifier::new("example.com/Clouds", 1, 0))
///     .file(ReleasePath::directory("clouds").child(ReleasePath::file("main.rs")))
///     .command_override(["clouds", "--serve"]);
/// # let _ = content;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseContent {
    /// The fingerprint of the content: equal content has equal fingerprints.
    pub fingerprint: String,
    /// The tasks that its runner executes.
    pub tasks: Vec<TaskIdentifier>,
    /// The files and directories at the top of the artifact.
    pub files: Vec<ReleasePath>,
    /// The object that runs the tasks of a Python program, as `module:object`; empty for other programs.
    pub runner_object_path: String,
    /// The command that runs the tasks, and its arguments, in place of the default one; empty for the default.
    pub command_override: Vec<String>,
}

impl ReleaseContent {
    /// Returns content with a fingerprint, without tasks and files.
    #[must_use]
    pub fn new(fingerprint: impl Into<String>) -> Self {
        Self { fingerprint: fingerprint.into(), ..Self::default() }
    }

    /// Adds a task.
    #[must_use]
    pub fn task(mut self, task: TaskIdentifier) -> Self {
        self.tasks.push(task);
        self
    }

    /// Adds tasks.
    #[must_use]
    pub fn tasks(mut self, tasks: impl IntoIterator<Item = TaskIdentifier>) -> Self {
        self.tasks.extend(tasks);
        self
    }

    /// Adds a file or directory at the top of the artifact.
    #[must_use]
    pub fn file(mut self, file: ReleasePath) -> Self {
        self.files.push(file);
        self
    }

    /// Adds files and directories at the top of the artifact.
    #[must_use]
    pub fn files(mut self, files: impl IntoIterator<Item = ReleasePath>) -> Self {
        self.files.extend(files);
        self
    }

    /// Sets the object that runs the tasks of a Python program, as `module:object`.
    #[must_use]
    pub fn runner_object_path(mut self, path: impl Into<String>) -> Self {
        self.runner_object_path = path.into();
        self
    }

    /// Sets the command that runs the tasks, and its arguments, in place of the default one.
    #[must_use]
    pub fn command_override<T: Into<String>>(mut self, command: impl IntoIterator<Item = T>) -> Self {
        self.command_override = command.into_iter().map(Into::into).collect();
        self
    }

    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the identifier of a task is not valid, or directories are nested too deeply.
    pub fn from_wire(content: wire::ReleaseContent) -> Result<Self, UnreadableMessage> {
        let tasks = content.tasks.iter().map(TaskIdentifier::from_wire);
        let files = content.files.into_iter().map(ReleasePath::from_wire);
        Ok(Self {
            fingerprint: content.fingerprint,
            tasks: tasks.collect::<Result<_, _>>()?,
            files: files.collect::<Result<_, _>>()?,
            runner_object_path: content.runner_object_path,
            command_override: content.command_override,
        })
    }

    /// Converts into a message. `purpose` completes "cannot …" in an error.
    #[cfg(feature = "client")]
    pub(crate) fn to_wire(&self, purpose: &str) -> Result<wire::ReleaseContent> {
        let files = self.files.iter().map(|file| {
            file.to_wire().map_err(|reason| Error::invalid(purpose.to_owned(), reason, "nest them less deeply"))
        });
        Ok(wire::ReleaseContent {
            fingerprint: self.fingerprint.clone(),
            tasks: self.tasks.iter().map(TaskIdentifier::to_wire).collect(),
            files: files.collect::<Result<_>>()?,
            runner_object_path: self.runner_object_path.clone(),
            command_override: self.command_override.clone(),
        })
    }
}

/// Fingerprint, tasks, command, and the tree of files, at most 100 lines of it.
impl fmt::Display for ReleaseContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| excerpt(text, MAX_PRINTED);
        let fingerprint = if self.fingerprint.is_empty() { "unknown" } else { &self.fingerprint };
        write!(f, "fingerprint: {}", text(fingerprint))?;
        for task in &self.tasks {
            write!(f, "\ntask: {}", text(&task.to_string()))?;
        }
        if !self.runner_object_path.is_empty() {
            write!(f, "\nrunner: {}", text(&self.runner_object_path))?;
        }
        if !self.command_override.is_empty() {
            write!(f, "\ncommand: {}", text(&self.command_override.join(" ")))?;
        }
        if !self.files.is_empty() {
            f.write_str("\nfiles:")?;
            let mut lines = self.files.iter().flat_map(ReleasePath::lines);
            for line in lines.by_ref().take(MAX_FILES) {
                write!(f, "\n    {line}")?;
            }
            match lines.count() {
                0 => {}
                more => write!(f, "\n    … and {more} more")?,
            }
        }
        Ok(())
    }
}
