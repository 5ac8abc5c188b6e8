//! The bytes of requests, against those of the official descriptors.

use std::fmt::Write as _;

use uuid::Uuid;

use super::bench::{Bench, Sent, endpoint, leased, next, refused, slots};
use crate::progress::ProgressIndicator;
use crate::protocol::connect::Code;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::runner::{FailureCause, Outcome, Registered, RunMode, Runner};
use crate::workflows::{Subtasks, TaskDefaults, TaskIdentifier, TaskSubmission};

const CLUSTER: &str = "default-56uboc82HDVNys";
const FIBONACCI: &str = "tilebox.com/fibonacci/FibonacciTask";
const SUM: &str = "tilebox.com/fibonacci/SumResultTask";
const WANTED: &str = "12720a1664656661756c742d353675626f6338324844564e7973122b0a2374696c65626f782e636f6d2f6669626f6e6163\
    63692f4669626f6e616363695461736b120476312e30122b0a2374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c7454\
    61736b120476312e30";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn body(sent: &Sent) -> String {
    hex(sent.exchange.request.body())
}

/// Starts the recorded runner, which asks for the first task.
fn start() -> Bench {
    let identifiers = [FIBONACCI, SUM].map(|name| TaskIdentifier::new(name, 1, 0));
    let registered = Registered::new(CLUSTER, identifiers);
    Bench::with(Runner::new(endpoint(), registered, RunMode::All, slots(1), 7))
}

/// Runs the recorded task with this display, input and lease.
fn run(display: &str, granted: f64) -> Bench {
    let mut bench = start();
    let id: Uuid = "019acba6-f5ed-9895-9032-aa8340131de5".parse().expect("an id");
    let identifier = wire::TaskIdentifier { name: FIBONACCI.to_owned(), version: "v1.0".to_owned() };
    let task = wire::Task {
        id: Some(id::to_wire(id)),
        identifier: Some(identifier),
        display: Some(display.to_owned()),
        ..leased(1, granted, 0.0)
    };
    let ask = bench.only(Sent::is_ask);
    bench.respond(&ask, Ok(next(task)));
    bench
}

fn indicator(label: &str, total: u64, done: u64) -> ProgressIndicator {
    ProgressIndicator { label: label.to_owned(), total, done }
}

#[test]
fn a_request_for_a_task_has_the_official_bytes() {
    assert_eq!(body(&start().only(Sent::is_ask)), WANTED);
}

#[test]
fn a_report_that_asks_has_the_official_bytes() {
    let mut bench = run(FIBONACCI, 15.0);
    let task = |name: &str, number: u32| {
        TaskSubmission::bytes(TaskIdentifier::new(name, 1, 0), format!("{{\"N\":{number}}}")).display(name)
    };
    let mut subtasks = Subtasks::new(TaskDefaults::new().cluster(CLUSTER));
    let numbers = subtasks.submit_all([6, 5].map(|number| task(FIBONACCI, number))).expect("subtasks");
    subtasks.submit_after(task(SUM, 7), &numbers).expect("a subtask");
    bench.finish(0, Outcome::Computed { display: None, subtasks: subtasks.to_wire(), progress: Vec::new() });
    let report = "0abd020a120a10019acba6f5ed98959032aa8340131de5122374696c65626f782e636f6d2f6669626f6e616363692f466962\
        6f6e616363695461736b2a81020a2612077b224e223a367d12077b224e223a357d1a020000220200002a020000320200003a0200000a1b0a\
        010012077b224e223a377d1a01012201002a01013201003a0100121664656661756c742d353675626f6338324844564e79731a2b0a237469\
        6c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e301a2b0a2374696c65626f782e636f6d2f66\
        69626f6e616363692f53756d526573756c745461736b120476312e30222374696c65626f782e636f6d2f6669626f6e616363692f4669626f\
        6e616363695461736b222374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c745461736b";
    assert_eq!(body(&bench.only(Sent::is_computed)), format!("{report}{WANTED}"));
}

#[test]
fn a_report_during_a_shutdown_has_the_official_bytes() {
    let mut bench = run(FIBONACCI, 15.0);
    bench.stop();
    let progress = vec![indicator("", 2, 0), indicator("step", 0, 1)];
    bench.finish(0, Outcome::Computed { display: Some("Sum(4)".to_owned()), subtasks: None, progress });
    let expected = "0a2a0a120a10019acba6f5ed98959032aa8340131de5120653756d2834292202100222080a04737465701801";
    assert_eq!(body(&bench.only(Sent::is_computed)), expected);
}

#[test]
fn a_failed_task_has_the_official_bytes() {
    let mut bench = run(FIBONACCI, 15.0);
    let display = "Boom\nValueError('x')".to_owned();
    let progress = vec![indicator("a", 1, 0)];
    bench.finish(0, Outcome::Failed { display, progress, cause: FailureCause::Task });
    let expected =
        "0a120a10019acba6f5ed98959032aa8340131de51214426f6f6d0a56616c75654572726f722827782729180122050a01611001";
    assert_eq!(body(&bench.only(Sent::is_failed)), expected);
}

#[test]
fn an_interrupted_task_has_the_official_bytes() {
    let expected = "0a120a10019acba6f5ed98959032aa8340131de5122b536c6f770a52756e6e657253687574646f776e28275461736b2077\
        617320696e7465727275707465642729";
    let display = "Slow\nRunnerShutdown('Task was interrupted')";
    let mut bench = run(display, 15.0);
    bench.finish(0, Outcome::HandBack);
    assert_eq!(body(&bench.only(Sent::is_failed)), expected);
}

#[test]
fn an_extension_has_the_official_bytes() {
    let mut bench = run(FIBONACCI, 14.0);
    bench.pass(super::bench::seconds(9.4));
    let expected = "0a120a10019acba6f5ed98959032aa8340131de51202081c";
    assert_eq!(body(&bench.only(Sent::is_extension)), expected);
}

#[test]
fn a_refused_report_has_the_text_of_the_server() {
    let mut bench = run("Sum(4)", 15.0);
    bench.finish(0, Outcome::Computed { display: None, subtasks: None, progress: vec![indicator("a", 1, 0)] });
    bench.fail(Sent::is_computed, refused(Code::InvalidArgument));
    let expected = "0a120a10019acba6f5ed98959032aa8340131de5120953756d2834290a6e6f180122050a01611001";
    assert_eq!(body(&bench.only(Sent::is_failed)), expected);
}
