//! Panics of tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Deserializer, Serialize};

use super::support::{Runner, SECOND, failure, leased};
use crate::client::workflows::tasks::registry::Registry;
use crate::client::workflows::tasks::{Context, Task, TaskResult};
use crate::progress::ProgressIndicator;
use crate::workflows::runner::Outcome;

#[test]
fn a_panic_fails_the_task_and_keeps_its_progress() {
    let outcome = Runner::of(|context| async move {
        context.progress("").add(2).done(1);
        context.sleep(SECOND).await;
        panic!("no {}", "data");
    });
    let Outcome::Failed { display, progress, .. } = outcome.run() else { panic!("failed") };
    assert!(display.starts_with("Task\npanicked at "), "{display}");
    assert!(display.contains("tests/panics.rs:"), "{display}");
    assert!(display.ends_with(": no data"), "{display}");
    assert_eq!(progress, [ProgressIndicator { label: String::new(), total: 2, done: 1 }]);
}

#[test]
fn a_panic_of_a_closure_fails_the_task() {
    let outcome = Runner::of(|context| async move {
        context.unblock(|_| panic!("in the closure")).await?;
        Ok(())
    });
    let display = failure(outcome.run());
    assert!(display.contains("tests/panics.rs:") && display.ends_with(": in the closure"), "{display}");
}

#[derive(Serialize)]
struct Picky;

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("not today")
    }
}

impl Task for Picky {
    async fn execute(self, _: &Context) -> TaskResult {
        Ok(())
    }
}

#[test]
fn a_panic_of_a_decoder_fails_the_task() {
    let mut registry = Registry::new();
    registry.register::<Picky>().expect("the only task");
    let mut task = leased("");
    task.identifier = Picky::identifier();
    assert!(failure(Runner::with(registry).run_task(task)).ends_with(": not today"));
}

/// Panics when it is dropped, after it has set a flag.
struct Bomb(Arc<AtomicBool>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        panic!("destructor");
    }
}

#[test]
fn a_panicking_destructor_does_not_leave_the_task() {
    let dropped = Arc::new(AtomicBool::new(false));
    let bomb = Arc::clone(&dropped);
    let runner = Runner::of(move |_| {
        let bomb = Bomb(Arc::clone(&bomb));
        async move {
            std::future::pending::<()>().await;
            drop(bomb);
            Ok(())
        }
    });
    assert_eq!(runner.run_until(SECOND, |control| control.abort()), Outcome::HandBack);
    assert!(dropped.load(Ordering::SeqCst));

    dropped.store(false, Ordering::SeqCst);
    let (_, mut future) = runner.start(leased(""));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    drop(future);
    assert!(dropped.load(Ordering::SeqCst));
}
