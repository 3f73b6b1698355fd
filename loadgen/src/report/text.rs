//! The report for people at a terminal.

use std::fmt::Write;

use rust_decimal::Decimal;

use super::{Counts, Report, Verdict, verdict::BUSY_MAX_PERCENT};

/// How many differences are printed.
const DIFFERENCES_SHOWN: usize = 10;

impl Report {
    pub(super) fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{} answers/s, p99 {}", self.achieved_per_s, millis(self.p99_ns))?;
        writeln!(out, "{}: {}", self.verdict.to_uppercase(), self.summary())?;
        if self.debug_build {
            writeln!(out, "warning: a debug build of the generator measures mostly itself")?;
        }
        if self.generator_busy_percent > BUSY_MAX_PERCENT {
            writeln!(out, "warning: the generator was the limit, not the server")?;
        }
        writeln!(out)?;
        self.write_times(out)?;
        self.write_counts(out)?;
        self.write_accounts(out)?;
        write!(out, "seed        {} (run {})", self.seed, self.run)
    }

    fn summary(&self) -> String {
        match self.outcome {
            Verdict::Pass => "every answer and balance was right, and the SLO was kept".to_owned(),
            Verdict::Missed(_) => format!("the SLO was missed: {}", self.reasons.join(", ")),
            Verdict::Invalid(_) => {
                format!("THESE TIMES SAY NOTHING OF THE SERVER: {}", self.reasons.join(", "))
            }
            Verdict::Incorrect => "THE SERVER ANSWERED INCORRECTLY, see below".to_owned(),
        }
    }

    fn write_times(&self, out: &mut String) -> std::fmt::Result {
        let heads = ["p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"];
        write!(out, "{:10}", "ms")?;
        heads.iter().try_for_each(|head| write!(out, " {head:>9}"))?;
        let rows = [
            ("response", &self.response),
            ("service", &self.service),
            ("lateness", &self.lateness),
        ];
        for (name, times) in rows {
            write!(out, "\n{name:10}")?;
            times.all().iter().try_for_each(|&ns| write!(out, " {:>9}", in_millis(ns)))?;
        }
        writeln!(out, "\n")
    }

    fn write_counts(&self, out: &mut String) -> std::fmt::Result {
        let Counts { sent, answered, failed, unsent, late } = self.counts;
        if let Some(offered) = self.offered_per_s {
            writeln!(out, "offered     {offered}/s")?;
        }
        writeln!(out, "requests    {sent} sent, {answered} answered, {late} sent late")?;
        writeln!(out, "errors      {failed} without an answer, {unsent} due and never sent")?;
        writeln!(out, "generator   busy {} % of the time", self.generator_busy_percent)
    }

    fn write_accounts(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "cards       {} transactions over", self.transactions)?;
        let unknown = &self.accounts_unknown;
        write!(out, "accounts    {} checked, {} unknown", self.accounts_checked, unknown.len())?;
        unknown.iter().try_for_each(|name| write!(out, " {name}"))?;
        writeln!(out, ", {} differ", self.differences.len())?;
        let shown = self.differences.iter().take(DIFFERENCES_SHOWN);
        shown.clone().try_for_each(|difference| writeln!(out, "  {difference}"))
    }
}

fn millis(nanos: u64) -> String {
    format!("{} ms", in_millis(nanos))
}

fn in_millis(nanos: u64) -> String {
    format!("{:.3}", Decimal::from_i128_with_scale(nanos.into(), 6).round_dp(3))
}
