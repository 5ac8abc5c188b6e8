//! Random jobs.

use std::time::Duration;

/// A job: the first node is its root.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The nodes; each is a subtask of one before it, but for the first.
    pub nodes: Vec<Node>,
}

/// A task of a job.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// The time that each step of an execution takes.
    pub steps: Vec<Duration>,
    /// The subtasks.
    pub children: Vec<Child>,
    /// The number of executions that fail before one succeeds.
    pub failures: u32,
    /// How often it may be executed again after a failure.
    pub max_retries: u32,
    /// Whether the job continues if it fails.
    pub is_optional: bool,
    /// Whether every execution fails.
    pub always_fails: bool,
}

/// A subtask of a node.
#[derive(Clone, Debug)]
pub struct Child {
    /// The index of its node.
    pub node: usize,
    /// The positions of the subtasks of the same node that it waits for.
    pub after: Vec<usize>,
}

/// What a job may be made of.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The maximum number of tasks.
    pub tasks: usize,
    /// Whether executions fail.
    pub fails: bool,
    /// The duration of the longest step.
    pub longest_step: Duration,
}

impl Graph {
    /// Returns a job without failures whose root has `width` subtasks, which take `step` each.
    #[must_use]
    pub fn wide(width: usize, step: Duration) -> Self {
        let children = (1..=width).map(|node| Child { node, after: Vec::new() }).collect();
        let mut nodes = vec![Node { steps: vec![step], ..Node::default() }; width + 1];
        nodes[0].children = children;
        Self { nodes }
    }

    /// Returns a job of one task.
    #[must_use]
    pub fn single(steps: Vec<Duration>) -> Self {
        Self { nodes: vec![Node { steps, ..Node::default() }] }
    }

    /// Returns a random job.
    #[must_use]
    pub fn random(shape: Shape, random: &mut fastrand::Rng) -> Self {
        let mut nodes = vec![Node::default()];
        let mut below_optional = vec![false];
        let count = random.usize(1..=shape.tasks);
        // Parents are taken from the newest nodes, so that some jobs are deep and others are wide.
        let breadth = random.usize(1..=shape.tasks);
        while nodes.len() < count {
            let node = nodes.len();
            let parent = random.usize(node.saturating_sub(breadth)..node);
            let siblings = nodes[parent].children.len();
            let chance = if random.bool() { 0.5 } else { 0.1 };
            let after = (0..siblings).filter(|_| random.f64() < chance).take(4).collect();
            // The first siblings have few dependencies, so that the subtasks of a task form at most 64 groups.
            let after = if siblings < 12 { after } else { Vec::new() };
            nodes[parent].children.push(Child { node, after });
            nodes.push(Node::default());
            below_optional.push(below_optional[parent]);
            if shape.fails && random.f64() < 0.1 {
                nodes[node].is_optional = true;
                below_optional[node] = true;
            }
        }
        let fatal = (shape.fails && random.f64() < 0.05).then(|| random.usize(0..nodes.len()));
        for (index, node) in nodes.iter_mut().enumerate() {
            node.steps = steps(shape.longest_step, random);
            node.max_retries = if shape.fails { random.u32(0..3) } else { 0 };
            node.failures = if shape.fails && random.f64() < 0.2 { random.u32(0..=node.max_retries) } else { 0 };
            node.always_fails = (below_optional[index] && random.f64() < 0.3) || fatal == Some(index);
        }
        Self { nodes }
    }

    /// Returns the nodes that are computed in every run, whatever the order; `None` if the job fails.
    ///
    /// Below an optional task that may fail, a task runs or is skipped. With stale reports, every task that fails at first may
    /// fail for good: no report names its execution, so a late or repeated report of a failure counts for the next one.
    #[must_use]
    pub fn required(&self, has_stale_reports: bool) -> Option<Vec<usize>> {
        let mut required = Vec::new();
        let mut open = vec![0];
        while let Some(index) = open.pop() {
            let node = &self.nodes[index];
            if node.is_optional && self.may_fail(index, has_stale_reports) {
                continue;
            }
            if node.always_fails {
                return None;
            }
            required.push(index);
            open.extend(node.children.iter().map(|child| child.node));
        }
        Some(required)
    }

    fn may_fail(&self, index: usize, has_stale_reports: bool) -> bool {
        let node = &self.nodes[index];
        let fails = node.always_fails || (has_stale_reports && node.failures > 0);
        fails || node.children.iter().any(|child| self.may_fail(child.node, has_stale_reports))
    }
}

/// Returns the durations of some steps: most tasks are short, and some take minutes.
fn steps(longest: Duration, random: &mut fastrand::Rng) -> Vec<Duration> {
    let scale = [0.0, 0.001, 0.01, 0.1, 1.0][random.usize(0..5)];
    (0..random.usize(0..3)).map(|_| longest.mul_f64(scale * random.f64())).collect()
}
