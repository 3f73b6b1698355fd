//! The comparison for people.

use std::fmt;

use super::{Basis, Comparison, Figure, Regression, Row, bootstrap::PIECES_MIN};
use crate::report::millis;

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["base", "new", "change", "95 % interval"];
        writeln!(out, "{:12}{:>14}{:>14}{:>16}    {}", "", heads[0], heads[1], heads[2], heads[3])?;
        self.rows.iter().try_for_each(|row| writeln!(out, "{row}"))?;
        writeln!(out)?;
        match self.basis {
            Some(Basis::Repeats) => {
                writeln!(out, "* is no chance, at 95 %: by a bootstrap over the repeats")?;
            }
            Some(Basis::Seconds) => {
                writeln!(
                    out,
                    "* is no chance, at 95 %: by a bootstrap over the seconds of the runs"
                )?;
            }
            None => writeln!(
                out,
                "no intervals: both runs need {PIECES_MIN} repeats or as many seconds"
            )?,
        }
        self.notes.iter().try_for_each(|note| writeln!(out, "differs: {note}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base, new) = (self.figure.told(self.base), self.figure.told(self.new));
        let (name, change) = (self.figure.name(), self.change.to_string());
        write!(out, "{name:12}{base:>14}{new:>14}{change:>16}")?;
        if let Some((low, high)) = self.interval {
            let mark = if self.is_significant() { '*' } else { ' ' };
            write!(out, "  {mark} {low} to {high}")?;
        }
        Ok(())
    }
}

impl Figure {
    fn told(self, value: u64) -> String {
        match self {
            Self::Response(_) => millis(value),
            Self::Throughput => format!("{}/s", value / 1_000),
            Self::Errors => format!("{}.{:04} %", value / 10_000, value % 10_000),
        }
    }
}

impl fmt::Display for Regression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.hundredths / 100, self.hundredths % 100);
        let unit = if self.figure == Figure::Errors { "points" } else { "%" };
        write!(out, "{} is worse by more than {whole}.{rest:02} {unit}", self.figure.name())
    }
}
