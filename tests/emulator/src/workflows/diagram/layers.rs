//! The layer of each node, and the order within layers (the method of Sugiyama, Tagawa and Toda).

use super::graph::{Graph, Node, topological};

/// The largest number of bends. Edges beyond it are drawn straight through the layers between their ends.
const MAXIMUM_BENDS: usize = 4_000;
/// The number of times the order of each layer is improved.
const SWEEPS: usize = 12;

/// A node or a bend in its layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Item {
    Node(usize),
    /// The place at which an edge crosses a layer between its ends.
    Bend,
}

/// Items in layers. Each connection leads from a layer to the next.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) items: Vec<Item>,
    /// The layer of each item.
    pub(super) layer_of: Vec<usize>,
    /// The items of each layer in their order.
    pub(super) layers: Vec<Vec<usize>>,
    /// The items that each edge passes, from its start to its end.
    pub(super) routes: Vec<Vec<usize>>,
    /// The connected items of the layer before and of the layer after each item.
    pub(super) before: Vec<Vec<usize>>,
    pub(super) after: Vec<Vec<usize>>,
}

impl Layers {
    /// Assigns the nodes of a graph to layers: each as early as its edges allow.
    pub(super) fn of(graph: &Graph) -> Self {
        let mut layer_of = vec![0_usize; graph.nodes.len()];
        let order = topological(graph.nodes.len(), graph.edges.iter().map(|edge| (edge.from, edge.to)));
        let mut leaving = vec![Vec::new(); graph.nodes.len()];
        for edge in &graph.edges {
            leaving[edge.from].push(edge.to);
        }
        for node in order {
            for to in &leaving[node] {
                layer_of[*to] = layer_of[*to].max(layer_of[node] + 1);
            }
        }
        let mut layers = Self {
            items: (0..graph.nodes.len()).map(Item::Node).collect(),
            layers: vec![Vec::new(); layer_of.iter().max().map_or(0, |last| last + 1)],
            routes: Vec::new(),
            before: vec![Vec::new(); graph.nodes.len()],
            after: vec![Vec::new(); graph.nodes.len()],
            layer_of,
        };
        layers.add_routes(graph);
        layers.add_in_depth_first_order(graph);
        layers.improve_order();
        layers
    }

    /// Adds the bends of edges that span several layers.
    fn add_routes(&mut self, graph: &Graph) {
        let mut bends = 0;
        for edge in &graph.edges {
            let (first, last) = (self.layer_of[edge.from], self.layer_of[edge.to]);
            let needed = last.saturating_sub(first + 1);
            let mut route = vec![edge.from];
            if bends + needed <= MAXIMUM_BENDS {
                bends += needed;
                for layer in first + 1..last {
                    route.push(self.items.len());
                    self.items.push(Item::Bend);
                    self.layer_of.push(layer);
                    self.before.push(Vec::new());
                    self.after.push(Vec::new());
                }
            }
            route.push(edge.to);
            for pair in route.windows(2) {
                if let [from, to] = *pair
                    && self.layer_of[to] == self.layer_of[from] + 1
                {
                    self.after[from].push(to);
                    self.before[to].push(from);
                }
            }
            self.routes.push(route);
        }
    }

    /// Adds the items to their layers so that a tree has no crossings.
    fn add_in_depth_first_order(&mut self, graph: &Graph) {
        let mut is_added = vec![false; self.items.len()];
        for root in 0..graph.nodes.len() {
            let mut stack = vec![root];
            while let Some(item) = stack.pop() {
                // The first visit must come from the layer before, or from nowhere.
                if std::mem::replace(&mut is_added[item], true) {
                    continue;
                }
                self.layers[self.layer_of[item]].push(item);
                stack.extend(self.after[item].iter().rev());
            }
        }
        for (item, layer) in self.layer_of.iter().enumerate().filter(|(item, _)| !is_added[*item]) {
            self.layers[*layer].push(item);
        }
    }

    /// Orders each layer by the mean position of its neighbours, several times, and keeps the order with the fewest
    /// crossings.
    fn improve_order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let count = self.layers.len();
            if sweep % 2 == 0 {
                (1..count).for_each(|layer| self.order_layer(layer, true));
            } else {
                (0..count.saturating_sub(1)).rev().for_each(|layer| self.order_layer(layer, false));
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    fn order_layer(&mut self, layer: usize, by_previous: bool) {
        let other = if by_previous { layer - 1 } else { layer + 1 };
        let positions = self.positions(other);
        let neighbours = if by_previous { &self.before } else { &self.after };
        let mut keyed: Vec<_> = self.layers[layer]
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let near = &neighbours[*item];
                let sum: usize = near.iter().map(|neighbour| positions[*neighbour]).sum();
                // An item without neighbours keeps its place.
                let mean = if near.is_empty() { index as f64 } else { sum as f64 / near.len() as f64 };
                (mean, *item)
            })
            .collect();
        keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
        self.layers[layer] = keyed.into_iter().map(|(_, item)| item).collect();
    }

    /// Returns the position of each item of a layer, and 0 for others.
    fn positions(&self, layer: usize) -> Vec<usize> {
        let mut positions = vec![0; self.items.len()];
        for (position, item) in self.layers[layer].iter().enumerate() {
            positions[*item] = position;
        }
        positions
    }

    /// Returns the number of pairs of connections that cross.
    pub(super) fn crossings(&self) -> usize {
        (1..self.layers.len())
            .map(|layer| {
                let positions = self.positions(layer);
                let mut ends = Vec::new();
                for item in &self.layers[layer - 1] {
                    let start = ends.len();
                    ends.extend(self.after[*item].iter().map(|to| positions[*to]));
                    ends[start..].sort_unstable();
                }
                inversions(&ends, self.layers[layer].len())
            })
            .sum()
    }

    /// Returns whether an item is drawn as a box.
    pub(super) fn is_task(&self, item: usize, graph: &Graph) -> bool {
        matches!(self.items[item], Item::Node(node) if matches!(graph.nodes[node], Node::Task(_)))
    }
}

/// Returns the number of pairs in the wrong order, of numbers below `limit` (with a Fenwick tree).
fn inversions(numbers: &[usize], limit: usize) -> usize {
    let mut tree = vec![0_usize; limit + 1];
    let mut count = 0;
    for (seen, number) in numbers.iter().enumerate() {
        let (mut not_larger, mut index) = (0, number + 1);
        while index > 0 {
            not_larger += tree[index];
            index &= index - 1;
        }
        count += seen - not_larger;
        let mut index = number + 1;
        while index <= limit {
            tree[index] += 1;
            index += index & index.wrapping_neg();
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::inversions;

    proptest::proptest! {
        #[test]
        fn inversions_are_pairs_in_the_wrong_order(numbers in proptest::collection::vec(0..10_usize, 0..30)) {
            let pairs = (0..numbers.len()).flat_map(|right| (0..right).map(move |left| (left, right)));
            let expected = pairs.filter(|(left, right)| numbers[*left] > numbers[*right]).count();
            proptest::prop_assert_eq!(inversions(&numbers, 10), expected);
        }
    }
}
