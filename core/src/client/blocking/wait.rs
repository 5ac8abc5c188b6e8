//! A thread waits for a future.

use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Polls a future on this thread until it is done.
///
/// Unlike the `block_on` of an executor it may be called anywhere: inside of any executor, inside of itself, and in the
/// destructor of a thread-local. It keeps nothing in thread-locals and takes no wake-up that was meant for
/// [`std::thread::park`].
///
/// Whatever the future waits for has to go on elsewhere, so it is no way to await a future of the executor that this
/// thread belongs to.
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

/// Whether the future asks to be polled again.
#[derive(Default)]
struct Signal {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Waits until it is set, and takes it back.
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
    fn what_is_ready_is_not_waited_for() {
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
    fn another_thread_wakes_it() {
        let (sender, receiver) = oneshot::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| sender.send("done"));
            assert_eq!(block_on(receiver), Ok("done"));
        });
    }

    #[test]
    fn it_may_be_called_inside_of_itself() {
        assert_eq!(block_on(async { block_on(ready(1)) }), 1);
    }
}
