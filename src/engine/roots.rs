//! A few positions, oldest first, in little room: up to three in place, and more in a place of
//! their own.
//!
//! There is a list of them for each account. What is not in use is zero, which is no record's
//! position, so that no length is kept; and the first of three is never zero, so that nothing else
//! need say which of the two forms this is.

use std::num::NonZeroU64;

use wal::Lsn;

/// How many have no place of their own.
const FEW: usize = 3;

/// Positions of records.
#[derive(Clone, Debug)]
pub(super) enum Roots {
    /// One to three.
    Few(NonZeroU64, [Lsn; FEW - 1]),
    /// Any number.
    Many(Box<[Lsn]>),
}

const _: () = assert!(size_of::<Roots>() == FEW * size_of::<Lsn>());

impl Roots {
    pub(super) fn len(&self) -> usize {
        let used = |lsn: &Lsn| *lsn > Lsn::ZERO;
        match self {
            Self::Few(_, rest) => rest.partition_point(used).saturating_add(1),
            Self::Many(all) => all.partition_point(used),
        }
    }

    /// The one at `n`, which is below [`len`](Self::len).
    pub(super) fn get(&self, n: usize) -> Option<Lsn> {
        match self {
            Self::Few(first, rest) => match n.checked_sub(1) {
                None => Some(Lsn::new(first.get())),
                Some(n) => rest.get(n).copied(),
            },
            Self::Many(all) => all.get(n).copied(),
        }
    }

    /// Puts `lsn` in the place of the last so many; of none, behind them.
    pub(super) fn replace_last(&mut self, gone: usize, lsn: Lsn) {
        let len = self.len();
        let at = len.saturating_sub(gone);
        match self {
            Self::Few(first, rest) if at < FEW => {
                let all = [Lsn::new(first.get()), rest[0], rest[1]];
                *self = Self::few(&all[..at], lsn);
            }
            Self::Few(first, [second, third]) => {
                *self = Self::Many([Lsn::new(first.get()), *second, *third, lsn].into());
            }
            Self::Many(none) if none.is_empty() => *self = Self::few(&[], lsn),
            Self::Many(all) => {
                if at == all.len() {
                    *all = all.iter().copied().chain(vec![Lsn::ZERO; at]).collect();
                }
                all[at] = lsn;
                all[at.saturating_add(1)..len.max(at.saturating_add(1))].fill(Lsn::ZERO);
            }
        }
    }

    /// Those, at most two, and one more.
    fn few(older: &[Lsn], newest: Lsn) -> Self {
        let mut all = [Lsn::ZERO; FEW];
        let used = older.iter().chain([&newest]);
        all.iter_mut().zip(used).for_each(|(place, lsn)| *place = *lsn);
        let [first, second, third] = all;
        let first = NonZeroU64::new(first.value()).unwrap_or(NonZeroU64::MIN);
        Self::Few(first, [second, third])
    }
}

impl Default for Roots {
    fn default() -> Self {
        Self::Many(Box::default())
    }
}

impl FromIterator<Lsn> for Roots {
    fn from_iter<I: IntoIterator<Item = Lsn>>(positions: I) -> Self {
        let mut all = Self::default();
        positions.into_iter().for_each(|lsn| all.replace_last(0, lsn));
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn roots_are_a_list(gone in prop::collection::vec(0..4_usize, 0..60)) {
            let (mut roots, mut list) = (Roots::default(), Vec::new());
            for (lsn, gone) in (1..).map(Lsn::new).zip(gone) {
                roots.replace_last(gone, lsn);
                list.truncate(list.len().saturating_sub(gone));
                list.push(lsn);
                let all: Vec<_> = (0..roots.len()).filter_map(|n| roots.get(n)).collect();
                prop_assert_eq!(&all, &list);
            }
        }
    }
}
