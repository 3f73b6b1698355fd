//! A round: one ledger through several lives, and what is done to it between them and afterwards.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use tokio::time::sleep;
use wal::simulated::Choices;

use super::asked::{Asked, Heard};
use super::books::Books;
use super::damage::{Damage, listing};
use super::fault::Fault;
use super::home::Home;
use super::lines::silent;
use super::load::{self, News};
use super::moment::Moment;
use super::money::Currency;
use super::rig::Rig;
use super::tail;
use super::teller::Teller;
use super::witness::{self, Extent, Testimony};
use super::{index, probe, simulated};
use crate::child::{Server, ServerError};
use crate::client::Client;

/// How many copies are damaged in a round.
const DAMAGES: u64 = 5;
/// How many states of a simulated disk are tried in a round.
const STATES: u64 = 600;
/// How often the disk is measured in a round.
const SYNCS: usize = 20;
/// How many lives there are in a round beside one for each moment.
const MORE_LIVES: u64 = 3;
/// How much each teller asks again after each life.
const SAMPLE: usize = 40;
/// How long a start may take that is killed.
const START_MAX_MICROS: u64 = 25_000;
/// What a server answers that knows its balances and cannot read what they came from.
const HISTORY_UNREADABLE: &str = "HISTORY_UNREADABLE";
/// What the system says of a disk that is full.
const DISK_FULL: &str = "No space left on device";

/// One ledger.
pub(super) struct Round<'a> {
    rig: &'a mut Rig,
    number: u64,
    choices: Choices,
    home: Home,
    flags: Vec<String>,
    /// Opening the accounts that all share.
    setup: Vec<Asked>,
    tellers: Vec<Teller>,
    /// Where files were left that are not the server's.
    littered: Option<PathBuf>,
    life: u64,
}

impl<'a> Round<'a> {
    /// Draws the round of that number.
    ///
    /// # Errors
    /// When there is no place for it.
    pub(super) fn draw(rig: &'a mut Rig, number: u64) -> Result<Self, Fault> {
        rig.place.has_room()?;
        let mut choices = rig.choices(number);
        let mirrored = choices.once_in(4);
        let home = Home::make(rig.place.ledger(number), mirrored)?;
        let segment_bytes = [64 << 10, 128 << 10, 512 << 10][index(&mut choices, 3)];
        let threads = 1 + choices.below(2);
        let interval = choices.below(2);
        let flags = format!(
            "--segment-bytes {segment_bytes} --threads {threads} --snapshot-interval-s {interval}"
        );
        let tellers = (0..3 + index(&mut choices, 18))
            .map(|n| Teller::new(n, Choices::new(choices.number())))
            .collect();
        let shared = |currency| Teller::shared(currency).map(|it| Teller::opening(&it, currency));
        rig.tally.rounds += 1;
        rig.tally.mirrored += u64::from(mirrored);
        Ok(Self {
            rig,
            number,
            choices,
            home,
            flags: flags.split(' ').map(str::to_owned).collect(),
            setup: Currency::ALL.into_iter().flat_map(shared).collect(),
            tellers,
            littered: None,
            life: 0,
        })
    }

    /// Lives it. Where the server is to blame for something, what is known is kept.
    ///
    /// # Errors
    /// The first fault.
    pub(super) async fn live(mut self) -> Result<(), Fault> {
        let lived = self.lives().await;
        if let Err(fault) = lived {
            if fault.is_of_the_server() {
                let all = self.tellers.iter().flat_map(|teller| &teller.asked);
                self.rig.place.write_down(self.setup.iter().chain(all))?;
            }
            return Err(fault.at(&format!("round {}, life {}", self.number, self.life)));
        }
        if !(self.rig.place.is_kept() && self.rig.clock.is_up()) {
            fs::remove_dir_all(self.home.path())?;
        }
        Ok(())
    }

    async fn lives(&mut self) -> Result<(), Fault> {
        for moment in self.moments() {
            self.life += 1;
            self.one_life(moment).await?;
            self.between_lives()?;
            self.rig.tick();
            if self.rig.is_over() {
                break;
            }
        }
        self.life += 1;
        self.at_the_end().await?;
        for n in 0..DAMAGES {
            self.damage(n == 0).await?;
            self.rig.tick();
        }
        self.rig.tally.states += simulated::cut_power(&mut self.choices, STATES)?;
        let syncs = probe::measure(&self.rig.place.probe(), SYNCS)?;
        self.rig.tally.syncs.extend(syncs);
        self.rig.tick();
        Ok(())
    }

    /// Each moment once, in some order, and some more often.
    fn moments(&mut self) -> Vec<Moment> {
        let mut moments = Moment::ALL.to_vec();
        for n in (1..moments.len()).rev() {
            moments.swap(n, index(&mut self.choices, n + 1));
        }
        let more = self.choices.below(MORE_LIVES);
        let more = (0..more).map(|_| Moment::ALL[index(&mut self.choices, Moment::ALL.len())]);
        moments.extend(more.collect::<Vec<_>>());
        moments
    }

    async fn one_life(&mut self, moment: Moment) -> Result<(), Fault> {
        if moment == Moment::Start {
            let starting = self.rig.plan(&self.home, &self.flags)?.spawn()?;
            sleep(Duration::from_micros(self.choices.below(START_MAX_MICROS))).await;
            self.rig.tally.ended(moment);
            return starting.kill().map_err(|error| self.no_server(&error));
        }
        let server = self.start().await?;
        self.verify(&server, Extent::Sample(SAMPLE)).await?;
        let news = Arc::new(News::default());
        let working = load::begin(&mut self.tellers, server.listeners(), &news);
        let waited = moment.wait(&mut self.choices, &news, &self.home).await;
        let ended = moment.end(&mut self.choices, server).await;
        news.enough();
        let tally = &mut self.rig.tally;
        tally.ended(moment);
        let worked = load::end(&mut self.tellers, working, |work| tally.worked(work)).await;
        worked.and(waited).and(ended).map_err(|fault| self.with_words(fault))?;
        self.home.is_calm()
    }

    async fn start(&mut self) -> Result<Server, Fault> {
        let started = self.rig.plan(&self.home, &self.flags)?.start().await;
        started.map_err(|error| self.no_server(&error))
    }

    fn no_server(&self, error: &ServerError) -> Fault {
        let words = self.home.last_words();
        match error {
            ServerError::Run(_) => Fault::Unable(anyhow!("{error}")),
            _ if words.contains(DISK_FULL) => Fault::Unable(anyhow!("{words}")),
            _ => Fault::Wrong(format!("{error}; its last words: {words}")),
        }
    }

    fn with_words(&self, fault: Fault) -> Fault {
        match (fault, self.home.last_words()) {
            (Fault::Wrong(what), words) if !words.is_empty() => {
                Fault::Wrong(format!("{what}; the server's last words: {words}"))
            }
            (fault, _) => fault,
        }
    }

    fn between_lives(&mut self) -> Result<(), Fault> {
        self.home.look(&mut self.rig.tally)?;
        if !self.choices.once_in(8)
            && tail::tear(&self.home.a_log(&mut self.choices), &mut self.choices)?
        {
            self.rig.tally.torn += 1;
        }
        let log = self.home.a_log(&mut self.choices);
        if self.life % 2 == 1 && log.exists() {
            tail::litter(&log, &mut self.choices)?;
            self.rig.tally.litter += 1;
            self.littered = Some(log);
        }
        Ok(())
    }

    /// What was answered is told again, what was not is done, the books are right, and the start
    /// has tidied up.
    async fn verify(&mut self, server: &Server, extent: Extent) -> Result<(), Fault> {
        let testimony = self.testify(server, extent).await?;
        match testimony.unavailable.as_deref() {
            None => {}
            Some("STORAGE_LOW") => return Err(Fault::Unable(anyhow!("the disk is full"))),
            Some(code) => {
                return Err(Fault::Lost(format!("a running server could not tell: {code}")));
            }
        }
        self.rig.tally.testimony.add(testimony);
        self.littered.take().map_or(Ok(()), |log| tail::check_litter(&log))
    }

    async fn testify(&mut self, server: &Server, extent: Extent) -> Result<Testimony, Fault> {
        let listeners = server.listeners();
        let operator = &listeners.operator.into();
        let mut operator = Client::connect(operator).await.map_err(|it| silent(&it))?;
        for asked in &mut self.setup {
            let body = asked.body.clone();
            let reply = operator.post(&asked.path(), body).await.map_err(|it| silent(&it))?;
            if let Heard::Unavailable(code) = asked.hear(&reply)? {
                return Ok(Testimony { unavailable: Some(code), ..Testimony::default() });
            }
        }
        let asking = witness::begin(&mut self.tellers, listeners, extent);
        let mut testimony = Testimony::default();
        load::end(&mut self.tellers, asking, |it| testimony.add(it)).await?;
        // Old records that cannot be read any more change no balance.
        if matches!(testimony.unavailable.as_deref(), None | Some(HISTORY_UNREADABLE)) {
            self.books().check(&mut operator).await?;
        }
        Ok(testimony)
    }

    fn books(&self) -> Books {
        let all = self.tellers.iter().flat_map(|teller| &teller.asked);
        Books::of(self.setup.iter().chain(all))
    }

    /// All is asked again. Then a life in which nothing is done vouches for all before it, in a
    /// file of its own: from now on no damage of one file may go unnoticed.
    async fn at_the_end(&mut self) -> Result<(), Fault> {
        let server = self.start().await?;
        self.verify(&server, Extent::All).await?;
        self.stop(server).await?;
        let server = self.start().await?;
        self.stop(server).await?;
        self.home.look(&mut self.rig.tally)?;
        self.home.is_calm()
    }

    async fn stop(&mut self, server: Server) -> Result<(), Fault> {
        Moment::Term.end(&mut self.choices, server).await.map_err(|fault| self.with_words(fault))
    }

    /// Damages a copy, behind the end of its log or anywhere: a server must refuse it, or answer
    /// all as it was answered.
    async fn damage(&mut self, behind: bool) -> Result<(), Fault> {
        let copy = self.home.copy(self.rig.place.copy(self.number))?;
        let draw = if behind { Damage::behind_the_end } else { Damage::draw };
        if let Some(damage) = draw(&copy.a_log(&mut self.choices), &mut self.choices)? {
            let place = format!("on a copy in which {}", damage.what);
            let told = self.try_copy(&copy, &damage).await.map_err(|fault| fault.at(&place))?;
            let tally = &mut self.rig.tally;
            let count = if told { &mut tally.told } else { &mut tally.harmless };
            *count += 1;
        }
        Ok(fs::remove_dir_all(copy.path())?)
    }

    /// Whether the damage was told.
    async fn try_copy(&mut self, copy: &Home, damage: &Damage) -> Result<bool, Fault> {
        let before = listing(copy)?;
        let started = self.rig.plan(copy, &self.flags)?.start().await;
        copy.is_calm()?;
        let server = match started {
            Ok(server) => server,
            Err(ServerError::Ended(status)) => {
                let said = copy.last_words();
                let wrong = |what| Err(Fault::Wrong(format!("{what} ({status}): {said}")));
                if status.success() {
                    return wrong("the server ended as if nothing were wrong");
                }
                if !damage.is_named_in(&said) {
                    return wrong("the server refused and did not name the file");
                }
                if copy.mirror().is_none() && listing(copy)? != before {
                    return wrong("the server refused and changed files");
                }
                return Ok(true);
            }
            Err(error) => return Err(Fault::Wrong(error.to_string())),
        };
        let testimony = self.testify(&server, Extent::All).await?;
        copy.is_calm()?;
        match testimony.unavailable.as_deref() {
            None => Ok(false),
            Some(HISTORY_UNREADABLE) => Ok(true),
            Some(code) => Err(Fault::Wrong(format!("the server answered {code}"))),
        }
    }
}
