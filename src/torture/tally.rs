//! What was done so far, in numbers.

use std::time::Duration;

use super::load::Work;
use super::moment::Moment;
use super::witness::Testimony;

/// The counts of the verdict.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Ledgers that were begun.
    pub(super) rounds: u64,
    /// Those of them whose log was in two directories.
    pub(super) mirrored: u64,
    /// Lives that were ended, by [`Moment::ALL`].
    pub(super) ends: [u64; Moment::ALL.len()],
    /// What was asked.
    pub(super) work: Work,
    /// What was asked again.
    pub(super) testimony: Testimony,
    /// Ends of the log that were overwritten.
    pub(super) torn: u64,
    /// Files that were left in the directory of the log.
    pub(super) litter: u64,
    /// Copies that were damaged, and refused or answered with an error that says so.
    pub(super) told: u64,
    /// Copies that were damaged where nothing was.
    pub(super) harmless: u64,
    /// States of a simulated disk that a log was opened from.
    pub(super) states: u64,
    /// Segments that were seen.
    pub(super) segments: u64,
    /// Sealed files that were seen.
    pub(super) dense: u64,
    /// Snapshots that were seen.
    pub(super) snapshots: u64,
    /// How long each `fdatasync` took that was measured.
    pub(super) syncs: Vec<Duration>,
}

impl Tally {
    /// Lives that were ended.
    pub(super) fn lives(&self) -> u64 {
        self.ends.iter().sum()
    }

    /// A life was ended.
    pub(super) fn ended(&mut self, moment: Moment) {
        if let Some(n) = Moment::ALL.iter().position(|it| *it == moment) {
            self.ends[n] += 1;
        }
    }

    /// A teller has worked.
    pub(super) fn worked(&mut self, work: Work) {
        self.work.requests += work.requests;
        self.work.acknowledged += work.acknowledged;
        self.work.refused += work.refused;
        self.testimony.again += work.again;
    }

    /// How long a sync took that this part of all are not slower than, in thousandths.
    pub(super) fn sync(&self, part: usize) -> Duration {
        let mut syncs = self.syncs.clone();
        syncs.sort_unstable();
        let at = (syncs.len() * part / 1000).min(syncs.len().saturating_sub(1));
        syncs.get(at).copied().unwrap_or_default()
    }
}
