//! What a life begins on: the newest snapshot that is right, or nothing.

use wal::{Lsn, ReadSnapshotError, SnapshotInfo, Storage};

use super::load::{BadSnapshot, Base, Limits, Loader};

/// What a life began on.
#[derive(Debug, Default)]
pub struct Begun {
    /// The snapshot; `None` where all of the log was replayed.
    pub on: Option<SnapshotInfo>,
    /// The snapshots that would have been better, newest first, and are not right.
    pub passed_over: Vec<PassedOver>,
}

/// A snapshot that is not right. It cost time: more of the log was replayed.
#[derive(Debug, thiserror::Error)]
#[error("the snapshot from record {from} on was passed over: {why}")]
pub struct PassedOver {
    /// The first record that would have been replayed on top of it.
    pub from: Lsn,
    /// What is not right.
    #[source]
    pub why: ReadSnapshotError<BadSnapshot>,
}

/// The newest snapshot in `storage` that is right, else nothing.
pub fn newest<S: Storage>(storage: &S, limits: Limits<'_>) -> (Base, Begun) {
    let mut passed_over = Vec::new();
    // Where they cannot be listed, neither can the log: its opening tells why.
    for from in wal::snapshots(storage).unwrap_or_default() {
        match read(storage, limits, from) {
            Ok((base, on)) => return (base, Begun { on: Some(on), passed_over }),
            Err(why) => passed_over.push(PassedOver { from, why }),
        }
    }
    (Base::nothing(&limits), Begun { on: None, passed_over })
}

/// The snapshot of that name, if it is right.
pub fn read<S: Storage>(
    storage: &S,
    limits: Limits<'_>,
    from: Lsn,
) -> Result<(Base, SnapshotInfo), ReadSnapshotError<BadSnapshot>> {
    let mut loader = Loader::new(limits);
    let info = wal::read_snapshot(storage, from, |section| loader.section(section))?;
    let refused = |error| ReadSnapshotError::Visit { name: wal::Name::Snapshot(from), error };
    let base = loader.finish().map_err(refused)?;
    if (base.from, base.upto) == (info.from, info.upto) {
        return Ok((base, info));
    }
    Err(refused(BadSnapshot { section: info.sections, part: "name" }))
}
