//! How far it is: a bar on a terminal, else a line every ten seconds.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::clock::Clock;
use super::tally::Tally;

/// Between two lines.
const INTERVAL: Duration = Duration::from_secs(10);

/// Tells on standard error.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    next: Duration,
}

impl Progress {
    /// As standard error wants it.
    pub(super) fn new(clock: Clock) -> Self {
        let bar = io::stderr().is_terminal().then(|| bar(clock.length()));
        Self { bar, next: INTERVAL }
    }

    /// Tells how far it is, if it is time.
    pub(super) fn tell(&mut self, clock: Clock, tally: &Tally) {
        let elapsed = clock.elapsed();
        let (lives, answers) = (tally.lives(), tally.work.acknowledged);
        let state = format!(
            "{lives} lives ended, {answers} answers kept, {} copies damaged, {} power cuts",
            tally.told + tally.harmless,
            tally.states
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position(elapsed.min(clock.length()).as_secs());
                bar.set_message(state);
            }
            None if elapsed >= self.next => {
                eprintln!("{} s of {}: {state}", elapsed.as_secs(), clock.length().as_secs());
                self.next = elapsed + INTERVAL;
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(length: Duration) -> ProgressBar {
    let bar = ProgressBar::new(length.as_secs());
    match ProgressStyle::with_template("torture [{bar:30}] {pos} of {len} s: {msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
