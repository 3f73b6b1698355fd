//! What can still be read of a log that is damaged: to say what a cut would drop.

use std::io;

use crate::frames::{Frames, is_damage};
use crate::record::{RecordRef, take};
use crate::recovery::singles;
use crate::segment::{BODY_OFFSET, Segment};
use crate::size::{PAGE, wide};
use crate::storage::{Medium, Storage};
use crate::window::Window;
use crate::{Lsn, Name};

/// What is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// How many records were shown.
    pub records: u64,
    /// The record behind the last one that any file speaks of; what was asked for if none does.
    pub next: Lsn,
    /// The record behind the last one that is known to have been durable.
    pub vouched: Lsn,
}

/// Shows every record from `from` on that can still be read, in order, whatever is missing or
/// damaged between them.
///
/// # Errors
/// The storage cannot be listed or read.
pub fn salvage<S: Storage>(
    storage: &S,
    from: Lsn,
    visit: impl FnMut(RecordRef<'_>),
) -> io::Result<Salvaged> {
    let (groups, synced) = (Vec::new(), 0);
    let mut found =
        Finds { next: from, behind: from, vouched: from, groups, synced, records: 0, visit };
    for name in singles(&storage.list()?) {
        let salvaged = match name {
            Name::Segment(number) => found.of_padded(&storage.open(name)?, number),
            Name::Dense { .. } | Name::Snapshot(_) => found.of_frames(storage.open(name)?, name),
        };
        match salvaged {
            Err(error) if is_damage(&error) => {}
            salvaged => salvaged?,
        }
    }
    Ok(found.told())
}

struct Finds<V> {
    /// The first record that may be shown.
    next: Lsn,
    behind: Lsn,
    /// Behind what was sealed, or copied into a snapshot: that was durable before.
    vouched: Lsn,
    /// Of each group its number, and the record behind it.
    groups: Vec<(u64, Lsn)>,
    /// The last group of which another says that it was durable.
    synced: u64,
    records: u64,
    visit: V,
}

impl<V: FnMut(RecordRef<'_>)> Finds<V> {
    fn told(self) -> Salvaged {
        let durable = self.groups.iter().filter(|(sequence, _)| *sequence <= self.synced);
        let vouched = durable.map(|(_, behind)| *behind).fold(self.vouched, Lsn::max);
        Salvaged { records: self.records, next: self.behind, vouched }
    }

    fn show(&mut self, record: RecordRef<'_>) {
        if record.lsn < self.next {
            return;
        }
        (self.visit)(record);
        (self.next, self.records) = (record.lsn.next(), self.records + 1);
        self.behind = self.behind.max(self.next);
    }

    fn of_padded<M: Medium>(&mut self, medium: &M, number: u64) -> io::Result<()> {
        let mut memory = Vec::new();
        let mut window = Window::new(medium, medium.bytes()?, &mut memory);
        let segment = Segment::of_page(window.at(0, PAGE)?);
        let Some(segment) = segment.filter(|it| it.number == number) else { return Ok(()) };
        let mut offset = BODY_OFFSET;
        while offset < segment.bytes {
            let group = window.group(&segment, offset)?;
            let bytes = group.as_ref().map_or(PAGE, |(group, _)| group.bytes);
            if let Some((group, _)) = &group {
                self.synced = self.synced.max(group.synced);
                let behind = Lsn::new(group.first.value() + u64::from(group.records));
                self.groups.push((group.sequence, behind));
            }
            let records = group.and_then(|(group, bytes)| group.records_in(bytes));
            records.into_iter().flatten().for_each(|record| self.show(record));
            offset += wide(bytes);
        }
        Ok(())
    }

    fn of_frames<M: Medium>(&mut self, medium: M, name: Name) -> io::Result<()> {
        let head = Frames::head(&medium)?;
        let foot = Frames::foot(&medium, head)?;
        self.behind = self.behind.max(foot.span.after.next);
        self.vouched = self.vouched.max(foot.span.after.next);
        if matches!(name, Name::Snapshot(_)) || foot.span.after.next <= self.next {
            return Ok(());
        }
        let frames = Frames::open(medium, head)?;
        for place in 0..frames.len() {
            match frames.frame(place) {
                Ok(frame) => {
                    let (mut rest, mut lsn) = (&*frame.plain, Lsn::new(frame.first));
                    while let Some((record, behind)) = take(rest, lsn) {
                        self.show(record);
                        (rest, lsn) = (behind, lsn.next());
                    }
                }
                Err(error) if is_damage(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
