//! The objects of storage locations, as tasks read them.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::excerpt::excerpt;
use crate::workflows::{StorageLocation, StorageReference, StorageType};

/// The maximum characters of a path or name that an error repeats.
const MAX_EXCERPT: usize = 100;

/// The failure of a [`StorageReader`]: any error, so that `?` works in implementations.
pub type StorageReaderError = Box<dyn std::error::Error + Send + Sync>;

/// Reads the objects of storage locations of some kind, such as the buckets of one provider.
///
/// A runner reads the folders of its machine without one.
#[async_trait]
pub trait StorageReader: Send + Sync + 'static {
    /// Returns whether this reader is for objects of the location. A runner asks its readers in the order in which they were
    /// added.
    fn reads(&self, location: &StorageLocation) -> bool;

    /// Reads a whole object.
    ///
    /// # Errors
    ///
    /// When it cannot be read. An object that does not exist is an [`io::Error`] of the kind [`io::ErrorKind::NotFound`].
    async fn read(&self, location: &StorageLocation, path: &str) -> Result<Bytes, StorageReaderError>;
}

#[async_trait]
impl<R: StorageReader + ?Sized> StorageReader for Arc<R> {
    fn reads(&self, location: &StorageLocation) -> bool {
        (**self).reads(location)
    }

    async fn read(&self, location: &StorageLocation, path: &str) -> Result<Bytes, StorageReaderError> {
        (**self).read(location, path).await
    }
}

impl Context {
    /// Returns the storage location with this id. The runner requests each location once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist; otherwise as every call.
    pub async fn storage_location(&self, id: Uuid) -> Result<StorageLocation> {
        self.execution.services.locations.find(id).await
    }

    /// Reads a whole object of a storage location: a file in a folder of this machine, or what a [`StorageReader`] of the runner
    /// reads.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist, [`ErrorKind::Storage`] when it cannot be read, and
    /// [`ErrorKind::FailedPrecondition`] when the runner cannot read this kind of storage.
    pub async fn read_object(&self, location: &StorageLocation, path: &str) -> Result<Bytes> {
        let readers = &self.execution.services.readers;
        let read = match readers.iter().find(|reader| reader.reads(location)) {
            Some(reader) => reader.read(location, path).await,
            None if location.storage_type == StorageType::Local => match file_in(location, path) {
                Ok(file) => self.unblock(move |_| fs::read(file)).await?.map(Bytes::from).map_err(Into::into),
                Err(error) => Err(error.into()),
            },
            None => {
                let reason = format!("the runner has no reader for this kind of storage, {}", location.storage_type);
                let advice = "add one to the runner with `.storage_reader(..)`";
                return Err(Error::new(ErrorKind::FailedPrecondition, purpose(location, path), reason, advice));
            }
        };
        read.map_err(|error| unreadable_object(location, path, error))
    }
}

pub(crate) fn unreadable_object(location: &StorageLocation, path: &str, error: StorageReaderError) -> Error {
    let is_missing = error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    let kind = if is_missing { ErrorKind::NotFound } else { ErrorKind::Storage };
    let advice = "check that this machine can read the storage location, and that the object still exists";
    Error::new(kind, purpose(location, path), error.to_string(), advice).with_source(error)
}

fn purpose(location: &StorageLocation, path: &str) -> String {
    let (path, name) = (excerpt(path, MAX_EXCERPT), excerpt(&location.name, MAX_EXCERPT));
    format!("read `{path}` of the storage location `{name}`")
}

/// Returns the path of a file in a folder. Paths that leave the folder are refused.
fn file_in(location: &StorageLocation, path: &str) -> io::Result<PathBuf> {
    let folder = match &location.reference {
        Some(StorageReference::Local(folder)) => Path::new(&folder.path),
        _ => Path::new(&location.location),
    };
    // Some events have the whole path.
    let inside = Path::new(path).strip_prefix(folder).unwrap_or(Path::new(path));
    let stays = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if inside.as_os_str().is_empty() || !inside.components().all(stays) {
        let reason = "expects the path of a file in the folder of the storage location";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    Ok(folder.join(inside))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workflows::LocalFolder;

    fn folder(path: &str) -> StorageLocation {
        StorageLocation::new(Uuid::from_u128(7), "Scenes", LocalFolder::new(path))
    }

    #[test]
    fn a_path_stays_in_its_folder() {
        for (path, expected) in [
            ("a.tif", Some("/data/a.tif")),
            ("2025/03/a.tif", Some("/data/2025/03/a.tif")),
            ("./a.tif", Some("/data/./a.tif")),
            ("/data/b/a.tif", Some("/data/b/a.tif")),
            ("..", None),
            ("b/../../a.tif", None),
            ("/data/../etc/passwd", None),
            ("/etc/passwd", None),
            ("/data", None),
            ("", None),
        ] {
            let file = file_in(&folder("/data"), path).ok();
            assert_eq!(file.as_deref(), expected.map(Path::new), "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_leaves_its_folder(path in "[./a]{0,12}") {
            if let Ok(file) = file_in(&folder("/data"), &path) {
                prop_assert!(file.starts_with("/data"));
                prop_assert!(file.components().all(|part| part != Component::ParentDir));
            }
        }
    }
}
