//! `TelemetryQueryService.QueryJobLogs`

use crate::error::UnreadableMessage;
use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::LogRecord;
use crate::workflows::paging::PagedRpc;

/// Returns one page of the log records of a job.
#[derive(Clone, Copy, Debug)]
pub struct QueryJobLogs;

impl Rpc for QueryJobLogs {
    type Request = wire::QueryJobLogsRequest;
    type Response = wire::PaginatedLogsData;
    const PATH: &'static str = "/workflows.v1.TelemetryQueryService/QueryJobLogs";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}

impl PagedRpc for QueryJobLogs {
    type Item = LogRecord;

    fn set_page(request: &mut Self::Request, page: Option<Pagination>) {
        request.page = page;
    }

    fn into_items(response: Self::Response) -> Result<(Vec<LogRecord>, Option<Pagination>), UnreadableMessage> {
        Ok((LogRecord::from_wire(response.resource_logs), response.next_page))
    }
}
