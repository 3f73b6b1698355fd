//! The controls: a rig that would not notice a loss proves nothing.
//!
//! With an honest disk nothing may be lost. With a disk that ignores syncs, and with a server that
//! does not sync, answers must be lost, and the rig must say so.

use anyhow::{Context, ensure};

use crate::disk::{Harm, Trap};
use crate::ledger::Ledger;
use crate::load;
use crate::machine::{Machine, Parts};
use crate::moment::Survival;
use crate::server::Binary;
use crate::wrong::Wrong;

/// How many operations of the disk a control lasts.
const OPERATIONS: u64 = 120;

/// What is to be noticed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    Honest,
    DeafDisk,
    NoSync,
}

/// Runs the three controls.
///
/// # Errors
/// When one does not show what it must.
pub fn run(parts: &Parts, seed: u64) -> anyhow::Result<()> {
    let lost = |control| play(parts, seed, control);
    ensure!(!lost(Control::Honest)?, "an honest disk has lost what was answered");
    ensure!(lost(Control::DeafDisk)?, "a disk that ignores syncs has lost nothing");
    ensure!(lost(Control::NoSync)?, "a server that does not sync has lost nothing");
    Ok(())
}

/// Plays one life up to a power cut that only synced bytes survive; whether something was lost.
fn play(parts: &Parts, seed: u64, control: Control) -> anyhow::Result<bool> {
    let mut ledger = Ledger::new(parts, seed, u64::MAX);
    let machine = ledger.found()?;
    let before = machine.disk.counts().syncs;
    ensure!(before > 0, "a sync of the file system does not reach the disk");
    let machine = if control == Control::NoSync { careless(parts, machine)? } else { machine };
    if control == Control::DeafDisk {
        machine.disk.deafen();
    }
    let Machine { server, mounted, disk } = machine;
    let listeners = server.listeners;
    // A server that does not sync hardly ever asks its disk for anything.
    let at = if control == Control::NoSync { u64::MAX } else { OPERATIONS };
    disk.set(Trap { harm: Harm::PowerCut, at });
    let ((), worked) = load::run(&mut ledger.tellers, listeners, |going| {
        while !disk.await_trap(std::time::Duration::from_millis(10)) && !going.is_over() {}
        disk.cut();
        server.kill();
    })?;
    worked.into_iter().for_each(|worked| ledger.journal.0.extend(worked.asked));
    let moment = disk.cut();
    drop(mounted);
    let mut journal = ledger.journal.clone();
    ensure!(journal.answered() > 20, "hardly anything was answered");
    let image = moment.end(Survival::Nothing, &mut ledger.choices);
    let held = parts
        .boot(image, &mut ledger.choices)
        .and_then(|machine| ledger.hold(&machine, &mut journal));
    match held {
        Ok(()) => Ok(false),
        Err(error) if error.is::<Wrong>() => Ok(true),
        Err(error) => Err(error).context("a control"),
    }
}

/// The same machine with a server that does not sync.
fn careless(parts: &Parts, machine: Machine) -> anyhow::Result<Machine> {
    let Machine { server, mounted, disk } = machine;
    drop(server);
    let binary = Binary { flags: vec!["--sync".into(), "off".into()], ..parts.binary.clone() };
    let started = binary.start(mounted.path(), &parts.workplace.fresh("messages"))?;
    let server = started.map_err(|refused| Wrong::new(refused.message))?;
    Ok(Machine { server, mounted, disk })
}
