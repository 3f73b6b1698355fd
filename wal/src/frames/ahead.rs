//! Reads the frames of a file one after the other, ahead of those who want them.

use std::io;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::{Frame, Frames};
use crate::storage::Medium;

/// So few frames are not worth a thread.
const FEW: usize = 16;
/// So few cores are all busy with what is done with the frames.
const FEW_CORES: usize = 2;
/// So many frames are handed on together: to wake the one who takes them costs as much as to
/// decompress one.
const TOGETHER: usize = 8;
/// How many times as many wait.
const AHEAD: usize = 8;

impl<M: Medium> Frames<M> {
    /// Gives all frames from this one on to `each`, until it says no. Where there is a core for it,
    /// a thread beside this one reads and decompresses them.
    pub(crate) fn read_ahead(
        &self,
        from: usize,
        each: impl FnMut(usize, io::Result<Frame>) -> bool,
    ) {
        let places = from..self.len();
        if places.len() < FEW || cores() <= FEW_CORES {
            self.read_here(places, each);
        } else {
            self.read_beside(places, each);
        }
    }

    fn read_here(
        &self,
        mut places: Range<usize>,
        mut each: impl FnMut(usize, io::Result<Frame>) -> bool,
    ) {
        let mut expected = 0;
        places.all(|place| {
            expected = self.expect(place, expected);
            each(place, self.frame(place))
        });
    }

    fn read_beside(
        &self,
        places: Range<usize>,
        mut each: impl FnMut(usize, io::Result<Frame>) -> bool,
    ) {
        thread::scope(|scope| {
            let (ahead, frames) = sync_channel(AHEAD);
            scope.spawn(move || {
                let mut expected = 0;
                for first in places.clone().step_by(TOGETHER) {
                    expected = self.expect(first, expected);
                    let some = first..places.end.min(first + TOGETHER);
                    let some = some.map(|place| (place, self.frame(place))).collect::<Vec<_>>();
                    // Nobody wants the rest.
                    if ahead.send(some).is_err() {
                        break;
                    }
                }
            });
            frames.into_iter().flatten().all(|(place, frame)| each(place, frame));
        });
    }
}

/// How many cores there are. To ask the system is to read files.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{HEAD, NAME, file};
    use super::*;
    use crate::storage::Storage;

    #[test]
    fn frames_read_beside_are_those_read_here() {
        let frames = Frames::open(file().open(NAME).unwrap(), HEAD).unwrap();
        for (from, wanted) in [(0, usize::MAX), (7, 100), (3, 1), (frames.len(), 1)] {
            let (mut here, mut beside) = (Vec::new(), Vec::new());
            let take = |to: &mut Vec<_>, place, frame: io::Result<Frame>| {
                to.push((place, frame.unwrap().plain));
                to.len() < wanted
            };
            frames.read_here(from..frames.len(), |place, frame| take(&mut here, place, frame));
            frames.read_beside(from..frames.len(), |place, frame| take(&mut beside, place, frame));
            assert_eq!(here.len(), wanted.min(frames.len() - from));
            assert_eq!(here, beside);
        }
    }
}
