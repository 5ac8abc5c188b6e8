//! `TelemetryQueryService.QueryJobSpans`

use crate::error::UnreadableMessage;
use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::Span;
use crate::workflows::paging::PagedRpc;

/// Returns one page of the spans of a job.
#[derive(Clone, Copy, Debug)]
pub struct QueryJobSpans;

impl Rpc for QueryJobSpans {
    type Request = wire::QueryJobSpansRequest;
    type Response = wire::PaginatedSpansData;
    const PATH: &'static str = "/workflows.v1.TelemetryQueryService/QueryJobSpans";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}

impl PagedRpc for QueryJobSpans {
    type Item = Span;

    fn set_page(request: &mut Self::Request, page: Option<Pagination>) {
        request.page = page;
    }

    fn into_items(response: Self::Response) -> Result<(Vec<Span>, Option<Pagination>), UnreadableMessage> {
        Ok((Span::from_wire(response.resource_spans), response.next_page))
    }
}
