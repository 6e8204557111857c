//! What needs what: an order in which everything comes after what it needs, and the cycles that make one impossible.

/// How nodes, by number, can be put in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Every node, after those it needs; within a cycle in any order.
    pub nodes: Vec<usize>,
    /// Each cycle once: every node needs the next, and the last needs the first.
    pub cycles: Vec<Vec<usize>>,
}

/// How far the walk got with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Puts nodes in order; `needs[n]` lists what node `n` needs. Takes no stack, however long a chain is.
pub(super) fn order(needs: &[Vec<usize>]) -> Order {
    let mut order = Order::default();
    let mut marks = vec![Mark::New; needs.len()];
    for root in 0..needs.len() {
        if marks[root] == Mark::New {
            walk(root, needs, &mut marks, &mut order);
        }
    }
    order
}

fn walk(root: usize, needs: &[Vec<usize>], marks: &mut [Mark], order: &mut Order) {
    let mut path = vec![(root, 0)];
    marks[root] = Mark::Open;
    while let Some((node, next)) = path.last_mut() {
        let node = *node;
        let Some(&needed) = needs[node].get(*next) else {
            marks[node] = Mark::Done;
            order.nodes.push(node);
            path.pop();
            continue;
        };
        *next += 1;
        match marks[needed] {
            Mark::New => {
                marks[needed] = Mark::Open;
                path.push((needed, 0));
            }
            Mark::Open => {
                let cycle = path.iter().map(|(node, _)| *node).skip_while(|node| *node != needed);
                order.cycles.push(cycle.collect());
            }
            Mark::Done => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_follows_what_it_needs() {
        let order = order(&[vec![1, 2], vec![2], vec![], vec![0]]);
        assert_eq!(order, Order { nodes: vec![2, 1, 0, 3], cycles: vec![] });
    }

    #[test]
    fn each_cycle_is_found_once() {
        let order = order(&[vec![1], vec![2], vec![1], vec![3], vec![0]]);
        assert_eq!(order.cycles, [vec![1, 2], vec![3]]);
        assert_eq!(order.nodes.len(), 5);
    }

    #[test]
    fn a_chain_of_a_million_takes_no_stack() {
        let needs: Vec<_> = (1..=1_000_000).map(|next| if next < 1_000_000 { vec![next] } else { vec![] }).collect();
        assert_eq!(order(&needs).nodes.len(), 1_000_000);
    }
}
