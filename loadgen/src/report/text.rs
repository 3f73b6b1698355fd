//! The report for people at a terminal.

use std::fmt::Write;

use rust_decimal::Decimal;

use super::{
    Counts, Percentiles, Report,
    figures::{HEADS, nanos},
    verdict::BUSY_MAX_PERCENT,
};
use crate::environment::{Disk, Environment};

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
        self.write_times(out)?;
        self.write_operations(out)?;
        self.write_server_timing(out)?;
        self.write_repeats(out)?;
        writeln!(out)?;
        self.write_counts(out)?;
        self.write_accounts(out)?;
        self.environment.lines().iter().try_for_each(|(n, line)| writeln!(out, "{n:11} {line}"))?;
        write!(out, "seed        {} (run {})", self.seed, self.run)
    }

    fn write_times(&self, out: &mut String) -> std::fmt::Result {
        write_head(out, "ms")?;
        write_row(out, "response", &self.response)?;
        write_row(out, "service", &self.service)?;
        write_row(out, "lateness", &self.lateness)
    }

    fn write_operations(&self, out: &mut String) -> std::fmt::Result {
        write_head(out, "response, ms")?;
        let mut operations = self.operations.iter();
        operations.try_for_each(|figures| write_row(out, figures.operation, &figures.response))
    }

    fn write_server_timing(&self, out: &mut String) -> std::fmt::Result {
        if self.server_timing.is_empty() {
            return Ok(());
        }
        write_head(out, "Server-Timing, ms")?;
        let mut metrics = self.server_timing.iter();
        metrics.try_for_each(|figures| write_row(out, &printable(&figures.metric), &figures.times))
    }

    fn write_repeats(&self, out: &mut String) -> std::fmt::Result {
        if self.repeats.len() < 2 {
            return Ok(());
        }
        write_head(out, "repeats, ms")?;
        for (number, repeat) in (1..).zip(&self.repeats) {
            write_row(out, &format!("{number}: {}/s", repeat.achieved_per_s), &repeat.response)?;
        }
        Ok(())
    }

    fn write_counts(&self, out: &mut String) -> std::fmt::Result {
        let Counts { sent, answered, failed, unsent, late } = self.counts;
        if let Some(offered) = self.offered_per_s {
            writeln!(out, "offered     {offered}/s")?;
        }
        writeln!(out, "requests    {sent} sent, {answered} answered, {late} sent late")?;
        writeln!(out, "errors      {failed} without an answer, {unsent} due and never sent")?;
        self.beside.write(self.achieved_per_s, out)
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

impl Environment {
    /// What there is to say about it, a name and a line each.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        let unknown = || "unknown".to_owned();
        let memory = self.machine.memory_bytes.map(|bytes| format!("{} MiB", bytes >> 20));
        let mut machine = vec![format!("{} cores", self.machine.cores)];
        machine.extend(self.machine.cpu_model.clone());
        machine.extend(memory);
        let load = self.machine.load_average.map_or_else(unknown, |[one, five, fifteen]| {
            format!("{one:.2} {five:.2} {fifteen:.2} before the run")
        });
        let versions = format!(
            "server {}, generator {}",
            self.server_version.clone().unwrap_or_else(unknown),
            self.generator_version
        );
        vec![
            ("machine", machine.join(", ")),
            ("kernel", self.machine.kernel.clone()),
            ("load", load),
            ("disk", self.disk.line()),
            ("versions", versions),
            ("at", self.at.clone()),
        ]
    }
}

impl Disk {
    fn line(&self) -> String {
        let measured = match (&self.fdatasync, &self.error) {
            (Some(sync), _) => format!(
                "4 KiB and fdatasync p50 {}, p99 {} of {}",
                millis(sync.p50_ns),
                millis(sync.p99_ns),
                sync.count
            ),
            (None, error) => {
                format!("not measured: {}", error.as_deref().unwrap_or("it was not looked at"))
            }
        };
        let unknown = "unknown".to_owned();
        let file_system = self.file_system.as_ref().unwrap_or(&unknown);
        let device = self.device.as_ref().unwrap_or(&unknown);
        format!("{file_system} on {device} at {}, {measured}", self.directory.display())
    }
}

fn write_head(out: &mut String, title: &str) -> std::fmt::Result {
    write!(out, "\n{title:20} {:>9}", "count")?;
    HEADS.iter().try_for_each(|head| write!(out, " {head:>9}"))?;
    writeln!(out)
}

fn write_row(out: &mut String, name: &str, times: &Percentiles) -> std::fmt::Result {
    write!(out, "{name:20} {:>9}", times.count)?;
    times.all().iter().try_for_each(|&ns| write!(out, " {:>9}", in_millis(ns)))?;
    writeln!(out)
}

/// What comes from outside moves no cursor.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// A time for people.
pub(crate) fn millis(nanos: u64) -> String {
    format!("{} ms", in_millis(nanos))
}

/// Milliseconds, to three digits behind the point.
pub(crate) fn in_millis(nanos: u64) -> String {
    format!("{:.3}", Decimal::from_i128_with_scale(nanos.into(), 6).round_dp(3))
}

/// Milliseconds of a time, to three digits behind the point.
pub(super) fn time_in_millis(time: std::time::Duration) -> String {
    in_millis(nanos(time))
}
