//! Jobs on many runners in virtual time: crashes, lost messages, slow tasks, clocks that differ.
//!
//! Each seed is one run; `TILEBOX_JOBS` sets the number of jobs. A failing test prints its seed with the command that repeats it.
//!
//! | file | contents |
//! |---|---|
//! | `scenarios` | single rules: slots that fill, idle runners, refused reports, grace |
//! | `broken_clock` | a runner whose lease clock starts at the receipt, which the simulation must find |
//! | `kit` | the testing kit for applications |

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod broken_clock;
mod kit;
mod scenarios;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tilebox_core::testing::workflows::{Fault, FaultCounts};
use tilebox_tests::workflows::invariants::{Broken, check};
use tilebox_tests::workflows::run::Run;

/// The number of simulated jobs, unless `TILEBOX_JOBS` sets it.
const JOBS: u64 = 600;
/// The number of failing seeds after which the test ends.
const MAX_FAILURES: usize = 10;
/// The number of threads that run seeds.
const THREADS: u64 = 2;

#[derive(Default)]
struct Totals {
    runs: u64,
    jobs: u64,
    tasks: u64,
    executions: u64,
    repetitions: u64,
    virtual_time: Duration,
    faults: FaultCounts,
}

impl Totals {
    fn add(&mut self, run: &Run) {
        let tasks = run.world.jobs().iter().filter_map(|job| run.world.scheduler().tasks_of_job(*job));
        self.runs += 1;
        self.jobs += run.world.jobs().len() as u64;
        self.tasks += tasks.flatten().count() as u64;
        self.executions += run.notes.executions() as u64;
        self.repetitions += run.world.repetitions().len() as u64;
        self.virtual_time += run.world.elapsed();
        self.faults += run.world.fault_counts();
    }
}

/// Runs a seed and checks it.
fn run_seed(run: &mut Run) -> Result<(), Broken> {
    run.world.run().map_err(|error| Broken(error.to_string()))?;
    check(run)
}

fn report(seed: u64, run: &Run, broken: &Broken) -> String {
    let mut text = String::new();
    if std::env::var_os("TILEBOX_TRACE").is_some() {
        let _ = writeln!(text, "{}", run.world.trace());
    }
    let _ = writeln!(text, "seed {seed}: {broken}");
    let _ = write!(
        text,
        "  repeat with: TILEBOX_TRACE=1 TILEBOX_SEED={seed} cargo test -p tilebox-tests --test workflows every_job"
    );
    text
}

#[test]
fn every_job_ends_despite_faults() {
    let jobs: u64 = std::env::var("TILEBOX_JOBS").map_or(JOBS, |jobs| jobs.parse().expect("TILEBOX_JOBS is a number"));
    let single: Option<u64> = std::env::var("TILEBOX_SEED").ok().map(|seed| seed.parse().expect("a number"));
    let next = AtomicU64::new(single.unwrap_or(0));
    let totals = Mutex::new(Totals::default());
    let failures: Mutex<Vec<String>> = Mutex::default();
    let is_done = || {
        let ended = totals.lock().unwrap_or_else(PoisonError::into_inner).jobs;
        let has_failed = !failures.lock().expect("a lock").is_empty();
        ended >= if single.is_some() { 1 } else { jobs }
            || (single.is_some() && has_failed)
            || failures.lock().expect("a lock").len() >= MAX_FAILURES
    };
    std::thread::scope(|scope| {
        for _ in 0..if single.is_some() { 1 } else { THREADS } {
            scope.spawn(|| {
                while !is_done() {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let mut run = Run::random(seed);
                    match run_seed(&mut run) {
                        Ok(()) => totals.lock().expect("a lock").add(&run),
                        Err(broken) => failures.lock().expect("a lock").push(report(seed, &run, &broken)),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("a lock");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let Totals { runs, jobs, tasks, executions, repetitions, virtual_time, faults } =
        totals.into_inner().expect("a lock");
    println!(
        "{jobs} simulated jobs ended, with {} crashes, {} lost responses and {repetitions} repetitions",
        faults.of(Fault::Crash),
        faults.of(Fault::LostResponse),
    );
    let days = virtual_time.as_secs_f64() / 86_400.0;
    println!("{runs} runs, {tasks} tasks, {executions} executions, {days:.1} virtual days; {faults}");
}
