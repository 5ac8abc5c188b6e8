//! The outcome of an execution.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::support::{Runner, SECOND, failure, leased};
use crate::client::workflows::tasks::registry::Registry;
use crate::client::workflows::tasks::{Context, Stopped, Task, TaskControl, TaskError, TaskResult};
use crate::error::Error;
use crate::progress::ProgressIndicator;
use crate::runtime::Runtime as _;
use crate::workflows::TaskIdentifier;
use crate::workflows::runner::{Outcome, StopReason};

#[derive(Serialize, Deserialize)]
struct Month {
    year: i32,
    month: u32,
}

impl Task for Month {
    async fn execute(self, context: &Context) -> TaskResult {
        context.set_display(format!("{}-{:02}", self.year, self.month));
        Ok(())
    }
}

fn month(input: &str) -> Outcome {
    let mut registry = Registry::new();
    registry.register::<Month>().expect("the only task");
    let mut task = leased(input);
    task.identifier = Month::identifier();
    Runner::with(registry).run_task(task)
}

#[test]
fn a_task_receives_its_input() {
    let Outcome::Computed { display, subtasks, progress } = month(r#"{"year":2025,"month":3}"#) else {
        panic!("computed")
    };
    assert_eq!((display.as_deref(), subtasks, progress), (Some("2025-03"), None, Vec::new()));
}

#[test]
fn an_unreadable_input_fails_the_task() {
    let display = failure(month(r#"{"year":2025}"#));
    assert!(display.starts_with("Task\ncannot decode the input of a task: missing field `month`"), "{display}");
    assert!(failure(month("")).starts_with("Task\ncannot decode the input of a task: the input is empty"));
}

#[test]
fn an_unknown_identifier_is_not_a_failure() {
    let runner = Runner::of(|_| async { Ok(()) });
    let mut task = leased("");
    task.identifier = TaskIdentifier::new("example.com/Task", 1, 3);
    assert_eq!(runner.run_task(task), Outcome::UnknownIdentifier);
}

#[test]
fn a_later_minor_version_executes_an_earlier_one() {
    let runner = Runner::of(|context| async move {
        context.set_display(context.identifier().to_string());
        Ok(())
    });
    let mut task = leased("");
    task.identifier = TaskIdentifier::new("example.com/Task", 1, 0);
    let Outcome::Computed { display, .. } = runner.run_task(task) else { panic!("computed") };
    assert_eq!(display.as_deref(), Some("example.com/Task@v1.0"));
}

#[test]
fn an_unchanged_display_is_not_reported() {
    let outcome = Runner::of(|context| async move {
        context.set_display("");
        Ok(())
    });
    assert_eq!(outcome.run(), Outcome::Computed { display: None, subtasks: None, progress: Vec::new() });
}

#[derive(Debug)]
struct Layer(&'static str, Option<Box<Layer>>);

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Layer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

#[test]
fn a_failure_prints_its_chain_of_causes() {
    let chain = || Layer("load", Some(Box::new(Layer("open a.tif", Some(Box::new(Layer("no such file", None)))))));
    let display = failure(Runner::of(move |_| async move { Err(chain().into()) }).run());
    assert_eq!(display, "Task\nload: open a.tif: no such file");
    let repeating = || Layer("load: timeout", Some(Box::new(Layer("timeout", None))));
    assert_eq!(TaskError::from(repeating()).to_string(), "load: timeout");
}

#[test]
fn a_failure_keeps_display_and_progress() {
    let outcome = Runner::of(|context| async move {
        context.set_display("half");
        context.progress("scenes").add(4).done(2);
        context.submit(crate::workflows::TaskSubmission::bytes("Next", ""))?;
        Err(TaskError::new("no data"))
    });
    let Outcome::Failed { display, progress, .. } = outcome.run() else { panic!("failed") };
    assert_eq!(display, "half\nno data");
    assert_eq!(progress, [ProgressIndicator { label: "scenes".to_owned(), total: 4, done: 2 }]);
}

#[test]
fn errors_of_all_kinds_convert_with_a_question_mark() {
    fn fails(kind: u8) -> TaskResult {
        match kind {
            0 => Err(Error::invalid("do it", "reason", ""))?,
            1 => drop("x".parse::<u8>()?),
            2 => Err(TaskError::new("text"))?,
            _ => Err(TaskError::new(std::io::Error::other("io")))?,
        }
        Ok(())
    }
    let texts: Vec<_> = (0..4).map(|kind| fails(kind).expect_err("an error").to_string()).collect();
    assert_eq!(texts, ["cannot do it: reason", "invalid digit found in string", "text", "io"]);
    assert!(fails(1).expect_err("an error").as_error().is::<std::num::ParseIntError>());
}

#[test]
fn a_task_that_stops_early_is_handed_back() {
    let outcome = Runner::of(|context| async move {
        context.stopping().wait().await;
        context.stopping().check()?;
        Ok(())
    });
    let stop = |control: &TaskControl| control.stop(StopReason::Stopping);
    assert_eq!(outcome.run_until(SECOND, stop), Outcome::HandBack);
    let wrapped = TaskError::from(Error::invalid("compute", "stopped", "").with_source(Stopped));
    assert!(wrapped.is_stopped());
    assert!(!TaskError::new("stopped").is_stopped());
}

#[test]
fn a_context_knows_its_task() {
    let runner = Runner::of(|context| async move {
        let job = (context.job_id().as_u128(), context.job_name().to_owned());
        assert_eq!((context.task_id().as_u128(), job), (1, (2, "job".to_owned())));
        assert_eq!((context.retry_count(), context.cluster(), context.display()), (3, "dev", "Task".to_owned()));
        let start = context.now();
        context.sleep(60 * SECOND).await;
        assert_eq!(context.now() - start, 60 * SECOND);
        Ok(())
    });
    assert!(matches!(runner.run(), Outcome::Computed { .. }));
    assert_eq!(runner.executor.now().since_origin(), 60 * SECOND);
}
