//! The testing kit for applications: whole jobs in virtual time.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use tilebox_core::ErrorKind;
use tilebox_core::testing::workflows::{Cause, Fault, FinishedJob};
use tilebox_core::testing::{Faults, Workflows};
use tilebox_core::workflows::{Context, JobState, MemoryCache, Task, TaskError, TaskIdentifier, TaskResult, TaskState};

/// Adds the numbers of a range, in parts of at most 10 numbers.
#[derive(Serialize, Deserialize)]
struct Sum {
    from: u64,
    to: u64,
}

#[derive(Serialize, Deserialize)]
struct Part {
    from: u64,
    to: u64,
}

#[derive(Serialize, Deserialize)]
struct Total {}

const STEP: u64 = 10;
const MINUTE: Duration = Duration::from_secs(60);

impl Task for Sum {
    async fn execute(self, context: &Context) -> TaskResult {
        let starts: Vec<u64> = (self.from..self.to).step_by(STEP as usize).collect();
        let parts = context.submit_all(starts.into_iter().map(|from| Part { from, to: self.to.min(from + STEP) }))?;
        context.subtask(Total {}).after(&parts).submit()?;
        Ok(())
    }
}

impl Task for Part {
    async fn execute(self, context: &Context) -> TaskResult {
        context.progress("parts").add(1);
        context.sleep(MINUTE).await;
        let sum: u64 = context.unblock(move |_| (self.from..self.to).sum()).await?;
        context.cache().group("parts").put_json(&self.from.to_string(), &sum).await?;
        context.progress("parts").done(1);
        Ok(())
    }
}

impl Task for Total {
    async fn execute(self, context: &Context) -> TaskResult {
        let parts = context.cache().group("parts");
        let mut total = 0;
        for part in parts.list().await? {
            total += parts.get_json::<u64>(&part).await?.unwrap_or_default();
        }
        context.cache().put_json("total", &total).await?;
        Ok(())
    }
}

fn sums() -> Workflows {
    Workflows::new().task::<Sum>().task::<Part>().task::<Total>()
}

fn sum(workflows: &Workflows) -> FinishedJob {
    workflows.run(Sum { from: 0, to: 100 }).expect("an end")
}

#[test]
fn a_job_completes_in_virtual_time() {
    let job = sum(&sums());
    assert_eq!(job.state(), JobState::Completed);
    assert_eq!(job.cached_json("total").expect("a cache"), Some(4950));
    assert_eq!(job.tasks().len(), 12);
    assert_eq!(job.tasks().in_state(TaskState::Computed).count(), 12);
    assert_eq!(job.progress()[0].to_string(), "parts 10/10");
    assert!(job.repetitions().is_empty() && job.fault_counts().total() == 0);
    // One task at a time.
    assert!((MINUTE * 10..MINUTE * 11).contains(&job.elapsed()), "{:?}", job.elapsed());
}

#[test]
fn slots_and_runners_shorten_a_job() {
    for workflows in [sums().slots(10), sums().runners(10), sums().runners(2).slots(3).ahead(2)] {
        let job = sum(&workflows);
        assert_eq!(job.cached_json("total").expect("a cache"), Some(4950));
        assert!(job.elapsed() < MINUTE * 4, "{:?}", job.elapsed());
    }
}

#[test]
fn the_result_is_the_same_for_every_seed() {
    let mut causes = BTreeSet::new();
    for seed in 0..150 {
        let job = sum(&sums().runners(3).slots(4).faults(seed));
        assert_eq!(job.state(), JobState::Completed, "{job}");
        assert_eq!(job.cached_json("total").expect("a cache"), Some(4950), "{job}");
        assert_eq!(job.progress()[0].to_string(), "parts 10/10", "{job}");
        assert_eq!(job.seed(), seed);
        causes.extend(job.repetitions().iter().map(|repetition| repetition.cause.to_string()));
    }
    assert!(causes.contains("the runner crashed") && causes.len() >= 4, "{causes:?}");
}

#[test]
fn equal_seeds_give_equal_runs() {
    let trace = |seed| sum(&sums().runners(3).slots(2).faults(seed)).trace().to_string();
    for seed in 0..10 {
        assert_eq!(trace(seed), trace(seed), "seed {seed}");
    }
    assert_ne!(trace(1), trace(2));
}

#[test]
fn a_crash_repeats_the_task_at_its_await() {
    let crashes = (0..50).filter_map(|seed| {
        let job = sum(&sums().slots(2).faults(Faults::none(seed).crashes(1)));
        assert!(job.fault_counts().of(Fault::Crash) <= 1);
        assert!(job.repetitions().len() <= 2, "one crash repeats at most the tasks of two slots: {job}");
        assert!(job.repetitions().iter().all(|repetition| repetition.cause == Cause::Crash), "{job}");
        job.repetitions().first().cloned()
    });
    let crashes: Vec<_> = crashes.collect();
    assert!(crashes.len() > 10, "{}", crashes.len());
    assert!(crashes.iter().any(|repetition| repetition.display == "Part"), "{crashes:?}");
}

#[test]
fn a_run_prints_what_happened() {
    let mut jobs = (0..50).map(|seed| sum(&sums().faults(Faults::none(seed).crashes(1))));
    let job = jobs.find(|job| !job.repetitions().is_empty()).expect("a crash while a task runs");
    let printed = job.to_string();
    assert!(printed.starts_with("Sum [completed]"), "{printed}");
    assert!(printed.contains("12 tasks: 12 computed"), "{printed}");
    assert!(printed.contains(&format!("seed {}, ", job.seed())) && printed.contains(", 1 crash\n"), "{printed}");
    assert!(printed.contains("again on runner 0 after") && printed.ends_with("the runner crashed"), "{printed}");
}

#[derive(Serialize, Deserialize)]
struct Waiting {}

impl Task for Waiting {
    async fn execute(self, _: &Context) -> TaskResult {
        std::future::pending::<()>().await;
        Ok(())
    }
}

#[test]
fn a_task_that_waits_for_the_real_world_is_named() {
    let error = Workflows::new().task::<Waiting>().runners(2).faults(3).run(Waiting {}).expect_err("no end");
    assert_eq!(error.kind(), ErrorKind::FailedPrecondition);
    assert!(error.to_string().contains("outside of virtual time: `Waiting`"), "{error}");
}

#[test]
fn a_task_without_code_is_named() {
    let error = Workflows::new().task::<Sum>().run(Sum { from: 0, to: 7 }).expect_err("no end");
    assert!(error.to_string().contains("no runner on the cluster `default` executes `Part` v0.0"), "{error}");
}

#[test]
fn a_task_that_is_registered_twice_is_refused() {
    let error = sums().task::<Part>().run(Total {}).expect_err("a duplicate");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}

/// Fails until it was executed again `failures` times.
#[derive(Serialize, Deserialize)]
struct Flaky {
    failures: u64,
    panics: bool,
}

impl Task for Flaky {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("example.com/Flaky", 1, 0)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        assert!(!self.panics, "no data");
        if context.retry_count() < self.failures {
            return Err(TaskError::new("not yet"));
        }
        Ok(())
    }
}

#[test]
fn a_failed_task_is_repeated_while_it_has_retries() {
    let flaky = |failures, panics| {
        let workflows = Workflows::new().task::<Flaky>().max_retries(2);
        workflows.run(Flaky { failures, panics }).expect("an end")
    };
    let job = flaky(2, false);
    assert_eq!(job.state(), JobState::Completed);
    let causes: Vec<Cause> = job.repetitions().iter().map(|repetition| repetition.cause).collect();
    assert_eq!(causes, [Cause::Failed, Cause::Failed]);

    let job = flaky(3, false);
    assert_eq!(job.state(), JobState::Failed);
    let failed: Vec<_> = job.tasks().failed().map(|task| task.display.as_str()).collect();
    assert_eq!(failed, ["Flaky\nnot yet"]);

    let job = flaky(0, true);
    let failed = job.tasks().failed().next().expect("a failed task");
    assert!(failed.display.contains("no data"), "{}", failed.display);
}

/// Notes its executions in the cache and in a shared value.
#[derive(Serialize, Deserialize)]
struct Noting {}

impl Task for Noting {
    async fn execute(self, context: &Context) -> TaskResult {
        let factor: &u32 = context.shared()?;
        context.cache().put_json("factor", factor).await?;
        Ok(())
    }
}

#[test]
fn tasks_use_the_values_and_the_cache_of_the_test() {
    let cache = MemoryCache::new();
    let workflows = Workflows::new().task::<Noting>().shared(7_u32).cache(cache.clone());
    let job = workflows.run(Noting {}).expect("an end");
    assert_eq!(job.cached_json("factor").expect("a cache"), Some(7));
    assert_eq!(job.cached("factor").expect("a cache").as_deref(), Some(&b"7"[..]));
    assert!(format!("{cache:?}").contains("values: 1"), "{cache:?}");
}

/// Runs until it is asked to stop, and is handed back then.
#[derive(Serialize, Deserialize)]
struct Patient {}

impl Task for Patient {
    async fn execute(self, context: &Context) -> TaskResult {
        for _ in 0..1000 {
            context.stopping().check()?;
            context.sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }
}

#[test]
fn a_stopped_runner_hands_its_task_back() {
    let stopped = (0..20).filter(|seed| {
        let workflows = Workflows::new().task::<Patient>().faults(Faults::none(*seed).stops(2));
        let job = workflows.run(Patient {}).expect("an end");
        assert_eq!(job.state(), JobState::Completed);
        assert!(job.repetitions().iter().all(|repetition| repetition.cause == Cause::HandedBack), "{job}");
        !job.repetitions().is_empty()
    });
    assert!(stopped.count() > 10);
}
