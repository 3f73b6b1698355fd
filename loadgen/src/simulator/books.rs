//! What the network knows of one account: sums, and what approvals set aside.
//!
//! What an approval set aside returns to available when its time to live is over, by the ledger's
//! clock, without a word. So what is set aside is known only between two bounds: both are the same
//! but around that moment.

use std::{
    fmt,
    ops::Add,
    time::{Duration, Instant},
};

use rust_decimal::Decimal;

use crate::wire::{Amount, Balance};

/// How much later than its time to live a reservation may lapse: the ledger looks now and then.
const LAPSES_WITHIN: Duration = Duration::from_secs(10);

/// From the moment something was first asked to the moment its answer was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "see above")]
pub struct Span {
    pub asked: Instant,
    pub told: Instant,
}

/// A sum of which only two bounds are known. They may be the same.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Between {
    pub least: Decimal,
    pub most: Decimal,
}

/// What one approval granted to one card transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What no operation has used. It is honoured, lapsed or not.
    pub unused: Decimal,
    /// What is set aside for it, unless it has lapsed: nothing once it was drawn on.
    set_aside: Decimal,
    lapses: Option<Lapse>,
}

/// When a reservation lapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lapse {
    not_before: Instant,
    by: Instant,
}

/// What a balance must be.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names are the wire's")]
pub struct Sums {
    pub posted: Decimal,
    pub held: Decimal,
    pub reserved: Between,
}

/// One account's books as they must be, apart from the transactions under way.
#[derive(Debug, Clone)]
pub struct Books {
    /// What the customer owns.
    pub posted: Decimal,
    /// The sum of the account's holds.
    pub held: Decimal,
    /// What transactions that are over left set aside, and what does not lapse within the run.
    left: Vec<Grant>,
    lasting: Decimal,
}

impl Between {
    /// Exactly that.
    #[must_use]
    pub fn exactly(sum: Decimal) -> Self {
        Self { least: sum, most: sum }
    }

    /// What is left of `sum` when this is taken from it.
    #[must_use]
    pub fn taken_from(self, sum: Decimal) -> Self {
        Self { least: sum - self.most, most: sum - self.least }
    }

    /// Nothing when `found` lies within, else what the member called `name` is and must be.
    ///
    /// # Errors
    ///
    /// The difference, in words.
    pub fn has(self, name: &str, found: Option<Amount>) -> Result<(), String> {
        match found {
            Some(Amount(found)) if self.least <= found && found <= self.most => Ok(()),
            found => Err(format!("{name} is {found:?} and must be {self:?}")),
        }
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.least == self.most {
            true => write!(out, "{:?}", Amount(self.least)),
            false => write!(out, "{:?} to {:?}", Amount(self.least), Amount(self.most)),
        }
    }
}

impl Add for Between {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }
}

impl std::iter::Sum for Between {
    fn sum<I: Iterator<Item = Self>>(sums: I) -> Self {
        sums.fold(Self::exactly(Decimal::ZERO), Add::add)
    }
}

impl Grant {
    /// What was granted within `span`. Without a time to live it outlives the run.
    #[must_use]
    pub fn new(amount: Decimal, span: Span, time_to_live: Option<Duration>) -> Self {
        let lapses = time_to_live.map(|time_to_live| Lapse {
            not_before: span.asked + time_to_live,
            by: span.told + time_to_live + LAPSES_WITHIN,
        });
        Self { unused: amount, set_aside: amount, lapses }
    }

    /// What was granted for longer than the run.
    #[must_use]
    pub fn lasting(amount: Decimal) -> Self {
        Self { unused: amount, set_aside: amount, lapses: None }
    }

    /// What is set aside for it as long as it has not lapsed.
    #[must_use]
    pub fn set_aside_at_first(&self) -> Decimal {
        self.set_aside
    }

    /// What is set aside for it within `span`.
    #[must_use]
    pub fn set_aside(&self, span: Span) -> Between {
        let Some(lapses) = self.lapses else { return Between::exactly(self.set_aside) };
        let least = if span.told < lapses.not_before { self.set_aside } else { Decimal::ZERO };
        let most = if span.asked <= lapses.by { self.set_aside } else { Decimal::ZERO };
        Between { least, most }
    }

    /// Uses as much of `amount` as was granted, and gives back what is set aside. Returns what is
    /// to be drawn from others.
    pub fn draw(&mut self, amount: Decimal) -> Decimal {
        let used = amount.min(self.unused);
        if !used.is_zero() {
            self.unused -= used;
            self.set_aside = Decimal::ZERO;
        }
        amount - used
    }
}

impl Books {
    /// The books of an account that was topped up with `posted`.
    #[must_use]
    pub fn opened_with(posted: Decimal) -> Self {
        let none = Decimal::ZERO;
        Self { posted, held: none, left: Vec::new(), lasting: none }
    }

    /// What the customer owns, and neither holds nor lasting reservations take.
    #[must_use]
    pub fn free(&self) -> Decimal {
        self.posted - self.held - self.lasting
    }

    /// What transactions that are over left set aside within `span`.
    #[must_use]
    pub fn set_aside(&self, span: Span) -> Between {
        let left: Between = self.left.iter().map(|grant| grant.set_aside(span)).sum();
        left + Between::exactly(self.lasting)
    }

    /// Takes over what a transaction that is over leaves set aside.
    pub fn take_over(&mut self, grant: Grant) {
        match grant.lapses {
            Some(_) => self.left.push(grant),
            None => self.lasting += grant.set_aside,
        }
    }

    /// Forgets what has lapsed before `span`.
    pub fn forget_lapsed(&mut self, span: Span) {
        self.left.retain(|grant| grant.lapses.is_none_or(|lapses| span.asked <= lapses.by));
    }
}

impl Sums {
    /// Compares a balance with what it must be.
    ///
    /// # Errors
    ///
    /// The first sum that is not what it must be.
    pub fn compare(&self, found: &Balance) -> Result<(), String> {
        Between::exactly(self.posted).has("posted", Some(found.posted))?;
        Between::exactly(self.held).has("held", Some(found.held))?;
        self.reserved.has("reserved", Some(found.reserved))?;
        let available = self.posted - self.held - found.reserved.0;
        Between::exactly(available).has("available", Some(found.available))
    }
}

impl std::iter::Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(sums: I) -> Self {
        let none = Decimal::ZERO;
        let nothing = Self { posted: none, held: none, reserved: Between::exactly(none) };
        sums.fold(nothing, |one, other| Self {
            posted: one.posted + other.posted,
            held: one.held + other.held,
            reserved: one.reserved + other.reserved,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Between, Grant, LAPSES_WITHIN, Span};
    use crate::clock::now;
    use rust_decimal::Decimal;
    use std::time::Duration;

    #[test]
    fn what_was_granted_is_set_aside_until_it_lapses_and_either_in_between() {
        let (start, second) = (now(), Duration::from_secs(1));
        let at = |seconds: u32| start + second * seconds;
        let span = |asked, told| Span { asked: at(asked), told: at(told) };
        let grant = Grant::new(Decimal::TEN, span(0, 2), Some(60 * second));
        let (none, all) = (Decimal::ZERO, Decimal::TEN);
        let last = 62 + u32::try_from(LAPSES_WITHIN.as_secs()).unwrap();
        let rows = [
            (span(2, 59), (all, all)),
            (span(59, 60), (none, all)),
            (span(last, last), (none, all)),
            (span(last + 1, last + 1), (none, none)),
        ];
        for (span, (least, most)) in rows {
            assert_eq!(grant.set_aside(span), Between { least, most }, "{span:?}");
        }
    }

    #[test]
    fn what_is_drawn_on_is_set_aside_no_more_and_what_is_unused_stays_promised() {
        let span = Span { asked: now(), told: now() };
        let mut grant = Grant::new(Decimal::TEN, span, None);
        assert_eq!(grant.draw(Decimal::TWO), Decimal::ZERO);
        assert_eq!(grant.set_aside(span), Between::exactly(Decimal::ZERO));
        assert_eq!(grant.draw(Decimal::TEN), Decimal::TWO);
        assert_eq!(grant.unused, Decimal::ZERO);
    }
}
