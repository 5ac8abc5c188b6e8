//! The local server behind the official Go client 0.6.0.
//!
//! | file | contents |
//! |---|---|
//! | `main` | recorded scenarios: submissions byte by byte, everything else from its JSON |
//! | `log`, `messages` | the recorded scenarios, messages from their JSON |
//! | `player` | plays scenarios on a connection as Go holds it |
//! | `telemetry` | the logs and spans of a scenario |
//! | `reports` | reports that come late, twice, or of unknown tasks |
//! | `fibonacci` | a recorded run, response by response |
//!
//! The recordings are not part of the repository; without them the tests print that and pass.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod fibonacci;
mod log;
mod messages;
mod player;
mod reports;
mod telemetry;

use std::collections::BTreeMap;

use prost::Message as _;
use tilebox_core::protocol::wire::workflows::v1::{GetJobRequest, Job, JobState, SubmitJobRequest, TaskState};
use tilebox_emulator::{Emulator, Permissions};
use tilebox_tests::go_client::Connection;

use log::Scenario;
use player::{Player, RecordedErrors};

/// The key that the recorded client sends.
const KEY: &str = "key";

fn server() -> Emulator {
    Emulator::builder().token(KEY, Permissions::ALL).start().expect("a server")
}

/// Returns the scenarios whose names begin with a letter or number.
fn scenarios(first: &str) -> Vec<Scenario> {
    log::scenarios().into_iter().filter(|scenario| scenario.name.starts_with(first)).collect()
}

/// Returns the number of tasks in each state that some task is in.
fn counts(job: &Job) -> BTreeMap<TaskState, u64> {
    let stats = job.execution_stats.as_ref().expect("statistics");
    let counts = stats.tasks_by_state.iter().filter(|count| count.count > 0);
    counts.map(|count| (count.state(), count.count)).collect()
}

/// Plays every scenario and compares the states of its jobs at the end.
fn play_all(errors: RecordedErrors, expected: &[(&str, &[JobState])]) {
    let scenarios = log::scenarios();
    if scenarios.is_empty() {
        return;
    }
    let (mut requests, mut submissions) = (0, 0);
    for scenario in &scenarios {
        let server = server();
        let mut player = Player::new(&server, errors);
        player.play(scenario);
        let states: Vec<_> = player.jobs().iter().map(Job::state).collect();
        let expected = expected.iter().find(|(first, _)| scenario.name.starts_with(first));
        assert_eq!(states, expected.map_or(&[][..], |(_, states)| states), "{}", scenario.name);
        requests += player.requests();
        submissions += states.len();
    }
    println!("{} scenarios, {requests} requests, {submissions} submissions", scenarios.len());
    assert!(scenarios.len() >= 19 && submissions >= 18, "the recording is whole");
}

/// Returns the final states of the jobs of each scenario. Only scenario 8 depends on the errors of the recording.
fn final_states(of_scenario_8: &'static [JobState]) -> Vec<(&'static str, &'static [JobState])> {
    use JobState::{Completed, Failed, Running, Submitted};
    vec![
        ("1", &[Completed]),
        ("2", &[Completed]),
        ("3", &[Completed, Completed]),
        // The third job has a task that the runner does not register, so it is not handed out.
        ("4", &[Failed, Failed, Submitted, Failed]),
        ("5", &[Completed]),
        ("7", &[Completed]),
        ("8", of_scenario_8),
        ("B", &[Running]),
        ("C", &[Running]),
        ("D", &[Completed]),
        ("E", &[Completed]),
        ("G", &[Failed]),
        ("H", &[Completed]),
    ]
}

#[test]
fn every_scenario_ends_as_recorded() {
    play_all(RecordedErrors::Injected, &final_states(&[JobState::Running]));
}

/// Go 0.6.0 repeats a refused report for 52 seconds, then its runner ends.
#[test]
fn repeated_reports_are_accepted() {
    play_all(RecordedErrors::Absent, &final_states(&[JobState::Completed]));
}

#[test]
fn a_recorded_run_has_the_reported_tasks_and_progress() {
    for scenario in scenarios("1") {
        let server = server();
        let mut player = Player::new(&server, RecordedErrors::Absent);
        player.play(&scenario);
        let [job] = &player.jobs()[..] else { panic!("expects one job") };
        // Fib(4), Fib(3) and three leaves; two sums.
        assert_eq!(counts(job), BTreeMap::from([(TaskState::Computed, 7)]));
        let progress: Vec<_> = job.progress.iter().map(|bar| (&bar.label[..], bar.total, bar.done)).collect();
        assert_eq!(progress, [("", 10, 0), ("named", 0, 5)]);
    }
}

#[test]
fn a_job_has_no_summaries_in_the_old_numbering() {
    let scenarios = scenarios("1");
    let Some(submission) = scenarios.first().and_then(Scenario::submission) else { return };
    let server = server();
    let mut connection = Connection::open(server.address(), KEY);
    let submitted = connection.call("workflows.v1.JobService/SubmitJob", submission, None);
    let job = Job::decode(&submitted.body[..]).expect("a job");
    let found =
        connection.call("workflows.v1.JobService/GetJob", &GetJobRequest { job_id: job.id }.encode_to_vec(), None);
    for body in [&submitted.body, &found.body] {
        // Go 0.6.0 decodes field 9 in another numbering.
        assert!(!messages::field_numbers(body).contains(&9), "{body:02x?}");
    }
}

#[test]
fn recorded_submissions_have_their_own_bytes_again() {
    for scenario in log::scenarios() {
        for submission in scenario.submissions() {
            let message = SubmitJobRequest::decode(submission).expect("a submission");
            assert_eq!(message.encode_to_vec(), submission, "{}", scenario.name);
        }
    }
}

/// Go repeats every status of 500 or more, which includes Connect's own status 501.
#[test]
fn an_unknown_method_gets_404() {
    let server = server();
    let mut connection = Connection::open(server.address(), KEY);
    for path in [
        "workflows.v1.TaskReleaseService/PublishRelease",
        "workflows.v1.JobService/GetJobProgress",
        "workflows.v1.AutomationService/ListStorageLocations",
        "workflows.v1.NoService/None",
    ] {
        let reply = connection.call(path, &[], None);
        assert_eq!((reply.status, &reply.error()[..]), (404, "unimplemented"), "{path}");
    }
}

#[test]
fn telemetry_of_a_run_is_found_by_its_job() {
    for scenario in scenarios("D") {
        telemetry::play(&scenario);
    }
}
