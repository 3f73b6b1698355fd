//! The breaks that reconciliations opened: where each stands in the log, and whether somebody resolved
//! it. They touch no account, so they are among the strays, under their lock.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use wal::{Lsn, Storage};

use super::Engine;
use super::log::{Stamp, Unavailable};
use super::record::{BreakRef, BreakResolved, BreaksOpened, OpenedBreak};

/// So many breaks are in one record: a list reads whole records.
const TOGETHER_MAX: usize = 32;

/// A break, by where it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakView {
    /// Its name.
    pub name: BreakRef,
    /// Its kind.
    pub kind: Box<str>,
    /// The record that opened it.
    pub opened: Lsn,
    /// Its place in that record.
    pub place: u32,
    /// The record that resolved it, [`Lsn::ZERO`] while it is open.
    pub resolved: Lsn,
}

/// Which breaks are asked for.
#[derive(Clone, Debug, Default)]
pub struct BreaksAsked {
    /// Only those that are open, or only those that are resolved.
    pub open: Option<bool>,
    /// Only those of that kind.
    pub kind: Option<String>,
    /// Only what was opened after that one.
    pub after: Option<BreakRef>,
    /// How many at the most.
    pub limit: usize,
}

/// What became of a resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The break is resolved by this record.
    Now(Stamp),
    /// It was before, by the record at that position.
    Before(Lsn),
}

/// All breaks, in the order in which they were opened.
#[derive(Debug, Default)]
pub struct Breaks {
    all: Vec<BreakView>,
    places: HashMap<BreakRef, usize, RandomState>,
}

impl Breaks {
    /// Takes in one; not where there is one of its name.
    #[must_use]
    pub fn admit(&mut self, it: BreakView) -> bool {
        if self.places.contains_key(&it.name) {
            return false;
        }
        self.places.insert(it.name, self.all.len());
        self.all.push(it);
        true
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[BreakView] {
        &self.all
    }

    /// The one of that name.
    #[must_use]
    pub fn find(&self, name: BreakRef) -> Option<&BreakView> {
        self.places.get(&name).and_then(|place| self.all.get(*place))
    }

    /// Makes it true that breaks were opened; whether none of them was there.
    #[must_use]
    pub fn open(&mut self, opened: &BreaksOpened<'_>, lsn: Lsn) -> bool {
        (0..).zip(&opened.breaks).fold(true, |fresh, (place, it)| {
            let (name, kind) = (it.name, it.kind.into());
            let view = BreakView { name, kind, opened: lsn, place, resolved: Lsn::ZERO };
            self.admit(view) && fresh
        })
    }

    /// Makes it true that one was resolved; `false` where it is not open.
    #[must_use]
    pub fn resolve(&mut self, name: BreakRef, lsn: Lsn) -> bool {
        let place = self.places.get(&name).copied();
        let found = place.and_then(|place| self.all.get_mut(place));
        let open = found.filter(|it| it.resolved == Lsn::ZERO);
        open.map(|it| it.resolved = lsn).is_some()
    }

    fn page(&self, asked: &BreaksAsked) -> Option<Vec<BreakView>> {
        let begin = match &asked.after {
            Some(after) => self.places.get(after)?.saturating_add(1),
            None => 0,
        };
        let wanted = |it: &&BreakView| {
            asked.open.is_none_or(|open| open == (it.resolved == Lsn::ZERO))
                && asked.kind.as_deref().is_none_or(|kind| *kind == *it.kind)
        };
        let rest = self.all.get(begin..).unwrap_or_default();
        Some(rest.iter().filter(wanted).take(asked.limit).cloned().collect())
    }
}

impl<S: Storage> Engine<S> {
    /// Opens those of a file's breaks that were never opened; how many, and the last record of it.
    ///
    /// # Errors
    /// When the log takes nothing now; what was opened before stays so.
    pub fn open_breaks(
        &self,
        file: &str,
        breaks: &[OpenedBreak<'_>],
    ) -> Result<(usize, Option<Stamp>), Unavailable> {
        let (mut count, mut last) = (0_usize, None);
        for some in breaks.chunks(TOGETHER_MAX) {
            let mut strays = self.state.lock_strays();
            let fresh = |it: &&OpenedBreak<'_>| strays.breaks.find(it.name).is_none();
            let fresh: Vec<_> = some.iter().filter(fresh).copied().collect();
            if fresh.is_empty() {
                continue;
            }
            let opened = BreaksOpened { file, breaks: fresh };
            let stamp = self.log.append(&[], &opened)?;
            // Names in one report are different, and none of them was known.
            let _ = strays.breaks.open(&opened, stamp.lsn);
            count = count.saturating_add(opened.breaks.len());
            last = Some(stamp);
        }
        Ok((count, last))
    }

    /// Resolves a break once; `None` where there is none of that name.
    ///
    /// # Errors
    /// When the log takes nothing now.
    pub fn resolve_break(
        &self,
        name: BreakRef,
        note: &str,
    ) -> Result<Option<Resolved>, Unavailable> {
        let mut strays = self.state.lock_strays();
        let Some(found) = strays.breaks.find(name) else { return Ok(None) };
        if found.resolved != Lsn::ZERO {
            return Ok(Some(Resolved::Before(found.resolved)));
        }
        let stamp = self.log.append(&[found.opened], &BreakResolved { name, note })?;
        let _ = strays.breaks.resolve(name, stamp.lsn);
        Ok(Some(Resolved::Now(stamp)))
    }

    /// Some breaks, oldest first; `None` where the one to go on after is none.
    #[must_use]
    pub fn breaks(&self, asked: &BreaksAsked) -> Option<Vec<BreakView>> {
        self.state.lock_strays().breaks.page(asked)
    }

    /// The break of that name.
    #[must_use]
    pub fn find_break(&self, name: BreakRef) -> Option<BreakView> {
        self.state.lock_strays().breaks.find(name).cloned()
    }
}
