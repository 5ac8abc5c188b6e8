//! The loop that submits the jobs of cron triggers while the server runs.

use std::sync::Weak;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::workflows::{Moment, Workflows};

/// The longest sleep. New automations and changes of the system's clock take effect within it.
const MAXIMUM_SLEEP: Duration = Duration::from_secs(1);

/// Submits the jobs of cron triggers that are due, until the services are dropped.
pub(crate) async fn run(workflows: Weak<Workflows>, started: Instant) {
    loop {
        let sleep = match workflows.upgrade() {
            Some(workflows) => fire(&workflows, Moment::now(started)),
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
