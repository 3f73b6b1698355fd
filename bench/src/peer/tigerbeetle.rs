//! TigerBeetle by its own benchmark, `tigerbeetle benchmark`: it speaks no protocol that anybody else
//! may, so it is asked by its own client, and answers transfers and not holds.
//!
//! Its benchmark starts a cluster of one on a file in the directory that it is called in, and says
//! among other things:
//!
//! ```text
//! 37 batches in 0.88 s
//! transfer batch size = 8189 txs
//! load accepted = 342584 tx/s
//! batch latency p50  = 22 ms
//! batch latency p99  = 32 ms
//! ```

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

/// One kind of load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// What it is called.
    pub name: &'static str,
    /// How many transfers are made.
    pub transfers: u64,
    /// How it is asked for.
    flags: &'static [&'static str],
}

/// In batches as large as they can be: in one phase, and three in ten of them the first of two; and
/// one by one.
pub const LOADS: [Load; 3] = [
    Load { name: "transfers in batches", transfers: 1_000_000, flags: &[] },
    Load {
        name: "the same, 30 % of them pending",
        transfers: 1_000_000,
        flags: &["--transfer-pending"],
    },
    Load {
        name: "transfers in batches of one",
        transfers: 4000,
        flags: &["--transfer-batch-count=1"],
    },
];

/// What one run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// How many transfers a batch has.
    pub batch: u64,
    /// Transfers.
    pub per_second: u64,
    /// Half of the batches took at most so long, in milliseconds.
    pub p50_ms: u64,
    /// Of a hundred batches 99 took at most so long, in milliseconds.
    pub p99_ms: u64,
}

/// What the program says it is.
///
/// # Errors
/// When it cannot be run.
pub fn version(program: &Path) -> anyhow::Result<String> {
    let said = Command::new(program).arg("version").output();
    let said = said.with_context(|| format!("{} cannot be started", program.display()))?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// Runs its benchmark once, on a file in `directory`.
///
/// # Errors
/// When it fails, with its last words, or does not say what it did.
pub fn run(program: &Path, directory: &Path, load: &Load) -> anyhow::Result<Measured> {
    let mut command = Command::new(program.canonicalize()?);
    command.current_dir(directory).stdin(Stdio::null()).arg("benchmark").arg("--query-count=1");
    command.arg(format!("--transfer-count={}", load.transfers)).args(load.flags);
    let done = command.output()?;
    let (said, logged) =
        (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let last = logged.lines().last().unwrap_or_default();
    ensure!(done.status.success(), "TigerBeetle's benchmark failed ({}): {last}", done.status);
    measured(&said).or_else(|_| measured(&logged))
}

/// Reads what the benchmark said.
fn measured(said: &str) -> anyhow::Result<Measured> {
    let number = |name: &str, unit: &str| {
        let value = said.lines().find_map(|line| value(line, name, unit));
        value.with_context(|| format!("TigerBeetle's benchmark does not say {name:?} in {unit}"))
    };
    Ok(Measured {
        batch: number("transfer batch size", "txs")?,
        per_second: number("load accepted", "tx/s")?,
        p50_ms: number("batch latency p50", "ms")?,
        p99_ms: number("batch latency p99", "ms")?,
    })
}

/// The number of a line `name = number unit`.
fn value(line: &str, name: &str, unit: &str) -> Option<u64> {
    let (said, value) = line.split_once('=')?;
    let number = value.trim().strip_suffix(unit)?.trim();
    (said.trim() == name).then(|| number.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "37 batches in 0.88 s
transfer batch size = 8189 txs
transfer batch delay = 0ns
load accepted = 342584 tx/s
batch latency p1   = 0 ms
batch latency p50  = 22 ms
batch latency p99  = 32 ms
batch latency p100 = 33 ms

rss = 3180154880 bytes
";

    #[test]
    fn what_its_benchmark_says_is_read() {
        let expected = Measured { batch: 8189, per_second: 342_584, p50_ms: 22, p99_ms: 32 };
        assert_eq!(measured(SAID).unwrap(), expected);
    }

    #[test]
    fn what_it_does_not_say_is_not_made_up() {
        for missing in ["load accepted", "transfer batch size", "latency p50", "latency p99"] {
            let error = measured(&SAID.replace(missing, "else")).unwrap_err();
            assert!(error.to_string().contains("does not say"), "{error}");
        }
        assert!(measured(&SAID.replace("tx/s", "per minute")).is_err());
        assert!(measured("").is_err());
    }
}
