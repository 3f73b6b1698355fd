//! The back links of an account's records: to the one before, and once more further back.
//!
//! The skip links are those of a skew-binary jump list (Myers, 1983): the records of an account
//! form perfect binary trees, whose sizes are given by the number of records alone, so that all
//! that must be remembered is the root of each tree, at most one for each bit of that number.
//! From the newest record any older one is reached in O(log n) links.

use smallvec::SmallVec;
use wal::Lsn;

use super::roots::Roots;

/// What one account must remember to link its next record.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    count: u32,
    /// The roots of the trees, largest tree first.
    roots: Roots,
}

/// The links of one record, [`Lsn::ZERO`] where there is nothing before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Links {
    /// The account's record before this one.
    pub previous: Lsn,
    /// One further back.
    pub skip: Lsn,
}

impl Chain {
    /// The chain of so many records whose trees have these roots, largest tree first; `None` where
    /// no chain is like that.
    #[must_use]
    pub fn from_parts(count: u32, roots: &[Lsn]) -> Option<Self> {
        let ascend = roots.is_sorted_by(|older, newer| older < newer);
        let begins = roots.first().is_some_and(|oldest| *oldest > Lsn::ZERO);
        (ascend && begins && trees(count).count() == roots.len())
            .then(|| Self { count, roots: roots.iter().copied().collect() })
    }

    /// The roots of the trees, largest tree first.
    #[must_use]
    pub fn roots(&self) -> SmallVec<[Lsn; 4]> {
        (0..self.roots.len()).filter_map(|n| self.roots.get(n)).collect()
    }

    /// The account's newest record.
    #[must_use]
    pub fn newest(&self) -> Lsn {
        self.last().and_then(|n| self.roots.get(n)).unwrap_or(Lsn::ZERO)
    }

    /// How many records it has.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.count
    }

    /// The links that its next record gets.
    #[must_use]
    pub fn next(&self) -> Links {
        let older = if self.merges() { self.roots.len().checked_sub(3) } else { self.last() };
        let skip = older.and_then(|n| self.roots.get(n)).unwrap_or(Lsn::ZERO);
        Links { previous: self.newest(), skip }
    }

    /// Notes that its next record is at `lsn`.
    pub fn push(&mut self, lsn: Lsn) {
        let merged = if self.merges() { 2 } else { 0 };
        self.roots.replace_last(merged, lsn);
        self.count = self.count.saturating_add(1);
    }

    fn last(&self) -> Option<usize> {
        self.roots.len().checked_sub(1)
    }

    /// Whether the two smallest trees are of one size: the next record becomes the root of both.
    fn merges(&self) -> bool {
        let smallest = trees(self.count).fold([0, 0], |[last, _], size| [size, last]);
        smallest[0] == smallest[1] && smallest[0] > 0
    }
}

/// The sizes of the trees that so many records form, largest first.
fn trees(count: u32) -> impl Iterator<Item = u32> {
    let mut rest = count;
    std::iter::from_fn(move || {
        let size = (rest > 0).then(|| largest_tree(rest))?;
        rest = rest.saturating_sub(size);
        Some(size)
    })
}

/// The largest 2^k − 1 that is at most `count`, which is not zero.
fn largest_tree(count: u32) -> u32 {
    let bits = count.saturating_add(1).ilog2();
    1_u32.checked_shl(bits).map_or(u32::MAX, |size| size.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_rebuilt_from_its_parts_and_from_no_others() {
        let mut chain = Chain::default();
        for n in 1..=300 {
            chain.push(Lsn::new(n));
            let rebuilt = Chain::from_parts(chain.length(), &chain.roots()).unwrap();
            assert_eq!(rebuilt.roots(), chain.roots());
            assert_eq!(rebuilt.next(), chain.next());
            let mut roots = chain.roots();
            roots.push(Lsn::new(n + 1));
            assert!(Chain::from_parts(chain.length(), &roots).is_none(), "a tree too many");
        }
        let backwards = [2, 1].map(Lsn::new);
        assert!(Chain::from_parts(2, &backwards).is_none());
        assert!(Chain::from_parts(0, &[]).is_none());
    }

    /// Follows the links from the newest of `count` records to each older one.
    #[test]
    fn any_past_record_is_few_links_away() {
        let count = 5_000_u64;
        let mut chain = Chain::default();
        let mut links = vec![Links { previous: Lsn::ZERO, skip: Lsn::ZERO }];
        for n in 1..=count {
            links.push(chain.next());
            chain.push(Lsn::new(n));
        }
        for target in 1..=count {
            let (mut at, mut steps) = (chain.newest(), 0);
            while at > Lsn::new(target) {
                let link = links[usize::try_from(at.value()).unwrap()];
                assert_eq!(link.previous.value(), at.value() - 1);
                at = if link.skip >= Lsn::new(target) { link.skip } else { link.previous };
                steps += 1;
            }
            assert_eq!(at, Lsn::new(target));
            assert!(steps <= 3 * 13, "{steps} steps from {count} to {target}");
        }
    }
}
