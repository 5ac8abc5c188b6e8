//! The place of each node and edge.

use super::graph::{Graph, Node};
use super::layers::{Item, Layers};

/// The height of a box, in pixels.
pub(super) const BOX_HEIGHT: f64 = 34.0;
/// The width of a column of the label, in pixels.
pub(super) const COLUMN_WIDTH: f64 = 7.3;
/// The space beside the label, in pixels.
const BOX_PADDING: f64 = 12.0;
/// The smallest width of a box, in pixels.
const MINIMUM_BOX_WIDTH: f64 = 64.0;
/// The space between two layers, in pixels.
const LAYER_GAP: f64 = 46.0;
/// The space between two boxes of a layer, in pixels.
const BOX_GAP: f64 = 18.0;
/// The space around a bend or a junction in its layer, in pixels.
const BEND_GAP: f64 = 9.0;
/// The number of times the places are improved.
const SWEEPS: usize = 16;

/// The direction from a task to its subtasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    Down,
    Up,
    Right,
    Left,
}

/// A point, in pixels from the upper left corner.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A rectangle, in pixels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Rectangle {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The places of nodes and edges.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The rectangle of each node; that of a junction is a point.
    pub(super) nodes: Vec<Rectangle>,
    /// The points of each edge. It is straight from each point with an even number to the next, within a layer or the box at
    /// its end, and curved between layers.
    pub(super) edges: Vec<Vec<Point>>,
    pub(super) direction: Direction,
}

/// The places of items along both axes: from layer to layer, and along a layer.
struct Places {
    /// The start and the size of each layer.
    bands: Vec<(f64, f64)>,
    /// The centre of each item along its layer.
    centres: Vec<f64>,
    /// The size of each item along its layer.
    sizes: Vec<f64>,
}

impl Layout {
    /// Returns the layout of a graph.
    pub(super) fn of(graph: &Graph, direction: Direction) -> Self {
        let layers = Layers::of(graph);
        let places = Places::of(&layers, graph, direction);
        let length = places.bands.last().map_or(0.0, |(start, size)| start + size);
        let breadth = places.centres.iter().zip(&places.sizes).map(|(centre, size)| centre + size / 2.0);
        let breadth = breadth.fold(0.0, f64::max);
        let turn = |along: f64, across: f64| match direction {
            Direction::Down => Point { x: across, y: along },
            Direction::Up => Point { x: across, y: length - along },
            Direction::Right => Point { x: along, y: across },
            Direction::Left => Point { x: length - along, y: across },
        };
        let nodes = (0..graph.nodes.len()).map(|node| {
            let (start, size) = places.bands[layers.layer_of[node]];
            let (start, size) = match graph.nodes[node] {
                Node::Task(_) => (start, size),
                Node::Junction => (start + size / 2.0, 0.0),
            };
            let (low, high) =
                (places.centres[node] - places.sizes[node] / 2.0, places.centres[node] + places.sizes[node] / 2.0);
            let (a, b) = (turn(start, low), turn(start + size, high));
            Rectangle { x: a.x.min(b.x), y: a.y.min(b.y), width: (a.x - b.x).abs(), height: (a.y - b.y).abs() }
        });
        let edges = layers.routes.iter().map(|route| {
            let last = route.len() - 1;
            let points = route.iter().enumerate().flat_map(|(index, item)| {
                let (start, size) = places.bands[layers.layer_of[*item]];
                // A junction is in the middle of its layer.
                let middle = start + size / 2.0;
                let is_task = layers.is_task(*item, graph);
                let entry = if index == 0 { if is_task { None } else { Some(middle) } } else { Some(start) };
                let exit = if index == last { if is_task { None } else { Some(middle) } } else { Some(start + size) };
                let across = places.centres[*item];
                [entry, exit].into_iter().flatten().map(move |along| turn(along, across))
            });
            points.collect()
        });
        let (width, height) = match direction {
            Direction::Down | Direction::Up => (breadth, length),
            Direction::Right | Direction::Left => (length, breadth),
        };
        Self { width, height, nodes: nodes.collect(), edges: edges.collect(), direction }
    }
}

impl Places {
    fn of(layers: &Layers, graph: &Graph, direction: Direction) -> Self {
        let is_vertical = matches!(direction, Direction::Down | Direction::Up);
        let box_width = |item: usize| match layers.items[item] {
            Item::Node(node) => match &graph.nodes[node] {
                Node::Task(task) => (task.columns() as f64 * COLUMN_WIDTH + 2.0 * BOX_PADDING).max(MINIMUM_BOX_WIDTH),
                Node::Junction => 0.0,
            },
            Item::Bend => 0.0,
        };
        let sizes = (0..layers.items.len()).map(|item| match layers.is_task(item, graph) {
            true if is_vertical => box_width(item),
            true => BOX_HEIGHT,
            false => 0.0,
        });
        let mut start = 0.0;
        let bands = layers.layers.iter().map(|layer| {
            let has_task = layer.iter().any(|item| layers.is_task(*item, graph));
            let size = match (has_task, is_vertical) {
                (false, _) => 0.0,
                (true, true) => BOX_HEIGHT,
                // All boxes of a layer have the same width.
                (true, false) => layer.iter().map(|item| box_width(*item)).fold(0.0, f64::max),
            };
            let band = (start, size);
            start += size + LAYER_GAP;
            band
        });
        let (bands, sizes): (Vec<_>, Vec<_>) = (bands.collect(), sizes.collect());
        let mut places = Self { bands, centres: vec![0.0; sizes.len()], sizes };
        places.arrange(layers);
        places
    }

    /// Places the items of each layer near their neighbours, in their order and without overlaps.
    fn arrange(&mut self, layers: &Layers) {
        for layer in &layers.layers {
            let places = self.separate(layer, &vec![(0.0, 1.0); layer.len()]);
            self.set(layer, places);
        }
        let count = layers.layers.len();
        for sweep in 0..SWEEPS {
            let (start, uses_before, uses_after) = match sweep {
                // At last, each layer follows both of its neighbours.
                _ if sweep + 2 >= SWEEPS => (0, true, true),
                _ if sweep % 2 == 0 => (1, true, false),
                _ => (0, false, true),
            };
            let order: Vec<_> = if uses_before { (start..count).collect() } else { (0..count).rev().collect() };
            for index in order {
                let layer = &layers.layers[index];
                let wanted: Vec<_> =
                    layer.iter().map(|item| self.wanted(layers, *item, uses_before, uses_after)).collect();
                let places = self.separate(layer, &wanted);
                self.set(layer, places);
            }
        }
        let starts = self.centres.iter().zip(&self.sizes).map(|(centre, size)| centre - size / 2.0);
        let first = starts.fold(f64::INFINITY, f64::min);
        if first.is_finite() {
            self.centres.iter_mut().for_each(|centre| *centre -= first);
        }
    }

    fn set(&mut self, layer: &[usize], places: Vec<f64>) {
        for (item, place) in layer.iter().zip(places) {
            self.centres[*item] = place;
        }
    }

    /// Returns the wanted centre of an item, and its weight: bends weigh more, so that long edges are straight.
    fn wanted(&self, layers: &Layers, item: usize, uses_before: bool, uses_after: bool) -> (f64, f64) {
        let before = layers.before[item].iter().filter(|_| uses_before);
        let near: Vec<_> = before.chain(layers.after[item].iter().filter(|_| uses_after)).collect();
        if near.is_empty() {
            return (self.centres[item], 0.1);
        }
        let sum: f64 = near.iter().map(|neighbour| self.centres[**neighbour]).sum();
        let weight = if layers.items[item] == Item::Bend { 4.0 } else { 1.0 };
        (sum / near.len() as f64, weight)
    }

    /// Returns the centres of the items of a layer that are nearest to the wanted ones (least squares), in their order and
    /// without overlaps. This is an isotonic regression, solved by pooling adjacent violators.
    fn separate(&self, layer: &[usize], wanted: &[(f64, f64)]) -> Vec<f64> {
        let mut offsets = Vec::with_capacity(layer.len());
        let mut offset = 0.0;
        for (index, item) in layer.iter().enumerate() {
            if let Some(previous) = index.checked_sub(1).and_then(|previous| layer.get(previous)) {
                offset += self.distance(*previous, *item);
            }
            offsets.push(offset);
        }
        // Pools of consecutive items: the mean of wanted centres without offsets, the weight, the number of items.
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        for ((centre, weight), offset) in wanted.iter().zip(&offsets) {
            let mut pool = (centre - offset, *weight, 1);
            while let Some(previous) = pools.last().copied().filter(|previous| previous.0 > pool.0) {
                pools.pop();
                let weight = previous.1 + pool.1;
                pool = ((previous.0 * previous.1 + pool.0 * pool.1) / weight, weight, previous.2 + pool.2);
            }
            pools.push(pool);
        }
        let places = pools.into_iter().flat_map(|(mean, _, count)| std::iter::repeat_n(mean, count));
        places.zip(offsets).map(|(mean, offset)| mean + offset).collect()
    }

    /// Returns the smallest distance of the centres of two neighbours in a layer.
    fn distance(&self, left: usize, right: usize) -> f64 {
        let gap = |item: usize| if self.sizes[item] > 0.0 { BOX_GAP / 2.0 } else { BEND_GAP };
        (self.sizes[left] + self.sizes[right]) / 2.0 + gap(left) + gap(right)
    }
}
