//! The file system is full: writes are refused and nothing of them is done, reads and repeats go
//! on, and service resumes by itself once there is room.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::{PATIENCE, cut_under_load};
use crate::books::Books;
use crate::clock::now;
use crate::http::{Client, Listener};
use crate::ledger::Ledger;
use crate::load::{self, End};
use crate::machine::{Machine, falsely};
use crate::moment::Moment;
use crate::mount::Mounted;
use crate::wrong::Wrong;

/// How often all that the tellers have to ask, some three megabytes, may be taken before the log is
/// full.
const LOADS_MAX: usize = 8;
/// What the system says where there is no room.
const NO_ROOM: &str = "(os error 28)";
/// Between two questions whether there is room again.
const PACE: Duration = Duration::from_millis(20);

pub(super) fn play(ledger: &mut Ledger<'_>, machine: Machine) -> anyhow::Result<Moment> {
    let ballast = machine.mounted.path().join("ballast");
    load::make_verbose(&mut ledger.tellers, 8);
    let waits = load_until_full(ledger, &machine, &ballast)?;
    load::make_verbose(&mut ledger.tellers, 0);
    if !waits {
        refused_and_not_done(ledger, &machine)?;
    }
    let machine = if ledger.choices.once_in(2) {
        make_room(&machine.mounted, &ballast)?;
        resumes(ledger, &machine)?;
        machine
    } else {
        restart(ledger, machine, &ballast)?
    };
    let mut journal = std::mem::take(&mut ledger.journal);
    ledger.hold(&machine, &mut journal)?;
    ledger.journal = journal;
    cut_under_load(ledger, machine)
}

fn make_room(mounted: &Mounted, ballast: &Path) -> anyhow::Result<()> {
    fs::remove_file(ballast)?;
    Ok(File::open(mounted.path())?.sync_all()?)
}

/// Kills the server and starts it again: without room it refuses, and with room it serves.
fn restart(ledger: &mut Ledger<'_>, machine: Machine, ballast: &Path) -> anyhow::Result<Machine> {
    let Machine { server, mounted, disk } = machine;
    server.kill();
    match ledger.parts.start(&mounted, &mut ledger.choices)? {
        Ok(server) => server.kill(),
        Err(refused) if !refused.status.success() && refused.message.contains(NO_ROOM) => {
            ledger.tally.one("servers that refused to start on a full disk");
        }
        Err(refused) => return Err(falsely(&refused).into()),
    }
    make_room(&mounted, ballast)?;
    let started = ledger.parts.start(&mounted, &mut ledger.choices)?;
    let server = started.map_err(|refused| falsely(&refused))?;
    Ok(Machine { server, mounted, disk })
}

/// Makes a file longer until not even a page fits.
fn fill(ballast: &Path) -> anyhow::Result<()> {
    let file = File::options().create(true).append(true).open(ballast)?;
    let mut length = file.metadata()?.len();
    for bytes in [16 << 20, 1 << 20, 64 << 10, 4096] {
        loop {
            match fallocate(&file, FallocateFlags::empty(), length, bytes) {
                Ok(()) => length += bytes,
                Err(Errno::NOSPC) => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(file.sync_all()?)
}

/// What the log gives back in the meantime is taken from it, too. Whether something that was accepted
/// has no answer: before it was known that no segment follows, more was taken than the last one
/// holds. It waits for room, and so does whoever reads what it has moved.
fn load_until_full(
    ledger: &mut Ledger<'_>,
    machine: &Machine,
    ballast: &Path,
) -> anyhow::Result<bool> {
    let low = End::unavailable("STORAGE_LOW");
    for _ in 0..LOADS_MAX {
        fill(ballast)?;
        let ((), worked) = load::run(&mut ledger.tellers, machine.server.listeners, |_| ())?;
        let ends = ledger.take(worked);
        if ends.contains(&End::Silent) {
            ledger.tally.one("full disks on which something accepted waited for room");
            return Ok(true);
        }
        if let Some(other) = ends.iter().find(|end| **end != low && **end != End::Enough) {
            let said = machine.server.messages();
            let message = format!("a full disk ends a teller's work with {other:?}: {said}");
            return Err(Wrong::new(message).into());
        }
        if ends.iter().all(|end| *end == low) {
            return Ok(false);
        }
    }
    Err(Wrong::new("the disk is full and the server takes everything".to_owned()).into())
}

/// What was refused has moved nothing, and what was answered is told again.
fn refused_and_not_done(ledger: &mut Ledger<'_>, machine: &Machine) -> Result<(), Wrong> {
    let server = machine.server.listeners;
    let lost = |error| Wrong::new(format!("a server on a full disk does not answer: {error}"));
    let mut operator = Client::connect(server.operator).map_err(lost)?;
    let (found, expected) = (Books::told_by(&mut operator)?, ledger.journal.books());
    if found != expected {
        return Err(Wrong::new(format!(
            "on a full disk the books are {found:?} and must be {expected:?}"
        )));
    }
    for listener in [Listener::Network, Listener::Operator] {
        let told = ledger.journal.repeat(&server, listener)?;
        ledger.tally.many("answers told again on a full disk", told);
    }
    Ok(())
}

/// Asks what was refused until it is taken.
fn resumes(ledger: &mut Ledger<'_>, machine: &Machine) -> anyhow::Result<()> {
    let until = now() + PATIENCE;
    let mut refused = ledger.journal.0.iter_mut().filter(|asked| asked.answer.is_none());
    let Some(asked) = refused.next() else { return Ok(()) };
    let mut client = Client::connect(machine.server.listeners.of(asked.listener))?;
    loop {
        let reply = client.ask(&asked.request)?;
        if reply.status != 503 {
            return Ok(asked.hear(&reply)?);
        }
        if now() > until {
            return Err(asked.wrong("is refused though there is room", &reply).into());
        }
        std::thread::sleep(PACE);
    }
}
