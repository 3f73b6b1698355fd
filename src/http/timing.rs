//! Where the time of an answer went, told in a header where `server_timing` is set.
//!
//! | entry of `Server-Timing` | ends when |
//! | --- | --- |
//! | `read` | the body is whole and was read as a request; it begins when the head is whole |
//! | `decide` | the action was decided and appended to the log, or is known from before |
//! | `encode` | the answer was written, as far as that is done before the log is waited for |
//! | `log` | the log is durable as far as the answer reveals, and records of before were read |
//!
//! Each is in milliseconds with three digits, cut off, so that their sum is never more than the whole.
//! A stage that comes more than once is added up. Nobody who does not set it pays for more than a look
//! at an absent value in each stage: no clock is read and nothing allocated.

use std::fmt::Write as _;
use std::time::Duration;

use hyper::header::HeaderValue;
use tokio::time::Instant;

/// What an answer's time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Until the request is there.
    Read,
    /// Until it was decided.
    Decide,
    /// Until its answer was written.
    Encode,
    /// Until it may leave.
    Log,
}

/// The time of one answer, if anybody wants to know.
#[derive(Debug)]
pub struct Stopwatch(Option<Box<Laps>>);

#[derive(Debug)]
struct Laps {
    since: Instant,
    /// By the places of [`NAMES`].
    spent: [Duration; 4],
}

const NAMES: [&str; 4] = ["read", "decide", "encode", "log"];

impl Stopwatch {
    /// Begins to count, or does nothing ever.
    #[must_use]
    pub fn start(wanted: bool) -> Self {
        Self(wanted.then(|| Box::new(Laps { since: Instant::now(), spent: [Duration::ZERO; 4] })))
    }

    /// What passed since the last call was spent on `stage`.
    pub fn lap(&mut self, stage: Stage) {
        if let Some(laps) = &mut self.0 {
            laps.lap(stage, Instant::now());
        }
    }

    /// The header's value.
    #[must_use]
    pub fn header(&self) -> Option<HeaderValue> {
        self.0.as_ref().and_then(|laps| laps.header())
    }
}

impl Laps {
    fn lap(&mut self, stage: Stage, now: Instant) {
        let place = match stage {
            Stage::Read => 0,
            Stage::Decide => 1,
            Stage::Encode => 2,
            Stage::Log => 3,
        };
        let spent = now.saturating_duration_since(self.since);
        self.spent[place] = self.spent[place].saturating_add(spent);
        self.since = now;
    }

    fn header(&self) -> Option<HeaderValue> {
        let mut text = String::new();
        for (name, spent) in NAMES.iter().zip(self.spent) {
            let between = if text.is_empty() { "" } else { ", " };
            let (whole, rest) = (spent.as_millis(), spent.subsec_micros() % 1000);
            // Writing to a text in memory does not fail.
            let _ = write!(text, "{between}{name};dur={whole}.{rest:03}");
        }
        HeaderValue::try_from(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_add_up_in_milliseconds() {
        let begun = Instant::now();
        let mut laps = Laps { since: begun, spent: [Duration::ZERO; 4] };
        let mut now = begun;
        for (stage, nanos) in [
            (Stage::Read, 12_999),
            (Stage::Decide, 3_000),
            (Stage::Log, 1_310_000),
            (Stage::Decide, 1_000),
        ] {
            now += Duration::from_nanos(nanos);
            laps.lap(stage, now);
        }
        let header = laps.header().unwrap();
        assert_eq!(header, "read;dur=0.012, decide;dur=0.004, encode;dur=0.000, log;dur=1.310");
        let mut off = Stopwatch::start(false);
        off.lap(Stage::Read);
        assert_eq!(off.header(), None);
    }
}
