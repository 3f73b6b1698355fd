//! What all rounds share: the server that is tried, the place, the time, and the counts.

use std::io;
use std::path::PathBuf;

use wal::simulated::Choices;

use super::clock::Clock;
use super::home::Home;
use super::place::Place;
use super::progress::Progress;
use super::tally::Tally;
use crate::child::Plan;

/// All of that.
pub(super) struct Rig {
    /// The server.
    pub(super) program: PathBuf,
    /// Whether it must be told to take this file system.
    pub(super) any_file_system: bool,
    /// Where it is tried.
    pub(super) place: Place,
    /// How long.
    pub(super) clock: Clock,
    /// What everything is drawn from.
    pub(super) seed: u64,
    /// What was done.
    pub(super) tally: Tally,
    /// Who is told meanwhile.
    pub(super) progress: Progress,
}

impl Rig {
    /// What a round is drawn from.
    pub(super) fn choices(&self, round: u64) -> Choices {
        let mut seeds = Choices::new(self.seed ^ round.rotate_right(16));
        Choices::new(seeds.number())
    }

    /// A server for a ledger.
    ///
    /// # Errors
    /// When what it says cannot be kept.
    pub(super) fn plan(&self, home: &Home, flags: &[String]) -> io::Result<Plan> {
        let any = self.any_file_system.then_some("--allow-any-filesystem");
        let flags = flags.iter().map(String::as_str).chain(any);
        let plan = Plan::of(&self.program, &home.data()).flags(flags);
        let plan = match home.mirror() {
            Some(mirror) => plan.mirror(&mirror),
            None => plan,
        };
        Ok(plan.messages(home.messages()?))
    }

    /// Tells how far it is.
    pub(super) fn tick(&mut self) {
        self.progress.tell(self.clock, &self.tally);
    }

    /// Whether no more lives are to begin. One round is always lived whole.
    pub(super) fn is_over(&self) -> bool {
        self.tally.rounds > 1 && self.clock.is_up()
    }
}
