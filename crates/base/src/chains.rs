//! Trees as unbranched chains: what the layout of cells and the solution of their equations both go by.
//!
//! A chain begins at a tip or where chains end together, and goes on towards the root up to before the next such node. Its *level* is 0 at tips, and
//! else one more than that of any chain that ends on it, so that chains of one level do not wait for one another. Nobody waits for those
//! that end at a root.

/// An unbranched piece of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Its nodes, towards the root.
    pub nodes: Vec<u32>,
    /// Its level.
    pub level: u32,
    /// Whether it begins at a tip.
    pub tip: bool,
    /// Whether it ends at a root.
    pub root: bool,
}

impl Chain {
    /// What chains that are walked side by side have in common, in the order in which chains are walked: those that end at roots last, all
    /// together; by level; by length; tips apart.
    pub fn kind(&self) -> (bool, u32, usize, bool) {
        (self.root, if self.root { 0 } else { self.level }, self.nodes.len(), self.tip)
    }
}

/// The chains of trees in which node `i` hangs on `parent[i]`, or is a root; ascending by their first node.
///
/// # Panics
/// When a parent does not exist.
pub fn chains(parent: &[Option<u32>]) -> Vec<Chain> {
    let mut children = vec![0u32; parent.len()];
    parent.iter().flatten().for_each(|p| children[*p as usize] += 1);
    let mut out: Vec<Chain> = Vec::new();
    let mut begins = vec![usize::MAX; parent.len()];
    for start in (0..parent.len()).filter(|i| children[*i] != 1) {
        let mut nodes = vec![start as u32];
        let above = |node: u32| parent[node as usize];
        while let Some(p) = above(nodes[nodes.len() - 1]).filter(|p| children[*p as usize] == 1) {
            nodes.push(p);
        }
        let root = above(nodes[nodes.len() - 1]).is_none();
        begins[start] = out.len();
        out.push(Chain { nodes, level: 0, tip: children[start] == 0, root });
    }
    // A chain has its level when all that end on it have theirs.
    let mut ready: Vec<usize> = (0..out.len()).filter(|k| out[*k].tip).collect();
    while let Some(k) = ready.pop() {
        let (last, level) = (out[k].nodes[out[k].nodes.len() - 1], out[k].level);
        if let Some(p) = parent[last as usize] {
            let on = begins[p as usize];
            out[on].level = out[on].level.max(level + 1);
            children[p as usize] -= 1;
            if children[p as usize] == 0 {
                ready.push(on);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::chains;

    #[test]
    fn a_tree_is_cut_where_it_branches_and_levels_grow_towards_the_root() {
        // 0 - 1 - 2, and on 2: 3 - 4, 5; on 4: 6, 7 - 8; a lone node 9; and a tree 10 - 11 without a branch.
        let parent = [None, Some(0), Some(1), Some(2), Some(3), Some(2), Some(4), Some(4), Some(7), None, None, Some(10)];
        let all = chains(&parent);
        let shown: Vec<(Vec<u32>, u32, bool, bool)> = all.iter().map(|c| (c.nodes.clone(), c.level, c.tip, c.root)).collect();
        assert_eq!(
            shown,
            [
                (vec![2, 1, 0], 2, false, true),
                (vec![4, 3], 1, false, false),
                (vec![5], 0, true, false),
                (vec![6], 0, true, false),
                (vec![8, 7], 0, true, false),
                (vec![9], 0, true, true),
                (vec![11, 10], 0, true, true),
            ]
        );
        assert_eq!(all.iter().map(|c| c.nodes.len()).sum::<usize>(), parent.len(), "every node is in one chain");
    }
}
