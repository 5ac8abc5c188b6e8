//! `TaskService.ExtendTaskLease`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Extends the lease of a running task.
///
/// A response without a lease means that the server does not extend it.
#[derive(Clone, Copy, Debug)]
pub struct ExtendTaskLease;

impl Rpc for ExtendTaskLease {
    type Request = wire::TaskLeaseRequest;
    type Response = wire::TaskLease;
    const PATH: &'static str = "/workflows.v1.TaskService/ExtendTaskLease";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
