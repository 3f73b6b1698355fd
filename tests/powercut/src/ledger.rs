//! One ledger through many lives: each ends with a power cut, each cut has several ends, each end
//! is started again and held to the journal, and on one of them the next life goes on.

use anyhow::Context;

use crate::books::{ACCOUNTS, Books, name_of};
use crate::choices::Choices;
use crate::http::{Client, Listener, post};
use crate::image::Image;
use crate::journal::{Asked, Journal};
use crate::load::{self, Teller};
use crate::machine::{Machine, Parts};
use crate::moment::{Moment, Survival};
use crate::scene::Scene;
use crate::tally::{AUDITS, CUTS, LEDGERS, Tally};
use crate::wrong::Wrong;

/// One end in so many has its power cut once more while it starts, and then perhaps again.
const STUMBLE_ONE_IN: u64 = 4;
/// What each account begins with, in minor units.
const OPENED_WITH: i64 = 50_000;

/// A ledger under test.
pub struct Ledger<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) choices: Choices,
    pub(crate) tellers: Vec<Teller>,
    pub(crate) journal: Journal,
    /// What was seen so far.
    pub tally: Tally,
    /// The disk that was last started, for whoever looks into a failure.
    pub evidence: Option<Image>,
}

impl<'a> Ledger<'a> {
    /// The ledger of this number under this seed.
    #[must_use]
    pub fn new(parts: &'a Parts, seed: u64, number: u64) -> Self {
        let mut choices = Choices::fork(seed, number);
        let tellers = load::tellers(&mut choices);
        Self {
            parts,
            choices,
            tellers,
            journal: Journal::default(),
            tally: Tally::default(),
            evidence: None,
        }
    }

    /// So many scenes, mixed as they are to be.
    pub fn draw_scenes(&mut self, lives: usize) -> Vec<Scene> {
        (0..lives).map(|_| self.choices.one_of(&Scene::MIX)).collect()
    }

    /// Plays a life for each scene, and looks at so many ends of each.
    ///
    /// # Errors
    /// [`Wrong`] when the server is, anything else when the rig is.
    pub fn play(&mut self, scenes: &[Scene], ends: usize) -> anyhow::Result<()> {
        let mut machine = self.found()?;
        for scene in scenes {
            let moment = scene.play(self, machine).with_context(|| scene.name())?;
            self.tally.one(&format!("lives: {}", scene.name()));
            machine = self.judge(&moment, ends)?;
        }
        self.audit(machine)?;
        self.tally.one(LEDGERS);
        Ok(())
    }

    /// Has the log audited that is left in the end, and all that was answered.
    fn audit(&mut self, machine: Machine) -> anyhow::Result<()> {
        let Some(auditor) = &self.parts.auditor else { return Ok(()) };
        let audited = auditor.audit(&self.parts.workplace, &machine, &self.journal);
        if audited.is_err() {
            let Machine { server, mounted, disk } = machine;
            server.kill();
            drop(mounted);
            self.evidence = Some(disk.cut().durable);
        }
        audited?;
        self.tally.one(AUDITS);
        self.tally.many("answers found by the auditor", crate::size::wide(self.journal.answered()));
        Ok(())
    }

    /// A machine with a new ledger, whose accounts have money.
    ///
    /// # Errors
    /// When it does not start, or does not take what it must.
    pub fn found(&mut self) -> anyhow::Result<Machine> {
        let machine = self.parts.boot(self.parts.empty.clone(), &mut self.choices)?;
        let mut operator = Client::connect(machine.server.listeners.operator)?;
        for account in 0..ACCOUNTS {
            let name = name_of(account);
            let body = format!(r#"{{"tenant_account_ref":"{name}","currencies":["USD"]}}"#);
            let reply = operator.ask(&post("/v1/accounts", &body))?;
            anyhow::ensure!(reply.status == 201, "an account is not opened: {}", reply.body);
            let mut funds = funds(account);
            let reply = operator.ask(&funds.request)?;
            funds.hear(&reply)?;
            self.journal.0.push(funds);
        }
        Ok(machine)
    }

    /// Looks at some ends of a moment, each of another kind; returns the machine that runs on the
    /// last of them.
    fn judge(&mut self, moment: &Moment, ends: usize) -> anyhow::Result<Machine> {
        let mut survivals = Survival::ALL;
        self.choices.shuffle(&mut survivals);
        // When everything was synced all ends are the same.
        let ends = if moment.unsynced.is_empty() { 1 } else { ends.min(survivals.len()) };
        let (&last, others) = survivals[..ends].split_last().context("no end to look at")?;
        for &survival in others {
            let mut journal = self.journal.clone();
            drop(self.rise(moment, survival, &mut journal)?);
        }
        let mut journal = std::mem::take(&mut self.journal);
        let machine = self.rise(moment, last, &mut journal)?;
        self.journal = journal;
        Ok(machine)
    }

    /// Starts a machine on one end of a moment and holds it to the journal.
    ///
    /// # Errors
    /// When it does not start or does not hold.
    pub fn rise(
        &mut self,
        moment: &Moment,
        survival: Survival,
        journal: &mut Journal,
    ) -> anyhow::Result<Machine> {
        let mut image = moment.end(survival, &mut self.choices);
        while self.choices.once_in(STUMBLE_ONE_IN) {
            self.evidence = Some(image.clone());
            image = self.parts.stumble(image, &mut self.choices)?;
            self.tally.one("power cuts while a machine starts");
        }
        self.evidence = Some(image.clone());
        let machine = self.parts.boot(image, &mut self.choices).context(survival.name())?;
        self.hold(&machine, journal).context(survival.name())?;
        self.tally.one(CUTS);
        self.tally.one(&format!("cuts: {}", survival.name()));
        Ok(machine)
    }

    /// Holds a machine to a journal.
    pub(crate) fn hold(&mut self, machine: &Machine, journal: &mut Journal) -> anyhow::Result<()> {
        let checked = journal.check(machine.server.listeners, &mut self.choices)?;
        self.tally.checked(&checked);
        let messages = machine.server.messages();
        if messages.contains("panicked at") {
            return Err(Wrong::new(messages).into());
        }
        Ok(())
    }
}

/// The top-up of an account.
fn funds(account: usize) -> Asked {
    let name = name_of(account);
    let body = format!(
        r#"{{"idempotency_key":"open-{name}","source":"@funding","destination":"{name}","amount":{{"value":{}.00,"currency":"USD"}}}}"#,
        OPENED_WITH / 100
    );
    Asked {
        listener: Listener::Operator,
        request: post("/v1/transfers", &body).into(),
        effect: Books::default().funded(account, OPENED_WITH),
        answer: None,
    }
}
