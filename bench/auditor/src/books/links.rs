//! The back links of an account's records, by the rule of the skew-binary jump list.
//!
//! Records are roots of perfect binary trees. Where the two newest trees are of one size, the next
//! record becomes the root of both; else it is a tree of one. It points at the record before it,
//! and at the root of the tree that then stands before its own.

/// The trees of one account: the record at each root, and the size of its tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail(Vec<(u64, u32)>);

impl Trail {
    /// The record before the next one, and the one further back; 0 where there is none.
    pub(super) fn next(&self) -> [u64; 2] {
        let newest = self.0.last();
        let (_, before) = self.joined();
        [newest, before.last()].map(|root| root.map_or(0, |(lsn, _)| *lsn))
    }

    /// How many records there are.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|(_, size)| u64::from(*size)).sum()
    }

    pub(super) fn push(&mut self, lsn: u64) {
        let (size, before) = self.joined();
        let kept = before.len();
        self.0.truncate(kept);
        self.0.push((lsn, size));
    }

    /// The size of the next record's tree, and the trees that stand before it.
    fn joined(&self) -> (u32, &[(u64, u32)]) {
        match self.0.as_slice() {
            [before @ .., (_, a), (_, b)] if a == b => {
                (a.saturating_add(*b).saturating_add(1), before)
            }
            all => (1, all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Trail;

    /// The links of the first records, worked out by hand: trees of 1, 1 become 3, of 3, 3 become 7.
    #[test]
    fn the_first_links_are_those_of_the_paper() {
        let mut trail = Trail::default();
        let links: Vec<[u64; 2]> = (1..=9)
            .map(|lsn| {
                let links = trail.next();
                trail.push(lsn);
                links
            })
            .collect();
        let skips = [0, 1, 0, 3, 4, 3, 0, 7, 8];
        let expected = (0..9).zip(skips).map(|(previous, skip)| [previous, skip]);
        assert_eq!(links, expected.collect::<Vec<_>>());
    }
}
