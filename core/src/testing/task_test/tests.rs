//! Tests of tests of tasks.

use std::time::Duration;

use futures::channel::oneshot;
use serde::{Deserialize, Serialize};

use super::TaskTest;
use crate::blocking::workflows::{self as blocking, BlockingTask};
use crate::workflows::{Context, MemoryCache, Task, TaskError, TaskIdentifier, TaskResult};

const HOUR: Duration = Duration::from_secs(3600);

/// A task that does what its field names.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Act {
    name: String,
    count: u32,
}

fn act(name: &str, count: u32) -> Act {
    Act { name: name.to_owned(), count }
}

impl Task for Act {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("example.com/Act", 1, 2)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        match self.name.as_str() {
            "describe" => {
                let (job, retries, cluster) = (context.job_name(), context.retry_count(), context.cluster());
                let shared = context.shared::<u8>()?;
                context.set_display(format!("{} {job} {retries} {cluster} {shared}", context.identifier()));
            }
            "submit" => {
                let leaves =
                    context.subtasks((0..self.count).map(|number| act("leaf", number))).max_retries(3).submit()?;
                context
                    .subtask(act("last", 9))
                    .after(&leaves)
                    .cluster("gpu")
                    .optional()
                    .display("the last")
                    .submit()?;
            }
            "cache" => {
                let before: Option<u32> = context.cache().get_json("count").await?;
                context.cache().put_json("count", &(before.unwrap_or(0) + self.count)).await?;
            }
            "fail" => {
                context.progress("").add(2).done(1);
                return Err(TaskError::new("no data"));
            }
            "sleep" => {
                context.sleep(HOUR * self.count).await;
                context.stopping().check()?;
            }
            "wait" => std::future::pending::<()>().await,
            "receive" => {
                let receiver = context.shared::<std::sync::Mutex<Option<oneshot::Receiver<u32>>>>()?;
                let receiver = receiver.lock().map_err(|_| "a panic").map_err(TaskError::new)?.take();
                let number = receiver.ok_or("no channel").map_err(TaskError::new)?.await?;
                context.set_display(number.to_string());
            }
            other => return Err(TaskError::new(format!("cannot {other}"))),
        }
        Ok(())
    }
}

#[test]
fn a_run_has_the_options_of_its_test() {
    let test = TaskTest::new(act("describe", 0)).shared(7_u8).retry_count(2).job_name("clouds").cluster("dev");
    let run = test.submitted_as(TaskIdentifier::new("example.com/Act", 1, 0)).run();
    assert_eq!((run.error(), run.display()), (None, "example.com/Act@v1.0 clouds 2 dev 7"));
    let other = TaskTest::new(act("describe", 0)).submitted_as(TaskIdentifier::new("example.com/Act", 2, 0)).run();
    assert_eq!(other.error(), Some("the registered code does not accept the identifier of the task"));
}

#[test]
fn a_run_has_its_subtasks_with_their_options() {
    let run = TaskTest::new(act("submit", 3)).cluster("dev").run();
    run.result().expect("computed");
    let expected = [act("leaf", 0), act("leaf", 1), act("leaf", 2), act("last", 9)];
    assert_eq!(run.subtasks::<Act>().expect("readable"), expected);
    let [first, .., last] = run.all_subtasks() else { panic!("subtasks") };
    assert_eq!((first.max_retries, first.cluster.as_str(), first.display.as_str()), (3, "dev", "Act"));
    assert_eq!(
        (last.after.as_slice(), last.cluster.as_str(), last.display.as_str()),
        (&[0, 1, 2][..], "gpu", "the last")
    );
    assert!(last.is_optional && !first.is_optional);
}

#[test]
fn tests_can_share_a_cache() {
    let cache = MemoryCache::new();
    for expected in [4, 8] {
        let run = TaskTest::new(act("cache", 4)).cache(cache.clone()).run();
        assert_eq!(run.cached_json::<u32>("count").expect("a cache"), Some(expected));
    }
    let run = TaskTest::new(act("cache", 4)).run();
    assert_eq!(run.cached_json::<u32>("count").expect("a cache"), Some(4), "each test has a cache of its own");
}

#[test]
fn a_failed_run_has_its_error_and_progress() {
    let run = TaskTest::new(act("fail", 0)).run();
    assert_eq!((run.error(), run.display()), (Some("no data"), "Act\nno data"));
    assert_eq!(run.result().expect_err("failed").to_string(), "no data");
    assert_eq!(run.progress()[0].to_string(), "1/2");
    assert!(!run.is_handed_back());
}

#[test]
fn an_oversized_input_fails_before_the_run() {
    let run = TaskTest::new(act(&"x".repeat(2048), 0)).run();
    let error = run.error().expect("too long");
    assert!(
        error.starts_with("cannot submit the task `example.com/Act`: expects an input of at most 2048 bytes"),
        "{error}"
    );
}

#[test]
fn time_is_virtual_and_a_stop_can_be_tested() {
    let run = TaskTest::new(act("sleep", 5)).run();
    assert_eq!((run.error(), run.elapsed()), (None, HOUR * 5));
    let run = TaskTest::new(act("sleep", 5)).stop_after(HOUR).run();
    assert!(run.is_handed_back());
    assert_eq!(run.error(), Some("the task stopped before its end, and was handed back"));
}

#[test]
fn a_task_that_waits_for_ever_fails() {
    let run = TaskTest::new(act("wait", 0)).run();
    assert!(run.error().expect("a deadlock").starts_with("deadlock: "), "{run:?}");
}

#[test]
fn an_async_run_waits_for_events_of_other_threads() {
    let (sender, receiver) = oneshot::channel::<u32>();
    let test = TaskTest::new(act("receive", 0)).shared(std::sync::Mutex::new(Some(receiver)));
    let thread = std::thread::Builder::new().spawn(move || sender.send(7).expect("a receiver"));
    let run = crate::blocking::block_on(test.run_async());
    thread.expect("a thread").join().expect("no panic");
    assert_eq!((run.error(), run.display()), (None, "7"));
    let slept = crate::blocking::block_on(TaskTest::new(act("sleep", 5)).run_async());
    assert_eq!((slept.error(), slept.elapsed()), (None, HOUR * 5));
}

/// A task that blocks its thread.
#[derive(Serialize, Deserialize)]
struct Sleeper;

impl BlockingTask for Sleeper {
    fn execute(self, context: &blocking::Context) -> TaskResult {
        context.sleep(HOUR);
        context.cache().put_json("count", &7)?;
        context.submit_all([Sleeper])?;
        Ok(())
    }
}

#[test]
fn a_blocking_task_is_tested_as_others() {
    let run = TaskTest::new(Sleeper).run();
    assert_eq!((run.error(), run.elapsed(), run.all_subtasks().len()), (None, HOUR, 1));
    assert_eq!(run.cached_json::<u32>("count").expect("a cache"), Some(7));
}
