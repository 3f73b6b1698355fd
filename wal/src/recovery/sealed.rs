//! What was sealed: each dense file is known by its foot, and read only where its records are
//! wanted.

use std::io;

use super::cut::{Kept, Stump};
use super::{Corruption, Damage, OpenError, StorageError};
use crate::frames::{Frame, Frames, Head, Kind, Span, is_damage, is_in_each};
use crate::group::Chain;
use crate::index::{Dense, Shelf};
use crate::record::{RecordRef, take};
use crate::segment::LogId;
use crate::storage::{Medium, Storage};
use crate::{Lsn, Name};

/// The part of the log that is in one dense file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sealed {
    name: Name,
    log: LogId,
    span: Span,
    file_bytes: u64,
}

/// Where the sealed part of a log ends.
#[derive(Clone, Copy)]
pub(super) struct End {
    /// The number of the next segment.
    pub(super) number: u64,
    pub(super) chain: Chain,
    /// The log, and the life of the last sealed segment.
    pub(super) life: Option<(LogId, u64)>,
}

impl End {
    /// Nothing is sealed.
    pub(super) const START: Self = Self { number: 1, chain: Chain::START, life: None };
}

/// Verifies the feet of all dense files: that they follow each other from the first segment on.
pub(super) fn follow<S: Storage, E>(
    storage: &S,
    names: &[Name],
) -> Result<(Vec<Sealed>, End), OpenError<E>> {
    let (mut sealed, mut end) = (Vec::new(), End::START);
    for name in names {
        let next = next(storage, *name, &end)?;
        end = next.end();
        sealed.push(next);
    }
    Ok((sealed, end))
}

/// The dense file of that name, if it is the one that follows.
pub(super) fn next<S: Storage, E>(
    storage: &S,
    name: Name,
    end: &End,
) -> Result<Sealed, OpenError<E>> {
    let corrupt = |damage| Corruption { name, offset: 0, lsn: end.chain.next, damage };
    let (first, _) = name.segments().unwrap_or_default();
    if first > end.number {
        let missing = Name::Segment(end.number);
        return Err(Corruption { name: missing, ..corrupt(Damage::Missing) }.into());
    }
    let next = identify(storage, name);
    let next = next.map_err(|error| damaged_or_failed(error, corrupt(Damage::Header)))?;
    let damage = if end.life.is_some_and(|(log, _)| log != next.log) {
        Damage::Foreign
    } else if end.life.is_some_and(|(_, epoch)| epoch > next.span.epochs.0) {
        Damage::Order
    } else if first != end.number || next.span.before != end.chain {
        Damage::Misplaced
    } else {
        return Ok(next);
    };
    Err(corrupt(damage).into())
}

/// The dense file of that name, if the record `next` is in it or comes right behind it.
pub(super) fn at<S: Storage, E>(
    storage: &S,
    name: Name,
    next: Lsn,
) -> Result<Sealed, OpenError<E>> {
    let corrupt = |damage| Corruption { name, offset: 0, lsn: next, damage };
    let sealed = identify(storage, name);
    let sealed = sealed.map_err(|error| damaged_or_failed(error, corrupt(Damage::Header)))?;
    let holds = sealed.span.before.next <= next && next <= sealed.span.after.next;
    if holds { Ok(sealed) } else { Err(corrupt(Damage::Misplaced).into()) }
}

/// Why a file is not what it should be: what it holds, or the machine.
enum Unfit {
    Failed(StorageError),
    Damaged,
    /// In each of two copies.
    InEach,
}

fn damaged_or_failed<E>(unfit: Unfit, corruption: Corruption) -> OpenError<E> {
    match unfit {
        Unfit::Failed(error) => error.into(),
        Unfit::Damaged => corruption.into(),
        Unfit::InEach => Corruption { damage: Damage::Copies, ..corruption }.into(),
    }
}

/// What a dense file says of itself.
fn identify<S: Storage>(storage: &S, name: Name) -> Result<Sealed, Unfit> {
    let medium = open(storage, name)?;
    let head = Frames::head(&medium).map_err(unfit(name))?;
    let named = head.kind == Kind::Dense && name.segments() == Some((head.first, head.last));
    if !named {
        return Err(Unfit::Damaged);
    }
    let foot = Frames::foot(&medium, head).map_err(unfit(name))?;
    let span = foot.span;
    let whole = span.before.next.value().checked_add(foot.items) == Some(span.after.next.value());
    let file_bytes = foot.file_bytes;
    if whole { Ok(Sealed { name, log: head.log, span, file_bytes }) } else { Err(Unfit::Damaged) }
}

fn open<S: Storage>(storage: &S, name: Name) -> Result<S::Medium, Unfit> {
    let failed =
        |doing| move |source| Unfit::Failed(StorageError { doing, name: Some(name), source });
    let medium = storage.open(name).map_err(failed("open"))?;
    medium.forget().map_err(failed("drop the cache of"))?;
    Ok(medium)
}

fn unfit(name: Name) -> impl Fn(io::Error) -> Unfit {
    move |source| {
        if is_in_each(&source) {
            return Unfit::InEach;
        }
        if is_damage(&source) {
            return Unfit::Damaged;
        }
        Unfit::Failed(StorageError { doing: "read", name: Some(name), source })
    }
}

impl Sealed {
    /// Shows every record from `from` on. `told` hears how far in the file it is.
    pub(super) fn show<S: Storage, E>(
        &self,
        storage: &S,
        from: Lsn,
        told: &mut impl FnMut(u64),
        visit: &mut impl FnMut(RecordRef<'_>) -> Result<(), E>,
    ) -> Result<(), OpenError<E>> {
        if self.span.after.next <= from {
            return Ok(());
        }
        let corrupt =
            |offset, lsn| Corruption { name: self.name, offset, lsn, damage: Damage::Frame };
        let first = self.span.before.next.max(from);
        let wrong = |error, offset| damaged_or_failed(error, corrupt(offset, first));
        let medium = open(storage, self.name).map_err(|error| wrong(error, 0))?;
        let frames = Frames::open(medium, self.head());
        let frames = frames.map_err(|error| wrong(unfit(self.name)(error), 0))?;
        let before =
            |place: &usize| frames.first_behind(*place).is_some_and(|n| n <= first.value());
        let begin = (0..frames.len()).take_while(before).count();
        let skipped = begin.checked_sub(1).and_then(|last| frames.first_behind(last));
        let mut next = skipped.map_or(self.span.before.next, Lsn::new);
        let mut show = |place, frame: io::Result<Frame>| {
            let offset = frames.offset(place);
            let frame = frame.map_err(|error| wrong(unfit(self.name)(error), offset))?;
            told(offset);
            next = show_frame(&frame, next, first, visit)?.ok_or(corrupt(offset, next))?;
            Ok(())
        };
        let mut shown: Result<(), OpenError<E>> = Ok(());
        frames.read_ahead(begin, |place, frame| {
            shown = show(place, frame);
            shown.is_ok()
        });
        shown?;
        if next == self.span.after.next { Ok(()) } else { Err(corrupt(0, next).into()) }
    }

    /// Where the log goes on behind it.
    pub(super) fn end(&self) -> End {
        let (_, last) = self.name.segments().unwrap_or_default();
        let life = Some((self.log, self.span.epochs.1));
        End { number: last + 1, chain: self.span.after, life }
    }

    /// The record behind its last.
    pub(super) const fn next(&self) -> Lsn {
        self.span.after.next
    }

    /// What it is where only its first records are kept.
    pub(super) fn stump(&self) -> Stump {
        let Span { before, epochs, .. } = self.span;
        let segments = self.name.segments().unwrap_or_default();
        Stump { segments, log: self.log, before, epochs, kept: Kept::Sealed(*self) }
    }

    /// How much of it is to be read where records from `from` on are wanted.
    pub(super) fn unread_bytes(&self, from: Lsn) -> u64 {
        if self.span.after.next <= from { 0 } else { self.file_bytes }
    }

    /// Where its records are found.
    pub(super) fn shelf<S: Storage>(&self, storage: &S) -> Shelf<S::Medium> {
        let (name, head, span, bytes) = (self.name, self.head(), self.span, self.file_bytes);
        let archived = storage.is_archived(name);
        Shelf::dense(Dense { name, head, span, bytes, archived })
    }

    fn head(&self) -> Head {
        let (first, last) = self.name.segments().unwrap_or_default();
        Head { kind: Kind::Dense, log: self.log, first, last }
    }
}

/// Shows the records of a frame, which is to begin with `next`; `None` if they are not those.
fn show_frame<E>(
    frame: &Frame,
    mut next: Lsn,
    from: Lsn,
    visit: &mut impl FnMut(RecordRef<'_>) -> Result<(), E>,
) -> Result<Option<Lsn>, OpenError<E>> {
    if frame.first != next.value() {
        return Ok(None);
    }
    let mut rest = &*frame.plain;
    for _ in 0..frame.items {
        let Some((record, behind)) = take(rest, next) else { return Ok(None) };
        if next >= from {
            visit(record).map_err(|error| OpenError::Visit { lsn: next, error })?;
        }
        (rest, next) = (behind, next.next());
    }
    Ok(rest.is_empty().then_some(next))
}
