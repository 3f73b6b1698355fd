//! The accounts of a replay: which of their requests is asked, which waits for it, and from when on
//! their answers are not determined any more.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use serde::Serialize;

use super::recorded::{Names, compare};
use crate::{account::Difference, journal::Recorded, wire::Reply};

/// The accounts of one thread, by their names in the journal.
#[derive(Debug, Default)]
pub struct Book {
    accounts: HashMap<String, Player>,
    /// How long what was approved is set aside; `None` when longer than the run.
    time_to_live: Option<Duration>,
    /// What was told that is not what was recorded.
    pub differences: Vec<Difference>,
    /// How much was compared.
    pub replayed: Replayed,
}

/// How much of a replay was compared.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Replayed {
    /// Answers held against the recorded ones.
    pub compared: u64,
    /// Answers that nothing determines: after an approval may have lapsed, after the server could
    /// not decide, or after an answer never came.
    pub undetermined: u64,
}

#[derive(Debug)]
struct Player {
    names: Names,
    busy: bool,
    waiting: VecDeque<(Instant, Recorded)>,
    /// From then on, as an offset, its answers are not determined.
    determined_until: Duration,
}

/// A request whose turn it is.
#[derive(Debug)]
pub struct Turn {
    /// When it was meant to be sent.
    pub due: Instant,
    /// As it was recorded.
    pub recorded: Recorded,
    /// Its account's name in the journal.
    pub account: String,
}

impl Book {
    /// The book of these accounts.
    #[must_use]
    pub fn new(names: Vec<Names>, time_to_live: Option<Duration>) -> Self {
        let player = |names: Names| (names.before.clone(), Player::new(names));
        let accounts = names.into_iter().map(player).collect();
        Self { accounts, time_to_live, ..Self::default() }
    }

    /// Gives `turn` back when its account is idle. Else it waits until that is told of.
    pub fn begin(&mut self, turn: Turn) -> Option<Turn> {
        let player = self.accounts.get_mut(&turn.account)?;
        if player.busy {
            player.waiting.push_back((turn.due, turn.recorded));
            return None;
        }
        player.busy = true;
        Some(turn)
    }

    /// The body of a request as it is asked now.
    #[must_use]
    pub fn body(&self, turn: &Turn) -> hyper::body::Bytes {
        let player = self.accounts.get(&turn.account);
        player.map_or_else(|| turn.recorded.body.clone(), |it| it.names.rename(&turn.recorded.body))
    }

    /// Takes in what was told, `None` when nothing was, and returns the account's next turn.
    pub fn end(&mut self, turn: &Turn, told: Option<&Reply>) -> Option<Turn> {
        let player = self.accounts.get_mut(&turn.account)?;
        match player.learn(&turn.recorded, told, self.time_to_live) {
            Ok(true) => self.replayed.compared += 1,
            Ok(false) => self.replayed.undetermined += 1,
            Err(difference) => {
                player.determined_until = Duration::ZERO;
                self.differences.push(difference);
            }
        }
        let next = player.waiting.pop_front();
        player.busy = next.is_some();
        next.map(|(due, recorded)| Turn { due, recorded, account: turn.account.clone() })
    }
}

impl Player {
    fn new(names: Names) -> Self {
        let (waiting, determined_until) = (VecDeque::new(), Duration::MAX);
        Self { names, busy: false, waiting, determined_until }
    }

    /// Whether what was told is determined, and as it was recorded.
    fn learn(
        &mut self,
        recorded: &Recorded,
        told: Option<&Reply>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, Difference> {
        let Some(told) = told else {
            self.determined_until = Duration::ZERO;
            return Ok(false);
        };
        self.names.learn(&recorded.reply, told);
        if recorded.operation.is_authorization() {
            let lapses = time_to_live.map_or(Duration::MAX, |it| recorded.intended + it);
            self.determined_until = self.determined_until.min(lapses);
        }
        if recorded.intended >= self.determined_until {
            return Ok(false);
        }
        let compared = compare(recorded, told).map_err(|difference| Difference {
            account: self.names.now.clone(),
            request: format!("line {} of the journal", recorded.number),
            difference: format!("{difference}, as it was recorded"),
            answer: told.to_string(),
        })?;
        if compared.is_none() {
            self.determined_until = Duration::ZERO;
        }
        Ok(compared.is_some())
    }
}
