//! Responses of the real API. They are not part of the repository; tests without them print that and continue.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use flate2::read::GzDecoder;

const FOLDER: &str = "../../shared/recordings";

/// Returns the folder of the recordings of the Datasets API, if it exists.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    folder_of("datasets")
}

/// Returns the folder of the recordings of the Workflows API, if it exists.
#[must_use]
pub fn workflows_folder() -> Option<PathBuf> {
    folder_of("workflows")
}

fn folder_of(api: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(api);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("no recordings: the folder {FOLDER}/{api} does not exist");
    None
}

/// Returns the decompressed bytes.
///
/// # Panics
///
/// Panics when the bytes are not gzip.
#[must_use]
#[expect(clippy::expect_used, reason = "recordings are whole")]
pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut content).expect("recorded gzip is whole");
    content
}

/// Returns the bodies of a recording. A status and a length, 64 bits little-endian each, precede every body.
///
/// # Panics
///
/// Panics when the recording cannot be read.
#[must_use]
#[expect(clippy::expect_used, reason = "recordings are whole")]
pub fn bodies(path: &Path) -> Vec<Bytes> {
    let recording = fs::read(path).expect("the recording can be read");
    let mut rest = &recording[..];
    let mut bodies = Vec::new();
    while let Some((header, after)) = rest.split_first_chunk::<16>() {
        let length = u64::from_le_bytes(header[8..].try_into().expect("eight bytes")) as usize;
        bodies.push(gunzip(&after[..length]).into());
        rest = &after[length..];
    }
    bodies
}
