//! Finds the message types that can contain themselves.

/// Returns for each node of a graph whether it is on a cycle, given the successors of each node.
///
/// Tarjan's strongly connected components, with an explicit stack because a descriptor decides the depth of the graph: a
/// node is on a cycle if its component has another node or it is its own successor. Successors outside the graph are
/// ignored.
pub(super) fn nodes_on_cycles(successors: &[Vec<usize>]) -> Vec<bool> {
    let mut search = Search {
        successors,
        order: vec![None; successors.len()],
        lowest: vec![0; successors.len()],
        open: vec![false; successors.len()],
        component: Vec::new(),
        on_cycle: vec![false; successors.len()],
        visited: 0,
    };
    for start in 0..successors.len() {
        search.visit(start);
    }
    search.on_cycle
}

struct Search<'a> {
    successors: &'a [Vec<usize>],
    order: Vec<Option<usize>>,
    lowest: Vec<usize>,
    open: Vec<bool>,
    component: Vec<usize>,
    on_cycle: Vec<bool>,
    visited: usize,
}

impl Search<'_> {
    fn visit(&mut self, start: usize) {
        let mut path: Vec<(usize, usize)> = Vec::new();
        self.enter(start, &mut path);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            let successor = self.successors.get(node).and_then(|successors| successors.get(*next)).copied();
            *next += 1;
            match successor {
                Some(successor) => {
                    if successor == node {
                        mark(&mut self.on_cycle, node);
                    }
                    match self.order.get(successor).copied() {
                        Some(None) => self.enter(successor, &mut path),
                        Some(Some(order)) if self.open.get(successor).copied().unwrap_or_default() => {
                            self.lower(node, order);
                        }
                        _ => {}
                    }
                }
                None => {
                    path.pop();
                    let lowest = self.lowest.get(node).copied().unwrap_or_default();
                    if let Some((parent, _)) = path.last() {
                        self.lower(*parent, lowest);
                    }
                    if self.order.get(node).copied().flatten() == Some(lowest) {
                        self.close(node);
                    }
                }
            }
        }
    }

    fn enter(&mut self, node: usize, path: &mut Vec<(usize, usize)>) {
        let (Some(order @ None), Some(lowest)) = (self.order.get_mut(node), self.lowest.get_mut(node)) else { return };
        *order = Some(self.visited);
        *lowest = self.visited;
        self.visited += 1;
        mark(&mut self.open, node);
        self.component.push(node);
        path.push((node, 0));
    }

    fn lower(&mut self, node: usize, order: usize) {
        if let Some(lowest) = self.lowest.get_mut(node) {
            *lowest = order.min(*lowest);
        }
    }

    /// Pops the component whose first entered node is `root`.
    fn close(&mut self, root: usize) {
        let start = self.component.iter().rposition(|node| *node == root).unwrap_or_default();
        let members = self.component.split_off(start);
        for node in &members {
            if let Some(open) = self.open.get_mut(*node) {
                *open = false;
            }
            if members.len() > 1 {
                mark(&mut self.on_cycle, *node);
            }
        }
    }
}

fn mark(flags: &mut [bool], node: usize) {
    if let Some(flag) = flags.get_mut(node) {
        *flag = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reaches_itself(successors: &[Vec<usize>], node: usize) -> bool {
        let mut seen = vec![false; successors.len()];
        let mut pending = successors[node].clone();
        while let Some(next) = pending.pop() {
            if next == node {
                return true;
            }
            if !std::mem::replace(&mut seen[next], true) {
                pending.extend(&successors[next]);
            }
        }
        false
    }

    #[test]
    fn a_type_between_two_cycles_is_not_recursive() {
        let graph = [vec![1, 2], vec![0], vec![3], vec![3], vec![]];
        assert_eq!(nodes_on_cycles(&graph), [true, true, false, true, false]);
    }

    #[test]
    fn a_long_chain_needs_no_call_stack() {
        let chain: Vec<_> = (0..200_000).map(|node| vec![node + 1]).collect();
        assert!(nodes_on_cycles(&chain).iter().all(|on_cycle| !on_cycle));
    }

    proptest! {
        #[test]
        fn nodes_on_cycles_reach_themselves(
            graph in proptest::collection::vec(proptest::collection::vec(0..8_usize, 0..4), 8),
        ) {
            let expected: Vec<_> = (0..graph.len()).map(|node| reaches_itself(&graph, node)).collect();
            prop_assert_eq!(nodes_on_cycles(&graph), expected);
        }
    }
}
