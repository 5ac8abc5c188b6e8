//! Submissions as bytes: those of the Python and Go clients, and errors.

mod go;
mod properties;

use prost::Message as _;

use super::*;
use crate::protocol::wire::workflows::v1::{ComputedTask, NextTaskRequest, SubmitJobRequest, TaskSubmissions};
use crate::workflows::TaskIdentifier;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16).expect("a hexadecimal digit")).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

fn fibonacci(n: u32) -> TaskSubmission {
    let name = "tilebox.com/fibonacci/FibonacciTask";
    TaskSubmission::bytes(TaskIdentifier::new(name, 1, 0), format!("{{\"N\":{n}}}")).display(name)
}

fn sum(n: u32) -> TaskSubmission {
    let name = "tilebox.com/fibonacci/SumResultTask";
    TaskSubmission::bytes(TaskIdentifier::new(name, 1, 0), format!("{{\"N\":{n}}}")).display(name)
}

#[test]
fn a_diamond_encodes_as_python_does() {
    let a = |n: u32| TaskSubmission::bytes("A", n.to_string());
    let b = |n: u32, m: u32| TaskSubmission::bytes("B", format!("{{\"n\":{n},\"m\":{m}}}"));
    let mut subtasks = Subtasks::new(TaskDefaults::new().cluster("c"));
    let first = subtasks.submit(a(0)).expect("a subtask");
    let middle = [
        subtasks.submit_after(b(1, 2).cluster("x").max_retries(3).optional(), [&first]).expect("a subtask"),
        subtasks.submit_after(b(3, 4), [first]).expect("a subtask"),
    ];
    subtasks.submit_after(a(9), &middle).expect("a subtask");
    let expected = "0a121201301a01002201002a01003201003a01000a350a0100120d7b226e223a312c226d223a327d120d7b226e223a332c226d22\
                    3a347d1a020101220201002a020101320203003a0201000a150a01011201391a01002201002a01003201003a0100120163120178\
                    1a090a0141120476302e301a090a0142120476302e30220141220142";
    assert_eq!(subtasks.to_wire().expect("subtasks").encode_to_vec(), hex(expected));
}

#[test]
fn a_report_encodes_as_go_does() {
    let mut subtasks = Subtasks::new(TaskDefaults::new().cluster("default-56uboc82HDVNys"));
    let parts = subtasks.submit_all([fibonacci(6), fibonacci(5)]).expect("subtasks");
    subtasks.submit_after(sum(7), &parts).expect("a subtask");
    let expected = "0abd020a120a10019acba6f5ed98959032aa8340131de5122374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e61\
                    6363695461736b2a81020a2612077b224e223a367d12077b224e223a357d1a020000220200002a020000320200003a0200000a1b0a\
                    010012077b224e223a377d1a01012201002a01013201003a0100121664656661756c742d353675626f6338324844564e79731a2b0a\
                    2374696c65626f782e636f6d2f6669626f6e616363692f4669626f6e616363695461736b120476312e301a2b0a2374696c65626f78\
                    2e636f6d2f6669626f6e616363692f53756d526573756c745461736b120476312e30222374696c65626f782e636f6d2f6669626f6e\
                    616363692f4669626f6e616363695461736b222374696c65626f782e636f6d2f6669626f6e616363692f53756d526573756c745461\
                    736b12720a1664656661756c742d353675626f6338324844564e7973122b0a2374696c65626f782e636f6d2f6669626f6e61636369\
                    2f4669626f6e616363695461736b120476312e30122b0a2374696c65626f782e636f6d2f6669626f6e616363692f53756d52657375\
                    6c745461736b120476312e30";
    let expected = NextTaskRequest::decode(&hex(expected)[..]).expect("a request");
    let ComputedTask { sub_tasks, .. } = expected.computed_task.expect("a report");
    assert_eq!(subtasks.to_wire().expect("subtasks").encode_to_vec(), sub_tasks.expect("subtasks").encode_to_vec());
}

/// Checks the tasks of a recorded SubmitJob request against those encoded here.
#[track_caller]
fn check_job(recorded: &str, task: TaskSubmission) {
    let tasks = encode_root_tasks(vec![task], &TaskDefaults::new()).expect("valid tasks");
    let mut request = SubmitJobRequest::decode(&hex(recorded)[..]).expect("a request");
    let recorded_tasks = request.tasks.replace(tasks);
    assert_eq!(request.tasks, recorded_tasks);
    assert_eq!(request.encode_to_vec(), hex(recorded));
}

#[test]
fn a_job_encodes_as_python_does() {
    check_job(
        "12096669626f6e616363691a3730302d66386433623635383639663633386335626665313733666662336233653561302d6363663537303934\
         36376361666335322d30312a3c0a121201341a01002201002a01003201003a010012001a150a0d4669626f6e616363695461736b120476302e\
         30220d4669626f6e616363695461736b",
        TaskSubmission::bytes("FibonacciTask", "4"),
    );
}

#[test]
fn a_job_encodes_as_go_does() {
    check_job(
        "12096669626f6e616363691a3730302d38636262363035383466356138376165623665386462373930326265656438352d6364636561383734\
         34336663353962612d30312a6e0a1812077b224e223a377d1a01002201002a01003201003a010012001a2b0a2374696c65626f782e636f6d2f\
         6669626f6e616363692f4669626f6e616363695461736b120476312e30222374696c65626f782e636f6d2f6669626f6e616363692f46696\
         26f6e616363695461736b",
        fibonacci(7),
    );
}

#[test]
fn tables_list_values_in_the_order_of_the_tasks() {
    let mut subtasks = Subtasks::new(TaskDefaults::new());
    let names = ["b", "a", "b", "c"];
    let handles = names.map(|name| subtasks.submit(TaskSubmission::bytes(name, "")).expect("a subtask"));
    assert_eq!(handles.map(|handle| handle.index()), [0, 1, 2, 3]);
    let TaskSubmissions { task_groups, cluster_slug_lookup, identifier_lookup, display_lookup } =
        subtasks.to_wire().expect("subtasks");
    assert_eq!(cluster_slug_lookup, [""]);
    assert_eq!(identifier_lookup.iter().map(|identifier| &*identifier.name).collect::<Vec<_>>(), ["b", "a", "c"]);
    assert_eq!(display_lookup, ["b", "a", "c"]);
    assert_eq!(task_groups[0].identifier_pointers, [0, 1, 0, 2]);
}

#[test]
fn no_subtasks_have_no_message() {
    assert_eq!(Subtasks::new(TaskDefaults::new()).to_wire(), None);
}

#[track_caller]
fn root_error(task: TaskSubmission) -> String {
    encode_root_tasks(vec![task], &TaskDefaults::new()).expect_err("not valid").to_string()
}

#[test]
fn a_task_beyond_a_limit_is_named() {
    let task = || TaskSubmission::bytes("example.com/Tile", "");
    assert_eq!(
        root_error(TaskSubmission::bytes("example.com/Tile", vec![0; 2049])),
        "cannot submit the task `example.com/Tile`: expects an input of at most 2048 bytes, got 2049; \
         store the data elsewhere, such as in the cache of the job, and submit its key"
    );
    assert_eq!(
        root_error(task().display("")),
        "cannot submit the task `example.com/Tile`: its display is empty; set a text of at least 1 character, or leave it out"
    );
    assert_eq!(
        root_error(task().cluster("dev cluster")),
        "cannot submit the task `example.com/Tile`: the slug of its cluster expects at most 100 letters, digits and hyphens, \
         got `dev cluster`; use the slug of a cluster, such as dev-cluster-ESugE7S4cwADVK, rather than its name"
    );
    assert_eq!(
        root_error(TaskSubmission::bytes(TaskIdentifier::new("", 0, 0), "")),
        "cannot submit the task: its identifier has no name; write a name such as example.com/CloudReport"
    );
    assert_eq!(
        root_error(TaskSubmission::bytes(("Tile", "1.0"), "")),
        "cannot submit the task: expects a version such as v1.2, got `1.0`; \
         write `v`, the major version, a dot and the minor version"
    );
    assert!(encode_root_tasks(vec![TaskSubmission::bytes("Tile", vec![0; 2048])], &TaskDefaults::new()).is_ok());
}

#[test]
fn a_root_task_cannot_be_optional() {
    let tasks = vec![TaskSubmission::bytes("A", ""), TaskSubmission::bytes("B", "").optional()];
    assert_eq!(
        encode_root_tasks(tasks, &TaskDefaults::new()).expect_err("optional").to_string(),
        "cannot submit the task `B` (2 of 2): a root task cannot be optional; \
         submit it without `optional`, or as a subtask of a root task"
    );
}

#[test]
fn a_job_without_tasks_is_refused() {
    let error = encode_root_tasks(Vec::new(), &TaskDefaults::new()).expect_err("no tasks").to_string();
    assert_eq!(error, "cannot submit a job: it has no tasks; submit at least one root task");
}

#[test]
fn a_handle_of_another_task_is_refused() {
    let mut first = Subtasks::new(TaskDefaults::new());
    let foreign = first.submit(TaskSubmission::bytes("A", "")).expect("a subtask");
    let mut second = Subtasks::new(TaskDefaults::new());
    second.submit(TaskSubmission::bytes("A", "")).expect("a subtask");
    let error = second.submit_after(TaskSubmission::bytes("B", ""), [foreign]).expect_err("foreign").to_string();
    assert_eq!(
        error,
        "cannot submit the subtask `B` (number 2): it depends on a subtask of another task; \
         depend on subtasks that this execution of the task submitted"
    );
    assert_eq!(second.len(), 1);
}

#[test]
fn more_than_64_groups_are_refused_at_the_line_that_submits() {
    let mut subtasks = Subtasks::new(TaskDefaults::new());
    let mut last = subtasks.submit(TaskSubmission::bytes("Step", "")).expect("a subtask");
    for _ in 1..64 {
        last = subtasks.submit_after(TaskSubmission::bytes("Step", ""), [&last]).expect("a subtask");
    }
    let error = subtasks.submit_after(TaskSubmission::bytes("Step", ""), [&last]).expect_err("65 groups").to_string();
    assert_eq!(
        error,
        "cannot submit the subtask `Step` (number 65): expects subtasks that form at most 64 groups, got 65; \
         tasks form one group if they depend on the same tasks and the same tasks depend on them: let more tasks share their \
         dependencies, or submit parts of the graph from subtasks"
    );
    assert_eq!(subtasks.to_wire().expect("subtasks").task_groups.len(), 64);
}

#[test]
fn a_hundred_thousand_subtasks_share_their_dependencies() {
    let task = |index: u32| TaskSubmission::bytes("Tile", index.to_string());
    let mut subtasks = Subtasks::new(TaskDefaults::new());
    let first = subtasks.submit_all((0..100_000).map(task)).expect("subtasks");
    let second = subtasks.submit_all_after((0..100_000).map(task), &first).expect("subtasks");
    assert_eq!((first.len(), second.last().map(Subtask::index)), (100_000, Some(199_999)));
    let message = subtasks.to_wire().expect("subtasks");
    assert_eq!(message.task_groups.len(), 2);
    assert_eq!(message.task_groups[1].dependencies_on_other_groups, [0]);
    assert_eq!(message.task_groups[1].inputs.len(), 100_000);
}

#[test]
fn a_single_task_keeps_its_options() {
    let task = TaskSubmission::bytes("a/Tile@v1.2", "7").cluster("dev").max_retries(3).display("x");
    let message = task.to_wire(&TaskDefaults::new()).expect("a valid task");
    assert_eq!(TaskSubmission::from_wire(message).expect("a task"), task);
    let message = TaskSubmission::bytes("a/Tile", "7").to_wire(&TaskDefaults::new().cluster("c").max_retries(2));
    let message = message.expect("a valid task");
    assert_eq!((&*message.cluster_slug, message.max_retries, &*message.display), ("c", 2, "Tile"));
    assert!(TaskSubmission::from_wire(Default::default()).is_err());
    assert!(TaskSubmission::bytes("a/Tile", "7").optional().to_wire(&TaskDefaults::new()).is_err());
}
