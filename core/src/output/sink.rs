//! Bytes on their way out.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Collects small pieces, and keeps the error of the writer below: the libraries above keep only its text.
pub(super) struct Sink<W: Write> {
    inner: BufWriter<W>,
    error: LastError,
}

/// The first error of a [`Sink`], for whoever gave the sink away.
#[derive(Clone, Default)]
pub(super) struct LastError(Arc<Mutex<Option<io::Error>>>);

impl LastError {
    pub(super) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let copy = io::Error::new(error.kind(), error.to_string());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            copy
        })
    }
}

impl<W: Write> Sink<W> {
    pub(super) fn new(inner: W) -> (Self, LastError) {
        let error = LastError::default();
        (Self { inner: BufWriter::new(inner), error: error.clone() }, error)
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.inner.write(bytes);
        self.error.keep(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.inner.flush();
        self.error.keep(result)
    }
}
