//! `JobService.QueryJobs`

use crate::error::UnreadableMessage;
use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::job::JobInfo;
use crate::workflows::paging::PagedRpc;

/// Returns one page of the jobs that match filters.
#[derive(Clone, Copy, Debug)]
pub struct QueryJobs;

impl Rpc for QueryJobs {
    type Request = wire::QueryJobsRequest;
    type Response = wire::QueryJobsResponse;
    const PATH: &'static str = "/workflows.v1.JobService/QueryJobs";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}

impl PagedRpc for QueryJobs {
    type Item = JobInfo;

    fn set_page(request: &mut Self::Request, page: Option<Pagination>) {
        // As the Python client, whose first request has an empty page.
        request.page = Some(page.unwrap_or_default());
    }

    fn into_items(response: Self::Response) -> Result<(Vec<JobInfo>, Option<Pagination>), UnreadableMessage> {
        let jobs = response.jobs.into_iter().map(JobInfo::from_wire).collect::<Result<_, _>>()?;
        Ok((jobs, response.next_page))
    }
}
