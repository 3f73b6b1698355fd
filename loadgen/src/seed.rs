//! Random numbers from a seed, the same in every release: `SplitMix64`, with independent streams.
//!
//! A library's generator may change its sequence between versions. A printed seed must not.

/// A stream of random numbers. Equal seeds give equal streams.
#[derive(Debug, Clone)]
pub struct Seed(u64);

impl Seed {
    /// The stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for `stream`, which does not depend on how far this one was read.
    #[must_use]
    pub fn fork(&self, stream: u64) -> Self {
        Self(mix(self.0 ^ mix(stream.wrapping_add(GOLDEN_GAMMA))))
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        mix(self.0)
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let [.., a, b, c, d] = self.next_u64().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// A number from 0 to `bound - 1`, or 0 when `bound` is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        let [.., a, b, c, d] = (u64::from(self.next_u32()) * u64::from(bound)).to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }
}

const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn the_sequence_of_a_seed_is_the_published_one() {
        let mut seed = Seed::new(1_234_567);
        let drawn = [seed.next_u64(), seed.next_u64(), seed.next_u64()];
        let published =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(drawn, published, "seed 1234567");
    }

    #[test]
    fn a_bounded_number_reaches_every_value_and_no_other() {
        let mut seed = Seed::new(7);
        let mut seen = [0_u32; 6];
        for _ in 0..1_000 {
            let drawn = usize::try_from(seed.below(6)).unwrap();
            seen[drawn] += 1;
        }
        assert!(seen.iter().all(|&times| times > 100), "seed 7: {seen:?}");
    }
}
