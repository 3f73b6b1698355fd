//! How many instructions each stage of an action's way takes: what a machine that is shared cannot
//! blur.
//!
//! valgrind counts them. This program runs itself under it, once for a number of times and once for
//! twice as many, with the same made ready; the difference is theirs alone. Instructions are not
//! time: a stage that waits for memory looks cheap here.
//!
//! A count moves by a few in a thousand between runs where hash tables are: they are seeded anew in
//! each process. What it counts is of all threads, the kernel's work left out.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::peer::program::find;
use crate::report::{Table, preamble};
use crate::stage::{Stage, all};

/// What `instructions` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Only stages whose name has this in it
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

/// What one run under valgrind is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Run {
    /// The name of the stage
    name: String,
    /// For how many times it is made ready
    ready: u64,
    /// How often it is done
    times: u64,
}

/// Counts and prints.
///
/// # Errors
/// When valgrind is not installed, or a stage fails under it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    preamble(None);
    let valgrind = find("valgrind", None)?;
    let valgrind = valgrind.context("valgrind is not installed (apt-get install valgrind)")?;
    let scratch = tempfile::tempdir()?;
    let mut table = Table::new(&["stage", "instructions"]);
    for stage in all().iter().filter(|stage| stage.name.contains(&args.only)) {
        let each = each(&valgrind, &scratch.path().join("counts"), stage)?;
        table.row([stage.name.to_owned(), each.to_string()]);
    }
    table.print();
    Ok(())
}

impl Run {
    /// Does the stage so often, and nothing else.
    ///
    /// # Errors
    /// When there is no such stage, or it cannot be prepared.
    pub fn run(&self) -> anyhow::Result<()> {
        let stage = all().into_iter().find(|stage| stage.name == self.name);
        let mut work = stage.context("there is no such stage")?.prepare()?;
        work.ready(self.ready)?;
        work.run(self.times);
        Ok(())
    }
}

/// Instructions of the stage done once.
fn each(valgrind: &Path, counts: &Path, stage: &Stage) -> anyhow::Result<u64> {
    let ready = stage.counted * 2;
    let [once, twice] =
        [stage.counted, ready].map(|times| count(valgrind, counts, stage.name, ready, times));
    let more = twice?.checked_sub(once?).context("twice as often took less")?;
    Ok((more + stage.counted / 2) / stage.counted)
}

/// Instructions of the whole process.
fn count(
    valgrind: &Path,
    counts: &Path,
    name: &str,
    ready: u64,
    times: u64,
) -> anyhow::Result<u64> {
    let mut command = Command::new(valgrind);
    command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", counts.display()));
    command.arg(std::env::current_exe()?).args(["stage", name]);
    command.args([ready, times].map(|number| number.to_string())).stdin(Stdio::null());
    let done = command.output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{name} failed under valgrind: {said}");
    let counts = std::fs::read_to_string(counts)?;
    total(&counts).context("valgrind wrote no total")
}

/// The total in a file of callgrind's: the first number of its line `totals:`.
fn total(counts: &str) -> Option<u64> {
    let total = counts.lines().find_map(|line| line.strip_prefix("totals:"))?;
    total.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_that_of_all_functions() {
        let counts = "version: 1\nevents: Ir\nsummary: 12\n\nfn=(1) main\n16 400\n\ntotals: 412\n";
        assert_eq!(total(counts), Some(412));
        assert_eq!(total("events: Ir\n"), None);
    }
}
