//! Every account in the order in which they were opened: where each is, in four bytes.

use super::rows::Rows;
use super::state::{SHARDS, ShardNumber};
use super::transactions::Slot;

/// Where accounts are, the first opened first. Two pages hold a row.
pub type Roster = Rows<Place, 2046>;

/// A shard and the number of an account in it, together.
///
/// | bits | |
/// | --- | --- |
/// | the lowest 10 | the shard |
/// | the other 22 | the number in it: four million, of a thousand shards |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u32);

impl Place {
    /// The account at `slot` of `shard`.
    #[must_use]
    pub fn new(shard: ShardNumber, slot: Slot) -> Self {
        Self(slot.number().saturating_mul(SHARDS.into()) | u32::from(shard.get()))
    }

    /// The shard, and the number in it.
    #[must_use]
    pub fn parts(self) -> (ShardNumber, Slot) {
        let shards = u32::from(SHARDS);
        let shard = u16::try_from(self.0 % shards).unwrap_or_default();
        (ShardNumber::new(shard), Slot::from_number(self.0 / shards))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_shard_and_a_slot() {
        for (shard, slot) in [(0, 0), (1023, 0), (0, (1 << 22) - 1), (1023, (1 << 22) - 1), (5, 77)]
        {
            let (shard, slot) = (ShardNumber::new(shard), Slot::from_number(slot));
            assert_eq!(Place::new(shard, slot).parts(), (shard, slot));
        }
    }
}
