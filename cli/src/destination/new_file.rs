//! A file that gets its name when it is complete.

use std::fs::{self, File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempPath};

use crate::failure::Failure;

/// The most characters of the name of a file in its temporary name. Names of 255 bytes are the longest on most disks.
const MAX_NAME: usize = 60;

/// The name of a file that exists or not.
#[derive(Clone)]
pub(super) struct FileTarget {
    /// The path as written.
    written: PathBuf,
    /// The path without links.
    path: PathBuf,
    existing: Option<Metadata>,
}

impl FileTarget {
    pub(super) fn new(written: &Path, path: PathBuf, existing: Option<Metadata>) -> Self {
        Self { written: written.to_owned(), path, existing }
    }

    /// Returns whether a file has the name.
    pub(super) fn exists(&self) -> bool {
        self.existing.is_some()
    }

    /// Returns the path of the file with the pages of an interrupted load.
    pub(super) fn spool(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".resume");
        self.path.with_file_name(name)
    }

    /// Checks that a file of this name can be written, and replaced if it exists.
    pub(super) fn check(&self, force: bool) -> Result<(), Failure> {
        let refuse = |reason: &str, advice: &str| {
            Err(Failure::new(&format!("cannot write `{}`: {reason}", self.written.display()), advice))
        };
        let folder = self.folder();
        match fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return refuse(&format!("`{}` is not a folder", folder.display()), "check the path"),
            Err(error) => {
                let reason = format!("cannot use the folder `{}`: {error}", folder.display());
                return refuse(&reason, "create the folder, or check the path");
            }
        }
        if self.existing.is_none() {
            return Ok(());
        }
        if !force {
            return refuse("the file exists", "pass --force to replace it, or use another name");
        }
        // Replacing needs no permission to write the file itself. Its owner has protected it, so it is respected.
        match File::options().write(true).open(&self.path) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::of_file("replace", &self.written, &error)),
        }
    }

    /// Creates the file under a temporary name of its own.
    pub(super) fn create(&self) -> Result<(NewFile, File), Failure> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let name: String = name.chars().take(MAX_NAME).collect();
        self.create_as(Builder::new().prefix(&format!(".{name}.")).suffix(".partial"))
    }

    /// Creates the file under the temporary name that belongs to a locked spool. A killed program leaves it, and the next
    /// one with the same spool removes it.
    pub(super) fn create_beside(&self, spool: &Path) -> Result<(NewFile, File), Failure> {
        let mut name = spool.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        // An error is found when the file is created.
        let _ = fs::remove_file(spool.with_file_name(&name));
        self.create_as(Builder::new().prefix(&name).rand_bytes(0))
    }

    fn create_as(&self, builder: &mut Builder<'_, '_>) -> Result<(NewFile, File), Failure> {
        // A new file gets the permissions that the user has chosen for new files. One that replaces another is private until
        // it has the permissions of the other.
        #[cfg(unix)]
        if self.existing.is_none() {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        let result = || -> io::Result<(NewFile, File)> {
            let (file, temporary) = NamedTempFile::into_parts(builder.tempfile_in(self.folder())?);
            if let Some(existing) = &self.existing {
                keep_permissions(&file, existing)?;
            }
            let handle = file.try_clone()?;
            Ok((NewFile { target: self.clone(), temporary, handle }, file))
        };
        let folder = self.folder();
        result().map_err(|error| {
            let purpose = format!("write `{}`: cannot create a file in the folder", self.written.display());
            Failure::of_file(&purpose, folder, &error)
        })
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }
}

/// A file with a temporary name beside its later name, which is removed unless it is [completed](Self::complete).
///
/// Each has a temporary name of its own, so programs that write the same file at once do not disturb each other, and the
/// last one wins.
pub(crate) struct NewFile {
    target: FileTarget,
    temporary: TempPath,
    handle: File,
}

impl NewFile {
    /// Returns another handle of the file.
    pub(super) fn handle(&self) -> Result<File, Failure> {
        self.handle.try_clone().map_err(|error| Failure::of_file("write", &self.target.written, &error))
    }

    /// Returns whether it replaces a file.
    pub(super) fn is_replacement(&self) -> bool {
        self.target.exists()
    }

    /// Gives the file its name, after its bytes are on the disk. Returns the path as written.
    pub(super) fn complete(self) -> Result<PathBuf, Failure> {
        let Self { target, temporary, handle } = self;
        drop(handle);
        temporary.persist(&target.path).map_err(|error| Failure::of_file("write", &target.written, &error.error))?;
        // The name is on the disk too, where a system can do that.
        #[cfg(unix)]
        let _ = File::open(target.folder()).and_then(|folder| folder.sync_all());
        Ok(target.written)
    }

    /// Writes a whole file.
    pub(super) fn save(target: &FileTarget, bytes: &[u8]) -> Result<(), Failure> {
        let (new, mut file) = target.create()?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(|error| Failure::of_file("write", &target.written, &error))?;
        new.complete()?;
        Ok(())
    }
}

/// Gives a file the owner and the permissions of another, as far as the user may.
fn keep_permissions(file: &File, existing: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};

        let own = file.metadata()?;
        let mut mode = existing.mode() & 0o7777;
        if own.uid() != existing.uid() && fchown(file, Some(existing.uid()), None).is_err() {
            // These bits would apply to another user.
            mode &= !0o4000;
        }
        if own.gid() != existing.gid() && fchown(file, None, Some(existing.gid())).is_err() {
            // The permissions of the group would apply to another group, which gets those of all others.
            mode = (mode & !0o2070) | (mode & 0o007) << 3;
        }
        file.set_permissions(fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    file.set_permissions(existing.permissions())
}
