//! A table of positions by hash, laid out so that a look-up and the insertion after it touch one
//! cache line: with tens of millions of keys every line touched is a wait for memory.
//!
//! A line is 64 bytes and has five slots of 96 bits, filled from the front: 52 bits of the hash and
//! 44 bits of the position. A hash that finds its line full goes on with the next. Nothing is ever
//! removed, so a look-up ends at the first slot that is empty.
//!
//! | word of slot *i* | bits |
//! | --- | --- |
//! | `a[i]` | hash 0–31 |
//! | `b[i]` | hash 32–51, then position 0–11 |
//! | `c[i]` | position 12–43 |

use wal::Lsn;

/// Slots of a line.
const SLOTS: usize = 5;
/// How many bits of a hash are kept.
const HASH_BITS: u32 = 52;
/// The lines of a table that holds something at first.
const LINES_MIN: usize = 4;

/// Positions by hash; several may have one hash.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: Box<[Line]>,
    count: usize,
}

#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line {
    a: [u32; SLOTS],
    b: [u32; SLOTS],
    c: [u32; SLOTS],
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// 52 bits.
    hash: u64,
    /// 44 bits, zero in an empty slot: at a million actions a second they last for half a year,
    /// and a log of that many records is longer than any disk.
    position: u64,
}

impl Slot {
    /// The position.
    #[must_use]
    pub const fn position(&self) -> Lsn {
        Lsn::new(self.position)
    }

    /// The 96 bits of the slot: the hash and the lower 12 of the position, and its upper 32.
    #[must_use]
    pub const fn to_words(self) -> (u64, u32) {
        (self.hash | self.position << HASH_BITS, low(self.position >> 12))
    }

    /// The inverse of [`to_words`](Self::to_words).
    #[must_use]
    pub fn from_words((lower, upper): (u64, u32)) -> Self {
        let position = lower >> HASH_BITS | u64::from(upper) << 12;
        Self { hash: lower & (u64::MAX >> 12), position }
    }
}

impl Lines {
    /// The first position of that hash that `wanted` accepts.
    pub(super) fn find(&self, hash: u64, wanted: impl Fn(Lsn) -> bool) -> Option<Lsn> {
        let hash = kept(hash);
        for line in self.lines_of(hash) {
            let mut same = line.of(hash).map(|slot| Lsn::new(slot.position));
            if let Some(found) = same.find(|lsn| wanted(*lsn)) {
                return Some(found);
            }
            if !line.is_full() {
                return None;
            }
        }
        None
    }

    /// Adds a position. It may be there already under that hash.
    pub(super) fn insert(&mut self, hash: u64, lsn: Lsn) {
        // Four fifths full, so that few look-ups need a second line.
        if self.count >= self.lines.len().saturating_mul(SLOTS - 1) {
            self.grow_to(self.lines.len().saturating_mul(2).max(LINES_MIN));
        }
        self.put(Slot { hash: kept(hash), position: lsn.value() });
        self.count = self.count.saturating_add(1);
    }

    /// Reads where slots of that hash begin, so that it is near when they are looked at.
    pub(super) fn warm(&self, hash: u64) -> u32 {
        self.lines.get(self.home(kept(hash))).map_or(0, |line| line.a[0])
    }

    /// Makes `copy` the same.
    pub(super) fn copy_to(&self, copy: &mut Self) {
        copy.count = self.count;
        if copy.lines.len() == self.lines.len() {
            copy.lines.copy_from_slice(&self.lines);
        } else {
            copy.lines = self.lines.clone();
        }
    }

    /// How many positions there are.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// Every slot that holds something, in the order in which they lie.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.lines.iter().flat_map(Line::slots)
    }

    /// Adds slots that were copied. Those of a table of this size are fastest added in the order
    /// in which they lay.
    pub(super) fn admit(&mut self, slots: impl ExactSizeIterator<Item = Slot>) {
        let count = self.count.saturating_add(slots.len());
        let lines = count.div_ceil(SLOTS - 1).next_power_of_two().max(LINES_MIN);
        if lines > self.lines.len() {
            self.grow_to(lines);
        }
        slots.for_each(|slot| self.put(slot));
        self.count = count;
    }

    /// The lines in which `hash` may be, in the order in which they are filled.
    fn lines_of(&self, hash: u64) -> impl Iterator<Item = &Line> {
        let (before, from) = self.lines.split_at(self.home(hash));
        from.iter().chain(before)
    }

    fn put(&mut self, slot: Slot) {
        let (before, from) = self.lines.split_at_mut(self.home(slot.hash));
        for line in from.iter_mut().chain(before) {
            if let Some(n) = (0..SLOTS).find(|n| line.slot(*n).position == 0) {
                line.fill(n, slot);
                return;
            }
        }
    }

    fn grow_to(&mut self, lines: usize) {
        let full = std::mem::replace(&mut self.lines, vec![Line::default(); lines].into());
        full.iter().flat_map(Line::slots).for_each(|slot| self.put(slot));
    }

    /// Where the slots of a hash begin. The number of lines is a power of two.
    fn home(&self, hash: u64) -> usize {
        let mask = self.lines.len().saturating_sub(1);
        usize::from_le_bytes(hash.to_le_bytes()) & mask
    }
}

impl Line {
    fn slot(&self, n: usize) -> Slot {
        let (a, b, c) = (u64::from(self.a[n]), u64::from(self.b[n]), u64::from(self.c[n]));
        Slot { hash: a | (b & 0xf_ffff) << 32, position: b >> 20 | c << 12 }
    }

    fn slots(&self) -> impl Iterator<Item = Slot> {
        (0..SLOTS).map(|n| self.slot(n)).take_while(|slot| slot.position != 0)
    }

    /// The slots of that hash. Most are told apart by their first word alone.
    fn of(&self, hash: u64) -> impl Iterator<Item = Slot> {
        let alike = (0..SLOTS).filter(move |n| self.a[*n] == low(hash));
        let slots = alike.map(|n| self.slot(n));
        slots.filter(move |slot| slot.hash == hash && slot.position != 0)
    }

    fn is_full(&self) -> bool {
        self.slot(SLOTS - 1).position != 0
    }

    fn fill(&mut self, n: usize, Slot { hash, position }: Slot) {
        self.a[n] = low(hash);
        self.b[n] = low(hash >> 32 | (position & 0xfff) << 20);
        self.c[n] = low(position >> 12);
    }
}

/// The bits of a hash that a slot keeps: not the lowest, which chose the shard.
const fn kept(hash: u64) -> u64 {
    hash >> (u64::BITS - HASH_BITS)
}

/// The lower half of a word.
const fn low(word: u64) -> u32 {
    let [a, b, c, d, ..] = word.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_found_under_its_hash_and_no_other() {
        let mut lines = Lines::default();
        let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let position = |n: u64| Lsn::new(n * 1_000_003 % (1 << 44) + 1);
        assert_eq!(lines.find(hash(1), |_| true), None);
        for n in 0..20_000 {
            lines.insert(hash(n), position(n));
        }
        for n in 0..20_000 {
            assert_eq!(lines.find(hash(n), |_| true), Some(position(n)));
            assert_eq!(lines.find(hash(n), |lsn| lsn != position(n)), None);
            assert_eq!(lines.find(hash(n + 20_000), |_| true), None);
        }
    }

    #[test]
    fn a_copy_holds_what_the_table_held() {
        let mut lines = Lines::default();
        let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for n in 0..5_000 {
            lines.insert(hash(n), Lsn::new((1 << 44) - 1 - n));
            let (mut copy, mut other) = (Lines::default(), Lines::default());
            if n % 611 == 0 {
                lines.copy_to(&mut copy);
                let slots: Vec<Slot> = copy.slots().collect();
                let (some, more) = slots.split_at(slots.len() / 3);
                let words = |slot: &Slot| Slot::from_words(slot.to_words());
                other.admit(some.iter().map(words));
                other.admit(more.iter().map(words));
                assert_eq!((other.len(), other.lines.len()), (lines.len(), lines.lines.len()));
                let found = |n| other.find(hash(n), |_| true);
                assert!((0..=n).all(|n| found(n) == Some(Lsn::new((1 << 44) - 1 - n))));
            }
        }
    }

    #[test]
    fn positions_of_one_hash_are_all_found() {
        let mut lines = Lines::default();
        (1..=100).for_each(|n| lines.insert(7 << 60, Lsn::new(n)));
        for n in 1..=100 {
            assert_eq!(lines.find(7 << 60, |lsn| lsn >= Lsn::new(n)), Some(Lsn::new(n)));
        }
    }

    #[test]
    fn a_line_is_a_cache_line() {
        assert_eq!(size_of::<Line>(), 64);
    }
}
