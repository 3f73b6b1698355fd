//! Follows a log that runs: from one look to the next nothing is read twice.

use std::io;

use super::sealed;
use super::survey::holder;
use super::{OpenError, StorageError};
use crate::group::{Chain, Group, is_marked};
use crate::record::RecordRef;
use crate::segment::{BODY_OFFSET, Segment};
use crate::size::{PAGE, wide};
use crate::storage::{Medium, Storage};
use crate::window::Window;
use crate::{Lsn, Name};

/// How often files may be replaced under one look.
const TRIES: usize = 20;

/// A place in a log from which it is followed. It never changes anything, and says nothing of what
/// comes behind the end: a group that is not whole is as good as one that is not there yet.
#[derive(Clone, Debug)]
pub struct Follower {
    /// The first record that is shown.
    from: Lsn,
    /// The segment of the next group.
    number: u64,
    /// Where that group begins, if it is in this segment.
    offset: u64,
    /// What it follows.
    chain: Chain,
}

/// Why a look ended.
enum End {
    /// Nothing more is there.
    Nothing,
    /// The segment ends, or its file was replaced by another.
    Segment,
}

impl Follower {
    /// Before the first look, which shows what is there from `from` on.
    #[must_use]
    pub const fn new(from: Lsn) -> Self {
        Self { from, number: 1, offset: BODY_OFFSET, chain: Chain::START }
    }

    /// The record that is to come.
    #[must_use]
    pub const fn next(&self) -> Lsn {
        self.chain.next
    }

    /// Shows each record that came since the last look, with the file that it is in.
    ///
    /// # Errors
    /// A file cannot be read, what was sealed is damaged, or `visit` refused.
    pub fn advance<S: Storage, E>(
        &mut self,
        storage: &S,
        mut visit: impl FnMut(Name, RecordRef<'_>) -> Result<(), E>,
    ) -> Result<(), OpenError<E>> {
        let failed = |source| StorageError { doing: "list", name: None, source };
        let mut tries = 0;
        loop {
            let names = storage.list().map_err(failed)?;
            let before = (self.number, self.offset);
            let end = self.look(storage, &names, &mut visit);
            let moved = (self.number, self.offset) != before;
            tries = if moved { 0 } else { tries + 1 };
            match end {
                Ok(End::Nothing) => return Ok(()),
                Ok(End::Segment) => {}
                // It was sealed, or merged, since the names were listed.
                Err(OpenError::Storage(error))
                    if error.source.kind() == io::ErrorKind::NotFound && tries < TRIES => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes behind the last record that is there now.
    ///
    /// # Errors
    /// A file cannot be read, or what was sealed is damaged.
    pub fn skip<S: Storage>(
        &mut self,
        storage: &S,
    ) -> Result<(), OpenError<std::convert::Infallible>> {
        let from = std::mem::replace(&mut self.from, Lsn::new(u64::MAX));
        let skipped = self.advance(storage, |_, _| Ok(()));
        self.from = from;
        skipped
    }

    /// Reads what is left of the segment that it is in, from the file that has it now.
    fn look<S: Storage, E>(
        &mut self,
        storage: &S,
        names: &[Name],
        visit: &mut impl FnMut(Name, RecordRef<'_>) -> Result<(), E>,
    ) -> Result<End, OpenError<E>> {
        match holder(names, self.number) {
            Some(name @ Name::Dense { .. }) => self.sealed(storage, name, visit),
            Some(name) => {
                self.padded(storage, name, visit)?;
                self.step(storage, names)
            }
            None => Ok(End::Nothing),
        }
    }

    fn sealed<S: Storage, E>(
        &mut self,
        storage: &S,
        name: Name,
        visit: &mut impl FnMut(Name, RecordRef<'_>) -> Result<(), E>,
    ) -> Result<End, OpenError<E>> {
        let sealed = sealed::at(storage, name, self.chain.next)?;
        let from = self.from.max(self.chain.next);
        let mut shown = self.chain.next;
        let done = sealed.show(storage, from, &mut |_| {}, &mut |record: RecordRef<'_>| {
            shown = record.lsn.next();
            visit(name, record)
        });
        // What was shown is not shown again where the file went away meanwhile.
        self.from = self.from.max(shown);
        done?;
        let end = sealed.end();
        (self.number, self.chain, self.offset) = (end.number, end.chain, BODY_OFFSET);
        Ok(End::Segment)
    }

    fn padded<S: Storage, E>(
        &mut self,
        storage: &S,
        name: Name,
        visit: &mut impl FnMut(Name, RecordRef<'_>) -> Result<(), E>,
    ) -> Result<(), OpenError<E>> {
        let failed = |source| StorageError { doing: "read", name: Some(name), source };
        let medium = storage.open(name).map_err(failed)?;
        let Some(segment) = segment(&medium, self.number).map_err(failed)? else { return Ok(()) };
        // Mostly nothing came: a page tells, and no more is read.
        if !is_next(&medium, &segment, self.offset, &self.chain).map_err(failed)? {
            return Ok(());
        }
        let mut memory = Vec::new();
        let mut window = Window::new(&medium, medium.bytes().map_err(failed)?, &mut memory);
        loop {
            let group = window.group(&segment, self.offset).map_err(failed)?;
            let group = group.filter(|(group, _)| self.chain.precedes(group));
            let records = group.and_then(|(group, bytes)| Some((group.records_in(bytes)?, group)));
            let Some((records, group)) = records else { return Ok(()) };
            self.offset += wide(group.bytes);
            self.chain = group.behind(&self.chain);
            for record in records.into_iter().filter(|record| record.lsn >= self.from) {
                visit(name, record).map_err(|error| OpenError::Visit { lsn: record.lsn, error })?;
            }
        }
    }

    /// Goes on with the next segment once a group in it follows.
    fn step<S: Storage, E>(&mut self, storage: &S, names: &[Name]) -> Result<End, OpenError<E>> {
        let number = self.number + 1;
        let follows = match holder(names, number) {
            None => false,
            Some(name @ Name::Dense { .. }) => {
                sealed::at::<S, E>(storage, name, self.chain.next).is_ok()
            }
            Some(name) => {
                let failed = |source| StorageError { doing: "read", name: Some(name), source };
                let medium = storage.open(name).map_err(failed)?;
                let segment = segment(&medium, number).map_err(failed)?;
                let is_next = |segment| is_next(&medium, &segment, BODY_OFFSET, &self.chain);
                segment.map(is_next).transpose().map_err(failed)?.unwrap_or(false)
            }
        };
        if !follows {
            return Ok(End::Nothing);
        }
        (self.number, self.offset) = (number, BODY_OFFSET);
        Ok(End::Segment)
    }
}

/// The header of the segment, if it is the one of that number.
fn segment<M: Medium>(medium: &M, number: u64) -> io::Result<Option<Segment>> {
    Ok(Segment::read(medium)?.filter(|segment| segment.number == number))
}

/// Whether the header of a group that follows is there.
fn is_next<M: Medium>(
    medium: &M,
    segment: &Segment,
    offset: u64,
    chain: &Chain,
) -> io::Result<bool> {
    if offset + wide(PAGE) > segment.bytes {
        return Ok(false);
    }
    let mut page = vec![0; PAGE];
    medium.read_at(&mut page, offset)?;
    let group = is_marked(&page).then(|| Group::of_page(&page, segment, offset)).flatten();
    Ok(group.is_some_and(|group| chain.precedes(&group)))
}
