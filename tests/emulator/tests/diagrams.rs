//! Diagrams of jobs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use support::workflows::{ask, call, default_cluster, fail, submission, tasks};
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::*;
use tilebox_emulator::Emulator;

const VISUALIZE: &str = "JobService/VisualizeJob";

/// Returns the request of the official Python client.
fn visualize(job: &Job) -> VisualizeJobRequest {
    let options = RenderOptions {
        layout: "dagre".to_owned(),
        direction: "down".to_owned(),
        sketchy: true,
        padding: 5,
        ..RenderOptions::default()
    };
    VisualizeJobRequest { job_id: job.id.clone(), render_options: Some(options), ..VisualizeJobRequest::default() }
}

fn svg(emulator: &Emulator, request: &VisualizeJobRequest) -> String {
    String::from_utf8(call::<Diagram>(emulator, VISUALIZE, request).svg.to_vec()).unwrap()
}

#[test]
fn a_diagram_shows_tasks_and_states() {
    let emulator = Emulator::builder().start().unwrap();
    let cluster = default_cluster(&emulator);
    let job: Job = call(&emulator, "JobService/SubmitJob", &submission("", "Parent", 1));
    let parent = call::<NextTaskResponse>(&emulator, "TaskService/NextTask", &ask(&cluster, "Parent", None)).next_task;
    let mut report = ask(&cluster, "Child", parent.as_ref());
    report.computed_task.as_mut().unwrap().sub_tasks = Some(tasks(&cluster, "Child", 3));
    let _: NextTaskResponse = call(&emulator, "TaskService/NextTask", &report);

    let plain = svg(&emulator, &visualize(&job));
    assert!(plain.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && plain.ends_with("</svg>\n"));
    for text in ["<title>Parent (computed)</title>", "<title>Child (running)</title>", ">queued 2</text>"] {
        assert!(plain.contains(text), "{text}: {plain}");
    }
    assert!(!plain.contains(">job</text>"));
    let named = VisualizeJobRequest {
        include_job_name: true,
        theme: WorkflowDiagramTheme::ConsoleDark.into(),
        ..visualize(&job)
    };
    assert!(svg(&emulator, &named).contains(">job</text>"));
}

#[test]
fn jobs_of_more_than_200_tasks_have_no_diagram() {
    let emulator = Emulator::builder().start().unwrap();
    let submit = |count| call::<Job>(&emulator, "JobService/SubmitJob", &submission("", "A", count));
    assert_eq!(svg(&emulator, &visualize(&submit(200))).matches("<title>").count(), 200);
    let (status, error) = fail(&emulator, VISUALIZE, &visualize(&submit(201)));
    assert!(status == 400 && error.contains("more than 200 tasks"), "{error}");
    let unknown =
        VisualizeJobRequest { job_id: Some(Id { uuid: vec![9; 16].into() }), ..VisualizeJobRequest::default() };
    assert_eq!(fail(&emulator, VISUALIZE, &unknown).0, 404);
    let mut sideways = visualize(&submit(1));
    sideways.render_options.as_mut().unwrap().direction = "sideways".to_owned();
    let (status, error) = fail(&emulator, VISUALIZE, &sideways);
    assert!(status == 400 && error.contains("expects up, down, left or right"), "{error}");
}

#[test]
fn diagrams_in_a_diagram_language_are_unimplemented() {
    let emulator = Emulator::builder().start().unwrap();
    let request = RenderDiagramRequest { diagram: "a -> b".to_owned(), render_options: None };
    let (status, error) = fail(&emulator, "DiagramService/Render", &request);
    assert!(status == 404 && error.contains("\"code\":\"unimplemented\""), "{error}");
}
