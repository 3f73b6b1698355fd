//! Spend limits: which apply to an account, what day it is, and how an operator sets them.
//!
//! The tenant's default applies to every account that has no rules of its own. Whoever decides
//! reads it while the account's shard is locked, and keeps it until the record is appended: so the
//! rules that a record was decided by are those that the log has before it.

use std::sync::{Arc, PoisonError};

use compact_str::CompactString;
use crossbeam::sync::{ShardedLock, ShardedLockReadGuard, ShardedLockWriteGuard};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use parking_lot::RwLock;
use wal::{Lsn, Storage};

use super::Engine;
use super::log::{Stamp, Unavailable};
use super::record::{LimitsSet, Standing};
use super::shard::{Resident, Shard};
use super::transactions::Slot;
use crate::ledger::{Day, Limits, Moment, Ruleset, Spending, What};

/// The spend limits of every account that has none of its own. Every spend on every thread reads
/// them, and hardly ever are they set: a reader locks what threads beside it do not.
///
/// Who sets them does so in one step, so that a panic meanwhile leaves them whole.
#[derive(Debug, Default)]
pub struct DefaultLimits(ShardedLock<Arc<Ruleset>>);

impl DefaultLimits {
    /// They stay as they are while the guard lives.
    pub fn read(&self) -> ShardedLockReadGuard<'_, Arc<Ruleset>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To set them. Nobody reads them while the guard lives.
    pub fn write(&self) -> ShardedLockWriteGuard<'_, Arc<Ruleset>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spend limits at one moment.
#[derive(Clone, Debug)]
pub struct LimitsView {
    /// The account; `None` for the default.
    pub tenant_account_ref: Option<CompactString>,
    /// Whether the rules are the account's own.
    pub own: bool,
    /// The rules.
    pub rules: Arc<Ruleset>,
    /// What was spent in the period of each rule that has one.
    pub used: Vec<Option<Used>>,
    /// The day that it is.
    pub day: Day,
    /// The moment of the view.
    pub as_of: Moment,
    /// The newest record that it may reveal.
    pub seen: Lsn,
}

/// What was spent in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// In minor units.
    Amount(u64),
    /// In transactions.
    Count(u64),
}

/// Why limits were not set. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// There is no such account.
    #[error("there is no such account")]
    NotFound,
    /// Nothing can be taken now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Which day a moment is on, in the tenant's time zone.
#[derive(Debug)]
pub(super) struct Calendar {
    zone: TimeZone,
    /// The day that was asked for last: nearly always the one that is asked for next.
    last: RwLock<Span>,
}

/// A day, from the moment when it begins to the one when the next does.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    begins: i64,
    ends: i64,
    day: Day,
}

impl Calendar {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, last: RwLock::default() }
    }

    /// The day of that moment.
    pub(super) fn day(&self, at: Moment) -> Day {
        let last = *self.last.read();
        if (last.begins..last.ends).contains(&at.micros()) {
            return last.day;
        }
        let span = self.span(at).unwrap_or_default();
        *self.last.write() = span;
        span.day
    }

    /// Only a moment thousands of years away has none.
    fn span(&self, at: Moment) -> Result<Span, jiff::Error> {
        let zoned = Timestamp::from_microsecond(at.micros())?.to_zoned(self.zone.clone());
        let date = zoned.date();
        let micros = |date: jiff::civil::Date| {
            date.to_zoned(self.zone.clone()).map(|zoned| zoned.timestamp().as_microsecond())
        };
        let days = jiff::civil::date(1970, 1, 1).until(date)?.get_days();
        let next = date.checked_add(1.day())?;
        Ok(Span { begins: micros(date)?, ends: micros(next)?, day: Day::new(days) })
    }
}

impl<S: Storage> Engine<S> {
    /// The limits that apply to an account at the moment that `now` tells, where there are any.
    pub(super) fn limits_on<'a>(
        &self,
        found: &'a Resident,
        default: &'a Ruleset,
        now: impl FnOnce() -> Moment,
    ) -> Option<Limits<'a>> {
        let rules = found.own_limits().unwrap_or(default);
        let day = rules.counts().then(|| self.calendar.day(now()));
        (!rules.is_empty()).then_some(Limits { rules, day })
    }

    /// Sets the limits of every account that has none of its own. The same again is no record.
    ///
    /// # Errors
    /// When nothing can be taken now; nothing changed.
    pub fn set_default_limits(&self, rules: Ruleset) -> Result<LimitsView, Unavailable> {
        let strays = self.state.lock_strays();
        let mut default = self.state.limits.write();
        if **default != rules {
            let rules = Arc::new(rules);
            let (rules, standing) = (Some(Arc::clone(&rules)), Standing::Unsaid);
            let set = LimitsSet { tenant_account_ref: None, rules, standing };
            self.log.append(&strays.links(None), &set)?;
            // From here they are set, and nothing can fail.
            set.rules.into_iter().for_each(|rules| *default = rules);
        }
        drop((default, strays));
        Ok(self.default_limits())
    }

    /// The limits of every account that has none of its own.
    pub fn default_limits(&self) -> LimitsView {
        let rules = Arc::clone(&self.state.limits.read());
        self.limits_view(None, (rules, false), None)
    }

    /// Sets the limits of an account; without rules the default applies to it. The same again is no
    /// record.
    ///
    /// # Errors
    /// When there is no such account, or nothing can be taken now; nothing changed.
    pub fn set_limits(
        &self,
        tenant_account_ref: &str,
        rules: Option<Ruleset>,
    ) -> Result<LimitsView, LimitsError> {
        let name = self.state.name(tenant_account_ref);
        let mut guard = self.state.lock_of(name);
        let shard: &mut Shard = &mut guard;
        let slot = shard.find(name).ok_or(LimitsError::NotFound)?;
        let found = shard.resident(slot).ok_or(LimitsError::NotFound)?;
        if found.own_limits() != rules.as_ref() {
            let (rules, standing) = (rules.map(Arc::new), found.standing(None));
            let account = Some(tenant_account_ref);
            let set = LimitsSet { tenant_account_ref: account, rules, standing };
            let stamp = self.log.append(&shard.links(slot, None), &set)?;
            // From here they are set, and nothing can fail.
            shard.take_limits(slot, set, stamp);
        }
        let found = shard.resident(slot).ok_or(LimitsError::NotFound)?;
        Ok(self.limits_view_of(found))
    }

    /// The limits that apply to an account, and what of them is used. That there is no account
    /// reveals nothing: accounts never go away.
    pub fn limits(&self, tenant_account_ref: &str) -> Option<LimitsView> {
        self.state.look(tenant_account_ref, |_, _, found| self.limits_view_of(found))
    }

    fn limits_view_of(&self, found: &Resident) -> LimitsView {
        let own = found.description.as_ref().and_then(|it| it.limits.clone());
        let is_own = own.is_some();
        let rules = own.unwrap_or_else(|| Arc::clone(&self.state.limits.read()));
        self.limits_view(Some(&found.name), (rules, is_own), Some(found))
    }

    fn limits_view(
        &self,
        tenant_account_ref: Option<&CompactString>,
        (rules, own): (Arc<Ruleset>, bool),
        found: Option<&Resident>,
    ) -> LimitsView {
        let as_of = self.now();
        let day = self.calendar.day(as_of);
        let used = |rule: &crate::ledger::Rule| found.and_then(|it| it.used(&rule.what, day));
        LimitsView {
            tenant_account_ref: tenant_account_ref.cloned(),
            own,
            used: rules.rules().iter().map(used).collect(),
            rules,
            day,
            as_of,
            seen: self.appended(),
        }
    }
}

impl Resident {
    fn own_limits(&self) -> Option<&Ruleset> {
        self.description.as_ref().and_then(|description| description.limits.as_deref())
    }

    /// What was spent in the period of a rule.
    fn used(&self, what: &What, today: Day) -> Option<Used> {
        let spending = self.account.spending();
        match what {
            What::AccountBilling(limit, frequency) => {
                let ordinal = self.account.default_ordinal(limit.currency);
                let spent = |it: &Spending| ordinal.map(|n| it.spent(n, *frequency, today));
                Some(Used::Amount(spending.and_then(spent).unwrap_or(0)))
            }
            What::AccountCount(_, frequency) => {
                Some(Used::Count(spending.map_or(0, |it| it.count(*frequency, today))))
            }
            _ => None,
        }
    }
}

impl Shard {
    /// Makes limits of an account true.
    pub(super) fn take_limits(&mut self, slot: Slot, set: LimitsSet<'_>, stamp: Stamp) {
        if let Some(found) = self.resident_mut(slot) {
            found.description.get_or_insert_default().limits = set.rules;
        }
        self.note(slot, None, stamp.lsn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(calendar: &Calendar, time: &str) -> (i64, i64, i64) {
        let time: Timestamp = time.parse().unwrap();
        calendar.day(Moment::from_micros(time.as_microsecond())).date()
    }

    #[test]
    fn a_day_begins_at_midnight_where_the_tenant_is() {
        let singapore = Calendar::new(TimeZone::get("Asia/Singapore").unwrap());
        assert_eq!(day(&singapore, "2026-01-31T15:59:59.999999Z"), (2026, 1, 31));
        assert_eq!(day(&singapore, "2026-01-31T16:00:00Z"), (2026, 2, 1));
        assert_eq!(day(&singapore, "2026-01-31T15:59:59Z"), (2026, 1, 31), "and back");
        assert_eq!(day(&singapore, "1969-12-31T15:59:59Z"), (1969, 12, 31));
        let utc = Calendar::new(TimeZone::UTC);
        assert_eq!(day(&utc, "1970-01-01T00:00:00Z"), (1970, 1, 1));
        assert_eq!(day(&utc, "2028-02-29T23:59:59.999999Z"), (2028, 2, 29));
    }

    #[test]
    fn a_day_may_have_twenty_three_hours_or_twenty_five() {
        let berlin = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
        for (begin, last, next, date) in [
            ("2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z", (2026, 3, 29)),
            (
                "2026-10-24T22:00:00Z",
                "2026-10-25T22:59:59Z",
                "2026-10-25T23:00:00Z",
                (2026, 10, 25),
            ),
        ] {
            assert_eq!([begin, last].map(|time| day(&berlin, time)), [date; 2]);
            assert_ne!(day(&berlin, next), date);
        }
        // Midnight itself is skipped there.
        let beirut = Calendar::new(TimeZone::get("Asia/Beirut").unwrap());
        assert_eq!(day(&beirut, "2026-03-28T21:59:59Z"), (2026, 3, 28));
        assert_eq!(day(&beirut, "2026-03-28T22:00:00Z"), (2026, 3, 29));
    }
}
