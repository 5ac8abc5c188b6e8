//! The job in virtual time, without a server: three runners in this process, with crashes and lost responses.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::Read as _;
use std::path::PathBuf;

use tilebox_tokio::testing::{self, Recording, Replay, Workflows};
use tilebox_tokio::workflows::{JobState, TaskState};
use tilebox_tokio::{Client, Timestamp};

use crate::tasks::{CloudReport, Folder, Part, Summary};

/// The scenes of the recording, in all collections of the job.
const SCENES: usize = 188;

/// Returns a report on the time of the recording in six parts.
fn report() -> CloudReport {
    let time = |text| Timestamp::parse(text).expect("a time");
    CloudReport { start: time("2025-01-01"), end: time("2025-01-01T02:00:00Z"), parts: 6 }
}

/// A new folder, which is removed when this value is dropped.
struct TestFolder(PathBuf);

impl TestFolder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tilebox-clouds-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        // It is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the job's runners, on recorded responses.
fn workflows(folder: &TestFolder) -> Workflows {
    let recording: Recording = include_str!("../tests/scenes.jsonl").parse().expect("a recording");
    let client: Client = testing::client_builder(Replay::new(recording)).build().expect("a client");
    Workflows::new()
        .task::<CloudReport>()
        .task::<Part>()
        .task::<Summary>()
        .shared(client)
        .shared(Folder(folder.0.clone()))
        .runners(3)
        .slots(2)
}

#[test]
fn a_report_writes_a_file_for_each_part() {
    let folder = TestFolder::new("files");
    let job = workflows(&folder).run(report()).expect("a job that ends");
    assert_eq!(job.state(), JobState::Completed, "{job}");
    let files: Vec<_> = fs::read_dir(&folder.0).expect("a folder").map(|file| file.expect("a file").path()).collect();
    assert_eq!(files.len(), 6);
    for path in files {
        let mut start = [0; 4];
        File::open(&path).and_then(|mut file| file.read_exact(&mut start)).expect("a file");
        assert_eq!(&start, b"PAR1", "{}", path.display());
    }
    let summary = job.tasks().iter().find(|task| task.display.starts_with("Summary(")).expect("a summary");
    assert!(summary.display.starts_with(&format!("Summary({SCENES} scenes, mean cloud cover ")), "{}", summary.display);
}

#[test]
fn crashes_and_lost_responses_do_not_change_the_report() {
    let folder = TestFolder::new("faults");
    let workflows = workflows(&folder);
    for seed in 0..10 {
        let job = workflows.clone().faults(seed).run(report()).expect("a job that ends");
        assert_eq!(job.state(), JobState::Completed, "{job}");
        let done: u64 = job.progress().iter().map(|indicator| indicator.done).sum();
        assert_eq!(done, 6, "a repeated part counts once: {job}");
    }
}

#[test]
fn an_empty_time_fails_the_job() {
    let folder = TestFolder::new("empty");
    let empty = CloudReport { end: report().start, ..report() };
    let job = workflows(&folder).run(empty).expect("a job that ends");
    assert_eq!(job.state(), JobState::Failed);
    let failed = job.tasks().iter().find(|task| task.state == TaskState::Failed).expect("a failed task");
    assert!(failed.display.contains("expects at least one part"), "{}", failed.display);
}
