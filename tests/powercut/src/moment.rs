//! The moment of a power cut, and what may be left of it.
//!
//! A disk that loses its power holds what was synced. Of what was written since, each sector holds
//! the new or the old, in whatever combination the disk's cache came to; of a sector written twice,
//! either. How long a sector is depends on the file system: see [`Filesystem::sector_bytes`].
//!
//! The first 4 KiB are written wholly or not at all in any case. The superblock of ext4 is there, two
//! sectors with one checksum, written in place without a journal: with half of it ext4 refuses to
//! mount, which says nothing of what lies on it.
//!
//! [`Filesystem::sector_bytes`]: crate::mount::Filesystem::sector_bytes

use std::sync::Arc;

use crate::choices::Choices;
use crate::image::Image;
use crate::size::{narrow, wide};

/// What is at the beginning of a disk and never torn, in bytes.
const SUPERBLOCK: u64 = 4096;

/// A write that the disk said it has taken.
#[derive(Clone)]
pub struct Write {
    /// Where.
    pub offset: u64,
    /// What.
    pub bytes: Arc<[u8]>,
}

/// A disk at the moment in which its power was cut.
#[derive(Clone)]
pub struct Moment {
    /// What was synced.
    pub durable: Image,
    /// What was written since, in order.
    pub unsynced: Vec<Write>,
    /// What it writes wholly or not at all, in bytes.
    pub sector_bytes: u64,
}

/// What survives of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// Nothing.
    Nothing,
    /// All of it.
    Everything,
    /// Each sector or not.
    Sectors,
    /// Each write wholly or not.
    Writes,
    /// All up to some place in the midst of one write, as in a disk that keeps the order.
    InOrder,
    /// All behind some place in the midst of one write, as in one that works backwards.
    Backwards,
}

impl Survival {
    /// Each kind.
    pub const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Everything,
        Self::Sectors,
        Self::Writes,
        Self::InOrder,
        Self::Backwards,
    ];

    /// Its name in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing survives",
            Self::Everything => "everything survives",
            Self::Sectors => "any sectors survive",
            Self::Writes => "any writes survive",
            Self::InOrder => "torn, in order",
            Self::Backwards => "torn, backwards",
        }
    }
}

impl Moment {
    /// What the disk holds when the power is back.
    #[must_use]
    pub fn end(&self, survival: Survival, choices: &mut Choices) -> Image {
        let mut image = self.durable.clone();
        let sectors = self
            .unsynced
            .iter()
            .map(|write| write.sectors(self.sector_bytes).count())
            .sum::<usize>();
        let torn_at = choices.below(wide(sectors) + 1);
        let of_eight = choices.one_of(&[1, 4, 7]);
        let mut number = 0;
        for write in &self.unsynced {
            let whole = choices.once_in(2);
            for (offset, sector) in write.sectors(self.sector_bytes) {
                let survives = match survival {
                    Survival::Nothing => false,
                    Survival::Everything => true,
                    Survival::Sectors => choices.below(8) < of_eight,
                    Survival::Writes => whole,
                    Survival::InOrder => number < torn_at,
                    Survival::Backwards => number >= torn_at,
                };
                if survives {
                    image.write(offset, sector);
                }
                number += 1;
            }
        }
        image
    }
}

impl Write {
    /// Its sectors; the first and the last may be parts of one.
    fn sectors(&self, bytes: u64) -> impl Iterator<Item = (u64, &[u8])> {
        let (mut offset, mut rest) = (self.offset, &*self.bytes);
        std::iter::from_fn(move || {
            let end = if offset < SUPERBLOCK { SUPERBLOCK } else { (offset / bytes + 1) * bytes };
            let (sector, behind) = rest.split_at(rest.len().min(narrow(end - offset)));
            let found = (offset, sector);
            (offset, rest) = (end, behind);
            (!sector.is_empty()).then_some(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Moment, Survival, Write};
    use crate::choices::Choices;
    use crate::image::Image;

    const START: u64 = super::SUPERBLOCK;
    const SECTOR: usize = 512;

    fn moment() -> Moment {
        let write = |offset, byte| Write { offset, bytes: vec![byte; 4 * SECTOR].into() };
        Moment {
            durable: Image::new(1 << 16),
            unsynced: vec![write(START, 1), write(START + 1024, 2)],
            sector_bytes: 512,
        }
    }

    fn left(survival: Survival, seed: u64) -> Vec<u8> {
        let image = moment().end(survival, &mut Choices::new(seed));
        let mut bytes = vec![0; 6 * SECTOR];
        image.read(START, &mut bytes);
        bytes.chunks(SECTOR).for_each(|it| assert!(it.iter().all(|byte| *byte == it[0])));
        bytes.iter().step_by(SECTOR).copied().collect()
    }

    #[test]
    fn nothing_and_everything_are_what_they_say() {
        assert_eq!(left(Survival::Nothing, 1), [0; 6]);
        assert_eq!(left(Survival::Everything, 1), [1, 1, 2, 2, 2, 2]);
    }

    #[test]
    fn a_sector_written_twice_may_hold_either_or_what_it_held_before() {
        let third = |seed| left(Survival::Sectors, seed)[2];
        let seen: std::collections::BTreeSet<u8> = (0..100).map(third).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn the_superblock_is_never_torn() {
        let write = Write { offset: 0, bytes: vec![1; 16 * SECTOR].into() };
        let moment =
            Moment { durable: Image::new(1 << 16), unsynced: vec![write], sector_bytes: 512 };
        for (seed, survival) in (0..100).zip(Survival::ALL.into_iter().cycle()) {
            let mut bytes = [0; 8 * SECTOR];
            moment.end(survival, &mut Choices::new(seed)).read(0, &mut bytes);
            assert!(bytes.iter().all(|byte| *byte == bytes[0]), "seed {seed}");
        }
    }

    #[test]
    fn in_order_has_no_gap() {
        for seed in 0..100 {
            let left = left(Survival::InOrder, seed);
            let end = left.iter().position(|byte| *byte == 0).unwrap_or(6);
            assert!(left[end..].iter().all(|byte| *byte == 0), "seed {seed}: {left:?}");
        }
    }
}
