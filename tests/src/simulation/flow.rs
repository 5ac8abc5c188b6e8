//! Flow control of a connection that many responses share (RFC 9113, section 5.2): unread bytes use its window, and without
//! room in the window, every response on the connection waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::StreamExt as _;
use futures::channel::{mpsc, oneshot};
use futures::future::{AbortHandle, abortable};
use tilebox_core::runtime::Runtime as _;

use super::Simulation;

/// The maximum number of unread bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowControl {
    /// For one response.
    pub stream: usize,
    /// For all responses on a connection together.
    pub connection: usize,
}

/// The window of one connection. Clones share it.
#[derive(Clone)]
pub(super) struct Window {
    simulation: Simulation,
    control: FlowControl,
    room: Arc<Mutex<Room>>,
}

struct Room {
    free: usize,
    /// The waiting transfers, the oldest first, each with its number of bytes.
    waiting: Vec<(usize, oneshot::Sender<Taken>)>,
}

/// Room of the window, returned on drop: when the bytes are read, or their stream is reset.
struct Taken {
    window: Window,
    bytes: usize,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.window.give_back(self.bytes);
    }
}

impl Window {
    pub(super) fn new(simulation: &Simulation, control: FlowControl) -> Self {
        let room = Room { free: control.connection.max(1), waiting: Vec::new() };
        Self { simulation: simulation.clone(), control, room: Arc::new(Mutex::new(room)) }
    }

    /// Transfers a body. The server sends while the window has room, even without polls; received bytes use the window until
    /// they are polled.
    pub(super) async fn transfer(&self, body: Bytes) -> Bytes {
        let (sender, mut receiver) = mpsc::unbounded();
        let window = self.clone();
        let length = body.len();
        let (sending, abort) = abortable(async move {
            let step = window.control.stream.clamp(1, window.control.connection.max(1));
            for begin in (0..body.len()).step_by(step) {
                let piece = body.slice(begin..(begin + step).min(body.len()));
                let taken = window.take(piece.len()).await;
                let (read, is_read) = oneshot::channel::<()>();
                if sender.unbounded_send((piece, taken, read)).is_err() || is_read.await.is_err() {
                    return;
                }
            }
        });
        self.simulation.spawn(Box::pin(async move {
            let _ = sending.await;
        }));
        let _reset = ResetOnDrop(abort);
        let mut whole = Vec::with_capacity(length);
        while let Some((piece, taken, read)) = receiver.next().await {
            whole.extend_from_slice(&piece);
            drop(taken);
            let _ = read.send(());
        }
        whole.into()
    }

    async fn take(&self, bytes: usize) -> Taken {
        let granted = {
            let mut room = self.room();
            if room.waiting.is_empty() && room.free >= bytes {
                room.free -= bytes;
                None
            } else {
                let (sender, receiver) = oneshot::channel();
                room.waiting.push((bytes, sender));
                Some(receiver)
            }
        };
        match granted {
            None => Taken { window: self.clone(), bytes },
            // The window outlives its waiting transfers, because they hold it.
            Some(granted) => granted.await.unwrap_or(Taken { window: self.clone(), bytes: 0 }),
        }
    }

    fn give_back(&self, bytes: usize) {
        let mut given = Vec::new();
        {
            let mut room = self.room();
            room.free += bytes;
            while let Some((wanted, _)) = room.waiting.first() {
                let wanted = *wanted;
                if room.free < wanted {
                    break;
                }
                room.free -= wanted;
                let (_, waiting) = room.waiting.remove(0);
                given.push((waiting, Taken { window: self.clone(), bytes: wanted }));
            }
        }
        // A transfer that was reset in the meantime returns its room immediately, which needs the lock.
        for (waiting, taken) in given {
            let _ = waiting.send(taken);
        }
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct ResetOnDrop(AbortHandle);

impl Drop for ResetOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt as _;
    use futures::future::{Either, select};

    use super::*;

    const CONTROL: FlowControl = FlowControl { stream: 4, connection: 8 };

    #[test]
    fn a_body_passes_in_pieces_and_leaves_the_window_free() {
        let simulation = Simulation::new(1);
        let window = Window::new(&simulation, CONTROL);
        let body = Bytes::from_static(b"more than the window");
        assert_eq!(simulation.run(window.transfer(body.clone())), body);
        assert_eq!(simulation.run(window.transfer(Bytes::new())), Bytes::new());
        assert_eq!(window.room().free, 8);
    }

    #[test]
    fn unread_responses_block_the_others_until_they_are_reset() {
        let simulation = Simulation::new(1);
        let window = Window::new(&simulation, CONTROL);
        let body = Bytes::from_static(b"0123456789");
        let mut unread: Vec<_> = (0..2).map(|_| Box::pin(window.transfer(body.clone()))).collect();
        for transfer in &mut unread {
            assert!(transfer.now_or_never().is_none());
        }
        simulation.settle(Duration::from_secs(1));
        assert_eq!(window.room().free, 0);
        let timer = simulation.sleep_until(simulation.now() + Duration::from_secs(60));
        let Either::Right(((), blocked)) = simulation.run(select(Box::pin(window.transfer(body.clone())), timer))
        else {
            panic!("the window has room");
        };
        drop(unread);
        assert_eq!(simulation.run(blocked), body);
        simulation.settle(Duration::from_secs(1));
        assert_eq!((window.room().free, simulation.live_tasks()), (8, 0));
    }
}
