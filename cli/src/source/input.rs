//! A file or standard input.

use std::fs::File;
use std::io::{self, Cursor, IsTerminal as _, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::Fault;
use crate::failure::Failure;

/// The number of bytes by which the format of an input is found.
const HEAD: usize = 4096;

/// The maximum size of a temporary copy of standard input, in bytes: 16 GiB.
const MAX_SPOOL: u64 = 16 << 30;

/// The first bytes of gzip (RFC 1952).
const GZIP: &[u8] = b"\x1f\x8b";

/// An opened input, whose first bytes are known.
pub(crate) struct Input {
    path: Option<PathBuf>,
    head: Vec<u8>,
    rest: Rest,
}

/// The bytes of an input.
enum Rest {
    /// All of a regular file.
    File(File),
    /// The bytes after the first ones.
    Stream(Box<dyn Read + Send>),
}

impl Input {
    /// Opens a file, or standard input for `-` and without a path.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let path = path.filter(|path| *path != Path::new("-"));
        let opened = match path {
            Some(path) => File::open(path).and_then(|file| {
                let is_regular = file.metadata()?.is_file();
                if is_regular { Self::of_file(path, file) } else { Self::of_stream(Some(path), Box::new(file)) }
            }),
            None if io::stdin().is_terminal() => {
                let advice = "name a file, or send the table into the command: … | tbx ingest DATASET COLLECTION";
                return Err(Failure::usage(
                    "cannot ingest: expects a file or a table on standard input, got a terminal",
                    advice,
                ));
            }
            None => Self::of_stream(None, Box::new(io::stdin())),
        };
        opened.map_err(|error| match path {
            Some(path) => Failure::of_file("read", path, &error),
            None => Failure::new(&format!("cannot read standard input: {error}"), "check what sends it"),
        })
    }

    fn of_file(path: &Path, mut file: File) -> io::Result<Self> {
        let head = read_head(&mut file)?;
        if head.starts_with(GZIP) {
            file.seek(SeekFrom::Start(0))?;
            return Self::of_stream(Some(path), Box::new(file));
        }
        Ok(Self { path: Some(path.to_owned()), head, rest: Rest::File(file) })
    }

    fn of_stream(path: Option<&Path>, mut stream: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut head = read_head(&mut stream)?;
        if head.starts_with(GZIP) {
            let compressed = io::BufReader::new(Cursor::new(head).chain(stream));
            stream = Box::new(MultiGzDecoder::new(compressed));
            head = read_head(&mut stream)?;
        }
        Ok(Self { path: path.map(Path::to_owned), head, rest: Rest::Stream(stream) })
    }

    #[cfg(test)]
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self::of_stream(None, Box::new(Cursor::new(bytes.to_vec()))).expect("bytes of memory")
    }

    /// Returns the name for errors: the path in backticks, or `standard input`.
    pub(crate) fn name(&self) -> String {
        self.path.as_ref().map_or("standard input".to_owned(), |path| format!("`{}`", path.display()))
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns the first bytes.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Returns all bytes in their order.
    pub(crate) fn into_reader(self) -> Box<dyn Read + Send> {
        match self.rest {
            // The first bytes were read from the file.
            Rest::File(file) => Box::new(Cursor::new(self.head).chain(file)),
            Rest::Stream(stream) => Box::new(Cursor::new(self.head).chain(stream)),
        }
    }

    /// Returns a file in which any part can be read. Other input is copied to a temporary file without a name, which the
    /// system removes.
    ///
    /// # Errors
    ///
    /// When the input or the temporary file fails, or the copy exceeds 16 GiB.
    pub(crate) fn into_file(self) -> Result<File, Fault> {
        let failed = |error: io::Error| {
            let advice = "check the free space of the folder for temporary files, or pass a file";
            Fault::new(format!("a temporary copy cannot be written: {error}"), advice)
        };
        match self.rest {
            Rest::File(mut file) => {
                file.seek(SeekFrom::Start(0)).map_err(failed)?;
                Ok(file)
            }
            Rest::Stream(stream) => {
                let mut copy = tempfile::tempfile().map_err(failed)?;
                let mut bytes = Cursor::new(self.head).chain(stream).take(MAX_SPOOL + 1);
                let size = io::copy(&mut bytes, &mut copy).map_err(failed)?;
                if size > MAX_SPOOL {
                    return Err(Fault::new("it exceeds 16 GiB", "write it to a file and pass its path"));
                }
                copy.flush().and_then(|()| copy.seek(SeekFrom::Start(0))).map_err(failed)?;
                Ok(copy)
            }
        }
    }
}

/// Reads the first bytes of a stream.
fn read_head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    stream.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Returns the fault of bytes that cannot be read.
pub(super) fn unreadable(error: &io::Error) -> Fault {
    Fault::new(format!("it cannot be read: {error}"), "check that it is complete")
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn compressed_input_is_read_as_its_content() {
        let text = "a,b\n1,2\n".repeat(2000);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory");
        let compressed = encoder.finish().expect("memory");
        for bytes in [text.as_bytes(), &compressed] {
            assert_eq!(Input::of_bytes(bytes).head(), &text.as_bytes()[..HEAD]);
            let mut all = String::new();
            Input::of_bytes(bytes).into_reader().read_to_string(&mut all).expect("memory");
            assert_eq!(all, text);
            let mut copied = String::new();
            Input::of_bytes(bytes).into_file().expect("a copy").read_to_string(&mut copied).expect("a file");
            assert_eq!(copied, text);
        }
    }
}
