//! The times in which a process handles the signals.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;

/// A time in which the process handles SIGINT and SIGTERM, for runtimes that receive them through a library.
///
/// Such a library replaces the default action of a signal until the process ends. This type restores it: while no value
/// exists, the signals end the process again.
#[derive(Debug)]
pub struct Handled(());

/// All values of [`Handled`] of the process.
struct Values {
    count: usize,
    /// The condition of the default action: whether no value exists. `None` before the first value.
    is_unhandled: Option<Arc<AtomicBool>>,
}

static VALUES: Mutex<Values> = Mutex::new(Values { count: 0, is_unhandled: None });

impl Handled {
    /// Begins to handle the signals. Call it before the library subscribes to them.
    ///
    /// # Errors
    ///
    /// When the system refuses the handler of a signal.
    pub fn begin() -> io::Result<Self> {
        let mut values = VALUES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(is_unhandled) = &values.is_unhandled {
            is_unhandled.store(false, Ordering::SeqCst);
        } else {
            let is_unhandled = Arc::new(AtomicBool::new(false));
            for signal in [SIGINT, SIGTERM] {
                register_conditional_default(signal, Arc::clone(&is_unhandled))?;
            }
            values.is_unhandled = Some(is_unhandled);
        }
        values.count += 1;
        Ok(Self(()))
    }
}

impl Drop for Handled {
    fn drop(&mut self) {
        let mut values = VALUES.lock().unwrap_or_else(PoisonError::into_inner);
        values.count -= 1;
        if let (0, Some(is_unhandled)) = (values.count, &values.is_unhandled) {
            is_unhandled.store(true, Ordering::SeqCst);
        }
    }
}
