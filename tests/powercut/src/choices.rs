//! Choices that are the same for the same seed (SplitMix64), written here a second time: the rig
//! shares no code with what it judges.

/// A stream of choices from a seed.
#[derive(Clone, Debug)]
pub struct Choices(u64);

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Choices {
    /// The choices of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for `number`, however far this one was read.
    #[must_use]
    pub const fn fork(seed: u64, number: u64) -> Self {
        Self(mix(seed ^ mix(number.wrapping_add(GAMMA))))
    }

    /// Any number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// A number below `end`, and 0 if `end` is.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }

    /// Yes, once in `of` times.
    pub fn once_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    /// One of `things`, which are not none.
    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        let at = self.below(crate::size::wide(things.len()));
        things[crate::size::narrow(at)]
    }

    /// Puts `things` in any order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = self.below(crate::size::wide(last + 1));
            things.swap(last, crate::size::narrow(other));
        }
    }
}

const fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
