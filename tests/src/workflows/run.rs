//! One run of some jobs.

use std::sync::Arc;
use std::time::Duration;

use tilebox_core::testing::Faults;
use tilebox_core::testing::workflows::{Proxy, World, WorldSettings};
use tilebox_core::workflows::TaskDefaults;
use tilebox_core::workflows::encode_root_tasks;
use tilebox_core::workflows::runner::{RunMode, RunnerPolicy};
use tilebox_core::workflows::scheduler::Policy;

use super::code::{self, Notes};
use super::graph::{Graph, Shape};

/// A world and what its tasks noted.
#[derive(Debug)]
pub struct Run {
    /// The world.
    pub world: World,
    /// The jobs.
    pub graphs: Arc<Vec<Graph>>,
    /// The executions.
    pub notes: Notes,
    /// Whether the run has no faults.
    pub is_calm: bool,
    /// Whether a runner aborts tasks whose lease is lost.
    pub aborts: bool,
    /// The highest drift of a clock, in microseconds per second.
    pub drift: u32,
}

impl Run {
    /// Returns a run of these jobs with these settings.
    #[must_use]
    pub fn new(settings: WorldSettings, graphs: Vec<Graph>) -> Self {
        let aborts = settings.runners.iter().any(|policy| policy.abort_on_lost_lease);
        let (graphs, notes) = (Arc::new(graphs), Notes::default());
        let (of_code, noted) = (Arc::clone(&graphs), notes.clone());
        let start = move |_, runtime| code::code(&of_code, &noted, &runtime);
        let mut world = World::new(settings, start).expect("a world");
        for (job, graph) in graphs.iter().enumerate() {
            let root = code::submission(job, 0, graph);
            let tasks = encode_root_tasks(vec![root], &TaskDefaults::new().cluster("default")).expect("a root");
            world.submit(&format!("job {job}"), tasks).expect("a job");
        }
        Self { world, graphs, notes, is_calm: false, aborts, drift: 0 }
    }

    /// Returns the run of a seed: jobs, runners and faults follow from it. Every fifth run has no faults.
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let is_calm = seed.is_multiple_of(5);
        let drift = if is_calm { 0 } else { random.u32(0..=500) };
        let faults = if is_calm { calm(seed, &mut random) } else { Faults::seeded(seed).clock_drift(drift) };
        let shape = Shape {
            tasks: random.usize(1..=24),
            fails: random.bool(),
            longest_step: Duration::from_secs(random.u64(1..300)),
        };
        let graphs = (0..random.usize(1..=2)).map(|_| Graph::random(shape, &mut random)).collect();
        let mut settings = settings(faults);
        settings.runners = (0..random.usize(1..=4)).map(|_| policy(&mut random)).collect();
        if random.u8(0..4) == 0 {
            settings.mode = RunMode::All;
        }
        let lease = Duration::from_millis([3_000, 15_000, 15_000, 60_000][random.usize(0..4)]);
        settings.server = settings.server.with_lease(lease);
        Self { is_calm, drift, ..Self::new(settings, graphs) }
    }

    /// Sets what stands between runners and server.
    #[must_use]
    pub fn with_proxy(self, proxy: impl Proxy + 'static) -> Self {
        Self { world: self.world.with_proxy(proxy), ..self }
    }
}

/// Returns the settings of one runner with one slot. The server gives up no task because of crashes.
#[must_use]
pub fn settings(faults: impl Into<Faults>) -> WorldSettings {
    let mut settings = WorldSettings::new([code::identifier()], faults);
    settings.server = Policy::default().with_crash_retries(u32::MAX);
    settings
}

/// Returns a network without faults. Its latency is far below every lease.
fn calm(seed: u64, random: &mut fastrand::Rng) -> Faults {
    let latency = Duration::from_micros(random.u64(50..50_000));
    Faults::none(seed).latency(latency..=latency * 4).clock_offset(Duration::from_secs(1 << 20))
}

fn policy(random: &mut fastrand::Rng) -> RunnerPolicy {
    let mut policy = RunnerPolicy::default();
    policy.concurrency = random.usize(1..=8);
    policy.ahead = if random.u8(0..3) == 0 { random.usize(1..=4) } else { 0 };
    policy.abort_on_lost_lease = random.u8(0..4) == 0;
    policy.grace = Duration::from_millis([0, 2_000, 10_000][random.usize(0..3)]);
    policy
}
