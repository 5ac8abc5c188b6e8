//! The rate of the runner of the SDK, beside what bounds it.

use std::time::Duration;

use crate::cores;
use crate::load::{Load, Rate};
use crate::python::Python;
use crate::run::{Outcome, Run};
use crate::server::{Server, Storage};

/// The slots of the runner, and the connections of the load that it is compared with.
const SLOTS: usize = 8;
/// The tasks of the Python runner, whose rate does not depend on their number.
const PYTHON_TASKS: usize = 1000;
/// The growth of memory that counts as flat, in megabytes.
const FLAT: f64 = 4.0;

/// Measures the runner, and prints a line for each goal.
pub(crate) fn measure(tasks: usize, runs: usize) {
    println!("the runner, medians of {runs} runs\n");
    println!("{:<46} {:>9}   {:<46} {:>9}  {:>7}  goal", "tasks", "per s", "compared with", "per s", "ratio");
    empty_tasks(tasks, runs);
    empty_tasks_with_latency(runs);
    computing_tasks(runs);
}

/// Empty tasks as fast as possible.
fn empty_tasks(tasks: usize, runs: usize) {
    let server = Server::start(&Storage::Memory, Duration::ZERO);
    let mut load = Load::connect(&server, SLOTS);
    let python = Python::prepare();
    let run = Run { tasks, slots: SLOTS, ahead: 0, loops: 0 };
    let (mut outcomes, mut no_ops, mut bare, mut peers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        no_ops.push(load.no_ops(tasks).per_second());
        bare.push(load.tasks_over_hyper(tasks));
        outcomes.push(run.measure(&server.url()));
        if let Ok(python) = &python {
            peers.push(python.rate(&server.url(), PYTHON_TASKS));
        }
    }
    let (name, rate) = (format!("{tasks} empty tasks, {SLOTS} slots"), rate(&outcomes));
    match python {
        Ok(_) => print(&name, rate, "the official Python runner", median(peers), 10.0),
        Err(reason) => println!("{name:<46} {rate:>9.0}   the official Python runner: {reason}"),
    }
    let no_ops = median(no_ops);
    print(&name, rate, &format!("no-ops over {SLOTS} connections"), no_ops, 0.7);
    let (cpu, bare) = (median(outcomes.iter().map(|outcome| outcome.cpu * 1e6)), Rate::median(bare));
    println!(
        "{name:<46} {cpu:.1} us of CPU of the runner; hyper alone over {SLOTS} connections: {:.0} per s ({:.2} of the no-op), \
         {:.1} us of its CPU and {:.1} us of the server's",
        bare.per_second(),
        bare.per_second() / no_ops,
        bare.client_cpu(),
        bare.server_cpu(),
    );
    let early = median(outcomes.iter().map(|outcome| outcome.early));
    let growth = median(outcomes.iter().map(|outcome| outcome.late - outcome.early));
    let verdict = if growth <= FLAT { "reached" } else { "missed" };
    println!(
        "{name:<46} {early:.1} MB after a tenth of the tasks, {growth:+.1} MB after all (goal at most {FLAT:+} MB: \
         {verdict})"
    );
}

/// Empty tasks that only wait for the server.
fn empty_tasks_with_latency(runs: usize) {
    const TASKS: usize = 1000;
    const LATENCY: Duration = Duration::from_millis(20);
    let server = Server::start(&Storage::Memory, LATENCY);
    let mut load = Load::connect(&server, SLOTS);
    let run = Run { tasks: TASKS, slots: SLOTS, ahead: 0, loops: 0 };
    let (mut outcomes, mut no_ops) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        no_ops.push(load.no_ops(TASKS).per_second());
        outcomes.push(run.measure(&server.url()));
    }
    let name = format!("{TASKS} empty tasks, {SLOTS} slots, {} ms latency", LATENCY.as_millis());
    print(&name, rate(&outcomes), &format!("slots / latency: no-ops over {SLOTS} connections"), median(no_ops), 0.95);
}

/// Tasks that compute, with the latency hidden by tasks that are leased ahead.
fn computing_tasks(runs: usize) {
    const TASKS: usize = 1000;
    const SECONDS: f64 = 0.05;
    const LATENCY: Duration = Duration::from_millis(100);
    let server = Server::start(&Storage::Memory, LATENCY);
    let (mut outcomes, mut bounds) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        // The speed of a shared machine changes from run to run, and shorter tasks need more of them ahead.
        let loops = median((0..5).map(|_| cores::loops_of(SECONDS) as f64)) as u64;
        bounds.push(cores::rate(loops, 50));
        let run = Run { tasks: TASKS, slots: cores::count(), ahead: 4, loops };
        outcomes.push(run.measure(&server.url()));
    }
    let name = format!("{TASKS} tasks of {:.0} ms CPU, {} ms latency, ahead 4", SECONDS * 1e3, LATENCY.as_millis());
    print(&name, rate(&outcomes), &format!("{} cores without a runner", cores::count()), median(bounds), 0.9);
}

fn rate(outcomes: &[Outcome]) -> f64 {
    median(outcomes.iter().map(|outcome| outcome.per_second))
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn print(name: &str, rate: f64, other_name: &str, other: f64, goal: f64) {
    let ratio = rate / other;
    let verdict = if ratio >= goal { "reached" } else { "missed" };
    println!("{name:<46} {rate:>9.0}   {other_name:<46} {other:>9.0}  {ratio:>7.2}  {goal:.2}: {verdict}");
}
