//! Changes on their way to disks that are slow or full.

use std::time::SystemTime;

use tilebox_core::protocol::wire::workflows::v1::{
    Cluster, CreateClusterRequest, ListClustersRequest, ListClustersResponse,
};

use super::*;
use crate::store::Memory;

fn open(memory: &Memory) -> (Workflows, Arc<Disk>) {
    let disk = Arc::new(memory.disk().expect("a disk"));
    let options = Options { identity: 1, seed: 1, timing: Timing::default() };
    (Workflows::new(options, Some(Arc::clone(&disk))).expect("workflows"), disk)
}

fn call(workflows: &Workflows, rpc: Rpc, request: &impl Message) -> Result<Reply, Refusal> {
    let moment = Moment::of(SystemTime::UNIX_EPOCH);
    workflows.call(Caller::TRUSTED, rpc, &request.encode_to_vec().into(), moment)
}

fn create(workflows: &Workflows, slug: &str) -> Result<Reply, Refusal> {
    let request =
        CreateClusterRequest { name: slug.to_owned(), slug: slug.to_owned(), ..CreateClusterRequest::default() };
    call(workflows, Rpc::CreateCluster, &request)
}

/// Returns the slugs of all clusters, once they are on disk.
fn slugs(workflows: &Workflows) -> Result<Vec<String>, Refusal> {
    let response = call(workflows, Rpc::ListClusters, &ListClustersRequest {})?.block()?;
    let listed = ListClustersResponse::decode(response).expect("a message");
    Ok(listed.clusters.into_iter().map(|cluster| cluster.slug).collect())
}

#[test]
fn concurrent_calls_share_a_batch() {
    let memory = Memory::default();
    let (workflows, disk) = open(&memory);
    let before = disk.changes();
    let pause = disk.pause();
    // No call waits for the disk before its response does.
    let replies: Vec<_> =
        (0..100).map(|number| create(&workflows, &format!("c{number}")).expect("a cluster")).collect();
    drop(pause);
    for reply in replies {
        Cluster::decode(reply.block().expect("space")).expect("a message");
    }
    // The writer takes the first change at once, and all others once it is stored at the latest.
    let batches = disk.changes() - before;
    assert!((1..=2).contains(&batches), "{batches} batches");
    drop((workflows, disk));
    assert_eq!(slugs(&open(&memory).0).expect("clusters").len(), 100);
}

#[test]
fn a_call_waits_for_changes_it_can_see() {
    let memory = Memory::default();
    let (workflows, disk) = open(&memory);
    assert_eq!(slugs(&workflows), Ok(Vec::new()), "nothing to wait for");
    let pause = disk.pause();
    let created = create(&workflows, "a").expect("a cluster");
    let listed = call(&workflows, Rpc::ListClusters, &ListClustersRequest {}).expect("clusters");
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut waiting = std::pin::pin!(listed.wait());
    assert!(waiting.as_mut().poll(&mut context).is_pending(), "the cluster is not on disk");
    let again = create(&workflows, "a").expect("a reply");
    let mut refused = std::pin::pin!(again.wait());
    assert!(refused.as_mut().poll(&mut context).is_pending(), "nor is the one that the refusal tells of");
    drop(pause);
    created.block().expect("space");
}

#[test]
fn a_full_disk_loses_no_acknowledged_change() {
    let mut full = 0;
    for changes in 0.. {
        let memory = Memory::default();
        let (workflows, disk) = open(&memory);
        create(&workflows, "first").expect("a cluster").block().expect("space");
        memory.fill_after(changes);
        let second = create(&workflows, "second").and_then(Reply::block);
        if let Err(refusal) = &second {
            assert_eq!(refusal.code, ErrorCode::ResourceExhausted, "change {changes}: {refusal}");
            let refusal = create(&workflows, "third").and_then(Reply::block).expect_err("no space");
            assert!([ErrorCode::Unavailable, ErrorCode::ResourceExhausted].contains(&refusal.code), "{refusal}");
        }
        let was_full = memory.free();
        // The first call after an error may find out that the disk is usable again.
        let listed = slugs(&workflows).or_else(|_| slugs(&workflows)).expect("clusters");
        let acknowledged = if second.is_ok() { vec!["first", "second"] } else { vec!["first"] };
        assert!(acknowledged.iter().all(|slug| listed.contains(&(*slug).to_owned())), "change {changes}: {listed:?}");
        create(&workflows, "last").expect("a cluster").block().expect("space");
        let expected = slugs(&workflows);
        drop((workflows, disk));
        assert_eq!(slugs(&open(&memory).0), expected, "change {changes}: memory and disk are equal");
        if !was_full {
            break;
        }
        full += 1;
    }
    assert!(full > 3, "the disk was full after {full} changes");
}

#[test]
fn an_older_file_gains_the_tables_of_workflows() {
    let memory = Memory::default();
    memory.disk().expect("a disk").make_older();
    let (workflows, _disk) = open(&memory);
    create(&workflows, "a").expect("a cluster").block().expect("space");
    assert_eq!(slugs(&workflows), Ok(vec!["a".to_owned()]));
}

/// Panics while a change of the state is half done.
fn panic_in_a_call(workflows: &Workflows) {
    let panicked = std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            let mut guarded = workflows.shared.guarded();
            guarded.state.as_mut().expect("a state").clusters.clear();
            std::panic::resume_unwind(Box::new("half done"));
        });
        call.join()
    });
    assert!(panicked.is_err());
}

#[test]
fn a_call_that_panics_leaves_no_part_of_its_changes() {
    let memory = Memory::default();
    let (workflows, _disk) = open(&memory);
    create(&workflows, "a").expect("a cluster").block().expect("space");
    panic_in_a_call(&workflows);
    assert_eq!(slugs(&workflows).expect_err("no state").code, ErrorCode::Unavailable);
    assert_eq!(slugs(&workflows), Ok(vec!["a".to_owned()]), "loaded from disk");
}

#[test]
fn without_a_disk_a_call_that_panics_ends_workflows() {
    let options = Options { identity: 1, seed: 1, timing: Timing::default() };
    let workflows = Workflows::new(options, None).expect("workflows");
    panic_in_a_call(&workflows);
    for _ in 0..2 {
        assert_eq!(slugs(&workflows).expect_err("no state").code, ErrorCode::Internal);
    }
}
