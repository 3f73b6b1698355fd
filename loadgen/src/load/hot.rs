//! How much more some accounts are asked than others.
//!
//! | `--hot` | is |
//! | --- | --- |
//! | `even` | each idle account is drawn with the same probability |
//! | `zipf:S` | the account of rank k with a weight of k^-S among those that are idle |
//! | `one` | all cards are of one account, which has as many requests on the way as there are connections |

use std::{fmt, str::FromStr};

/// How accounts are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hot {
    /// Each the same.
    Even,
    /// By Zipf's law with this exponent.
    Zipf(f64),
    /// There is one.
    One,
}

impl fmt::Display for Hot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Even => out.write_str("even"),
            Self::Zipf(exponent) => write!(out, "zipf:{exponent}"),
            Self::One => out.write_str("one"),
        }
    }
}

impl FromStr for Hot {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("'{text}' is neither even, nor one, nor for example zipf:1.1");
        match (text, text.strip_prefix("zipf:")) {
            ("even", _) => Ok(Self::Even),
            ("one", _) => Ok(Self::One),
            (_, Some(exponent)) => match exponent.parse::<f64>() {
                Ok(exponent) if exponent > 0.0 && exponent <= 10.0 => Ok(Self::Zipf(exponent)),
                _ => Err(refused()),
            },
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hot;

    #[test]
    fn what_is_no_heat_is_refused() {
        assert_eq!("zipf:1.1".parse(), Ok(Hot::Zipf(1.1)));
        for text in ["", "zipf", "zipf:", "zipf:0", "zipf:-1", "zipf:11", "zipf:nan", "two"] {
            assert!(text.parse::<Hot>().is_err(), "{text}");
        }
    }
}
