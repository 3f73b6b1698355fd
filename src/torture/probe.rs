//! This disk itself: how long it takes to say that something is stored.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use super::clock::now;

const BLOCK: [u8; 4096] = [0x5a; 4096];
/// No device that keeps what it was given without power is faster.
const IMPLAUSIBLE: Duration = Duration::from_micros(5);

/// Writes 4 KiB over and over at one place, and says how long each took to be synced.
///
/// # Errors
/// When the disk fails.
pub(super) fn measure(path: &Path, times: usize) -> io::Result<Vec<Duration>> {
    let file = File::options().write(true).create(true).truncate(false).open(path)?;
    // The first write allocates the block, which later ones need not.
    file.write_all_at(&BLOCK, 0)?;
    file.sync_all()?;
    let time = |_| {
        file.write_all_at(&BLOCK, 0)?;
        let begun = now();
        file.sync_data()?;
        Ok(begun.elapsed())
    };
    (0..times).map(time).collect()
}

/// Why syncs of this length are not to be believed.
pub(super) fn doubt(median: Duration) -> Option<String> {
    (median < IMPLAUSIBLE).then(|| {
        format!(
            "a sync takes {} ns: this device may acknowledge what it has not stored",
            median.as_nanos()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_that_is_too_fast_is_doubted() {
        assert!(doubt(Duration::from_nanos(900)).is_some());
        assert!(doubt(Duration::from_micros(20)).is_none());
    }
}
