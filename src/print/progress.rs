//! How far something is, on a terminal only, and how long it took.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for work on so many bytes, which is called `what`. Where standard error is no terminal
/// nothing is shown.
#[must_use]
pub fn bar(what: &str, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let template = "[{bar:40}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    match ProgressStyle::with_template(&format!("{what} {template}")) {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

/// Measures how long a command takes, for people.
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a measurement, of which no action hears")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Until now, as `1.234 s`.
    #[must_use]
    pub fn told(&self) -> String {
        let elapsed: Duration = self.0.elapsed();
        format!("{}.{:03} s", elapsed.as_secs(), elapsed.subsec_millis())
    }
}
