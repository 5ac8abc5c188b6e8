//! A library with the C interface for `tests/outputs/check.py`, which loads it by `ctypes`. It moves Arrow C streams of the
//! generated catalogue to other programs and back.
//!
//! Each function returns 0, or 1 after it has printed an error.

#![expect(unsafe_code, reason = "C passes streams by their address")]

use std::error::Error;
use std::sync::OnceLock;

use tilebox_emulator::{Catalogue, Emulator};
use tilebox_tokio::Datapoints;
use tilebox_tokio::blocking::{self, Query};
use tilebox_tokio::datapoints::CStream;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const SENTINEL: &str = "open_data.copernicus.sentinel2_msi";

/// Returns a query of all datapoints. The server runs as long as the process.
fn query() -> Result<Query> {
    static SERVER: OnceLock<Option<Emulator>> = OnceLock::new();
    let server = SERVER.get_or_init(|| Emulator::builder().catalogue(Catalogue::new(3000)).start().ok());
    let server = server.as_ref().ok_or("the server does not start")?;
    let client = blocking::client_builder().url(server.url()).anonymous().build()?;
    Ok(client.dataset(SENTINEL)?.query(..).page_size(500))
}

/// Writes a stream to an address.
///
/// # Safety
///
/// The address is that of an uninitialized or released stream.
unsafe fn put(out: *mut CStream, stream: Result<CStream>) -> i32 {
    match stream {
        Ok(stream) => {
            // SAFETY: the caller guarantees the address; nothing is dropped there.
            unsafe { out.write(stream) };
            0
        }
        Err(error) => {
            eprintln!("{error}");
            1
        }
    }
}

/// Loads all datapoints and writes their stream to `out`.
///
/// # Safety
///
/// `out` is the address of an uninitialized or released stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tilebox_table(out: *mut CStream) -> i32 {
    let load = || Ok(query()?.load()?.into_c_stream());
    // SAFETY: as that of this function.
    unsafe { put(out, load()) }
}

/// Writes the stream of all pages to `out`. They load while the stream is read.
///
/// # Safety
///
/// `out` is the address of an uninitialized or released stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tilebox_pages(out: *mut CStream) -> i32 {
    let load = || Ok(query()?.pages().into_c_stream()?);
    // SAFETY: as that of this function.
    unsafe { put(out, load()) }
}

/// Writes the stream of pages of a server that stops after the first one to `out`.
///
/// # Safety
///
/// `out` is the address of an uninitialized or released stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tilebox_broken_pages(out: *mut CStream) -> i32 {
    let load = || {
        let server = Emulator::builder().catalogue(Catalogue::new(3000)).start()?;
        let client = blocking::client_builder().url(server.url()).anonymous().concurrency(1);
        let client = client.retry(tilebox_tokio::RetryPolicy::never()).build()?;
        let dataset = client.dataset(SENTINEL)?;
        server.inject(
            tilebox_emulator::Fault::rpc(tilebox_emulator::ErrorCode::Internal, "the disk is on fire")
                .on(tilebox_emulator::Rpc::Query)
                .after(1),
        );
        let stream = dataset.query(..).page_size(500).pages().into_c_stream()?;
        // The process ends soon.
        std::mem::forget(server);
        Ok(stream)
    };
    // SAFETY: as that of this function.
    unsafe { put(out, load()) }
}

/// Reads the stream at `from` into datapoints and writes the stream of the same datapoints, sorted by time, to `out`.
///
/// # Safety
///
/// `from` is the address of a stream, which is released afterwards; `out` that of an uninitialized or released one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tilebox_sorted(from: *mut CStream, out: *mut CStream) -> i32 {
    // SAFETY: the caller guarantees a stream, which moves out of the address.
    let stream = unsafe { CStream::from_raw(from) };
    let sorted = || Ok(Datapoints::from_c_stream(stream)?.sort_by_time()?.into_c_stream());
    // SAFETY: as that of this function.
    unsafe { put(out, sorted()) }
}
