//! The search for a job whose submission got no response.

use std::time::Duration;

use super::JobInfo;
use crate::schema::Timestamp;

/// The tolerance of the comparison of times: the clock of the server may be adjusted in between, and the order of jobs
/// submitted at the same time is not specified.
const TOLERANCE: Duration = Duration::from_secs(10);

/// Decides whether a job is the searched one. It takes the jobs of the server, the newest first.
///
/// The client does not know the time of the server. The newest job is not from the future, so a job that was submitted
/// longer before it than the submission took precedes the submission.
#[derive(Debug)]
pub(crate) struct SubmissionSearch<'a> {
    name: &'a str,
    trace_parent: &'a str,
    /// The time since the submission began.
    elapsed: Duration,
    /// The submission time of the newest job, in seconds.
    newest: Option<f64>,
}

impl<'a> SubmissionSearch<'a> {
    /// Creates a search for the job that was submitted at most `elapsed` ago.
    pub(crate) fn new(name: &'a str, trace_parent: &'a str, elapsed: Duration) -> Self {
        Self { name, trace_parent, elapsed, newest: None }
    }

    /// Returns true for the searched job, false for a job that is too old, which ends the search, and `None` for others.
    pub(crate) fn check(&mut self, job: &JobInfo) -> Option<bool> {
        if job.trace_parent == self.trace_parent && job.name == self.name {
            return Some(true);
        }
        let submitted = Timestamp::as_unix_seconds_f64(job.submitted_at);
        let newest = *self.newest.get_or_insert(submitted);
        (newest - submitted > (self.elapsed + TOLERANCE).as_secs_f64()).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::job::tests::progress_example;

    fn job(name: &str, trace_parent: &str, seconds: i64) -> JobInfo {
        let job = JobInfo::from_wire(progress_example()).expect("a job");
        let submitted_at = Timestamp::from_unix(seconds, 0).expect("a time");
        JobInfo { name: name.to_owned(), trace_parent: trace_parent.to_owned(), submitted_at, ..job }
    }

    #[test]
    fn a_job_is_found_by_name_and_trace_parent() {
        let mut search = SubmissionSearch::new("a", "p", Duration::from_secs(60));
        assert_eq!(search.check(&job("a", "q", 1000)), None);
        assert_eq!(search.check(&job("b", "p", 1000)), None);
        assert_eq!(search.check(&job("a", "p", 1000)), Some(true));
    }

    #[test]
    fn older_jobs_than_the_submission_end_the_search() {
        let mut search = SubmissionSearch::new("a", "p", Duration::from_secs(60));
        assert_eq!(search.check(&job("x", "q", 1000)), None);
        assert_eq!(search.check(&job("x", "q", 930)), None);
        assert_eq!(search.check(&job("x", "q", 929)), Some(false));
    }
}
