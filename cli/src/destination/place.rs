//! The thing that a path names.

use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal as _};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use super::new_file::FileTarget;
use crate::failure::Failure;

/// The most links that are followed to a file that does not exist, as many as Linux follows.
const MAX_LINKS: usize = 40;

/// The thing that a path names.
pub(super) enum Place {
    /// Standard output.
    Stdout,
    /// A pipe, a device or an open descriptor, which is written to and never replaced.
    Stream(Stream),
    /// A regular file, or a name for a new one.
    File(FileTarget),
}

/// A path that is opened for writing as it is.
pub(super) struct Stream {
    path: PathBuf,
    /// Whether it is an open file of the shell, whose content stays.
    append: bool,
}

impl Stream {
    /// Opens it, which waits for the reader of a pipe.
    pub(super) fn open(&self) -> io::Result<File> {
        File::options().write(true).append(self.append).open(&self.path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Place {
    /// Finds out what a path names. `-` is standard output.
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
        let refuse = |reason: &str, advice: &str| {
            Err(Failure::new(&format!("cannot write `{}`: {reason}", path.display()), advice))
        };
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout);
        }
        let (end, links) = follow(path).map_err(|error| Failure::of_file("write", path, &error))?;
        if let Some(descriptor) = descriptor(&links) {
            let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
            return Ok(match descriptor.as_str() {
                "1" => Self::Stdout,
                _ => Self::Stream(Stream { path: path.to_owned(), append: is_file }),
            });
        }
        let is_folder = path.as_os_str().to_string_lossy().ends_with(['/', MAIN_SEPARATOR]);
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => refuse("it is a folder", "name a file in it"),
            _ if is_folder => refuse("it ends with a slash, as a folder", "name a file in it"),
            Ok(metadata) if is_socket(&metadata) => {
                refuse("it is a socket", "write to standard output, and pipe it into a program that connects to it")
            }
            Ok(metadata) if !metadata.is_file() || is_null_device(path) => {
                Ok(Self::Stream(Stream { path: path.to_owned(), append: false }))
            }
            Ok(metadata) => {
                let end = fs::canonicalize(path).map_err(|error| Failure::of_file("write", path, &error))?;
                Ok(Self::File(FileTarget::new(path, end, Some(metadata))))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::File(FileTarget::new(path, end, None))),
            Err(error) => Err(Failure::of_file("write", path, &error)),
        }
    }

    /// Returns whether a terminal shows the output.
    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            // A pipe is not opened, which would wait for its reader.
            Self::Stream(stream) => is_character_device(&stream.path) && stream.open().is_ok_and(|it| it.is_terminal()),
            Self::File(_) => false,
        }
    }
}

/// Follows links, also those to a file that does not exist. Returns the last path, and all of them.
fn follow(path: &Path) -> io::Result<(PathBuf, Vec<PathBuf>)> {
    let mut links = vec![path.to_owned()];
    let mut end = path.to_owned();
    while fs::symlink_metadata(&end).is_ok_and(|metadata| metadata.is_symlink()) {
        if descriptor(std::slice::from_ref(&end)).is_some() {
            break;
        }
        if links.len() > MAX_LINKS {
            return Err(io::Error::other("too many links lead from one to the next"));
        }
        let target = fs::read_link(&end)?;
        end = end.parent().map_or_else(|| target.clone(), |parent| parent.join(&target));
        links.push(end.clone());
    }
    Ok((end, links))
}

/// Returns the number of an open file of this program that one of the paths names, such as `/dev/fd/3`.
fn descriptor(paths: &[PathBuf]) -> Option<String> {
    paths.iter().find_map(|path| {
        let name = path.file_name()?.to_str()?;
        let folder = fs::canonicalize(path.parent()?).ok()?;
        let own = format!("/proc/{}/fd", std::process::id());
        let is_own = folder == Path::new("/dev/fd") || folder == Path::new(&own);
        (is_own && name.parse::<u32>().is_ok()).then(|| name.to_owned())
    })
}

fn is_socket(metadata: &fs::Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::FileTypeExt::is_socket(&metadata.file_type());
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}

fn is_character_device(path: &Path) -> bool {
    #[cfg(unix)]
    return fs::metadata(path)
        .is_ok_and(|metadata| std::os::unix::fs::FileTypeExt::is_char_device(&metadata.file_type()));
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Returns whether it is the null device of Windows, which looks like a file.
fn is_null_device(path: &Path) -> bool {
    cfg!(windows) && path.as_os_str().eq_ignore_ascii_case("nul")
}
