//! The handles of jobs over scripted responses, in virtual time.

mod lists;
mod submission;
mod waiting;

use uuid::Uuid;

use crate::client::blocking::{Client, workflows::Job};
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::Id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::testing::{self, MockTransport};
use crate::workflows::JobState;
use crate::workflows::rpc::GetJob;

const ID: Uuid = Uuid::from_u128(7);

fn wire_id(number: u128) -> Option<Id> {
    Some(id::to_wire(Uuid::from_u128(number)))
}

/// Returns a job in this state with counts of queued and computed tasks.
fn job(state: JobState, queued: u64, computed: u64) -> wire::Job {
    let count = |state, count| wire::TaskStateCount { state, count };
    let execution_stats = wire::ExecutionStats {
        total_tasks: queued + computed,
        tasks_by_state: vec![count(1, queued), count(3, computed)],
        ..Default::default()
    };
    wire::Job {
        id: wire_id(7),
        name: "clouds".to_owned(),
        state: state.number(),
        execution_stats: Some(execution_stats),
        ..Default::default()
    }
}

fn client(server: &MockTransport) -> Client {
    testing::client_builder(server.clone()).build().expect("a client")
}

/// Returns the handle of a job in this state. It takes one response of the server.
fn handle(server: MockTransport, state: JobState) -> (MockTransport, Job) {
    let first = MockTransport::new().respond_once::<GetJob>(Ok(job(state, 2, 0)));
    let found = client(&first).jobs().find(ID).expect("a job");
    assert_eq!(found.state(), state);
    let server = server.respond_once::<GetJob>(Ok(job(state, 2, 0)));
    let found = client(&server).jobs().find(ID).expect("a job");
    (server, found)
}
