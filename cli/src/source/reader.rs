//! A thread that reads and encodes ahead of the requests.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::task::{Context, Poll};
use std::thread;

use bytes::Bytes;
use futures::SinkExt as _;
use futures::channel::mpsc::{self, Receiver, Sender};
use futures::executor::block_on;
use futures::stream::{Stream, StreamExt as _};

use super::{Encoder, Fault, Source};

/// Encoded batches that wait for requests.
const AHEAD: usize = 2;

/// A stream of encoded datapoints, which ends at the end of the input or at its first fault.
pub(crate) struct Reader {
    batches: Receiver<Vec<Bytes>>,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Reader {
    /// Starts to read. Dropping the reader ends the thread after the batch that it reads.
    pub(crate) fn start(source: Box<dyn Source>, encoder: Encoder) -> std::io::Result<Self> {
        let (mut sender, batches) = mpsc::channel(AHEAD);
        let fault = Arc::new(Mutex::new(None));
        let found = Arc::clone(&fault);
        thread::Builder::new().name("tbx-reader".to_owned()).spawn(move || {
            if let Err(fault) = Self::guard(|| read(source, encoder, &mut sender)) {
                *found.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
            }
            // The stream ends after its fault is there.
            drop(sender);
        })?;
        Ok(Self { batches, fault })
    }

    /// Runs a step of reading. The libraries of formats may panic on damaged files.
    pub(crate) fn guard<T>(read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        silence_panics();
        IS_GUARDED.set(true);
        let result = panic::catch_unwind(AssertUnwindSafe(read));
        IS_GUARDED.set(false);
        result.unwrap_or_else(|_| Err(Fault::new("it is damaged", "check that the file is complete")))
    }

    /// Returns the fault that ended the stream, if any.
    pub(crate) fn fault(&self) -> FaultSlot {
        FaultSlot(Arc::clone(&self.fault))
    }
}

/// The fault of a reader, once its stream has ended.
pub(crate) struct FaultSlot(Arc<Mutex<Option<Fault>>>);

impl FaultSlot {
    pub(crate) fn take(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Stream for Reader {
    type Item = Vec<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Vec<Bytes>>> {
        self.batches.poll_next_unpin(cx)
    }
}

fn read(mut source: Box<dyn Source>, mut encoder: Encoder, sender: &mut Sender<Vec<Bytes>>) -> Result<(), Fault> {
    while let Some(batch) = source.next_batch()? {
        let encoded = encoder.encode(batch)?;
        if block_on(sender.send(encoded)).is_err() {
            break;
        }
    }
    Ok(())
}

thread_local! {
    /// Whether the thread runs a guarded step.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Leaves panics of guarded steps out of the standard error: they become a fault.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                report(panic);
            }
        }));
    });
}
