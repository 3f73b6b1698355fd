//! What is compared of two runs.

use std::str::FromStr;

/// One figure of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// The response time, in nanoseconds, that this share of the requests, in parts per ten
    /// thousand, did not exceed. The longest is that of 10,000.
    Response(u64),
    /// Answers per 1,000 seconds.
    Throughput,
    /// Requests without an answer, in parts per million of those that were due.
    Errors,
}

/// By how much a figure changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// In hundredths of a percent of what it was.
    PerTenThousand(i64),
    /// In hundredths of a percentage point: errors have no useful ratio when there were none.
    Points(i64),
}

impl Figure {
    /// All that are compared, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::Response(5_000),
        Self::Response(9_000),
        Self::Response(9_500),
        Self::Response(9_900),
        Self::Response(9_990),
        Self::Response(10_000),
        Self::Throughput,
        Self::Errors,
    ];

    /// What it is called in the table and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Response(5_000) => "p50",
            Self::Response(9_000) => "p90",
            Self::Response(9_500) => "p95",
            Self::Response(9_900) => "p99",
            Self::Response(9_990) => "p99.9",
            Self::Response(_) => "max",
            Self::Throughput => "throughput",
            Self::Errors => "error",
        }
    }

    /// How it changed from `base` to `new`.
    #[must_use]
    pub fn change(self, base: u64, new: u64) -> Change {
        let difference = i128::from(new) - i128::from(base);
        let narrow = |change: i128| i64::try_from(change).unwrap_or(i64::MAX);
        match self {
            Self::Errors => Change::Points(narrow(difference / 100)),
            _ => Change::PerTenThousand(narrow(difference * 10_000 / i128::from(base.max(1)))),
        }
    }

    /// How much worse that change makes it, in hundredths of a percent or of a point.
    #[must_use]
    pub fn worse_by(self, change: Change) -> i64 {
        match self {
            Self::Throughput => change.hundredths().saturating_neg(),
            Self::Response(_) | Self::Errors => change.hundredths(),
        }
    }
}

impl Change {
    /// The number alone.
    #[must_use]
    pub fn hundredths(self) -> i64 {
        match self {
            Self::PerTenThousand(hundredths) | Self::Points(hundredths) => hundredths,
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hundredths = self.hundredths();
        let sign = if hundredths < 0 { '-' } else { '+' };
        let size = hundredths.unsigned_abs();
        let unit = if matches!(self, Self::Points(_)) { "points" } else { "%" };
        write!(out, "{sign}{}.{:02} {unit}", size / 100, size % 100)
    }
}

/// How much worse a figure may become: `p99=10%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regression {
    /// The figure.
    pub figure: Figure,
    /// By so many hundredths of a percent, or of a percentage point for errors.
    pub hundredths: i64,
}

/// Why a text is no [`Regression`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "'{0}' is no bound: write p50, p90, p95, p99, p99.9, max, throughput or error, and how much worse it may become, for example p99=10%"
)]
pub struct RegressionError(String);

impl FromStr for Regression {
    type Err = RegressionError;

    fn from_str(text: &str) -> Result<Self, RegressionError> {
        let refused = || RegressionError(text.to_owned());
        let (name, bound) = text.trim().split_once('=').ok_or_else(refused)?;
        let figure = Figure::ALL.into_iter().find(|figure| figure.name() == name);
        let hundredths = bound.strip_suffix('%').and_then(hundredths).ok_or_else(refused)?;
        Ok(Self { figure: figure.ok_or_else(refused)?, hundredths })
    }
}

/// Percent with up to two fraction digits.
fn hundredths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() > 9 || fraction.len() > 2 {
        return None;
    }
    format!("{whole}{fraction:0<2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Change, Figure, Regression};

    #[test]
    fn a_change_is_in_percent_and_of_errors_in_points() {
        let rows = [
            (Figure::Response(9_900), 1_000, 1_105, "+10.50 %"),
            (Figure::Response(9_900), 1_000, 990, "-1.00 %"),
            (Figure::Throughput, 4_000, 4_000, "+0.00 %"),
            (Figure::Errors, 0, 12_300, "+1.23 points"),
        ];
        for (figure, base, new, told) in rows {
            assert_eq!(figure.change(base, new).to_string(), told);
        }
        let less = Change::PerTenThousand(-500);
        assert_eq!(Figure::Throughput.worse_by(less), 500);
        assert_eq!(Figure::Response(5_000).worse_by(less), -500);
    }

    #[test]
    fn a_bound_is_read_and_anything_else_refused() {
        let read = |text: &str| text.parse::<Regression>().map(|it| (it.figure, it.hundredths));
        assert_eq!(read("p99=10%"), Ok((Figure::Response(9_900), 1_000)));
        assert_eq!(read("p99.9=2.5%"), Ok((Figure::Response(9_990), 250)));
        assert_eq!(read("max=0%"), Ok((Figure::Response(10_000), 0)));
        assert_eq!(read("throughput=5%"), Ok((Figure::Throughput, 500)));
        for text in ["", "p99", "p99=", "p99=10", "p98=1%", "p99=-1%", "p99=1.234%", "p99=x%"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
