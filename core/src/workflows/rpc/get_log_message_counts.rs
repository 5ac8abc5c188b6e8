//! `TelemetryQueryService.GetLogMessageCounts`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Counts the log records of all jobs within an interval of time, by severity.
#[derive(Clone, Copy, Debug)]
pub struct GetLogMessageCounts;

impl Rpc for GetLogMessageCounts {
    type Request = wire::GetLogMessageCountsRequest;
    type Response = wire::GetLogMessageCountsResponse;
    const PATH: &'static str = "/workflows.v1.TelemetryQueryService/GetLogMessageCounts";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
