//! Where the time went, as the server tells it in each answer's `Server-Timing`:
//! `read;dur=0.012, decide;dur=0.003, log;dur=0.310`, in milliseconds.
//!
//! Any name is taken, up to [`METRICS_MAX`] of them; a server that sends no such header leaves it
//! empty. A metric without a `dur` says nothing here, and what cannot be read is passed over: it is
//! an aid, never a part of the contract.

use std::time::Duration;

use super::{Sums, Times};

/// The most metrics that are kept; others are passed over.
pub const METRICS_MAX: usize = 32;
/// The longest name of a metric, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The distribution of each metric, in the order in which they were first told.
#[derive(Debug, Clone, Default)]
pub struct ServerTiming(Vec<(String, Times)>);

impl ServerTiming {
    /// Takes in the header of one answer, and adds it to the sums of its operation.
    pub(super) fn record(&mut self, header: &str, sums: &mut Sums) {
        for (name, time) in metrics(header) {
            if let Some(times) = self.of(name) {
                times.record(time);
                sums.add(name, time);
            }
        }
    }

    /// Adds what another thread was told.
    pub(super) fn add(&mut self, other: &Self) {
        for (name, more) in &other.0 {
            if let Some(times) = self.of(name) {
                times.add(more);
            }
        }
    }

    /// Each metric's name and times.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Times)> {
        self.0.iter().map(|(name, times)| (name.as_str(), times))
    }

    fn of(&mut self, name: &str) -> Option<&mut Times> {
        let found = self.0.iter().position(|(known, _)| known == name);
        let index = match found {
            Some(index) => index,
            None if self.0.len() < METRICS_MAX && name.len() <= NAME_BYTES_MAX => {
                self.0.push((name.to_owned(), Times::default()));
                self.0.len() - 1
            }
            None => return None,
        };
        Some(&mut self.0[index].1)
    }
}

fn metrics(header: &str) -> impl Iterator<Item = (&str, Duration)> {
    unquoted(header, ',').filter_map(|metric| {
        let mut parts = unquoted(metric, ';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let told = parts.find_map(|part| part.strip_prefix("dur="))?;
        Some((name, milliseconds(told.trim_matches('"'))?))
    })
}

/// Splits where `at` stands outside of quotation marks: a description may have any in it.
fn unquoted(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |letter| {
        quoted ^= letter == '"';
        letter == at && !quoted
    })
}

#[expect(clippy::float_arithmetic, reason = "a time that was told as a float, and no money")]
fn milliseconds(text: &str) -> Option<Duration> {
    let told: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64(told / 1_000.0).ok()
}

#[cfg(test)]
mod tests {
    use super::{METRICS_MAX, ServerTiming, Sums, metrics};
    use std::time::Duration;

    #[test]
    fn what_is_told_is_read_and_the_rest_passed_over() {
        let micros = Duration::from_micros;
        let rows: [(&str, &[(&str, Duration)]); 8] = [
            ("read;dur=0.012, log;dur=0.310", &[("read", micros(12)), ("log", micros(310))]),
            ("log;dur=2", &[("log", micros(2_000))]),
            ("a;desc=\"x, y;dur=9\";dur=1", &[("a", micros(1_000))]),
            (" a ; dur=1 ,b;dur=\"2\"", &[("a", micros(1_000)), ("b", micros(2_000))]),
            ("cache, miss;desc=x", &[]),
            ("a;dur=-1, b;dur=NaN, c;dur=inf, d;dur=1e300, e;dur=", &[]),
            (";dur=1,,;", &[]),
            ("", &[]),
        ];
        for (header, expected) in rows {
            assert_eq!(metrics(header).collect::<Vec<_>>(), expected, "{header}");
        }
    }

    #[test]
    fn a_server_that_invents_names_for_ever_fills_no_memory() {
        let mut told = ServerTiming::default();
        let mut sums = Sums::default();
        (0..1_000).for_each(|index| told.record(&format!("m{index};dur=1"), &mut sums));
        told.record(&format!("{};dur=1", "x".repeat(100)), &mut sums);
        assert_eq!((told.iter().count(), sums.iter().count()), (METRICS_MAX, METRICS_MAX));
    }
}
