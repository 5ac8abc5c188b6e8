//! Panics of tasks, with their text and location.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

/// A panic that was caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panic {
    text: String,
    /// `None` if a hook that was set later replaced that of this module.
    location: Option<String>,
}

/// Prints the location and the text, as the default hook does.
impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => write!(f, "panicked at {location}: {}", self.text),
            None => write!(f, "panicked: {}", self.text),
        }
    }
}

thread_local! {
    static WATCH: RefCell<Watch> = const { RefCell::new(Watch { depth: 0, location: None }) };
}

/// What a thread knows of the panic that it is about to catch.
struct Watch {
    /// The number of nested calls of [`catch`].
    depth: usize,
    location: Option<String>,
}

fn watch<R>(change: impl FnOnce(&mut Watch) -> R) -> Option<R> {
    WATCH.try_with(|watch| watch.try_borrow_mut().ok().map(|mut watch| change(&mut watch))).ok().flatten()
}

/// Calls a function, and returns its panic as an error. With `panic = "abort"`, a panic ends the process.
pub(super) fn catch<R>(call: impl FnOnce() -> R) -> Result<R, Panic> {
    observe_locations();
    watch(|watch| watch.depth += 1);
    // What a panic leaves behind is dropped, not used.
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    let location = watch(|watch| {
        watch.depth = watch.depth.saturating_sub(1);
        watch.location.take()
    });
    result.map_err(|payload| Panic::of(payload, location.flatten()))
}

impl Panic {
    fn of(payload: Box<dyn Any + Send>, location: Option<String>) -> Self {
        let payload = match payload.downcast::<Self>() {
            Ok(caught_before) => return *caught_before,
            Err(payload) => payload,
        };
        let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "the panic has no text".to_owned(),
        };
        discard(payload);
        Self { text, location }
    }

    /// Continues the panic on this thread, without a second message of the hook.
    pub(super) fn resume(self) -> ! {
        panic::resume_unwind(Box::new(self))
    }
}

/// Drops a value of the user. A panic of its destructor is ignored.
pub(super) fn discard(value: impl Sized) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // Its destructor could panic as well.
        std::mem::forget(second);
    }
}

/// Chains a hook before the current one, once in a process. It only notes the locations of panics that [`catch`] will catch;
/// every panic still reaches the hook that was set before.
fn observe_locations() {
    static CHAINED: Once = Once::new();
    // A hook cannot be set by a thread that is panicking.
    if CHAINED.is_completed() || thread::panicking() {
        return;
    }
    CHAINED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            watch(|watch| {
                if watch.depth > 0 {
                    watch.location = info.location().map(ToString::to_string);
                }
            });
            previous(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caught_panic_has_text_and_location() {
        let line = line!() + 1;
        let caught = catch::<()>(|| panic!("no {}", "data")).expect_err("a panic");
        assert!(caught.to_string().starts_with("panicked at "), "{caught}");
        assert!(caught.to_string().contains(&format!("panics.rs:{line}:")), "{caught}");
        assert!(caught.to_string().ends_with(": no data"), "{caught}");
        assert_eq!(catch(|| 7).expect("no panic"), 7);
    }

    #[test]
    fn a_resumed_panic_keeps_its_location() {
        let first = catch::<()>(|| panic!("first")).expect_err("a panic");
        let again = catch::<()>(|| first.clone().resume()).expect_err("a panic");
        assert_eq!(again, first);
    }

    #[test]
    fn a_panicking_destructor_is_survived() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("destructor");
            }
        }
        discard(Bomb);
        let caught = catch::<()>(|| panic::panic_any(Bomb)).expect_err("a panic");
        assert_eq!(caught.text, "the panic has no text");
    }

    #[test]
    fn a_panic_outside_of_a_task_leaves_no_location() {
        let _ = catch(|| ());
        let outside = thread::Builder::new().spawn(|| {
            let _ = panic::catch_unwind(|| panic!("outside"));
            catch::<()>(|| panic::resume_unwind(Box::new("inside"))).expect_err("a panic")
        });
        let caught = outside.expect("a thread").join().expect("no panic");
        assert_eq!((caught.text.as_str(), caught.location), ("inside", None));
    }
}
