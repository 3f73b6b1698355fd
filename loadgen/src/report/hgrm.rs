//! A distribution as `.hgrm`: the table that `HdrHistogram`'s own tools print and plot, in
//! milliseconds.

use std::fmt::Write;

use super::{Report, text::time_in_millis};
use crate::measurement::{Step, Times};

/// Steps in each half of what is left to 100 %, as in the format's own tools.
const STEPS: u32 = 5;

impl Report {
    /// The response times as `.hgrm`.
    #[must_use]
    pub fn response_hgrm(&self) -> String {
        hgrm(&self.whole.response)
    }

    /// The service times as `.hgrm`.
    #[must_use]
    pub fn service_hgrm(&self) -> String {
        hgrm(&self.whole.service)
    }
}

fn hgrm(times: &Times) -> String {
    let head = ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"];
    let mut text = format!("{:>12} {:>14} {:>10} {:>14}\n\n", head[0], head[1], head[2], head[3]);
    times
        .steps(STEPS)
        .try_for_each(|step| write_step(&mut text, step))
        .and_then(|()| write_foot(&mut text, times))
        .expect("a string takes all that is written to it");
    text
}

#[expect(clippy::float_arithmetic, reason = "the format has the reciprocal of what is left")]
fn write_step(out: &mut String, step: Step) -> std::fmt::Result {
    let Step { time, quantile, count } = step;
    write!(out, "{:>12} {quantile:>14.12} {count:>10}", time_in_millis(time))?;
    if quantile < 1.0 {
        write!(out, " {:>14.2}", 1.0 / (1.0 - quantile))?;
    }
    writeln!(out)
}

fn write_foot(out: &mut String, times: &Times) -> std::fmt::Result {
    let (mean, deviation) = (time_in_millis(times.mean()), time_in_millis(times.deviation()));
    let max = time_in_millis(times.at(crate::slo::Point::Max));
    let (buckets, parts) = times.buckets();
    writeln!(out, "#[Mean    = {mean:>12}, StdDeviation   = {deviation:>12}]")?;
    writeln!(out, "#[Max     = {max:>12}, Total count    = {:>12}]", times.count())?;
    writeln!(out, "#[Buckets = {buckets:>12}, SubBuckets     = {parts:>12}]")
}
