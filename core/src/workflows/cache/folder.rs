//! A cache in a folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::cache::Refusal;
use super::memory::{not_a_group, not_a_value};
use super::{Cache, CacheError, CacheKey, Unblock};

/// The folder below the root in which values are written before they get their name. It is beside the folders of jobs, where
/// no listing sees it.
const PARTIAL: &str = ".partial";

/// Maximum number of attempts to rename a value while another operation removes its folder.
const MAX_ATTEMPTS: usize = 100;

/// The number of the next temporary file of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A [`Cache`] of files: the value `months/2025-03` of a job is the file `<root>/<job id>/months/2025-03`.
///
/// Runners on several machines share it through a network file system, and runners in Python through their
/// `LocalFileSystemCache` with the same root.
///
/// A value is written to a temporary file below `<root>/.partial`, which is then renamed. A process that crashes may leave such a
/// file; delete the folder while no runner is running. Values survive a crash of the process, but the last ones may be lost if the
/// machine loses power.
///
/// On its own it blocks the caller's thread while it reads and writes; a runner moves that work to the threads of its executor.
#[derive(Clone, Debug)]
pub struct FolderCache {
    root: Arc<Path>,
    unblock: Option<Unblock>,
}

impl FolderCache {
    /// Stores values below the folder `root`, which the first value creates.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into().into(), unblock: None }
    }

    /// Reads and writes files on the threads of `unblock` instead of the caller's.
    #[must_use]
    pub fn with_unblock(self, unblock: Unblock) -> Self {
        Self { unblock: Some(unblock), ..self }
    }

    /// Returns the folder of a job.
    fn job(&self, job_id: Uuid) -> PathBuf {
        self.root.join(job_id.hyphenated().to_string())
    }

    /// Returns the file of a value, or the folder of a group.
    fn path(&self, job_id: Uuid, key: &CacheKey) -> Result<PathBuf, CacheError> {
        // Windows reads `C:a` as a path on another drive, and `a:b` as a stream of the file `a`.
        if cfg!(windows) && key.as_str().contains(':') {
            return Err(Refusal::error("file names on Windows cannot contain a colon", "use another key"));
        }
        let mut path = self.job(job_id);
        path.extend(key.parts());
        Ok(path)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, CacheError> + Send + 'static,
    ) -> Result<T, CacheError> {
        match &self.unblock {
            Some(unblock) => unblock.run(work).await?,
            None => work(),
        }
    }
}

/// Uses the folder `cache` in the working directory, as runners in Python do.
impl Default for FolderCache {
    fn default() -> Self {
        Self::new("cache")
    }
}

#[async_trait]
impl Cache for FolderCache {
    async fn get(&self, job_id: Uuid, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        let path = self.path(job_id, key)?;
        self.run(move || Ok(if_present(read(&path))?.flatten())).await
    }

    async fn put(&self, job_id: Uuid, key: &CacheKey, value: Bytes) -> Result<(), CacheError> {
        let (root, job) = (self.root.clone(), self.job(job_id));
        let (path, key) = (self.path(job_id, key)?, key.clone());
        self.run(move || {
            let partial = Partial::write(&root.join(PARTIAL), &value)?;
            partial.rename(&job, &path, &key)
        })
        .await
    }

    async fn contains(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError> {
        let path = self.path(job_id, key)?;
        self.run(move || Ok(if_present(fs::metadata(path))?.is_some_and(|found| found.is_file()))).await
    }

    async fn list(&self, job_id: Uuid, group: Option<&CacheKey>) -> Result<Vec<String>, CacheError> {
        let folder = match group {
            Some(group) => self.path(job_id, group)?,
            None => self.job(job_id),
        };
        self.run(move || Ok(if_present(list(&folder))?.unwrap_or_default())).await
    }

    async fn delete(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError> {
        let (job, path) = (self.job(job_id), self.path(job_id, key)?);
        self.run(move || {
            let is_value = if_present(fs::metadata(&path))?.is_some_and(|found| found.is_file());
            let deleted = is_value && if_present(fs::remove_file(&path))?.is_some();
            remove_empty_groups(&job, &path);
            Ok(deleted)
        })
        .await
    }

    fn unblocked(&self, unblock: &Unblock) -> Option<Arc<dyn Cache>> {
        Some(Arc::new(self.clone().with_unblock(unblock.clone())))
    }
}

/// Turns the errors of an absent file or folder into `None`. A key inside a value has the second of them.
fn if_present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file; `None` if the path is a folder.
fn read(path: &Path) -> io::Result<Option<Bytes>> {
    match fs::metadata(path)?.is_file() {
        true => Ok(Some(fs::read(path)?.into())),
        false => Ok(None),
    }
}

/// Returns the sorted names of the files in a folder that are names of keys.
fn list(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Follows links, as reading does.
        let is_value = if_present(fs::metadata(entry.path()))?.is_some_and(|found| found.is_file());
        if let Ok(name) = entry.file_name().into_string()
            && is_value
            && CacheKey::parse(&*name).is_ok()
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Removes the folders around a deleted value that are empty, including that of the job, so that a group without values is the
/// same as none.
fn remove_empty_groups(job: &Path, value: &Path) {
    for folder in value.ancestors().skip(1).take_while(|folder| folder.starts_with(job)) {
        // Fails if the folder has other values; those that are left do no harm either.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// Removes a folder that has no files, only folders without files. Returns whether it is gone.
fn remove_if_empty(folder: &Path) -> io::Result<bool> {
    let Some(entries) = if_present(fs::read_dir(folder))? else { return Ok(true) };
    for entry in entries {
        let entry = entry?;
        if !entry.file_type()?.is_dir() || !remove_if_empty(&entry.path())? {
            return Ok(false);
        }
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(false),
        result => Ok(if_present(result).map(|_| true)?),
    }
}

/// A temporary file with a whole value. Dropping it removes the file.
struct Partial(PathBuf);

impl Partial {
    /// Writes a value to a new file in `folder`.
    fn write(folder: &Path, value: &[u8]) -> io::Result<Self> {
        let (partial, mut file) = Self::create(folder)?;
        file.write_all(value)?;
        Ok(partial)
    }

    /// Creates an empty file with a name that no other process has taken, also on another machine.
    fn create(folder: &Path) -> io::Result<(Self, File)> {
        loop {
            let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = folder.join(name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((Self(path), file)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(folder)?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the file its name. Creates the groups around it, and replaces groups without values.
    fn rename(&self, job: &Path, path: &Path, key: &CacheKey) -> Result<(), CacheError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match create_groups(path).and_then(|()| fs::rename(&self.0, path)) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if let Some(value) = value_around(job, path, key) {
                return Err(not_a_group(value));
            }
            let is_group = if_present(fs::metadata(path))?.is_some_and(|found| found.is_dir());
            if is_group && !remove_if_empty(path)? {
                return Err(not_a_value());
            }
            // A concurrent operation may remove the groups while or after they are created, or create the group again.
            let passes = [ErrorKind::NotFound, ErrorKind::NotADirectory, ErrorKind::AlreadyExists];
            let may_pass = is_group || passes.contains(&error.kind());
            if attempts >= MAX_ATTEMPTS || !may_pass || !self.0.exists() {
                return Err(error.into());
            }
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Fails after a rename, when there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes a value as `put` does before it renames the file.
#[cfg(test)]
pub(super) fn write_partial(root: &Path, value: &[u8]) -> io::Result<impl Drop> {
    Partial::write(&root.join(PARTIAL), value)
}

/// Creates the folders around a value.
fn create_groups(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Returns the value whose name is a group of this key.
fn value_around<'a>(job: &Path, path: &Path, key: &'a CacheKey) -> Option<&'a str> {
    let groups = path.ancestors().skip(1).take_while(|group| group.starts_with(job) && *group != job);
    let names = std::iter::successors(key.group(), |group| Some(group.rsplit_once('/')?.0));
    groups.zip(names).find(|(group, _)| group.is_file()).map(|(_, name)| name)
}
