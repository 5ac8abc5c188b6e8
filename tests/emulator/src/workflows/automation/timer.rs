//! The loop that submits the jobs of cron triggers while the server runs.

use std::sync::Weak;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::workflows::{Moment, Workflows};

/// The longest sleep. New automations and changes of the system's clock take effect within it.
const MAXIMUM_SLEEP: Duration = Duration::from_secs(1);

/// Submits the jobs of cron triggers that are due, until the services are dropped. `now` reads the clocks.
pub(crate) async fn run(workflows: Weak<Workflows>, now: impl Fn() -> Moment + Send) {
    loop {
        let sleep = match workflows.upgrade() {
            Some(workflows) => fire(&workflows, now()),
            None => return,
        };
        tokio::time::sleep(sleep).await;
    }
}

/// Submits the jobs that are due, and returns the time until the next check.
fn fire(workflows: &Workflows, moment: Moment) -> Duration {
    let next = workflows.fire_automations(moment);
    let until = next.and_then(|next| (next - DateTime::<Utc>::from(moment.time)).to_std().ok());
    until.map_or(MAXIMUM_SLEEP, |until| until.min(MAXIMUM_SLEEP))
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::task::{Context, Waker};
    use std::time::SystemTime;

    use prost::Message;
    use tilebox_core::protocol::wire::workflows::v1::{
        AutomationPrototype, CronTrigger, QueryJobsRequest, QueryJobsResponse, SingleTaskSubmission, TaskIdentifier,
    };

    use super::*;
    use crate::permissions::Caller;
    use crate::rpc::Rpc;
    use crate::workflows::{Options, Timing};

    fn moment(seconds: u64) -> Moment {
        Moment::of(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn call<M: Message + Default>(workflows: &Workflows, rpc: Rpc, request: &impl Message, seconds: u64) -> M {
        let request = request.encode_to_vec().into();
        let reply = workflows.call(Caller::TRUSTED, rpc, &request, moment(seconds)).expect("a reply");
        M::decode(reply.block().expect("a response")).expect("a message")
    }

    #[test]
    fn the_timer_submits_due_jobs_and_sleeps_until_the_next() {
        let options = Options { identity: 1, seed: 1, timing: Timing::default() };
        let workflows = Arc::new(Workflows::new(options, None).expect("services"));
        let identifier = TaskIdentifier { name: "A".to_owned(), version: "v1.0".to_owned() };
        let automation = AutomationPrototype {
            name: "minutely".to_owned(),
            prototype: Some(SingleTaskSubmission { identifier: Some(identifier), ..SingleTaskSubmission::default() }),
            cron_triggers: vec![CronTrigger { schedule: "* * * * *".to_owned(), ..CronTrigger::default() }],
            ..AutomationPrototype::default()
        };
        let _: AutomationPrototype = call(&workflows, Rpc::CreateAutomation, &automation, 6_000);
        let jobs = |seconds| {
            let found: QueryJobsResponse = call(&workflows, Rpc::QueryJobs, &QueryJobsRequest::default(), seconds);
            found.jobs.len()
        };

        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let _entered = runtime.enter();
        let clock = AtomicU64::new(6_059);
        let mut timer = pin!(run(Arc::downgrade(&workflows), || moment(clock.load(Relaxed))));
        let mut context = Context::from_waker(Waker::noop());
        assert!(timer.as_mut().poll(&mut context).is_pending());
        assert_eq!(jobs(6_059), 0);

        clock.store(6_060, Relaxed);
        let mut timer = pin!(run(Arc::downgrade(&workflows), || moment(clock.load(Relaxed))));
        assert!(timer.as_mut().poll(&mut context).is_pending());
        assert_eq!(jobs(6_060), 1);

        assert_eq!(fire(&workflows, moment(6_061)), MAXIMUM_SLEEP);
        let almost = Moment::of(SystemTime::UNIX_EPOCH + Duration::from_millis(6_119_750));
        assert_eq!(fire(&workflows, almost), Duration::from_millis(250));
        drop(workflows);
        assert!(pin!(run(Weak::new(), || moment(6_120))).poll(&mut context).is_ready(), "the services are gone");
    }
}
