//! What is kept over all rounds of a run: the accounts, what they were told, and the server.

use std::{rc::Rc, sync::Arc};

use hyper::Method;

use super::{RunError, kills::with_kills, on_one_thread};
use crate::{
    account::{Account, Difference},
    cli::{Mode, Plan},
    client::{Client, ExchangeError},
    clock::now,
    journal::{Header, Journal, VERSION},
    lanes::in_lanes,
    live::{Board, Watch},
    load::{
        Outcome, Round,
        acknowledged::{Acknowledged, KEPT_MAX},
        drift::Drift,
        fleet::Out,
        hot::Hot,
        load,
        outages::Outages,
    },
    machine::{Jiffies, PerTenThousand},
    measurement::Measurement,
    server::Server,
    setup::TOP_UP,
    wire::number,
};

/// The state of a run between its rounds.
pub(super) struct Session<'a> {
    pub(super) board: &'a Arc<Board>,
    pub(super) server: Option<Server>,
    pub(super) accounts: Vec<Account>,
    pub(super) out: Out,
    pub(super) outages: Arc<Outages>,
    pub(super) journal: Option<Journal>,
    pub(super) stolen: PerTenThousand,
    pub(super) drift: Option<Drift>,
    kept: Vec<Acknowledged>,
    rounds: u64,
}

impl<'a> Session<'a> {
    pub(super) fn begin(plan: &Plan, board: &'a Arc<Board>) -> Result<Self, RunError> {
        let server = plan
            .server
            .as_ref()
            .map(|server| Server::start(&server.command, &plan.network, &plan.operator));
        let header = Header {
            holdfast_journal: VERSION,
            run: plan.run.clone(),
            seed: plan.seed,
            opened_with: number(TOP_UP),
            shared: plan.hot == Hot::One,
        };
        let journal = plan.journal.as_ref().map(|path| {
            let created = Journal::create(path, &header, now());
            created.map_err(|error| RunError::Journal(path.clone(), error))
        });
        Ok(Self {
            board,
            server: server.transpose()?,
            accounts: Vec::new(),
            out: Out::default(),
            outages: Arc::default(),
            journal: journal.transpose()?,
            stolen: PerTenThousand::default(),
            drift: None,
            kept: Vec::new(),
            rounds: 0,
        })
    }

    /// Plays one round, and returns what it measured.
    pub(super) fn play(&mut self, plan: &Plan) -> Result<Measurement, RunError> {
        let plan = plan.round(self.rounds);
        let round = self.round(&plan);
        let accounts = std::mem::take(&mut self.accounts);
        let watch = self.watch(&plan, &round);
        let outcome = self.while_killed(&plan, || load(&round, accounts))??;
        drop(watch);
        let Outcome { accounts, out, measurement, drift, kept } = outcome;
        self.rounds += 1;
        self.accounts = accounts;
        self.out.given_up.extend(out.given_up);
        self.out.differences.extend(out.differences);
        self.drift = drift;
        self.kept.extend(kept);
        Ok(measurement)
    }

    /// Shows how a round goes on.
    pub(super) fn watch(&self, plan: &Plan, round: &Round<'_>) -> Watch {
        let mut watched = plan.watched(round.start);
        if plan.repeats > 1 {
            watched.name = format!("{}/{}", self.rounds + 1, plan.repeats);
        }
        Watch::start(watched, Arc::clone(self.board), plan.outputs.quiet)
    }

    pub(super) fn round<'b>(&self, plan: &'b Plan) -> Round<'b>
    where
        'a: 'b,
    {
        let kills = plan.server.as_ref().is_some_and(|server| server.kill_every.is_some());
        Round {
            outages: Arc::clone(&self.outages),
            pen: self.journal.as_ref().map(Journal::pen),
            keeps: if kills { KEPT_MAX / plan.repeats } else { 0 },
            ..Round::soon(plan, self.board)
        }
    }

    /// Does `work` while the server is killed as the plan says, and looks at what is stolen.
    pub(super) fn while_killed<T>(
        &mut self,
        plan: &Plan,
        work: impl FnOnce() -> T,
    ) -> Result<T, RunError> {
        let before = Jiffies::now();
        let kill_every = plan.server.as_ref().and_then(|server| server.kill_every);
        let done = match (self.server.as_mut(), kill_every) {
            (Some(server), Some(every)) => with_kills(server, every, &self.outages, work)?,
            _ => work(),
        };
        if let Some((before, after)) = before.zip(Jiffies::now()) {
            self.stolen = self.stolen.max(after.stolen_since(before));
        }
        Ok(done)
    }

    /// Asks for what was acknowledged again, where it was kept, and says how much that was.
    pub(super) fn ask_again(&mut self, plan: &Plan) -> Result<u64, RunError> {
        let kept = std::mem::take(&mut self.kept);
        let count = u64::try_from(kept.len()).unwrap_or(u64::MAX);
        let (target, paths) = (Rc::new(plan.network.clone()), plan.paths.clone());
        let asked =
            on_one_thread(in_lanes(kept, &target, async move |client: &mut Client, told| {
                let uri = paths.of(told.operation);
                let reply = client.exchange(Method::POST, uri, told.body.clone()).await?;
                Ok::<_, ExchangeError>(told.compare(&reply))
            }))?;
        let asked = asked.map_err(RunError::AskAgain)?;
        self.out.differences.extend(asked.into_iter().flatten());
        Ok(count)
    }
}

impl Acknowledged {
    fn compare(&self, again: &crate::wire::Reply) -> Option<Difference> {
        let first = &self.reply;
        let same = again.replayed && (again.status, &again.body) == (first.status, &first.body);
        (!same).then(|| Difference {
            account: "an acknowledged answer".to_owned(),
            request: format!("{} {}", self.operation.name(), String::from_utf8_lossy(&self.body)),
            difference: format!("asked again, it must be repeated as it was: {first}"),
            answer: again.to_string(),
        })
    }
}

impl Plan {
    fn round(&self, index: u64) -> Self {
        match &self.mode {
            Mode::Open(schedule) => {
                Self { mode: Mode::Open(schedule.repeat(index)), ..self.clone() }
            }
            Mode::Closed(_) => self.clone(),
        }
    }
}
