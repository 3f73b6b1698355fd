//! Where time enters: the log's clock, strictly increasing, never set back.
//!
//! It starts from the machine's wall clock, or from the last moment in the log where that is
//! later, and from there advances with the machine's monotonic time. Whatever someone does to the
//! wall clock while the server runs changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam::utils::CachePadded;

use crate::ledger::Moment;

/// A longer jump forward between two lives must be confirmed: it would lapse and expire things.
pub const JUMP_MAX: Duration = Duration::from_secs(3600);

/// The log's clock.
#[derive(Debug)]
pub struct Clock {
    pace: Pace,
    base: i64,
    last: CachePadded<AtomicI64>,
}

/// What a clock advances with.
#[derive(Debug)]
enum Pace {
    /// The machine's monotonic time, from then on.
    Machine(Instant),
    /// What moves it by hand.
    Hand(Hand),
}

/// Moves a clock by hand, so that days pass in no time.
#[derive(Clone, Debug, Default)]
pub struct Hand(Arc<AtomicI64>);

impl Hand {
    /// Moves the clock on by so much.
    pub fn advance(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(micros, Ordering::AcqRel);
    }
}

impl Pace {
    /// Since the clock was started.
    fn micros(&self) -> i64 {
        match self {
            Self::Machine(start) => i64::try_from(start.elapsed().as_micros()).unwrap_or(i64::MAX),
            Self::Hand(hand) => hand.0.load(Ordering::Acquire),
        }
    }
}

/// The wall clock is so far ahead of the last moment in the log that it may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock says {} minutes after the last record of the log; if the machine's clock is right \
     and the server was down for so long, start it with --accept-clock-jump",
    .0.as_secs() / 60
)]
pub struct ClockJump(pub Duration);

impl Clock {
    /// A clock that goes on from `last`, the last moment in the log, when that lies ahead.
    ///
    /// # Errors
    /// When the wall clock is more than an hour ahead of `last` and `accept_jump` is off.
    pub fn start(last: Option<Moment>, accept_jump: bool) -> Result<Self, ClockJump> {
        Self::start_at(wall(), last, accept_jump)
    }

    /// As [`start`](Self::start), with the wall clock's reading given.
    ///
    /// # Errors
    /// As there.
    pub fn start_at(
        wall: Moment,
        last: Option<Moment>,
        accept_jump: bool,
    ) -> Result<Self, ClockJump> {
        let last = last.unwrap_or(wall);
        let ahead = wall.micros().saturating_sub(last.micros());
        let ahead = Duration::from_micros(u64::try_from(ahead).unwrap_or(0));
        if ahead > JUMP_MAX && !accept_jump {
            return Err(ClockJump(ahead));
        }
        let base = wall.max(last).micros();
        Ok(Self {
            pace: Pace::Machine(monotonic()),
            base,
            last: CachePadded::new(AtomicI64::new(base)),
        })
    }

    /// The same clock, from now on moved by hand alone.
    #[must_use]
    pub fn by_hand(self, hand: Hand) -> Self {
        let base = self.base.saturating_sub(hand.0.load(Ordering::Acquire));
        Self { pace: Pace::Hand(hand), base, ..self }
    }

    /// The last moment that this clock gave.
    pub fn last(&self) -> Moment {
        Moment::from_micros(self.last.load(Ordering::Acquire))
    }

    /// What it shows. That may have been given before.
    pub fn read(&self) -> Moment {
        Moment::from_micros(self.base.saturating_add(self.pace.micros()))
    }

    /// A moment later than all that this clock gave before.
    pub fn tick(&self) -> Moment {
        self.tick_at(self.read())
    }

    /// A moment that is not before `shown`, and later than all that this clock gave before.
    pub fn tick_at(&self, shown: Moment) -> Moment {
        let next = |last: i64| shown.micros().max(last.saturating_add(1));
        let step = |last| Some(next(last));
        let last = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, step);
        Moment::from_micros(next(last.unwrap_or_else(|last| last)))
    }
}

/// How long something takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// It begins now.
    #[must_use]
    pub fn start() -> Self {
        Self(monotonic())
    }

    /// How long ago it began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where monotonic time enters")]
fn monotonic() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock enters")]
fn wall() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
