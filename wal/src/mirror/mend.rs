//! Makes a file of frames whole again that rots in one of two copies, or in both in different places:
//! each of its parts is taken from a copy that has it.
//!
//! A copy in which a part is wrong is written anew, beside, and takes the place of the old one once it
//! was read back. Where neither copy has a part both stay as they are.

use std::io;

use crate::Name;
use crate::frames::{FOOT_BYTES, Foot, HEAD_BYTES, Head, PACE_BYTES, damaged};
use crate::size::{narrow, wide};
use crate::storage::{Medium, Storage};

/// What is said of two files that are right in themselves and not the same.
#[derive(Debug, thiserror::Error)]
#[error("the copies hold different files")]
struct Differ;

/// Whether it cannot be mended because each copy holds another file.
pub(super) fn is_difference(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Differ>())
}

/// Makes it whole where it is not, and says where that was. A file that is not in both is left as it
/// is. So much room is left beside it.
///
/// # Errors
/// A part is wrong in both, each holds another file, or what is whole cannot be written.
pub(super) fn mend<S: Storage>(
    storages: [&S; 2],
    name: Name,
    reserve: u64,
    pause: &dyn Fn(),
) -> io::Result<[bool; 2]> {
    let [Some(first), Some(second)] = [there(storages[0], name)?, there(storages[1], name)?] else {
        return Ok([false, false]);
    };
    let mut copies = Copies { media: vec![first, second], wrong: [false, false] };
    copies.walk(name, pause, |_| Ok(()))?;
    let (wrong, wanted) = (copies.wrong, copies.longest()?.saturating_add(reserve));
    // The first goes last: for as long as it is wrong, whoever reads it sees that.
    for (storage, _) in storages.into_iter().zip(wrong).rev().filter(|(_, wrong)| *wrong) {
        if storage.room(storage.is_archived(name))? < wanted {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = rewrite(storage, name, &mut copies, pause);
        written.inspect_err(|_| storage.discard(name))?;
    }
    Ok(wrong)
}

fn there<S: Storage>(storage: &S, name: Name) -> io::Result<Option<S::Medium>> {
    match storage.open(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// Writes the file anew in this storage.
fn rewrite<S: Storage>(
    storage: &S,
    name: Name,
    copies: &mut Copies<S::Medium>,
    pause: &dyn Fn(),
) -> io::Result<()> {
    let archived = storage.is_archived(name);
    let mut out = if archived { storage.create_archived(name) } else { storage.create(name) }?;
    let mut offset = 0;
    copies.walk(name, pause, |piece| {
        out.write_at(piece, offset)?;
        offset += wide(piece.len());
        out.sync()
    })?;
    out.forget()?;
    Copies { media: vec![out], wrong: [false, false] }.walk(name, pause, |_| Ok(()))?;
    storage.publish(name)
}

/// Copies of one file.
struct Copies<M> {
    media: Vec<M>,
    /// Whether some part of each is not what was written.
    wrong: [bool; 2],
}

impl<M: Medium> Copies<M> {
    /// Gives the file to `each` in pieces, from front to back.
    fn walk(
        &mut self,
        name: Name,
        pause: &dyn Fn(),
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let head = self.head(name)?;
        let foot = self.foot(&head)?;
        let at = foot.index_offset;
        let length = narrow(foot.file_bytes - wide(FOOT_BYTES) - at);
        let is_index = |bytes: Vec<u8>| foot.index(&bytes).map(|_| bytes);
        let index = self.part(length, |_| Ok(at), |_, bytes| is_index(bytes))?;
        let lines = foot.index(&index)?;
        let (head, mut piece) = (head.to_bytes(), head.to_bytes().to_vec());
        for line in &lines {
            let verified = |bytes: Vec<u8>| line.verify(&head, &bytes).map(|()| bytes);
            let length = line.bytes_before(at)?;
            let frame = self.part(length, |_| Ok(line.offset()), |_, bytes| verified(bytes))?;
            piece.extend_from_slice(&frame);
            if piece.len() >= PACE_BYTES {
                each(&piece)?;
                pause();
                piece.clear();
            }
        }
        piece.extend_from_slice(&index);
        piece.extend_from_slice(&foot.to_bytes(&head));
        each(&piece)
    }

    fn head(&mut self, name: Name) -> io::Result<Head> {
        self.part(
            HEAD_BYTES,
            |_| Ok(0),
            |_, bytes| {
                let head = Head::read(&bytes)?;
                if head.is_of(name) {
                    Ok(head)
                } else {
                    Err(damaged("the head is of another file"))
                }
            },
        )
    }

    fn foot(&mut self, head: &Head) -> io::Result<Foot> {
        let at = |medium: &M| Ok(medium.bytes()?.saturating_sub(wide(FOOT_BYTES)));
        self.part(FOOT_BYTES, at, |at, bytes| Foot::read(head, &bytes, at + wide(FOOT_BYTES)))
    }

    /// A part of the file as the copies have it that have it right.
    fn part<T: PartialEq>(
        &mut self,
        bytes: usize,
        at: impl Fn(&M) -> io::Result<u64>,
        take: impl Fn(u64, Vec<u8>) -> io::Result<T>,
    ) -> io::Result<T> {
        let (mut found, mut failed) = (None, None);
        for (medium, wrong) in self.media.iter().zip(&mut self.wrong) {
            let read = at(medium).and_then(|offset| {
                let mut buffer = vec![0; bytes];
                medium.read_at(&mut buffer, offset)?;
                take(offset, buffer)
            });
            match read {
                Ok(part) if found.as_ref().is_some_and(|found| *found != part) => {
                    return Err(io::Error::other(Differ));
                }
                Ok(part) => found = Some(part),
                Err(error) => (*wrong, failed) = (true, Some(error)),
            }
        }
        found.ok_or_else(|| failed.unwrap_or_else(|| damaged("there is no copy")))
    }

    /// The length of the longer one.
    fn longest(&self) -> io::Result<u64> {
        self.media.iter().try_fold(0, |longest, medium| Ok(medium.bytes()?.max(longest)))
    }
}
