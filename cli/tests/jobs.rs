//! Jobs: submitted, listed, watched, retried, canceled and copied. A runner of the test executes their tasks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;
use tilebox_emulator::Emulator;

use crate::kit::runner::{TASK, client, run_tasks};
use crate::kit::{command, file, printed, run, server};

const INPUT: &str = r#"{"year": 2025, "month": 3}"#;

/// Submits a job with one task. Returns its id.
fn submit(server: &Emulator, name: &str) -> String {
    let id = printed(server, &["jobs", "submit", "--name", name, "--task", TASK, "--input", INPUT]);
    id.trim_end().to_owned()
}

fn json(server: &Emulator, arguments: &[&str]) -> Value {
    crate::kit::json(server, &[arguments, &["--json"]].concat())
}

/// Runs a command. Returns its exit code and its standard error.
fn result_of(server: &Emulator, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(server, arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_submitted_job_is_listed_watched_and_shown() {
    let server = server();
    let id = submit(&server, "clouds");
    let list = printed(&server, &["jobs"]);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let lines: Vec<_> = list.lines().map(words).collect();
    assert_eq!(lines, [["id", "state", "tasks", "name"], [&*id, "submitted", "0/1", "clouds"]], "{list}");
    let wide = command(&server, &["jobs"]).env("COLUMNS", "120").output().expect("a run");
    let wide = String::from_utf8(wide.stdout).expect("UTF-8");
    let times: Vec<_> = wide.lines().filter_map(|line| words(line).get(4).cloned()).collect();
    assert!(times[0] == "submitted" && times[1].ends_with('Z'), "{wide}");

    run_tasks(&server, false);
    let watched = run(&server, &["jobs", "watch", &id]);
    let (stdout, stderr) = (String::from_utf8_lossy(&watched.stdout), String::from_utf8_lossy(&watched.stderr));
    assert_eq!(watched.status.code(), Some(0), "{stderr}");
    assert!(stdout.starts_with("clouds [completed]\n") && stdout.contains(&id), "{stdout}");
    assert_eq!(stderr, "clouds: 1/1 tasks; months 3/12\n");

    let shown = printed(&server, &["jobs", "show", &id]);
    assert!(shown.starts_with("clouds [completed]\n") && shown.contains("1: 1 computed"), "{shown}");
    assert!(!shown.contains("console.tilebox.com"), "another server has no page in the console: {shown}");
    let tree = printed(&server, &["jobs", "show", &id, "--tasks"]);
    assert!(tree.contains("└─ CloudReport") && tree.contains("1 task: 1 computed"), "{tree}");

    let job = json(&server, &["jobs", "show", &id, "--tasks"]);
    assert_eq!((job["id"].as_str(), job["state"].as_str()), (Some(id.as_str()), Some("completed")));
    assert_eq!(job["execution_stats"]["tasks_by_state"]["computed"], 1);
    assert_eq!(job["progress"][0]["label"], "months");
    assert_eq!(job["task_summaries"][0]["state"], "computed");
}

#[test]
fn lists_are_filtered_sorted_and_limited() {
    let server = server();
    let [first, second, third] = ["clouds", "tiles", "clouds again"].map(|name| submit(&server, name));
    run_tasks(&server, false);
    let fourth = submit(&server, "waiting");
    let ids = |arguments: &[&str]| -> Vec<String> {
        let jobs = json(&server, &[&["jobs"], arguments].concat());
        let ids = jobs.as_array().expect("a list").iter().map(|job| job["id"].as_str().expect("an id").to_owned());
        ids.collect()
    };
    assert_eq!(ids(&[]), [&*fourth, &third, &second, &first], "the newest first");
    assert_eq!(ids(&["--sort", "asc", "--limit", "2"]), [&*first, &second]);
    assert_eq!(ids(&["--name", "CLOUDS"]), [&*third, &first]);
    assert_eq!(ids(&["--state", "submitted,running"]), [&*fourth]);
    assert_eq!(ids(&["--task-state", "computed", "--name", "tiles"]), [&*second]);
    assert_eq!(ids(&["--after", "2000-01-01"]).len(), 4);
    assert_eq!(ids(&["--before", "2000-01-01"]), [""; 0]);
    assert_eq!(ids(&["--last", "1h"]).len(), 4);

    let none = run(&server, &["jobs", "--name", "nothing"]);
    assert_eq!((none.stdout.as_slice(), none.stderr.as_slice()), (&b""[..], &b"no jobs match\n"[..]));
    let limited = run(&server, &["jobs", "--limit", "1"]);
    assert_eq!(String::from_utf8_lossy(&limited.stderr), "the list ends at --limit 1\n");

    let (code, error) = result_of(&server, &["jobs", "--state", "complete"]);
    assert!(code == Some(2) && error.contains("completed"), "{error}");
}

#[test]
fn a_failed_job_ends_with_3_and_is_retried() {
    let server = server();
    let id = submit(&server, "clouds");
    run_tasks(&server, true);
    let (code, error) = result_of(&server, &["jobs", "watch", &id]);
    assert_eq!(code, Some(3), "{error}");
    assert!(error.contains("cannot complete the job `clouds`") && error.contains("CloudReport"), "{error}");

    let shown = printed(&server, &["jobs", "show", &id]);
    assert!(shown.starts_with("clouds [failed]\n"), "{shown}");
    assert!(shown.lines().any(|line| line.starts_with("  ") && line.contains("no scenes in 2025-03")), "{shown}");
    let job = json(&server, &["jobs", "show", &id]);
    assert_eq!(job["task_summaries"][0]["state"], "failed");

    let retried = json(&server, &["jobs", "retry", &id, "--quiet"]);
    assert_eq!(retried["rescheduled_tasks"], 1);
    run_tasks(&server, false);
    assert_eq!(run(&server, &["jobs", "watch", &id, "--quiet"]).status.code(), Some(0));
}

#[test]
fn a_canceled_job_ends_with_3_and_is_copied() {
    let server = server();
    let id = submit(&server, "clouds");
    let canceled = run(&server, &["jobs", "cancel", &id]);
    assert_eq!(canceled.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&canceled.stderr), "canceled the job `clouds`\n");
    let (code, error) = result_of(&server, &["jobs", "watch", &id, "--quiet"]);
    assert!(code == Some(3) && error.contains("it was canceled"), "{error}");

    let copy = printed(&server, &["jobs", "clone", &id, "--name", "copy", "--max-retries", "2"]);
    let copy = json(&server, &["jobs", "show", copy.trim_end(), "--tasks"]);
    assert_eq!((&copy["name"], &copy["state"]), (&Value::from("copy"), &Value::from("submitted")));
    assert_eq!(copy["task_summaries"][0]["max_retries"], 2);
    assert_ne!(copy["id"].as_str(), Some(id.as_str()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_watched_job_has_bars_in_a_terminal() {
    let server = server();
    let id = submit(&server, "clouds");
    run_tasks(&server, false);
    let Some(watched) = crate::terminal::seen(&server, &format!("jobs watch {id}"), false) else { return };
    assert!(watched.contains("clouds ") && watched.contains("100% |") && watched.contains("1/1 tasks"), "{watched:?}");
    assert!(watched.contains("months") && watched.contains("| 3/12"), "{watched:?}");
    assert!(watched.contains("clouds [completed]"), "{watched:?}");
}

#[test]
#[cfg(unix)]
fn an_interrupted_wait_says_that_the_job_continues() {
    let server = server();
    let id = submit(&server, "clouds");
    let mut watch = command(&server, &["jobs", "watch", &id]);
    let mut watch = watch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a run");
    let mut stderr = BufReader::new(watch.stderr.take().expect("its standard error"));
    let mut progress = String::new();
    stderr.read_line(&mut progress).expect("a line");
    assert_eq!(progress, "clouds: 0/1 tasks\n");
    let sent = Command::new("kill").args(["-s", "INT", &watch.id().to_string()]).status();
    assert!(sent.expect("POSIX has kill").success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).expect("UTF-8");
    assert!(rest.starts_with(&format!("the job continues; `tbx jobs watch {id}` waits for it again\n")), "{rest}");
    assert_eq!(watch.wait().expect("an end").code(), Some(130));
    assert_eq!(json(&server, &["jobs", "show", &id])["state"], "submitted");
}

#[test]
fn a_submission_waits_and_prints_the_end() {
    let server = server();
    let mut submission = command(&server, &["jobs", "submit", "--name", "clouds", "--task", TASK, "--input-file", "-"]);
    submission.args(["--wait", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut submission = submission.spawn().expect("a run");
    submission.stdin.take().expect("its input").write_all(format!("{INPUT}\n").as_bytes()).expect("the input");
    // A run without tasks ends at once, so it is repeated until the job has arrived.
    while submission.try_wait().expect("a process").is_none() {
        run_tasks(&server, false);
    }
    let output = submission.wait_with_output().expect("an end");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.starts_with("submitted the job `clouds` (") && stderr.ends_with("months 3/12\n"), "{stderr}");
    let job: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(job["state"], "completed");
}

#[test]
fn several_tasks_have_their_own_inputs_and_versions() {
    let server = server();
    let path = file("input.json");
    std::fs::write(&path, "[1, 2]\n").expect("a file");
    let submit = ["jobs", "submit", "--name", "tasks", "--version", "v2.1", "--task", "A", "--task", "B@v3.4"];
    let id = printed(&server, &[&submit[..], &["--input", "S2A", "--input", "5"]].concat());
    let prototype = |id: &str| {
        let prototype = async { client(&server).jobs().find(id.trim_end()).await?.prototype().await };
        let tasks = tilebox_tokio::block_on(prototype).expect("the root tasks").tasks.into_iter().map(|task| {
            let identifier = task.identifier().expect("an identifier").to_string();
            (identifier, String::from_utf8(task.input().expect("an input").to_vec()).expect("UTF-8"))
        });
        tasks.collect::<Vec<_>>()
    };
    let expected = [("A@v2.1", "\"S2A\""), ("B@v3.4", "5")].map(|(task, input)| (task.to_owned(), input.to_owned()));
    assert_eq!(prototype(&id), expected);
    let id = printed(&server, &["jobs", "submit", "--name", "file", "--task", "A", "--input-file", &path]);
    assert_eq!(prototype(&id), [("A@v0.0".to_owned(), "[1, 2]".to_owned())]);
    std::fs::remove_file(&path).expect("it was there");

    let (code, error) = result_of(&server, &[&submit[..], &["--input", "1"]].concat());
    assert!(code == Some(2) && error.contains("expects as many inputs as tasks, got 1 inputs for 2 tasks"), "{error}");
    let (code, error) = result_of(&server, &["jobs", "submit", "--name", "x", "--task", "A", "--input", "{'a': 1}"]);
    assert!(code == Some(2) && error.contains("not valid JSON"), "{error}");
    let (code, error) = result_of(&server, &["jobs", "submit", "--name", "x", "--task", "A@v1"]);
    assert!(code == Some(2) && error.contains("v1.2"), "{error}");
    let (code, error) = result_of(&server, &["jobs", "submit", "--name", "x", "--task", "A", "--cluster", "nowhere"]);
    assert!(code == Some(2) && error.contains("nowhere"), "{error}");
}

#[test]
fn the_first_digits_of_an_id_find_a_job() {
    let server = server();
    let (code, error) = result_of(&server, &["jobs", "show", "0199614b61"]);
    assert!(code == Some(2) && error.contains("there are no jobs yet"), "{error}");
    let [first, second] = ["clouds", "tiles"].map(|name| submit(&server, name));
    let shared = first.chars().zip(second.chars()).take_while(|(left, right)| left == right).count();
    assert!(shared >= 6, "ids begin with the time");
    let longer = shared.max(9) + 1;
    let shown = printed(&server, &["jobs", "show", &first[..longer].to_uppercase()]);
    assert!(shown.contains(&first), "{shown}");

    let (code, error) = result_of(&server, &["jobs", "show", &first[..6]]);
    assert!(code == Some(2) && error.contains("several ids") && error.contains(&second), "{error}");
    let (code, error) = result_of(&server, &["jobs", "show", "aaaaaaaaaa"]);
    assert!(code == Some(2) && error.contains(&format!("the newest job is `{second}` (tiles)")), "{error}");
    let (code, error) = result_of(&server, &["jobs", "show", "clouds"]);
    assert!(code == Some(2) && error.contains("`tbx jobs --name TEXT`"), "{error}");
}

#[test]
fn a_diagram_is_drawn_as_svg() {
    let server = server();
    let id = submit(&server, "clouds");
    let drawn = printed(&server, &["diagram", &id, "--theme", "dark", "--direction", "right", "--straight", "--title"]);
    assert!(drawn.contains("<svg") && drawn.contains("CloudReport"), "{drawn}");
    assert!(json(&server, &["diagram", &id])["svg"].as_str().expect("text").contains("<svg"));
}

#[test]
fn a_diagram_is_saved_in_a_file() {
    let server = server();
    let id = submit(&server, "clouds");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("job.svg").to_str().expect("UTF-8").to_owned();
    let (code, stderr) = result_of(&server, &["diagram", &id, "-o", &path]);
    assert_eq!((code, stderr), (Some(0), format!("saved in {path}\n")));
    let drawn = std::fs::read_to_string(&path).expect("the file");
    assert!(drawn.contains("<svg"), "{drawn}");
    let requests = server.requests().total();
    let (code, stderr) = result_of(&server, &["diagram", &id, "-o", &path]);
    assert!(code == Some(1) && stderr.contains("pass --force to replace it"), "{stderr}");
    assert_eq!(server.requests().total(), requests, "it is refused before the first request");
    let (code, stderr) = result_of(&server, &["diagram", &id, "-o", &path, "--force"]);
    assert_eq!((code, stderr), (Some(0), format!("saved in {path}, which replaced the previous content\n")));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
}
