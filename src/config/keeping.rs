//! How the log is kept: a second copy, an archive, snapshots.

use std::path::PathBuf;
use std::time::Duration;

use wal::OnMirrorLoss;

use super::reader::Reader;
use super::{limits, parse, setting};

/// How the log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Where the second copy is, if there is one.
    pub wal_mirror: Option<PathBuf>,
    /// What to do when it can no longer be written.
    pub on_mirror_loss: OnMirrorLoss,
    /// Where sealed segments go that are old, if anywhere.
    pub archive_dir: Option<PathBuf>,
    /// How old they are then.
    pub archive_after: Duration,
    /// Whether a start replays everything, whatever snapshots there are.
    pub ignore_snapshots: bool,
    /// How long after a snapshot the next one is taken, if by itself.
    pub snapshot_interval: Option<Duration>,
}

const DAY_SECONDS: u64 = 24 * 60 * 60;

const ON_MIRROR_LOSS: &[(&str, OnMirrorLoss)] =
    &[("stop", OnMirrorLoss::Stop), ("continue", OnMirrorLoss::Continue)];

impl Keeping {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let wal_mirror = reader.one(&setting::WAL_MIRROR, parse::optional_directory);
        let on_mirror_loss = reader.choice(&setting::ON_MIRROR_LOSS, ON_MIRROR_LOSS);
        let archive_dir = reader.one(&setting::ARCHIVE_DIR, parse::optional_directory);
        let days: Option<u64> =
            reader.number(&setting::ARCHIVE_AFTER_DAYS, &limits::ARCHIVE_AFTER_DAYS);
        let seconds: Option<u64> =
            reader.number(&setting::SNAPSHOT_INTERVAL_S, &limits::SNAPSHOT_INTERVAL_S);
        let ignore_snapshots = reader.switch(&setting::IGNORE_SNAPSHOTS);
        let seconds = seconds?;
        Some(Self {
            wal_mirror: wal_mirror?,
            on_mirror_loss: on_mirror_loss?,
            archive_dir: archive_dir?,
            archive_after: Duration::from_secs(days?.saturating_mul(DAY_SECONDS)),
            ignore_snapshots: ignore_snapshots?,
            snapshot_interval: (seconds > 0).then(|| Duration::from_secs(seconds)),
        })
    }
}
