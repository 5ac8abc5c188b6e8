//! What a task records for its report: subtasks and progress.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::support::{Runner, failure};
use crate::client::workflows::tasks::{Context, Task, TaskResult};
use crate::error::ErrorKind;
use crate::progress::ProgressIndicator;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::runner::Outcome;
use crate::workflows::{Subtask, TaskSubmission};

#[derive(Serialize, Deserialize)]
struct Tile {
    number: u32,
}

impl Task for Tile {
    async fn execute(self, _: &Context) -> TaskResult {
        Ok(())
    }
}

fn subtasks(code: impl Fn(&Context) -> TaskResult + Send + Sync + 'static) -> Option<wire::TaskSubmissions> {
    let runner = Runner::of(move |context| std::future::ready(code(&context)));
    match runner.run() {
        Outcome::Computed { subtasks, .. } => subtasks,
        other => panic!("expects a computed task, got {other:?}"),
    }
}

#[test]
fn subtasks_are_reported_with_their_options() {
    let message = subtasks(|context| {
        let first = context.submit(Tile { number: 1 })?;
        let others = context.subtasks((2..4).map(|number| Tile { number })).after(&first).max_retries(2).submit()?;
        let last = context.subtask(Tile { number: 4 }).after(&first).after(&others).cluster("gpu").optional();
        last.display("the last").submit()?;
        Ok(())
    });
    let message = message.expect("subtasks");
    let inputs: Vec<Vec<_>> = message.task_groups.iter().map(|group| group.inputs.clone()).collect();
    assert_eq!(inputs, [vec![&b"1"[..]], vec![b"2", b"3"], vec![b"4"]]);
    let dependencies: Vec<_> =
        message.task_groups.iter().map(|group| &group.dependencies_on_other_groups[..]).collect();
    assert_eq!(dependencies, [&[][..], &[0], &[0, 1]]);
    assert_eq!(message.cluster_slug_lookup, ["dev", "gpu"]);
    assert_eq!(message.display_lookup, ["Tile", "the last"]);
    assert_eq!(message.task_groups[1].max_retries_values, [2, 2]);
    assert_eq!(message.task_groups[2].optional_values, [true]);
}

#[test]
fn a_limit_is_an_error_where_the_task_submits() {
    let message = subtasks(|context| {
        let long = TaskSubmission::bytes("example.com/Tile", vec![0; 2049]);
        let error = context.submit(long).expect_err("too long");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert_eq!(
            error.to_string(),
            "cannot submit the subtask `example.com/Tile` (number 1): expects an input of at most 2048 bytes, got 2049; store \
             the data elsewhere, such as in the cache of the job, and submit its key"
        );
        assert!(context.submit(TaskSubmission::bytes("n".repeat(257), "")).is_err());
        let mut chain: Option<Subtask> = None;
        for number in 0..64 {
            chain = Some(context.subtask(Tile { number }).after(&chain).submit()?);
        }
        let error = context.subtask(Tile { number: 64 }).after(&chain).submit().expect_err("group 65");
        assert!(error.reason().starts_with("expects subtasks that form at most 64 groups, got 65"), "{error}");
        Ok(())
    });
    assert_eq!(message.expect("the valid subtasks").task_groups.len(), 64);
}

#[test]
fn an_ignored_limit_becomes_the_failure_with_a_question_mark() {
    let runner = Runner::of(|context| async move {
        context.submit(TaskSubmission::bytes("Tile", vec![0; 2049]))?;
        Ok(())
    });
    assert!(failure(runner.run()).starts_with("Task\ncannot submit the subtask `Tile` (number 1): expects an input"));
}

#[test]
fn an_iterator_of_subtasks_may_use_the_context() {
    let message = subtasks(|context| {
        let tiles = (0..3).map(|number| {
            context.progress("tiles").add(1);
            context.submit(Tile { number: 100 + number }).expect("within the limits");
            Tile { number }
        });
        assert_eq!(context.submit_all(tiles)?.len(), 3);
        Ok(())
    });
    assert_eq!(message.expect("subtasks").task_groups[0].inputs.len(), 6);
}

#[test]
fn a_handle_of_another_execution_is_refused() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let runner = Runner::of(move |context| {
        let subtask = context.submit(Tile { number: 1 }).expect("within the limits");
        sender.lock().expect("no panic").send((context, subtask)).expect("a receiver");
        async { Ok(()) }
    });
    runner.run();
    runner.run();
    let ((first, _), (second, _)) = (receiver.recv().expect("a run"), receiver.recv().expect("a run"));
    let error = first.submit(Tile { number: 2 }).expect_err("the task has ended");
    assert_eq!(error.kind(), ErrorKind::FailedPrecondition);
    assert!(error.to_string().contains("the task has ended; wait for spawned futures"), "{error}");
    assert!(second.submit_all([Tile { number: 2 }]).is_err());

    let handle = std::sync::Mutex::new(None);
    let runner = Runner::of(move |context| {
        let earlier = handle.lock().expect("no panic").replace(context.submit(Tile { number: 1 }).expect("valid"));
        let after = earlier.map(|earlier| context.subtask(Tile { number: 2 }).after(&earlier).submit());
        std::future::ready(after.transpose().map(drop).map_err(Into::into))
    });
    assert!(matches!(runner.run(), Outcome::Computed { .. }));
    assert!(failure(runner.run()).contains("it depends on a subtask of another task"));
}

fn progress_of(code: impl Fn(&Context) + Send + Sync + 'static) -> Vec<ProgressIndicator> {
    let runner = Runner::of(move |context| {
        code(&context);
        std::future::ready(Ok(()))
    });
    match runner.run() {
        Outcome::Computed { progress, .. } => progress,
        other => panic!("expects a computed task, got {other:?}"),
    }
}

#[test]
fn progress_adds_up_in_the_order_of_its_labels() {
    let progress = progress_of(|context| {
        context.progress("b").add(2);
        context.progress("").done(1);
        context.progress("b").add(3).done(u64::MAX).done(1);
    });
    let texts: Vec<_> = progress.iter().map(ToString::to_string).collect();
    assert_eq!(texts, [format!("b {}/5", u64::MAX), "1/0".to_owned()]);
}

#[test]
fn progress_beyond_the_limits_never_fails_a_task() {
    let progress = progress_of(|context| {
        context.progress(&"é".repeat(101)).add(1);
        context.progress(&"é".repeat(102)).add(1);
        for label in 0..1001 {
            context.progress(&label.to_string()).add(1);
        }
        context.progress("7").add(1);
    });
    assert_eq!(progress.len(), 1000);
    assert_eq!((progress[0].label.as_str(), progress[0].total), ("é".repeat(100).as_str(), 2));
    assert_eq!((progress[8].label.as_str(), progress[8].total), ("7", 2));
}

proptest! {
    #[test]
    fn progress_is_the_sum_of_its_steps(steps in prop::collection::vec(("[ab]?", 0_u64..9, 0_u64..9), 0..30)) {
        let expected = steps.clone();
        let progress = progress_of(move |context| {
            for (label, add, done) in &steps {
                context.progress(label).add(*add).done(*done);
            }
        });
        for indicator in &progress {
            let of_label = || expected.iter().filter(|(label, ..)| *label == indicator.label);
            prop_assert_eq!(indicator.total, of_label().map(|step| step.1).sum::<u64>());
            prop_assert_eq!(indicator.done, of_label().map(|step| step.2).sum::<u64>());
        }
        let labels: std::collections::BTreeSet<_> = expected.iter().map(|step| &step.0).collect();
        prop_assert_eq!(progress.len(), labels.len());
    }
}
