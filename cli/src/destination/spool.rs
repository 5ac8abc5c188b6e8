//! The pages of a load that an interrupted program leaves for the next one.
//!
//! A spool begins with [`MAGIC`]. Then come frames: the length of the content and its CRC-32 as little-endian 32-bit numbers, and
//! the content. The first one has the [`Header`] as JSON. Each of the others has a page: the length of the position of the load
//! after it, in a byte order as above, the position as text, and the columns as an Arrow IPC stream. A frame that is torn, and all
//! after it, are dropped: the position before it loads them again.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use serde::{Deserialize, Serialize};
use tilebox_tokio::datasets::Position;
use tilebox_tokio::{Datapoints, TimeInterval, Timestamp};

use super::Beginning;
use crate::failure::Failure;

/// The first bytes of a spool.
const MAGIC: &[u8] = b"tbx resume 1\n";
/// The number of bytes before the content of a frame.
const FRAME_HEAD: u64 = 8;
/// The most characters of a text that an error repeats. Areas are long.
const MAX_TEXT: usize = 60;
/// The number of attempts to lock a spool that other programs remove.
const MAX_ATTEMPTS: usize = 100;

/// The pages of a load, locked for this program.
pub(super) struct Spool {
    path: PathBuf,
    file: File,
    header: Option<Header>,
    /// The offset of the first page.
    first_page: u64,
    /// The offset after the last whole page.
    end: u64,
    rows: u64,
    position: Position,
    /// No rows, with the columns of the pages.
    columns: Option<Datapoints>,
}

/// The query of a load.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    query: BTreeMap<String, String>,
    start: Timestamp,
    end: Timestamp,
    start_exclusive: bool,
    end_inclusive: bool,
}

impl Spool {
    /// Opens and locks a spool, or creates it, and drops a torn page.
    ///
    /// # Errors
    ///
    /// When another program writes it, or the file is not a spool.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error: &io::Error| Failure::of_file("use the file of --resume", path, error);
        for _ in 0..MAX_ATTEMPTS {
            let mut file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(|error| failed(&error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let message = format!("cannot resume by `{}`: another program writes it", path.display());
                    return Err(Failure::new(&message, "wait until it ends, or write another file"));
                }
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
            }
            // The program that had the lock may have removed the file.
            if is_at(&file, path).map_err(|error| failed(&error))? {
                return Self::read(path, &mut file).map_err(|error| failed(&error))?.map_or_else(
                    || {
                        let message = format!("cannot resume by `{}`: it is another file", path.display());
                        Err(Failure::new(&message, "move it away, or write another file"))
                    },
                    |spool| Ok(Self { file, ..spool }),
                );
            }
        }
        Err(Failure::new(
            &format!("cannot resume by `{}`: other programs remove it", path.display()),
            "repeat the command when they have ended",
        ))
    }

    /// Reads the beginning and checks the pages. Returns `None` if the file is not a spool.
    fn read(path: &Path, file: &mut File) -> io::Result<Option<Self>> {
        let mut spool = Self {
            path: path.to_owned(),
            file: file.try_clone()?,
            header: None,
            first_page: 0,
            end: 0,
            rows: 0,
            position: Position::start(),
            columns: None,
        };
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(0))?;
        let mut magic = Vec::new();
        (&*file).take(MAGIC.len() as u64).read_to_end(&mut magic)?;
        if !MAGIC.starts_with(&magic) {
            return Ok(None);
        }
        let mut content = Vec::new();
        if magic.len() < MAGIC.len() || !read_frame(file, size, &mut content)? {
            return Ok(Some(spool));
        }
        let Ok(header) = serde_json::from_slice(&content) else { return Ok(None) };
        spool.header = Some(header);
        spool.first_page = file.stream_position()?;
        spool.end = spool.first_page;
        while read_frame(file, size, &mut content)? {
            let Some((position, page)) = decode(&content) else { break };
            spool.rows += page.len() as u64;
            spool.position = position;
            spool.columns.get_or_insert_with(|| page.slice(0, 0));
            spool.end = file.stream_position()?;
        }
        file.set_len(spool.end)?;
        Ok(Some(spool))
    }

    /// Begins with a query, or compares it with that of the interrupted load.
    pub(super) fn begin(&mut self, query: &[(&str, String)], interval: TimeInterval) -> Result<Beginning, Failure> {
        let query = query.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
        if let Some(header) = &self.header {
            if let Some(difference) = difference(&header.query, &query) {
                let path = self.path.display();
                let message = format!("cannot resume by `{path}`: it belongs to another query, {difference}");
                let advice = format!("repeat the command as it was, or delete {path} to start from the beginning");
                return Err(Failure::usage(&message, &advice));
            }
            let interval = TimeInterval::new(header.start, header.end)
                .with_start_exclusive(header.start_exclusive)
                .with_end_inclusive(header.end_inclusive);
            return Ok(Beginning { interval, position: self.position.clone() });
        }
        let header = Header {
            query,
            start: interval.start(),
            end: interval.end(),
            start_exclusive: interval.is_start_exclusive(),
            end_inclusive: interval.is_end_inclusive(),
        };
        let write = |spool: &mut Self| -> io::Result<()> {
            let mut bytes = MAGIC.to_vec();
            bytes.extend(frame(&serde_json::to_vec(&header)?)?);
            spool.file.set_len(0)?;
            spool.append(0, &bytes)?;
            spool.first_page = spool.end;
            Ok(())
        };
        write(self).map_err(|error| self.failed("write", &error))?;
        self.header = Some(header);
        Ok(Beginning { interval, position: Position::start() })
    }

    /// Adds a page. After an error the spool has the pages before it.
    pub(super) fn write(&mut self, page: &Datapoints, position: &Position) -> Result<(), Failure> {
        if let Some(columns) = &self.columns
            && columns.schema() != page.schema()
        {
            let path = self.path.display();
            let message = format!("cannot resume by `{path}`: the fields of the dataset have changed since it began");
            return Err(Failure::new(&message, &format!("delete {path} to start from the beginning")));
        }
        let end = self.end;
        let bytes = encode(page, position).and_then(|content| frame(&content));
        let written = bytes.and_then(|bytes| self.append(end, &bytes));
        if let Err(error) = written {
            // A torn page is dropped in any case.
            let _ = self.file.set_len(self.end);
            return Err(self.failed("write", &error));
        }
        self.rows += page.len() as u64;
        self.position = position.clone();
        self.columns.get_or_insert_with(|| page.slice(0, 0));
        Ok(())
    }

    /// Reads the pages in their order. Empty ones are only read if there are no others.
    pub(super) fn each_page(&mut self, mut each: impl FnMut(Datapoints) -> Result<(), Failure>) -> Result<(), Failure> {
        if self.rows == 0 {
            return self.columns.clone().map_or(Ok(()), each);
        }
        self.file.seek(SeekFrom::Start(self.first_page)).map_err(|error| self.failed("read", &error))?;
        let mut content = Vec::new();
        let mut rows = 0;
        while read_frame(&mut self.file, self.end, &mut content).map_err(|error| self.failed("read", &error))? {
            let Some((_, page)) = decode(&content) else { break };
            rows += page.len() as u64;
            if !page.is_empty() {
                each(page)?;
            }
        }
        if rows < self.rows {
            let error = io::Error::other("it was changed while it was read");
            return Err(self.failed("read", &error));
        }
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the number of datapoints.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Removes the file.
    pub(super) fn remove(self) {
        // Before the lock ends. Its content is in the file, or there is none.
        let _ = fs::remove_file(&self.path);
    }

    fn append(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)?;
        self.end = offset + bytes.len() as u64;
        Ok(())
    }

    fn failed(&self, purpose: &str, error: &io::Error) -> Failure {
        Failure::of_file(purpose, &self.path, error)
    }
}

/// Returns the first part in which two queries differ, in words.
fn difference(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Option<String> {
    let names = before.keys().chain(now.keys());
    names.into_iter().find_map(|name| {
        let (before, now) = (before.get(name), now.get(name));
        let text = |value: Option<&String>| match value.map(String::as_str) {
            None | Some("") => "nothing".to_owned(),
            Some(value) if value.chars().count() > MAX_TEXT => {
                format!("`{}…`", value.chars().take(MAX_TEXT).collect::<String>())
            }
            Some(value) => format!("`{value}`"),
        };
        (before != now).then(|| format!("whose {name} is {} rather than {}", text(before), text(now)))
    })
}

/// Returns whether a path still names an open file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let now = match fs::metadata(path) {
        Ok(now) => now,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let own = file.metadata()?;
        Ok((own.dev(), own.ino()) == (now.dev(), now.ino()))
    }
    // Elsewhere the name of an open file cannot be used for another one.
    #[cfg(not(unix))]
    {
        let _ = (file, now);
        Ok(true)
    }
}

/// Returns the bytes of a frame.
fn frame(content: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(content.len()).map_err(|_| io::Error::other("a page has more than 4 GiB"))?;
    let mut bytes = Vec::with_capacity(content.len() + 8);
    bytes.extend(length.to_le_bytes());
    bytes.extend(crc32fast::hash(content).to_le_bytes());
    bytes.extend(content);
    Ok(bytes)
}

/// Reads a frame before `end`. Returns false at the end and for a torn frame.
fn read_frame(file: &mut File, end: u64, content: &mut Vec<u8>) -> io::Result<bool> {
    content.clear();
    let left = end.saturating_sub(file.stream_position()?);
    if left < FRAME_HEAD {
        return Ok(false);
    }
    let mut head = [0; 8];
    file.read_exact(&mut head)?;
    let [a, b, c, d, crc @ ..] = head;
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    // A length that is not in the file allocates nothing.
    if length > left - FRAME_HEAD {
        return Ok(false);
    }
    (&*file).take(length).read_to_end(content)?;
    Ok(content.len() as u64 == length && crc32fast::hash(content) == u32::from_le_bytes(crc))
}

/// Returns a page and the position after it as the content of a frame.
fn encode(page: &Datapoints, position: &Position) -> io::Result<Vec<u8>> {
    let position = position.to_string();
    let length = u32::try_from(position.len()).map_err(io::Error::other)?;
    let mut content = length.to_le_bytes().to_vec();
    content.extend(position.as_bytes());
    let mut writer = StreamWriter::try_new(content, &page.schema()).map_err(io::Error::other)?;
    writer.write(page.batch()).map_err(io::Error::other)?;
    writer.into_inner().map_err(io::Error::other)
}

/// Returns the position and the page of a frame, or `None` if its content is not valid.
fn decode(content: &[u8]) -> Option<(Position, Datapoints)> {
    let (length, rest) = content.split_first_chunk::<4>()?;
    let (position, stream) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let position = std::str::from_utf8(position).ok()?.parse().ok()?;
    let batch = StreamReader::try_new(stream, None).ok()?.next()?.ok()?;
    Some((position, Datapoints::new(batch)))
}

#[cfg(test)]
mod tests;
