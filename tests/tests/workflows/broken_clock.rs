//! A runner whose lease clock starts when a response arrives, instead of when its request was sent: the simulation must find it.

use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use tilebox_core::protocol::wire::workflows::v1 as wire;
use tilebox_core::testing::workflows::{Proxy, Request};
use tilebox_tests::workflows::invariants::Broken;
use tilebox_tests::workflows::run::Run;

use crate::run_seed;

/// Lengthens the leases in responses by the time since their request was sent: how they look to a runner whose lease clock
/// starts when the response arrives.
struct LeaseFromReceipt;

impl Proxy for LeaseFromReceipt {
    fn respond(&mut self, took: Duration, request: Request, response: http::Response<Bytes>) -> http::Response<Bytes> {
        let lengthen = |lease: &mut wire::TaskLease| {
            if let Some(duration) = &mut lease.lease {
                let longer = Duration::try_from(*duration).expect("a lease") + took;
                *duration = longer.try_into().expect("a short lease");
            }
        };
        let body = response.body().clone();
        let body = match request {
            _ if !response.status().is_success() => return response,
            Request::NextTask { .. } => {
                let mut message = wire::NextTaskResponse::decode(body).expect("a message");
                message.next_task.iter_mut().filter_map(|task| task.lease.as_mut()).for_each(lengthen);
                message.encode_to_vec()
            }
            Request::ExtendLease { .. } => {
                let mut message = wire::TaskLease::decode(body).expect("a message");
                lengthen(&mut message);
                message.encode_to_vec()
            }
            _ => return response,
        };
        response.map(|_| body.into())
    }
}

#[test]
fn a_lease_clock_that_starts_at_the_receipt_is_found() {
    let broken = (0..20).filter_map(|seed| {
        let mut run = Run::random(seed).with_proxy(LeaseFromReceipt);
        run_seed(&mut run).err()
    });
    let broken: Vec<Broken> = broken.collect();
    assert!(broken.len() >= 8, "{} of 20 seeds fail", broken.len());
    assert!(broken.iter().all(|rule| rule.0.starts_with("the server's lease ends after")), "{broken:?}");
}
