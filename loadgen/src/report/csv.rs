//! The report second by second, as CSV (RFC 4180): a line for each slot of each repeat.
//!
//! | column | is |
//! | --- | --- |
//! | `repeat` | the number of the repeat, from 1 |
//! | `second` | when the slot begins, in seconds from the repeat's start |
//! | `seconds` | how long it is |
//! | `offered`, `sent`, `answered`, `failed`, `late` | as [`Series`](crate::measurement::Series) counts |
//! | `p50_ms` … `max_ms` | response times of what was due in the slot; empty when nothing was |

use std::fmt::Write;

use super::{Report, text::time_in_millis};
use crate::{
    measurement::{Measurement, Slot},
    slo::Point,
};

const HEAD: &str =
    "repeat,second,seconds,offered,sent,answered,failed,late,p50_ms,p90_ms,p99_ms,max_ms";
const POINTS: [Point; 4] = [
    Point::PerTenThousand(5_000),
    Point::PerTenThousand(9_000),
    Point::PerTenThousand(9_900),
    Point::Max,
];

impl Report {
    /// The report as CSV.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = format!("{HEAD}\r\n");
        for (number, repeat) in (1..).zip(&self.measured) {
            write(&mut text, number, repeat).expect("a string takes all that is written to it");
        }
        text
    }
}

fn write(out: &mut String, number: usize, repeat: &Measurement) -> std::fmt::Result {
    let seconds = repeat.series.interval_s();
    for (index, slot) in (0_u64..).zip(repeat.series.slots()) {
        let Slot { offered, sent, answered, failed, late, .. } = slot;
        write!(out, "{number},{},{seconds},", index * seconds)?;
        write!(out, "{offered},{sent},{answered},{failed},{late}")?;
        for point in POINTS {
            let time = slot.response(point).map_or(String::new(), time_in_millis);
            write!(out, ",{time}")?;
        }
        out.push_str("\r\n");
    }
    Ok(())
}
