//! Reads bytes of a file whose checksum tells whether they are right, of whichever copy of it has them.

use std::io;

use super::{damaged, is_damage};
use crate::storage::Medium;

/// Which copies of a file, where it has more than one, must hold what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    /// One of them: the log is read.
    Any,
    /// Each of them: the file was just written.
    Each,
}

/// What is said where no copy has the bytes.
#[derive(Debug, thiserror::Error)]
#[error("{0}, in either copy")]
struct InEach(io::Error);

/// Whether a failure says that bytes are damaged in each of two copies.
pub(crate) fn is_in_each(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<InEach>())
}

impl Copies {
    /// Reads so many bytes at this place, and makes of them what they are, if that is possible.
    pub(super) fn read<M: Medium, T>(
        self,
        medium: &M,
        offset: u64,
        bytes: usize,
        take: impl Fn(Vec<u8>) -> io::Result<T>,
    ) -> io::Result<T> {
        match self {
            Self::Any => any(medium, offset, bytes, take),
            Self::Each => each(medium, offset, bytes, take),
        }
    }
}

fn any<M: Medium, T>(
    medium: &M,
    offset: u64,
    bytes: usize,
    take: impl Fn(Vec<u8>) -> io::Result<T>,
) -> io::Result<T> {
    let mut buffer = vec![0; bytes];
    let read = medium.read_at(&mut buffer, offset).and_then(|()| take(buffer));
    let error = match read {
        Err(error) if is_damage(&error) => error,
        read => return read,
    };
    let mut buffer = vec![0; bytes];
    match medium.read_copy_at(1, &mut buffer, offset).map(|there| there.then(|| take(buffer))) {
        Ok(Some(Ok(taken))) => {
            medium.blame();
            Ok(taken)
        }
        Ok(Some(Err(_))) => Err(io::Error::new(io::ErrorKind::InvalidData, InEach(error))),
        Ok(None) | Err(_) => Err(error),
    }
}

fn each<M: Medium, T>(
    medium: &M,
    offset: u64,
    bytes: usize,
    take: impl Fn(Vec<u8>) -> io::Result<T>,
) -> io::Result<T> {
    let mut taken = None;
    for copy in 0.. {
        let mut buffer = vec![0; bytes];
        if !medium.read_copy_at(copy, &mut buffer, offset)? {
            break;
        }
        let other = take(buffer)?;
        taken = taken.or(Some(other));
    }
    taken.ok_or_else(|| damaged("there is no copy"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Some copies of a byte that is to be 7, the first of which is read unless another is asked for.
    struct Held(Vec<u8>, AtomicUsize);

    impl Medium for Held {
        fn bytes(&self) -> io::Result<u64> {
            Ok(1)
        }

        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
            self.read_copy_at(0, buffer, offset).map(drop)
        }

        fn read_copy_at(&self, copy: usize, buffer: &mut [u8], _: u64) -> io::Result<bool> {
            let held = self.0.get(copy);
            buffer.copy_from_slice(&[held.copied().unwrap_or_default()]);
            Ok(held.is_some())
        }

        fn blame(&self) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }

        fn write_at(&mut self, _: &[u8], _: u64) -> io::Result<()> {
            Ok(())
        }

        fn sync(&self) -> io::Result<()> {
            Ok(())
        }

        fn forget(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is read where the copies hold these, and how often one was blamed.
    fn read(copies: Copies, held: &[u8]) -> (Result<(), bool>, usize) {
        let held = Held(held.to_vec(), AtomicUsize::new(0));
        let take = |bytes: Vec<u8>| if bytes == [7] { Ok(()) } else { Err(damaged("wrong")) };
        let read = copies.read(&held, 0, 1, take).map_err(|error| is_in_each(&error));
        (read, held.1.into_inner())
    }

    #[test]
    fn what_is_read_is_right_in_one_copy_and_what_was_written_in_each() {
        let is = |held: &[u8], any: (Result<(), bool>, usize), each: bool| {
            assert_eq!(read(Copies::Any, held), any, "{held:?}");
            assert_eq!(read(Copies::Each, held).0.is_ok(), each, "{held:?}");
        };
        is(&[7], (Ok(()), 0), true);
        is(&[7, 7], (Ok(()), 0), true);
        is(&[7, 6], (Ok(()), 0), false);
        is(&[6, 7], (Ok(()), 1), false);
        is(&[6], (Err(false), 0), false);
        is(&[6, 6], (Err(true), 0), false);
    }
}
