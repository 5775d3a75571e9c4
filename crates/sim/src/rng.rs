//! Chance, by seed: SplitMix64, whose whole state is one number. The same seed
//! gives the same numbers on every machine and with every build.

/// A seeded source of numbers; guards nothing.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The source of that seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, uniform over all of `u64`.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Uniform over all of `u32`.
    pub fn next_u32(&mut self) -> u32 {
        u32::try_from(self.next() >> u32::BITS).unwrap_or(u32::MAX)
    }

    /// Uniform from 0 to just under `bound`; 0 where `bound` is 0. The bias of
    /// the remainder is under 2^-40 for any bound that a test has.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        let drawn = self.next().checked_rem(bound).unwrap_or(0);
        usize::try_from(drawn).unwrap_or(0)
    }

    /// True `per_mille` times in a thousand.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.next() % 1_000 < u64::from(per_mille)
    }

    /// Puts items into a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Spreads the bits of a number over all of them.
#[must_use]
pub const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
