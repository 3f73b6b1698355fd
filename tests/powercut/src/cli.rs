//! The command line, and where a run that was broken off goes on.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Parser;

use crate::auditor::Auditor;
use crate::mount::Filesystem;
use crate::tally::Tally;

/// Cuts the power of a disk under a real file system under a real holdfast under load, as often as
/// it is told, and asks for every acknowledged answer again.
///
/// It needs root, /dev/fuse, loop devices, and the tools that make file systems; it uses only
/// loopback.
///
/// Exit status: 0 nothing wrong, 1 something lost or falsely refused, 3 the rig cannot run here or
/// has failed itself, 2 usage.
#[derive(Clone, Debug, Parser)]
#[command(name = "powercut", version)]
pub struct Args {
    /// The file system
    #[arg(long, value_enum, default_value = "ext4")]
    pub fs: Filesystem,
    /// Stop after so many cuts
    #[arg(long, default_value = "1000")]
    pub cuts: u64,
    /// What everything is drawn from
    #[arg(long, default_value = "1")]
    pub seed: u64,
    /// The first ledger to play: a failure names its own
    #[arg(long, default_value = "0", conflicts_with = "progress")]
    pub ledger: u64,
    /// Go on where this file says, and keep it up to date
    #[arg(long, value_name = "FILE")]
    pub progress: Option<PathBuf>,
    /// Stop after so many minutes
    #[arg(long, value_name = "MINUTES", default_value = "600")]
    pub minutes: u64,
    /// The server [default: the holdfast beside this program]
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,
    /// The shadow auditor [default: the holdfast-auditor beside this program]
    #[arg(long, value_name = "PATH")]
    pub auditor: Option<PathBuf>,
    /// The length of the log's segments [default: drawn, 128 or 512 KiB]
    #[arg(long, value_name = "BYTES")]
    pub segment_bytes: Option<u64>,
    /// Where the disk of a failure is put
    #[arg(long, value_name = "DIRECTORY", default_value = ".")]
    pub keep: PathBuf,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The next ledger to play.
    pub next: u64,
    /// What was seen in all before it.
    pub tally: Tally,
}

impl Args {
    /// The server.
    ///
    /// # Errors
    /// When there is none.
    pub fn server(&self) -> anyhow::Result<PathBuf> {
        self.server.clone().map_or_else(|| beside("holdfast"), there)
    }

    /// The auditor.
    ///
    /// # Errors
    /// When there is none.
    pub fn auditor(&self) -> anyhow::Result<Auditor> {
        let path = self.auditor.clone().map_or_else(|| beside("holdfast-auditor"), there)?;
        Ok(Auditor { path })
    }

    /// Where the run begins.
    ///
    /// # Errors
    /// When the file is of another run, or of none.
    pub fn begin(&self) -> anyhow::Result<Progress> {
        let none = Progress { next: self.ledger, tally: Tally::default() };
        let Some(path) = self.progress.as_ref().filter(|path| path.exists()) else {
            return Ok(none);
        };
        let text = fs::read_to_string(path)?;
        self.resume(&text).with_context(|| format!("{} is of another run", path.display()))
    }

    /// Writes how far the run is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, progress: &Progress) -> anyhow::Result<()> {
        if let Some(path) = &self.progress {
            let Progress { next, tally } = progress;
            fs::write(path, format!("{} {next}\n{tally}", self.head()))?;
        }
        Ok(())
    }

    fn head(&self) -> String {
        format!("{} seed {} next ledger", self.fs.name(), self.seed)
    }

    fn resume(&self, text: &str) -> anyhow::Result<Progress> {
        let (head, counts) = text.split_once('\n').context("it has no lines")?;
        let next = head.strip_prefix(&self.head()).context("it begins otherwise")?;
        let tally = Tally::parse(counts).map_err(anyhow::Error::msg)?;
        Ok(Progress { next: next.trim().parse()?, tally })
    }
}

/// A program in the folder of this one, or in the one above, where tests of it are.
///
/// # Errors
/// When there is none.
pub fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folders = own.ancestors().skip(1).take(2);
    let mut paths = folders.map(|folder| folder.join(name));
    let first = paths.next().with_context(|| format!("{} is nowhere", own.display()))?;
    if first.is_file() { Ok(first) } else { there(paths.next().unwrap_or(first)) }
}

fn there(path: PathBuf) -> anyhow::Result<PathBuf> {
    ensure!(path.is_file(), "there is no {}, build it first", path.display());
    Ok(path)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Args, Progress};
    use crate::tally::Tally;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_run_goes_on_where_it_was_and_no_other_does() {
        let args = Args::parse_from(["powercut", "--seed", "7"]);
        let mut tally = Tally::default();
        tally.many("cuts", 12);
        let progress = Progress { next: 3, tally };
        let text = format!("{} 3\n{}", args.head(), progress.tally);
        assert_eq!(args.resume(&text).unwrap(), progress);
        let other = Args::parse_from(["powercut", "--seed", "8"]);
        other.resume(&text).unwrap_err();
    }
}
