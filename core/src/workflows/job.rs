//! A job as the server describes it.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use super::elapsed::{self, Elapsed};
use super::{JobState, ProgressIndicator, TableRow, TaskState};
use crate::error::{UnreadableMessage, plain};
use crate::progress::TaskCounts;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1::{self as wire, LegacyJobState};
use crate::schema::Timestamp;

/// A job at one moment: name, state, progress and execution.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobInfo {
    /// The id. Ids of later jobs are larger.
    pub id: Uuid,
    /// The name, which other jobs may have too.
    pub name: String,
    /// The state.
    pub state: JobState,
    /// The time of its submission, by the clock of the server.
    pub submitted_at: Timestamp,
    /// The automation that submitted it; `None` for a submission by a client.
    pub automation_id: Option<Uuid>,
    /// The trace that its spans belong to, in the form of a W3C `traceparent` header.
    pub trace_parent: String,
    /// The progress that its tasks reported, one indicator for each label.
    pub progress: Vec<ProgressIndicator>,
    /// Times and numbers of its tasks.
    pub stats: ExecutionStats,
}

/// Times and numbers of the tasks of a job.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ExecutionStats {
    /// The start of the first task; `None` if none has started.
    pub first_task_started_at: Option<Timestamp>,
    /// The end of the task that ended last; `None` if none has ended.
    pub last_task_stopped_at: Option<Timestamp>,
    /// The sum of the run times of all tasks.
    pub compute_time: Duration,
    /// The time from the start of the first task to the end of the last one.
    pub elapsed_time: Duration,
    /// The average number of tasks that ran at the same time, as the server computes it.
    pub parallelism: f64,
    /// The number of tasks so far. It grows while tasks submit subtasks.
    pub total_tasks: u64,
    /// The number of tasks in each state that a task is in.
    pub tasks_by_state: Vec<(TaskState, u64)>,
}

impl JobInfo {
    /// Converts a message.
    ///
    /// A time or duration out of range is treated as absent.
    ///
    /// # Errors
    ///
    /// If the job has no id.
    pub fn from_wire(job: wire::Job) -> Result<Self, UnreadableMessage> {
        let id = job.id.as_ref().and_then(id::from_wire);
        let id = id.ok_or_else(|| UnreadableMessage::new(format!("the job `{}` has no id", job.name)))?;
        let stats = job.execution_stats.map(ExecutionStats::from_wire).unwrap_or_default();
        let legacy = LegacyJobState::try_from(job.legacy_state).unwrap_or_default();
        Ok(Self {
            id,
            state: match JobState::from_number(job.state) {
                JobState::Unknown(0) => derive_state(legacy, job.canceled, &stats),
                state => state,
            },
            submitted_at: job.submitted_at.as_ref().and_then(Timestamp::from_wire).unwrap_or_else(|| time_of(id)),
            automation_id: job.automation_id.as_ref().and_then(id::from_wire),
            trace_parent: job.trace_parent,
            progress: job.progress.into_iter().map(ProgressIndicator::from_wire).collect(),
            stats,
            name: job.name,
        })
    }
}

/// Derives the state of a job from a server that sends only the fields of earlier versions.
///
/// Those stop a job that failed as they stop one that a user canceled; only counted tasks tell the two apart.
fn derive_state(legacy: LegacyJobState, is_canceled: bool, stats: &ExecutionStats) -> JobState {
    match legacy {
        LegacyJobState::Completed => JobState::Completed,
        _ if is_canceled && stats.count(TaskState::Failed) > 0 => JobState::Failed,
        _ if is_canceled => JobState::Canceled,
        LegacyJobState::Queued => JobState::Submitted,
        LegacyJobState::Started if stats.count(TaskState::Running) > 0 => JobState::Running,
        LegacyJobState::Started => JobState::Started,
        LegacyJobState::Unspecified => JobState::Unknown(0),
    }
}

/// Returns the time of an id in ULID layout: milliseconds in its first 48 bits.
fn time_of(id: Uuid) -> Timestamp {
    let milliseconds = (id.as_u128() >> 80) as i64;
    Timestamp::from_unix(milliseconds / 1000, (milliseconds % 1000) as u32 * 1_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl ExecutionStats {
    fn from_wire(stats: wire::ExecutionStats) -> Self {
        let time = |time: Option<prost_types::Timestamp>| time.as_ref().and_then(Timestamp::from_wire);
        Self {
            first_task_started_at: time(stats.first_task_started_at),
            last_task_stopped_at: time(stats.last_task_stopped_at),
            compute_time: elapsed::from_wire(stats.compute_time),
            elapsed_time: elapsed::from_wire(stats.elapsed_time),
            parallelism: stats.parallelism,
            total_tasks: stats.total_tasks,
            tasks_by_state: stats
                .tasks_by_state
                .iter()
                .map(|count| (TaskState::from_number(count.state), count.count))
                .collect(),
        }
    }

    /// Returns the number of tasks in this state.
    #[must_use]
    pub fn count(&self, state: TaskState) -> u64 {
        let counts = self.tasks_by_state.iter().filter(|(counted, _)| *counted == state);
        counts.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Returns the number of tasks in each state. Tasks in no reported state count as [`other`](TaskCounts::other).
    #[must_use]
    pub fn task_counts(&self) -> TaskCounts {
        let mut counts = TaskCounts::default();
        for (state, count) in &self.tasks_by_state {
            let counted = match state {
                TaskState::Queued => &mut counts.queued,
                TaskState::Running => &mut counts.running,
                TaskState::Computed => &mut counts.computed,
                TaskState::Failed => &mut counts.failed,
                TaskState::Skipped => &mut counts.skipped,
                TaskState::FailedOptional => &mut counts.failed_optional,
                TaskState::Unknown(_) => &mut counts.other,
            };
            *counted = counted.saturating_add(*count);
        }
        counts.other = counts.other.saturating_add(self.total_tasks.saturating_sub(counts.total()));
        counts
    }
}

/// Prints the number of tasks and their states: `120: 86 queued, 4 running, 30 computed`.
impl fmt::Display for ExecutionStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.total_tasks)?;
        let counts = self.tasks_by_state.iter().filter(|(_, count)| *count > 0);
        for (index, (state, count)) in counts.enumerate() {
            write!(f, "{} {count} {state}", if index == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

/// Prints a block of lines: name and state, then id, times, tasks and progress as far as they are known.
impl fmt::Display for JobInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", plain(&self.name), self.state)?;
        for (label, value) in self.lines() {
            write!(f, "\n  {label:<10} {}", plain(&value))?;
        }
        Ok(())
    }
}

impl JobInfo {
    /// Returns the labels and values of the block that a job prints as.
    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let stats = &self.stats;
        let mut lines = vec![("id", self.id.to_string()), ("submitted", self.submitted_at.to_string())];
        if let Some(automation) = self.automation_id {
            lines.push(("automation", automation.to_string()));
        }
        if let Some(started) = stats.first_task_started_at {
            lines.push(("started", started.to_string()));
        }
        if let Some(stopped) = stats.last_task_stopped_at.filter(|_| self.state.is_final()) {
            lines.push(("ended", stopped.to_string()));
        }
        if stats.total_tasks > 0 {
            lines.push(("tasks", stats.to_string()));
        }
        if !self.progress.is_empty() {
            let indicators: Vec<_> = self.progress.iter().map(ToString::to_string).collect();
            lines.push(("progress", indicators.join(", ")));
        }
        if !stats.elapsed_time.is_zero() {
            let times = format!("{} elapsed, {} computing", Elapsed(stats.elapsed_time), Elapsed(stats.compute_time));
            lines.push(("time", times));
        }
        lines
    }
}

/// The id.
impl From<&JobInfo> for Uuid {
    fn from(job: &JobInfo) -> Self {
        job.id
    }
}

impl TableRow for JobInfo {
    const NAMES: [&'static str; 2] = ["job", "jobs"];
    const COLUMNS: &'static [&'static str] = &["name", "state", "submitted", "tasks", "id", "progress", "elapsed"];

    fn cells(&self) -> Vec<String> {
        let Self { stats, progress, .. } = self;
        let progress: Vec<_> = progress.iter().map(ToString::to_string).collect();
        let elapsed = stats.elapsed_time;
        vec![
            self.name.clone(),
            self.state.to_string(),
            self.submitted_at.to_string(),
            format!("{}/{}", stats.task_counts().ended(), stats.total_tasks),
            self.id.to_string(),
            progress.join(", "),
            if elapsed.is_zero() { String::new() } else { Elapsed(elapsed).to_string() },
        ]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::workflows::Listing;

    pub(crate) const ID: Uuid = Uuid::from_u128(0x0199_614b_6102_1498_815b_3cb2_3f72_b489);

    /// Returns the job of a recorded GetJob response.
    pub(crate) fn progress_example() -> wire::Job {
        let time = |nanos| Some(prost_types::Timestamp { seconds: 1_758_271_000, nanos });
        let duration = |nanos| Some(prost_types::Duration { seconds: 0, nanos });
        wire::Job {
            id: Some(id::to_wire(ID)),
            name: "progress-example".to_owned(),
            trace_parent: "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01".to_owned(),
            submitted_at: time(0),
            state: 4,
            progress: vec![wire::Progress { label: String::new(), total: 5, done: 5 }],
            execution_stats: Some(wire::ExecutionStats {
                first_task_started_at: time(500_000_000),
                last_task_stopped_at: time(900_000_000),
                compute_time: duration(470_236_000),
                elapsed_time: duration(591_858_000),
                parallelism: 1.0,
                total_tasks: 6,
                tasks_by_state: vec![wire::TaskStateCount { state: 3, count: 6 }],
            }),
            ..Default::default()
        }
    }

    #[test]
    fn a_job_prints_as_one_block() {
        let job = JobInfo::from_wire(progress_example()).expect("a job");
        let expected = "\
progress-example [completed]
  id         0199614b-6102-1498-815b-3cb23f72b489
  submitted  2025-09-19T08:36:40Z
  started    2025-09-19T08:36:40.500Z
  ended      2025-09-19T08:36:40.900Z
  tasks      6: 6 computed
  progress   5/5
  time       0.59 s elapsed, 0.47 s computing";
        assert_eq!(job.to_string(), expected);
    }

    #[test]
    fn jobs_print_as_a_table() {
        let job = JobInfo::from_wire(progress_example()).expect("a job");
        let table = Listing::from(vec![job]).to_string();
        let lines: Vec<_> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines[0], "name state submitted tasks id progress");
        assert_eq!(
            lines[2],
            "progress-example completed 2025-09-19T08:36:40Z 6/6 0199614b-6102-1498-815b-3cb23f72b489 5/5"
        );
        assert_eq!(lines[3], "1 job, 1 more column: elapsed");
    }

    #[test]
    fn a_job_without_an_id_is_unreadable() {
        let error = JobInfo::from_wire(wire::Job { id: None, ..progress_example() }).expect_err("no id");
        assert!(error.to_string().contains("the job `progress-example` has no id"), "{error}");
    }

    #[test]
    fn an_absent_submission_time_is_that_of_the_id() {
        let job = JobInfo::from_wire(wire::Job { submitted_at: None, ..progress_example() }).expect("a job");
        assert_eq!(job.submitted_at.to_string(), "2025-09-19T09:25:54.050Z");
        let last = wire::Job { id: Some(id::to_wire(Uuid::max())), submitted_at: None, ..Default::default() };
        assert_eq!(JobInfo::from_wire(last).expect("a job").submitted_at, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn unknown_states_are_kept_and_counted() {
        let stats = wire::ExecutionStats {
            total_tasks: 9,
            tasks_by_state: [(1, 4), (77, 2), (3, 3)]
                .map(|(state, count)| wire::TaskStateCount { state, count })
                .to_vec(),
            ..Default::default()
        };
        let job = wire::Job { state: 42, execution_stats: Some(stats), ..progress_example() };
        let job = JobInfo::from_wire(job).expect("a job");
        assert_eq!(job.state, JobState::Unknown(42));
        assert_eq!(job.stats.count(TaskState::Unknown(77)), 2);
        let counts = job.stats.task_counts();
        assert_eq!((counts.queued, counts.computed, counts.other), (4, 3, 2));
        assert_eq!((counts.ended(), counts.total()), (3, 9));
        assert_eq!(job.stats.to_string(), "9: 4 queued, 2 unknown (77), 3 computed");
    }

    #[test]
    fn a_job_without_a_state_has_that_of_its_earlier_fields() {
        let stats = |state| wire::ExecutionStats {
            total_tasks: 1,
            tasks_by_state: vec![wire::TaskStateCount { state, count: 1 }],
            ..Default::default()
        };
        for (legacy_state, canceled, execution_stats, expected) in [
            (1, false, None, JobState::Submitted),
            (2, false, None, JobState::Started),
            (2, false, Some(stats(2)), JobState::Running),
            (3, false, None, JobState::Completed),
            (2, true, None, JobState::Canceled),
            (1, true, None, JobState::Canceled),
            (2, true, Some(stats(4)), JobState::Failed),
            (0, false, None, JobState::Unknown(0)),
            (9, false, None, JobState::Unknown(0)),
        ] {
            let job = wire::Job { state: 0, legacy_state, canceled, execution_stats, ..progress_example() };
            assert_eq!(JobInfo::from_wire(job).expect("a job").state, expected, "{legacy_state} {canceled}");
        }
        let job = wire::Job { state: 5, legacy_state: 3, ..progress_example() };
        assert_eq!(JobInfo::from_wire(job).expect("a job").state, JobState::Failed);
    }

    #[test]
    fn control_characters_of_a_server_are_not_printed() {
        let evil = wire::Job { name: "a\x1b[31m\nb".to_owned(), ..progress_example() };
        let printed = JobInfo::from_wire(evil).expect("a job").to_string();
        assert!(!printed.contains('\x1b') && printed.lines().count() == 8, "{printed:?}");
    }
}
