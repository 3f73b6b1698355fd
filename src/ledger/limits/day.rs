//! Days of the civil calendar, and the weeks and months that they are in: arithmetic, and no clock.

use core::num::NonZeroI32;

/// A date, as days since 1970-01-01: in which time zone is for the caller to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(
    /// Days from 0 on are one more here: so that no day takes no room of its own in an option.
    NonZeroI32,
);

/// How long a limit's period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// A day.
    Daily,
    /// From Monday to Sunday.
    Weekly,
    /// A month of the calendar.
    Monthly,
}

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;
/// Days of four hundred years.
const ERA: i64 = 146_097;

impl Day {
    /// So many days after 1970-01-01.
    #[must_use]
    pub const fn new(number: i32) -> Self {
        let kept = if number < 0 { number } else { number.saturating_add(1) };
        match NonZeroI32::new(kept) {
            Some(kept) => Self(kept),
            None => Self(NonZeroI32::MIN),
        }
    }

    /// How many days it is after 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        let kept = self.0.get();
        if kept < 0 { kept } else { kept.saturating_sub(1) }
    }

    /// Year, month from 1 and day from 1.
    #[must_use]
    pub fn date(self) -> (i64, i64, i64) {
        // Years that begin in March have the leap day at their end.
        let days = i64::from(self.number()).saturating_add(EPOCH);
        let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let leaps = (day / 1_460).saturating_sub(day / 36_524).saturating_add(day / 146_096);
        let year = day.saturating_sub(leaps) / 365;
        let before = year.saturating_mul(365).saturating_add(year / 4).saturating_sub(year / 100);
        let day = day.saturating_sub(before);
        let month = day.saturating_mul(5).saturating_add(2) / 153;
        let before = month.saturating_mul(153).saturating_add(2) / 5;
        let day = day.saturating_sub(before).saturating_add(1);
        let year = era.saturating_mul(400).saturating_add(year);
        if month < 10 {
            (year, month.saturating_add(3), day)
        } else {
            (year.saturating_add(1), month.saturating_sub(9), day)
        }
    }
}

impl Default for Day {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Frequency {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Monthly];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// The frequency of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|frequency| frequency.name() == name)
    }

    /// The first day of the period that `day` is in.
    #[must_use]
    pub fn first(self, day: Day) -> Day {
        let back = match self {
            Self::Daily => 0,
            // 1970-01-01 was a Thursday.
            Self::Weekly => i64::from(day.number()).saturating_add(3).rem_euclid(7),
            Self::Monthly => day.date().2.saturating_sub(1),
        };
        Day::new(day.number().saturating_sub(i32::try_from(back).unwrap_or(0)))
    }

    /// Whether both days are in one period.
    #[must_use]
    pub fn joins(self, a: Day, b: Day) -> bool {
        a == b || (self != Self::Daily && self.first(a) == self.first(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_has_its_date_week_and_month() {
        // From 1600-01-01, a Saturday, on, counted as on the fingers.
        let (mut year, mut month, mut date, mut weekday) = (1600, 1, 1, 5);
        let (mut week, mut of_month) = (Day::new(-135_145), Day::new(-135_140));
        for number in -135_140..157_000 {
            let day = Day::new(number);
            if weekday == 0 {
                week = day;
            }
            if date == 1 {
                of_month = day;
            }
            assert_eq!(day.date(), (year, month, date));
            assert_eq!(Frequency::Daily.first(day), day);
            assert_eq!(Frequency::Weekly.first(day), week, "{:?}", day.date());
            assert_eq!(Frequency::Monthly.first(day), of_month, "{:?}", day.date());
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let february = if leap { 29 } else { 28 };
            let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            weekday = (weekday + 1) % 7;
            date += 1;
            if date > lengths[usize::try_from(month - 1).unwrap()] {
                (month, date) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    #[test]
    fn days_are_joined_by_the_periods_that_they_share() {
        // 2026-02-01 is a Sunday.
        let [saturday, sunday, monday] = [20_484, 20_485, 20_486].map(Day::new);
        assert_eq!(sunday.date(), (2026, 2, 1));
        let joins = |a, b| Frequency::ALL.map(|frequency| frequency.joins(a, b));
        assert_eq!(joins(sunday, sunday), [true, true, true]);
        assert_eq!(joins(saturday, sunday), [false, true, false]);
        assert_eq!(joins(sunday, monday), [false, false, true]);
    }

    #[test]
    fn days_have_the_order_of_their_numbers() {
        let days = [i32::MIN, -2, -1, 0, 1, 2, i32::MAX - 1].map(Day::new);
        assert!(days.is_sorted_by(|a, b| a < b && a.number() < b.number()));
        assert_eq!(size_of::<Option<Day>>(), size_of::<Day>());
    }

    #[test]
    fn no_day_is_too_far_away() {
        for day in [Day::new(i32::MIN), Day::new(i32::MAX)] {
            assert!(Frequency::ALL.into_iter().all(|frequency| frequency.first(day) <= day));
        }
    }
}
