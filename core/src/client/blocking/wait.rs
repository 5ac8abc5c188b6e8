//! A thread that waits for a future.

use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Polls a future on this thread until it completes.
///
/// Unlike the `block_on` of an executor it can be called anywhere: inside any executor, inside itself, and in the
/// destructor of a thread-local. It uses no thread-locals and consumes no wake-up of [`std::thread::park`].
///
/// Something else must make the progress that the future waits for. A future of the executor that this thread belongs to
/// would wait for ever.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let signal = Arc::new(Signal::default());
    let waker = Waker::from(Arc::clone(&signal));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => signal.wait(),
        }
    }
}

/// The request of the future to be polled again.
#[derive(Default)]
struct Signal {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Waits until it is set, and resets it.
    fn wait(&self) {
        let is_unset = |is_set: &mut bool| !std::mem::take(is_set);
        drop(self.changed.wait_while(self.lock(), is_unset).unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        *self.lock() = true;
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::channel::oneshot;
    use std::future::{poll_fn, ready};

    #[test]
    fn a_ready_future_completes_without_a_wait() {
        assert_eq!(block_on(ready(7)), 7);
    }

    #[test]
    fn a_wake_up_before_the_wait_is_not_lost() {
        let mut polls = 0;
        let polled = block_on(poll_fn(|context| {
            polls += 1;
            context.waker().wake_by_ref();
            if polls < 3 { Poll::Pending } else { Poll::Ready(polls) }
        }));
        assert_eq!(polled, 3);
    }

    #[test]
    fn another_thread_wakes_the_waiting_thread() {
        let (sender, receiver) = oneshot::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| sender.send("done"));
            assert_eq!(block_on(receiver), Ok("done"));
        });
    }

    #[test]
    fn a_call_inside_a_call_completes() {
        assert_eq!(block_on(async { block_on(ready(1)) }), 1);
    }
}
