//! The tasks and the relations that are drawn.

use std::collections::{BTreeMap, HashMap};

use tilebox_core::protocol::wire::workflows::v1::{Task, TaskState};

/// The longest label, in columns of a monospaced font. The rest is cut off.
const MAXIMUM_LABEL: usize = 32;

/// Nodes and edges without cycles.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// A node.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Node {
    Task(Box),
    /// A point at which the dependencies of several tasks on the same tasks meet.
    Junction,
}

/// The box of a task.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Box {
    /// The first line of the display, cut off.
    pub(super) label: String,
    /// The whole display.
    pub(super) display: String,
    pub(super) state: TaskState,
}

/// A relation of two nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: EdgeKind,
}

/// A kind of relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum EdgeKind {
    /// The first task submitted the second.
    Child,
    /// The second task depends on the first.
    Dependency,
}

impl Graph {
    /// Returns the graph of tasks, each of which is after its parent.
    ///
    /// Only relations that do not follow from others are drawn. Tasks that depend on each other have the same parent, so a
    /// task with dependencies needs no edge from its parent, and a dependency on a task includes its dependencies.
    pub(super) fn of(tasks: &[Task]) -> Self {
        let numbers: HashMap<_, _> = tasks.iter().enumerate().map(|(index, task)| (task.id.as_ref(), index)).collect();
        let mut graph = Self { nodes: tasks.iter().map(|task| Node::Task(Box::of(task))).collect(), edges: Vec::new() };
        let dependencies: Vec<Vec<usize>> = tasks
            .iter()
            .map(|task| {
                let mut numbers: Vec<_> =
                    task.depends_on.iter().filter_map(|id| numbers.get(&Some(id)).copied()).collect();
                numbers.sort_unstable();
                numbers.dedup();
                numbers
            })
            .collect();
        let mut dependents: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for (index, (task, depends_on)) in tasks.iter().zip(reduce(&dependencies)).enumerate() {
            if !depends_on.is_empty() {
                dependents.entry(depends_on).or_default().push(index);
            } else if let Some(parent) = task.parent_id.as_ref().and_then(|id| numbers.get(&Some(id))) {
                graph.connect(*parent, index, EdgeKind::Child);
            }
        }
        for (dependencies, dependents) in dependents {
            graph.connect_all(&dependencies, &dependents);
        }
        graph
    }

    /// Connects all dependents with all their dependencies, through a junction if that needs fewer edges.
    fn connect_all(&mut self, dependencies: &[usize], dependents: &[usize]) {
        if dependencies.len() * dependents.len() <= dependencies.len() + dependents.len() {
            for dependent in dependents {
                dependencies.iter().for_each(|from| self.connect(*from, *dependent, EdgeKind::Dependency));
            }
            return;
        }
        let junction = self.nodes.len();
        self.nodes.push(Node::Junction);
        dependencies.iter().for_each(|from| self.connect(*from, junction, EdgeKind::Dependency));
        dependents.iter().for_each(|to| self.connect(junction, *to, EdgeKind::Dependency));
    }

    fn connect(&mut self, from: usize, to: usize, kind: EdgeKind) {
        self.edges.push(Edge { from, to, kind });
    }
}

/// Returns the dependencies of each task without those that follow from others.
fn reduce(dependencies: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let count = dependencies.len();
    let edges = dependencies.iter().enumerate().flat_map(|(to, all)| all.iter().map(move |from| (*from, to)));
    // All dependencies of each task, also indirect ones.
    let mut reachable = vec![vec![false; count]; count];
    for index in topological(count, edges) {
        let mut all = vec![false; count];
        for dependency in dependencies.get(index).into_iter().flatten() {
            let indirect = reachable.get(*dependency).into_iter().flatten();
            all.iter_mut().zip(indirect).for_each(|(known, new)| *known |= *new);
            if let Some(direct) = all.get_mut(*dependency) {
                *direct = true;
            }
        }
        if let Some(slot) = reachable.get_mut(index) {
            *slot = all;
        }
    }
    let follows = |all: &[usize], dependency: usize| {
        all.iter().any(|other| reachable.get(*other).and_then(|reached| reached.get(dependency)) == Some(&true))
    };
    let reduced = |all: &Vec<usize>| all.iter().copied().filter(|dependency| !follows(all, *dependency)).collect();
    dependencies.iter().map(reduced).collect()
}

/// Returns the nodes in an order in which each edge leads to a later node. Nodes of a cycle are left out.
pub(super) fn topological(count: usize, edges: impl Iterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut open = vec![0_usize; count];
    let mut following = vec![Vec::new(); count];
    for (from, to) in edges {
        if let (Some(open), Some(following)) = (open.get_mut(to), following.get_mut(from)) {
            *open += 1;
            following.push(to);
        }
    }
    let mut order: Vec<_> = (0..count).filter(|index| open.get(*index) == Some(&0)).collect();
    let mut position = 0;
    while let Some(node) = order.get(position).copied() {
        position += 1;
        for next in following.get(node).into_iter().flatten() {
            if let Some(open) = open.get_mut(*next) {
                *open -= 1;
                if *open == 0 {
                    order.push(*next);
                }
            }
        }
    }
    order
}

impl Box {
    fn of(task: &Task) -> Self {
        let identifier = task.identifier.as_ref().map(|identifier| identifier.name.as_str()).unwrap_or_default();
        let display = task.display.as_deref().filter(|display| !display.is_empty()).unwrap_or(identifier);
        let line = display.lines().find(|line| !line.trim().is_empty()).unwrap_or(identifier).trim();
        let mut label = String::new();
        let mut columns = 0;
        for letter in line.chars() {
            columns += width(letter);
            if columns > MAXIMUM_LABEL {
                label.pop();
                label.push('…');
                break;
            }
            label.push(if letter.is_control() { ' ' } else { letter });
        }
        Self { label, display: display.to_owned(), state: task.state() }
    }

    /// Returns the number of columns of the label in a monospaced font.
    pub(super) fn columns(&self) -> usize {
        columns(&self.label)
    }
}

/// Returns the number of columns of a text in a monospaced font.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// Returns the columns of a letter, rather too many than too few: letters of East Asian scripts and symbols take two.
fn width(letter: char) -> usize {
    if u32::from(letter) < 0x1100 || matches!(letter, '\u{2000}'..='\u{206f}') { 1 } else { 2 }
}
