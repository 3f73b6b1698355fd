//! How a run goes, while it goes: a line on a terminal that renews itself, or a line every few
//! seconds where standard error is none.
//!
//! A thread of its own looks at [`Counters`] a few times a second. The threads that send never wait
//! for it.

mod counters;

pub use counters::{Board, Counters, Snapshot};

use std::{
    io::{IsTerminal, stderr},
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::clock::now;

/// How often a terminal shows how it stands.
const RENEWED_EVERY: Duration = Duration::from_millis(250);
/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Rates are over the last so many looks.
const LOOKS: usize = 8;

/// What is watched.
#[derive(Debug, Clone)]
pub struct Watched {
    /// What the line begins with, where there are several runs to tell apart.
    pub name: String,
    /// When the run begins.
    pub start: Instant,
    /// How long it takes, at most.
    pub length: Duration,
    /// Requests per second that the schedule asks for; `None` where there is none.
    pub offered_per_s: Option<u64>,
}

/// Shows a run until it is dropped.
#[derive(Debug)]
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Watch {
    /// Begins to show what is counted on `board` from now on. Shows nothing when it is to be `quiet`, or when
    /// the system grants no thread for it.
    #[must_use]
    pub fn start(watched: Watched, board: Arc<Board>, quiet: bool) -> Self {
        if quiet {
            return Self { stop: None, thread: None };
        }
        let (stop, stopped) = channel();
        let before = board.snapshot();
        let thread = thread::Builder::new().name("live".to_owned()).spawn(move || {
            let (mut view, every) = View::new(watched);
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                view.show(&board.snapshot().since(&before), now());
            }
            view.bar.finish_and_clear();
        });
        Self { stop: Some(stop), thread: thread.ok() }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // That the view failed is no concern of the run's.
            drop(thread.join());
        }
    }
}

struct View {
    watched: Watched,
    terminal: bool,
    bar: ProgressBar,
    looks: Vec<(Instant, u64)>,
}

impl View {
    fn new(watched: Watched) -> (Self, Duration) {
        let terminal = stderr().is_terminal();
        let target =
            if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let length = u64::try_from(watched.length.as_millis()).unwrap_or(u64::MAX);
        let bar = ProgressBar::with_draw_target(Some(length), target);
        let style = ProgressStyle::with_template("[{bar:6}] {wide_msg}");
        let bar = match style {
            Ok(style) => bar.with_style(style.progress_chars("=> ")),
            Err(_) => bar,
        };
        let every = if terminal { RENEWED_EVERY } else { LINE_EVERY };
        (Self { watched, terminal, bar, looks: Vec::new() }, every)
    }

    fn show(&mut self, look: &Snapshot, at: Instant) {
        let elapsed = at.saturating_duration_since(self.watched.start);
        let rate = self.rate(look.answered, at);
        let line = self.watched.line(look, rate, elapsed);
        if self.terminal {
            self.bar.set_position(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
            self.bar.set_message(line);
        } else {
            eprintln!("{line}");
        }
    }

    /// Answers per second over the last looks.
    fn rate(&mut self, answered: u64, at: Instant) -> u64 {
        if self.looks.is_empty() {
            self.looks.push((self.watched.start, 0));
        }
        self.looks.push((at, answered));
        if self.looks.len() > LOOKS {
            self.looks.remove(0);
        }
        let (since, before) = self.looks[0];
        let micros = at.saturating_duration_since(since).as_micros().max(1);
        u64::try_from(u128::from(answered - before) * 1_000_000 / micros).unwrap_or(u64::MAX)
    }
}

impl Watched {
    fn line(&self, look: &Snapshot, rate: u64, elapsed: Duration) -> String {
        let left = self.length.saturating_sub(elapsed).as_secs();
        let name = if self.name.is_empty() { String::new() } else { format!("{}: ", self.name) };
        let offered = self.offered_per_s.map_or(String::new(), |offered| format!(" of {offered}"));
        format!(
            "{name}{rate}{offered}/s, p50 {}, p99 {}, {} errors, {} late, {left} s left",
            millis(look.percentile(50)),
            millis(look.percentile(99)),
            look.errors,
            look.late,
        )
    }
}

fn millis(time: Duration) -> String {
    let micros = time.as_micros();
    format!("{}.{:02} ms", micros / 1_000, micros % 1_000 / 10)
}

#[cfg(test)]
mod tests {
    use super::{Board, Watched};
    use crate::clock::now;
    use std::time::Duration;

    #[test]
    fn the_line_says_how_it_stands_and_how_long_it_takes() {
        let board = Board::default();
        let counters = board.counters();
        counters.sent(true);
        counters.answered(Duration::from_micros(3));
        counters.not_sent();
        let mut watched = Watched {
            name: "2/5".to_owned(),
            start: now(),
            length: Duration::from_secs(60),
            offered_per_s: Some(4_000),
        };
        let line = watched.line(&board.snapshot(), 3_998, Duration::from_secs(18));
        let expected = "2/5: 3998 of 4000/s, p50 0.00 ms, p99 0.00 ms, 1 errors, 1 late, 42 s left";
        assert_eq!(line, expected);
        (watched.name, watched.offered_per_s) = (String::new(), None);
        let line = watched.line(&board.snapshot(), 1, Duration::from_secs(61));
        assert!(line.starts_with("1/s, p50") && line.ends_with(" 0 s left"), "{line}");
    }
}
