//! A moment as it is typed: RFC 3339, or a date, which is where that day begins in UTC.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A moment that was typed. `Display` is RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(Timestamp);

/// A text that is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time such as 2026-01-31T12:00:00Z or 2026-01-31")]
pub struct BadTime;

impl Time {
    /// Reads what was typed.
    ///
    /// # Errors
    /// When it is no moment.
    pub fn parse(text: &str) -> Result<Self, BadTime> {
        if let Ok(time) = text.parse() {
            return Ok(Self(time));
        }
        // A time of day without its offset would be read as a date, and dropped.
        let date = Some(text).filter(|text| !text.contains(['T', 't', ' '])).ok_or(BadTime)?;
        let day: Date = date.parse().map_err(|_| BadTime)?;
        let begins = day.to_zoned(TimeZone::UTC).map_err(|_| BadTime)?;
        Ok(Self(begins.timestamp()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_where_its_day_begins() {
        let time = |text| Time::parse(text).map(|time| time.to_string());
        assert_eq!(time("2026-01-31").as_deref(), Ok("2026-01-31T00:00:00Z"));
        assert_eq!(time("2026-01-31T12:00:00.5+08:00").as_deref(), Ok("2026-01-31T04:00:00.5Z"));
        for text in ["", "today", "2026-01-32", "12:00", "2026-01-31T12:00:00"] {
            assert_eq!(time(text), Err(BadTime), "{text}");
        }
    }
}
