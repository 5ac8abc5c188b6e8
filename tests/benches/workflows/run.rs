//! A runner in its own process.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tilebox_tokio::block_on;
use tilebox_tokio::workflows::{Context, Task, TaskResult};

use crate::this_program;
use crate::usage::{Usage, resident};

/// A job and the runner that executes it.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) tasks: usize,
    /// The tasks that are executed at the same time.
    pub(crate) slots: usize,
    /// The tasks that are leased before a slot is free.
    pub(crate) ahead: usize,
    /// The loops of each task; 0 for empty tasks.
    pub(crate) loops: u64,
}

/// The measured values of a run.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    /// The tasks in each second, from the start of the first one to the end of the last one.
    pub(crate) per_second: f64,
    /// The CPU time of the runner for each task, in seconds.
    pub(crate) cpu: f64,
    /// The resident memory after a tenth of the tasks, in megabytes.
    pub(crate) early: f64,
    /// The resident memory after all tasks, in megabytes.
    pub(crate) late: f64,
}

impl Run {
    /// Runs in another process on the server of a URL.
    pub(crate) fn measure(self, url: &str) -> Outcome {
        let numbers = [self.tasks as u64, self.slots as u64, self.ahead as u64, self.loops];
        let mut command = this_program();
        let output = command.args(["run", url]).args(numbers.map(|number| number.to_string())).output();
        let output = output.expect("a process for the runner");
        let text = String::from_utf8_lossy(&output.stdout);
        let values: Vec<f64> = text.split_whitespace().filter_map(|value| value.parse().ok()).collect();
        let [seconds, early, late, cpu] = values[..] else {
            panic!("the runner failed: {text}{}", String::from_utf8_lossy(&output.stderr));
        };
        Outcome { per_second: self.tasks as f64 / seconds, cpu: cpu / self.tasks as f64, early, late }
    }

    /// Reads the arguments of [`measure`](Self::measure).
    fn from_arguments(arguments: impl Iterator<Item = String>) -> Self {
        let numbers: Vec<u64> = arguments.map(|number| number.parse().expect("a number")).collect();
        let [tasks, slots, ahead, loops] = numbers[..] else { panic!("expects 4 numbers, got {}", numbers.len()) };
        Self { tasks: tasks as usize, slots: slots as usize, ahead: ahead as usize, loops }
    }
}

/// Submits a job and runs it, as the arguments of the process say. Prints the seconds and the memory.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) {
    let url = arguments.next().expect("a URL");
    let Run { tasks, slots, ahead, loops } = Run::from_arguments(arguments);
    let observed = Arc::new(Observed::new(tasks));
    block_on(async {
        let client = tilebox_tokio::client_builder().url(url).token("benchmark").build().expect("a client");
        let jobs = client.jobs();
        let submission = match loops {
            0 => jobs.submit_all("benchmark", (0..tasks).map(|_| Empty)),
            loops => jobs.submit_all("benchmark", (0..tasks).map(|_| Busy { loops })),
        };
        submission.await.expect("a job");
        let runner = client.runner().task::<Empty>().task::<Busy>().shared(Arc::clone(&observed));
        let summary = runner.concurrency(slots).ahead(ahead).run_all().await.expect("a run");
        assert_eq!(summary.computed, tasks as u64, "{summary}");
    });
    observed.print();
}

/// What the tasks of a run observe.
struct Observed {
    /// The number of tasks.
    tasks: usize,
    first: OnceLock<(Instant, Usage)>,
    ended: AtomicUsize,
    early: OnceLock<f64>,
    /// The end of the last task, and what the process used and held until then.
    last: Mutex<Option<(Instant, Usage, f64)>>,
}

impl Observed {
    fn new(tasks: usize) -> Self {
        let (first, early) = (OnceLock::new(), OnceLock::new());
        Self { tasks, first, ended: AtomicUsize::new(0), early, last: Mutex::new(None) }
    }

    fn start(&self) {
        self.first.get_or_init(|| (Instant::now(), Usage::of("self")));
    }

    fn end(&self) {
        let ended = self.ended.fetch_add(1, Relaxed) + 1;
        if ended == self.tasks.div_ceil(10) {
            self.early.get_or_init(resident);
        }
        if ended == self.tasks {
            *self.last.lock().expect("a value") = Some((Instant::now(), Usage::of("self"), resident()));
        }
    }

    fn print(&self) {
        let (first, before) = self.first.get().expect("the first task");
        let (last, after, late) = self.last.lock().expect("a value").expect("the last task");
        let early = self.early.get().expect("the memory");
        println!("{} {early} {late} {}", (last - *first).as_secs_f64(), after.since(*before).cpu);
    }
}

/// A task that does nothing.
#[derive(Serialize, Deserialize)]
struct Empty;

impl Task for Empty {
    async fn execute(self, context: &Context) -> TaskResult {
        let observed = context.shared::<Arc<Observed>>()?;
        observed.start();
        observed.end();
        Ok(())
    }
}

/// A task that computes.
#[derive(Serialize, Deserialize)]
struct Busy {
    loops: u64,
}

impl Task for Busy {
    async fn execute(self, context: &Context) -> TaskResult {
        let observed = context.shared::<Arc<Observed>>()?;
        observed.start();
        context.unblock(move |_| compute(self.loops)).await?;
        observed.end();
        Ok(())
    }
}

/// Keeps a core busy.
pub(crate) fn compute(loops: u64) {
    for number in 0..loops {
        black_box(number);
    }
}
