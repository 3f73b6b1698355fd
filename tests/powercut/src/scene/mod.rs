//! What happens in a life before its power is cut.

mod failing;
mod full;
mod halted;
mod unreadable;

use std::process::ExitStatus;
use std::time::Duration;

use crate::disk::{Disk, Harm, Trap};
use crate::ledger::Ledger;
use crate::load::{self, End, Going, Worked};
use crate::machine::Machine;
use crate::moment::Moment;
use crate::server::{Server, ending};
use crate::wrong::Wrong;

/// One kind of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Work until the power is cut.
    PowerCut,
    /// The same, with long records, so that segments follow one another quickly.
    Rotating,
    /// The process is stopped and goes on, and a second server tries the same directory.
    Halted,
    /// A write of the disk fails.
    WriteFails,
    /// A sync of the disk fails.
    SyncFails,
    /// The disk cannot be read for a while.
    Unreadable,
    /// The file system is full for a while.
    DiskFull,
}

/// How long a load is waited for. It ends before, by itself or with its server.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a server may take to end when its log has failed.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long at a time.
const GLANCE: Duration = Duration::from_millis(10);
/// Between two looks at how a load is going.
const PACE: Duration = Duration::from_millis(1);
/// So many answers with long records fill the first segment of a life.
const FULL_ANSWERS: usize = 50;
/// A power cut is at one of the first so many writes and syncs of a life.
const OPERATIONS: [u64; 4] = [20, 80, 80, 250];

impl Scene {
    /// Each, as often as it is to be drawn.
    pub const MIX: [Self; 16] = [
        Self::PowerCut,
        Self::PowerCut,
        Self::PowerCut,
        Self::PowerCut,
        Self::PowerCut,
        Self::Rotating,
        Self::Rotating,
        Self::Rotating,
        Self::Unreadable,
        Self::Halted,
        Self::WriteFails,
        Self::WriteFails,
        Self::SyncFails,
        Self::SyncFails,
        Self::SyncFails,
        Self::DiskFull,
    ];

    /// Its name in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PowerCut => "the power is cut under load",
            Self::Rotating => "the power is cut while segments fill up",
            Self::Halted => "the process is stopped and goes on",
            Self::WriteFails => "a write fails",
            Self::SyncFails => "a sync fails",
            Self::Unreadable => "the disk cannot be read for a while",
            Self::DiskFull => "the file system is full for a while",
        }
    }

    /// Plays it; the moment in which the power was cut.
    pub(crate) fn play(self, ledger: &mut Ledger<'_>, machine: Machine) -> anyhow::Result<Moment> {
        match self {
            Self::PowerCut => cut_under_load(ledger, machine),
            Self::Rotating => cut_while_rotating(ledger, machine),
            Self::Halted => halted::play(ledger, machine),
            Self::WriteFails => failing::play(ledger, machine, Harm::WriteFails),
            Self::SyncFails => failing::play(ledger, machine, Harm::SyncFails),
            Self::Unreadable => unreadable::play(ledger, machine),
            Self::DiskFull => full::play(ledger, machine),
        }
    }
}

/// Load, until at some write or sync the power goes.
pub(crate) fn cut_under_load(ledger: &mut Ledger<'_>, machine: Machine) -> anyhow::Result<Moment> {
    let operations = ledger.choices.one_of(&OPERATIONS);
    let at = 1 + ledger.choices.below(operations);
    cut_after(ledger, machine, 0, at)
}

/// The same once the first segment, a long one, is full.
fn cut_while_rotating(ledger: &mut Ledger<'_>, machine: Machine) -> anyhow::Result<Moment> {
    load::make_verbose(&mut ledger.tellers, 6);
    let answers = FULL_ANSWERS + crate::size::narrow(ledger.choices.below(60));
    let at = 1 + ledger.choices.below(60);
    let moment = cut_after(ledger, machine, answers, at);
    load::make_verbose(&mut ledger.tellers, 0);
    moment
}

/// After so many answers, at a write or sync that is counted from there, the power goes; then the
/// server is killed, or ends by itself.
fn cut_after(
    ledger: &mut Ledger<'_>,
    machine: Machine,
    answers: usize,
    at: u64,
) -> anyhow::Result<Moment> {
    let Machine { mut server, mounted, disk } = machine;
    let left_alone = ledger.choices.once_in(4);
    let (ended, worked) = load::run(&mut ledger.tellers, server.listeners, |going| {
        await_answers(answers, going);
        disk.set(Trap { harm: Harm::PowerCut, at });
        let watched = await_trap(&disk, going) && left_alone;
        let ended = if watched { Some(await_end(&mut server, going)?) } else { None };
        disk.cut();
        let messages = server.messages();
        server.kill();
        anyhow::Ok((ended, messages))
    })?;
    let (ended, messages) = ended?;
    let ends = ledger.take(worked);
    if let Some(ended) = ended {
        ledger.failed_loudly(ended, &ends, &messages)?;
    }
    let moment = disk.cut();
    drop(mounted);
    Ok(moment)
}

/// Waits until there were so many answers, or there will be no more.
fn await_answers(answers: usize, going: &Going) {
    let until = crate::clock::now() + PATIENCE;
    while going.answers() < answers && !going.is_over() && crate::clock::now() < until {
        std::thread::sleep(PACE);
    }
}

/// Waits until the trap is sprung, or nobody is left to spring it; whether it is.
fn await_trap(disk: &Disk, going: &Going) -> bool {
    let until = crate::clock::now() + PATIENCE;
    loop {
        if disk.await_trap(GLANCE) {
            return true;
        }
        if going.is_over() || crate::clock::now() > until {
            return false;
        }
    }
}

/// Waits until the server ends by itself, for which it has no reason once nobody asks.
fn await_end(server: &mut Server, going: &Going) -> anyhow::Result<Option<ExitStatus>> {
    let until = crate::clock::now() + PATIENCE;
    while !going.is_over() && crate::clock::now() < until {
        if let Some(status) = server.wait(GLANCE)? {
            return Ok(Some(status));
        }
    }
    server.wait(LAST_WORDS)
}

impl Ledger<'_> {
    /// Takes what was asked into the journal; how the tellers ended.
    fn take(&mut self, worked: Vec<Worked>) -> Vec<End> {
        let take = |worked: Worked| {
            self.journal.0.extend(worked.asked);
            worked.end
        };
        worked.into_iter().map(take).collect()
    }

    /// A server whose disk failed has ended, and not as if all were well; unless it only refused, of
    /// which nothing is to be made durable.
    fn failed_loudly(
        &mut self,
        ended: Option<ExitStatus>,
        ends: &[End],
        said: &str,
    ) -> Result<(), Wrong> {
        let how = match ended {
            Some(status) => ending(status),
            None if ends.iter().all(End::is_calm) => "refusals only, and no end".to_owned(),
            None => {
                let message = format!("the disk has failed, {ends:?}, and no end: {said}");
                return Err(Wrong::new(message));
            }
        };
        self.tally.one(&format!("servers on a failed disk: {how}"));
        if ended.is_some_and(|status| status.success()) || said.contains("panicked at") {
            return Err(Wrong::new(format!("the disk has failed, {how}: {said}")));
        }
        Ok(())
    }
}
