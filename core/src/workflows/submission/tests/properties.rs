//! Properties of subtasks as a message.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A task read back from a message.
#[derive(Debug, PartialEq)]
struct Read {
    name: String,
    cluster: String,
    display: String,
    max_retries: i64,
    is_optional: bool,
    /// The inputs of its dependencies, which are unique.
    after: BTreeSet<String>,
}

/// Reads all tasks of a message by their inputs.
fn read(message: &TaskSubmissions) -> Vec<(String, Read)> {
    let text = |input: &bytes::Bytes| String::from_utf8_lossy(input).into_owned();
    let tasks = message.task_groups.iter().flat_map(|group| {
        let groups = group.dependencies_on_other_groups.iter().map(|&group| &message.task_groups[group as usize]);
        let after: Vec<String> = groups.flat_map(|group| group.inputs.iter().map(text)).collect();
        (0..group.inputs.len()).map(move |index| {
            let task = Read {
                name: message.identifier_lookup[group.identifier_pointers[index] as usize].name.clone(),
                cluster: message.cluster_slug_lookup[group.cluster_slug_pointers[index] as usize].clone(),
                display: message.display_lookup[group.display_pointers[index] as usize].clone(),
                max_retries: group.max_retries_values[index],
                is_optional: group.optional_values[index],
                after: after.iter().cloned().collect(),
            };
            (text(&group.inputs[index]), task)
        })
    });
    tasks.collect()
}

proptest! {
    #[test]
    fn a_message_describes_every_subtask(
        tasks in proptest::collection::vec(
            ("[ab]", "[xy]?", any::<u32>(), any::<bool>(), proptest::collection::vec(any::<usize>(), 0..4)), 1..20,
        )
    ) {
        let mut subtasks = Subtasks::new(TaskDefaults::new().cluster("default"));
        let mut handles: Vec<Subtask> = Vec::new();
        let mut expected = Vec::new();
        for (name, cluster, max_retries, is_optional, after) in tasks {
            let index = handles.len();
            let after: Vec<usize> = after.into_iter().filter(|_| index > 0).map(|pick| pick % index.max(1)).collect();
            let mut task = TaskSubmission::bytes(&name, index.to_string()).max_retries(max_retries);
            if !cluster.is_empty() {
                task = task.cluster(&cluster);
            }
            if is_optional {
                task = task.optional();
            }
            handles.push(subtasks.submit_after(task, after.iter().map(|&task| &handles[task])).expect("a subtask"));
            let cluster = if cluster.is_empty() { "default".to_owned() } else { cluster };
            let after = after.iter().map(usize::to_string).collect();
            let task = Read { display: name.clone(), name, cluster, max_retries: max_retries.into(), is_optional, after };
            expected.push((index.to_string(), task));
        }
        let mut read = read(&subtasks.to_wire().expect("subtasks"));
        read.sort_by_key(|(input, _)| input.parse::<usize>().expect("an index"));
        prop_assert_eq!(read, expected);
    }
}
