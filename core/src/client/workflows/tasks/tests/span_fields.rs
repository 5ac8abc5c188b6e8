//! The span of a task, and the events in it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::support::{Runner, SECOND, leased};
use crate::client::workflows::tasks::TaskError;
use crate::runtime::Runtime as _;
use crate::workflows::runner::Outcome;

/// Records the span of a task, and the events with the name of the span in which they happened.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    spans: Vec<(String, bool)>,
    fields: BTreeMap<String, String>,
    entered: Vec<u64>,
    /// Level, message, and whether the span of the task was entered.
    events: Vec<(String, bool)>,
}

struct Fields<'a>(&'a mut BTreeMap<String, String>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() || metadata.target() == "tilebox::task"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut recorded = self.0.lock().expect("no panic");
        recorded.spans.push((span.metadata().name().to_owned(), span.is_root()));
        span.record(&mut Fields(&mut recorded.fields));
        Id::from_u64(recorded.spans.len() as u64)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().expect("no panic").fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = BTreeMap::new();
        event.record(&mut Fields(&mut fields));
        let mut recorded = self.0.lock().expect("no panic");
        let is_inside = recorded.entered.last() == Some(&1);
        let text = format!("{} {}", event.metadata().level(), fields.remove("message").unwrap_or_default());
        recorded.events.push((text, is_inside));
    }

    fn enter(&self, span: &Id) {
        self.0.lock().expect("no panic").entered.push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.0.lock().expect("no panic").entered.pop();
    }
}

fn recorded(run: impl FnOnce()) -> Recorded {
    let recorder = Recorder::default();
    tracing::subscriber::with_default(recorder.clone(), run);
    let mut recorded = recorder.0.lock().expect("no panic");
    std::mem::take(&mut *recorded)
}

#[test]
fn a_task_runs_in_a_span_with_documented_fields() {
    let recorded = recorded(|| {
        let runner = Runner::of(|context| async move {
            tracing::info!("before");
            context.sleep(SECOND).await;
            context.unblock(|_| tracing::info!("in a closure")).await?;
            Ok(())
        });
        tracing::info!("outside");
        runner.run();
    });
    assert_eq!(recorded.spans, [("task".to_owned(), true)]);
    let expected = [
        ("identifier.name", "example.com/Task"),
        ("identifier.version", "v1.2"),
        ("job_id", "00000000-0000-0000-0000-000000000002"),
        ("job_name", "job"),
        ("otel.kind", "internal"),
        ("otel.name", "task/Task"),
        ("retry_count", "3"),
        ("task_id", "00000000-0000-0000-0000-000000000001"),
        ("trace_parent", "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01"),
    ];
    let fields: Vec<_> = recorded.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(fields, expected);
    let events = [("INFO outside", false), ("INFO before", true), ("INFO in a closure", true)];
    assert_eq!(recorded.events, events.map(|(text, is_inside)| (text.to_owned(), is_inside)));
    assert!(recorded.entered.is_empty());
}

#[test]
fn a_failure_is_recorded_and_logged() {
    let recorded = recorded(|| {
        Runner::of(|_| async { Err(TaskError::new("no data")) }).run();
    });
    let field = |name: &str| recorded.fields.get(name).map(String::as_str);
    assert_eq!(field("otel.status_code"), Some("ERROR"));
    assert_eq!((field("error.type"), field("error.message")), (Some("task_error"), Some("no data")));
    assert_eq!(recorded.events, [("ERROR the task failed".to_owned(), true)]);
}

#[test]
fn a_task_that_blocks_its_executor_is_warned_of_once() {
    let recorded = recorded(|| {
        let executor = crate::testing::VirtualExecutor::new(1);
        let clock = executor.clone();
        let runner = Runner::of(move |context| {
            let clock = clock.clone();
            async move {
                for seconds in [1, 3, 3] {
                    // Time passes while the task is polled.
                    clock.advance(clock.now() + Duration::from_secs(seconds));
                    context.stopping().check()?;
                    let mut is_ready = false;
                    let next_poll = move |_: &mut std::task::Context<'_>| {
                        if std::mem::replace(&mut is_ready, true) { Poll::Ready(()) } else { Poll::Pending }
                    };
                    std::future::poll_fn(next_poll).await;
                }
                Ok(())
            }
        })
        .on(&Arc::new(executor));
        let (_, mut future) = runner.start(leased(""));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let outcome = (0..9).find_map(|_| match future.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        });
        assert!(matches!(outcome, Some(Outcome::Computed { .. })));
    });
    let warnings: Vec<_> = recorded.events.iter().filter(|(text, _)| text.starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{:?}", recorded.events);
    assert!(warnings[0].0.contains("the task blocked its executor") && warnings[0].1, "{warnings:?}");
}
