//! When the next request is due: on the schedule, or at once.
//!
//! tokio's timer ticks in milliseconds, which is as long as many an answer takes. So the
//! schedule is kept by a `timerfd`, which wakes within some tens of microseconds and spins not.

use std::{
    io,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;

use crate::clock::now;

/// Where the connections of one thread learn when to send.
pub enum Pace {
    /// At fixed times, whatever the server does.
    Open(Open),
    /// As soon as a connection has its answer.
    Closed(Closed),
}

/// A schedule's times, from `start` on.
pub struct Open {
    start: Instant,
    times: Box<dyn Iterator<Item = Duration>>,
    alarm: Alarm,
}

/// The limits of a run without a schedule.
pub struct Closed {
    begin: Instant,
    start: Instant,
    until: Instant,
    left: u64,
}

impl Pace {
    /// Follows `times`, offsets from `start`.
    ///
    /// # Errors
    ///
    /// The system grants no timer.
    pub fn open(
        start: Instant,
        times: impl Iterator<Item = Duration> + 'static,
    ) -> io::Result<Self> {
        Ok(Self::Open(Open { start, times: Box::new(times), alarm: Alarm::new()? }))
    }

    /// `requests` as fast as they are answered, none later than `after` the `start`; before it, as
    /// many as fit into the warm-up.
    #[must_use]
    pub fn closed(warm_up: Duration, start: Instant, after: Duration, requests: u64) -> Self {
        let (begin, until) = (start - warm_up, start + after);
        Self::Closed(Closed { begin, start, until, left: requests })
    }

    /// Waits until a request is due and returns when that was; `None` at the end.
    ///
    /// # Errors
    ///
    /// The system's timer failed.
    pub async fn next(&mut self) -> io::Result<Option<Instant>> {
        match self {
            Self::Open(open) => open.next().await,
            Self::Closed(closed) => Ok(closed.next().await),
        }
    }
}

impl Open {
    async fn next(&mut self) -> io::Result<Option<Instant>> {
        let Some(offset) = self.times.next() else {
            return Ok(None);
        };
        let due = self.start + offset;
        self.alarm.wait_until(due).await?;
        Ok(Some(due))
    }
}

impl Closed {
    async fn next(&mut self) -> Option<Instant> {
        tokio::time::sleep_until(self.begin.into()).await;
        let at = now();
        if at >= self.start {
            self.left = if at < self.until { self.left.checked_sub(1)? } else { return None };
        }
        Some(at)
    }
}

struct Alarm(AsyncFd<OwnedFd>);

impl Alarm {
    #[expect(
        deprecated,
        reason = "its successor is unsafe because a foreign type could change its descriptor; an OwnedFd cannot"
    )]
    fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        AsyncFd::new(timerfd_create(TimerfdClockId::Monotonic, flags)?).map(Self)
    }

    async fn wait_until(&self, at: Instant) -> io::Result<()> {
        loop {
            let left = at.saturating_duration_since(now());
            if left.is_zero() {
                return Ok(());
            }
            self.arm(left)?;
            let mut ready = self.0.readable().await?;
            // The count of expirations is of no interest; reading it makes the timer wait again.
            match rustix::io::read(&self.0, &mut [0_u8; 8]) {
                Ok(_) | Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn arm(&self, left: Duration) -> io::Result<()> {
        let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
        let it_value = Timespec { tv_sec: seconds, tv_nsec: left.subsec_nanos().into() };
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        let once = Itimerspec { it_interval, it_value };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}
