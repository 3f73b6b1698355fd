//! The directories that the log is in: its own, its archive, its copy.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use wal::directory::make_all;
use wal::mirror::{Listeners, ReconcileError, Reconciled, Rot, reconcile};
use wal::{Directory, DirectoryError, Filesystem, Mirrored, Name};

use crate::config::Config;
use crate::http::metrics::LogMetrics;

/// Opens and locks them, and makes the log and its copy the same.
///
/// # Errors
/// When one cannot be opened, or when the log and its copy cannot be made the same.
pub fn open(config: &Config, counted: LogMetrics) -> anyhow::Result<Mirrored<Directory>> {
    let log = directory(config, &config.data_dir.join("wal"))?;
    let log = match &config.keeping.archive_dir {
        Some(path) => log.with_archive(path)?,
        None => log,
    };
    let Some(mirror) = &config.keeping.wal_mirror else { return Ok(Mirrored::alone(log)) };
    make_all(mirror).with_context(|| format!("wal_mirror {} cannot be made", mirror.display()))?;
    let copy = directory(config, mirror)?;
    let done = reconcile(&log, &copy).map_err(|error| {
        let hint = match &error {
            ReconcileError::Both { first, .. } => super::corrupt(config, first),
            _ => None,
        };
        let hint = hint.unwrap_or_default();
        let what = format!("the log and its copy in {} differ{hint}", mirror.display());
        anyhow::Error::new(error).context(what)
    })?;
    tell(&done, mirror);
    Ok(Mirrored::with(log, copy, config.keeping.on_mirror_loss, listeners(mirror, counted)))
}

/// Who tells what becomes of the copies while the log is open.
fn listeners(mirror: &Path, counted: LogMetrics) -> Listeners {
    let (place, wal_mirror) = (mirror.display().to_string(), mirror.display().to_string());
    let on_loss = Arc::new(move |error: &std::io::Error| {
        tracing::error!(%error, wal_mirror = place, "THE SECOND COPY OF THE LOG IS LOST");
    });
    let on_rot = Arc::new(move |file: Name, rot: Rot<'_>| match rot {
        Rot::Read => {
            counted.read_from_copy();
            tracing::warn!(%file, wal_mirror, "a file is wrong in one copy of the log: the other is read");
        }
        Rot::Mended([false, false]) => {
            tracing::info!(%file, wal_mirror, "a file was looked through: it is right in both copies");
        }
        Rot::Mended(wrong) => {
            let repaired = match wrong {
                [true, true] => "data_dir and wal_mirror",
                [true, false] => "data_dir",
                [false, _] => "wal_mirror",
            };
            tracing::warn!(
                wal_mirror,
                repaired,
                mended = %file,
                "the log and its copy differed: a file was made whole of what both held"
            );
        }
        Rot::Left(error) => {
            tracing::error!(%file, %error, wal_mirror, "a file of the log could not be made whole");
        }
    });
    Listeners { on_loss, on_rot }
}

fn directory(config: &Config, path: &Path) -> anyhow::Result<Directory> {
    let filesystem =
        if config.allow_any_filesystem { Filesystem::Any } else { Filesystem::Checked };
    Directory::open(path, filesystem).map_err(|error| {
        let accept = matches!(error, DirectoryError::Filesystem { .. });
        let how = if accept { " without --allow-any-filesystem" } else { "" };
        let log = format!("log {} cannot be opened{how}", path.display());
        anyhow::Error::new(error).context(log)
    })
}

fn tell(done: &Reconciled, mirror: &Path) {
    if done.copied.is_empty() && done.mended.is_empty() && done.removed.is_empty() {
        return;
    }
    let names = |names: &[Name]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (right, repaired) =
        if done.from_copy { ("wal_mirror", "data_dir") } else { ("data_dir", "wal_mirror") };
    tracing::warn!(
        wal_mirror = %mirror.display(),
        right,
        repaired,
        last = done.last.value(),
        copied = ?names(&done.copied),
        mended = ?names(&done.mended),
        removed = ?names(&done.removed),
        "the log and its copy differed: the one with the longest chain was copied to the other"
    );
}
