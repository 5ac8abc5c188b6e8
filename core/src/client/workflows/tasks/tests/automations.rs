//! Tasks that automations start.

use serde::{Deserialize, Serialize};

use crate::client::workflows::tasks::registry::Registry;
use crate::client::workflows::tasks::{
    Context, CronRun, CronTask, StorageEventRun, StorageEventTask, StorageObject, Task as _, TaskResult,
};
use crate::schema::Timestamp;
use crate::testing::TaskTest;
use crate::workflows::input::CronEvent;
use crate::workflows::{Input, TaskIdentifier, TaskSubmission};

/// The task of Python's example: `message="hi"`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Greeting {
    message: String,
}

impl CronTask for Greeting {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("example.com/Greeting", 1, 0)
    }

    async fn execute(self, event: CronEvent, context: &Context) -> TaskResult {
        context.set_display(format!("{} at {}", self.message, event.time));
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct NewScene {
    pub(super) factor: u32,
}

impl StorageEventTask for NewScene {
    const INPUT: Input = Input::Go;

    async fn execute(self, object: StorageObject, context: &Context) -> TaskResult {
        let text = String::from_utf8(object.read().await?.to_vec())?;
        let (kind, name, path) = (object.kind(), &object.location().name, object.path());
        context.set_display(format!("{kind:?} {name}/{path}: {text} x {}", self.factor));
        Ok(())
    }
}

fn once() -> CronRun<Greeting> {
    Greeting { message: "hi".to_owned() }.once(Timestamp::parse("2030-01-01").expect("a time"))
}

#[test]
fn a_cron_run_has_the_bytes_of_python() {
    let task = TaskSubmission::from(once());
    assert_eq!(&task.input().expect("an input")[..], b"\x0a\x08\x0a\x06\x08\x80\xb1\xef\x86\x07\x12\x04\"hi\"");
    assert_eq!(task.identifier().expect("a name"), &TaskIdentifier::new("example.com/Greeting", 1, 0));
    let read: CronRun<Greeting> = Input::Bytes.decode(task.input().expect("an input")).expect("a run");
    assert_eq!(read, once());
    assert_eq!((read.task().message.as_str(), read.event()), ("hi", once().event()));
}

#[test]
fn a_cron_task_receives_event_and_argument() {
    let run = TaskTest::new(once()).run();
    assert_eq!((run.error(), run.display()), (None, "hi at 2030-01-01T00:00:00Z"));
}

#[test]
fn a_prototype_holds_only_the_argument() {
    let cron = Greeting { message: "hi".to_owned() }.prototype();
    assert_eq!(&cron.input().expect("an input")[..], b"\"hi\"");
    let storage = NewScene { factor: 2 }.prototype();
    assert_eq!(&storage.input().expect("an input")[..], br#"{"factor":2}"#);
}

#[test]
fn automation_tasks_are_registered_by_their_own_names() {
    let mut registry = Registry::new();
    registry.register::<CronRun<Greeting>>().expect("a task");
    registry.register::<StorageEventRun<NewScene>>().expect("a task");
    let names: Vec<_> = registry.identifiers().map(ToString::to_string).collect();
    assert_eq!(names, ["NewScene@v0.0", "example.com/Greeting@v1.0"]);
}

#[test]
fn the_input_of_an_ordinary_task_is_not_an_automation() {
    let error = CronRun::<Greeting>::INPUT.decode::<CronRun<Greeting>>(b"\"hi\"").expect_err("no event");
    assert!(error.reason().contains("start the task by an automation, or submit it with an event"), "{error}");
    let storage = NewScene { factor: 2 }.once(uuid::Uuid::from_u128(7), "a");
    let input = TaskSubmission::from(storage);
    let error = Input::Bytes.decode::<CronRun<Greeting>>(input.input().expect("an input")).expect_err("another event");
    assert!(error.reason().contains("it has no valid time"), "{error}");
}
