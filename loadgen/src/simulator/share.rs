//! How much of what an account asks is of a kind: `8.5%`, drawn from its seed.

use std::{fmt, str::FromStr};

use crate::seed::Seed;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    part: u32,
    whole: u32,
}

/// The shares of what an account asks beside its life cycles.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    /// Requests that repeat an earlier one.
    pub repeat: Share,
    /// Cycles that ask for more than there is, beside those that the mix has.
    pub refuse: Share,
    /// Requests that are first sent in a form that is wrong.
    pub malformed: Share,
}

impl Share {
    /// None.
    pub const NONE: Self = Self { part: 0, whole: 1 };

    /// One in so many.
    #[must_use]
    pub const fn one_in(whole: u32) -> Self {
        Self { part: 1, whole }
    }

    /// Draws whether the next one is. Where none is, nothing is drawn.
    pub fn draw(self, seed: &mut Seed) -> bool {
        self.part > 0 && seed.below(self.whole) < self.part
    }
}

impl fmt::Display for Share {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => out.write_str("none"),
            part => write!(out, "{part} in {}", self.whole),
        }
    }
}

impl Default for Shares {
    fn default() -> Self {
        Self { repeat: Share::one_in(12), refuse: Share::NONE, malformed: Share::NONE }
    }
}

impl FromStr for Share {
    type Err = String;

    /// A number of percent from 0 to 100, with up to two fraction digits, with or without `%`.
    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("'{text}' is no share: write percent, for example 5 or 0.25");
        let number = text.strip_suffix('%').unwrap_or(text);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.is_empty() || fraction.len() > 2 {
            return Err(refused());
        }
        let whole: u32 = whole.parse().map_err(|_| refused())?;
        let fraction: u32 = format!("{fraction:0<2}").parse().map_err(|_| refused())?;
        match whole.checked_mul(100).and_then(|part| part.checked_add(fraction)) {
            Some(part) if part <= 10_000 => Ok(Self { part, whole: 10_000 }),
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Share;
    use crate::seed::Seed;

    #[test]
    fn a_share_is_drawn_as_often_as_it_says() {
        for (text, expected) in [("0", 0), ("1.5%", 1_500), ("25", 25_000), ("100%", 100_000)] {
            let (share, mut seed) = (text.parse::<Share>().unwrap(), Seed::new(1));
            let drawn = (0..100_000).filter(|_| share.draw(&mut seed)).count();
            assert!(drawn.abs_diff(expected) <= expected / 10, "seed 1, {text}: {drawn}");
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["", "%", "-1", "101", "100.01", "1.234", "1.", ".5", "1e1", "a"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
