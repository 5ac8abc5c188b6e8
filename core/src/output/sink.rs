//! A buffered writer that keeps its first error.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Buffers small writes and keeps the first error, because format libraries keep only its text.
pub(super) struct Sink<W: Write> {
    inner: BufWriter<W>,
    error: FirstError,
}

/// A handle to the first error of a [`Sink`].
#[derive(Clone, Default)]
pub(super) struct FirstError(Arc<Mutex<Option<io::Error>>>);

impl FirstError {
    /// Takes the error, if there is one.
    pub(super) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the error and returns a copy of it.
    fn keep<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let copy = io::Error::new(error.kind(), error.to_string());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            copy
        })
    }
}

impl<W: Write> Sink<W> {
    pub(super) fn new(inner: W) -> (Self, FirstError) {
        let error = FirstError::default();
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
