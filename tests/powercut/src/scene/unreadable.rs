//! The disk cannot be read for a while: what is history is told when it can be read and never made
//! up, and once the disk reads again so does the server.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{Advice, fadvise};

use super::{LAST_WORDS, cut_under_load};
use crate::http::Client;
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::load::End;
use crate::machine::Machine;
use crate::moment::Moment;
use crate::wrong::Wrong;

/// The most repeats that are asked for meanwhile.
const REPEATS_MAX: usize = 200;

/// What became of the repeats.
#[derive(Default)]
struct Told {
    told: u64,
    unreadable: u64,
    /// Whether the server ended: a file system may give up when it cannot read.
    ended: bool,
}

pub(super) fn play(ledger: &mut Ledger<'_>, mut machine: Machine) -> anyhow::Result<Moment> {
    forget(&machine.mounted.path().join("data"))?;
    machine.disk.blind(true);
    let told = repeat(&ledger.journal, &machine);
    machine.disk.blind(false);
    let told = told?;
    ledger.tally.many("answers told again by a disk that cannot be read", told.told);
    ledger.tally.many("answers that could not be read", told.unreadable);
    if told.ended {
        let ended = machine.server.wait(LAST_WORDS)?;
        let said = machine.server.messages();
        ledger.failed_loudly(ended, &[End::Broken], &said)?;
        return Ok(machine.disk.cut());
    }
    let mut journal = std::mem::take(&mut ledger.journal);
    ledger.hold(&machine, &mut journal)?;
    ledger.journal = journal;
    cut_under_load(ledger, machine)
}

/// Drops what the kernel has cached of the files under this directory, but for what is mapped.
fn forget(directory: &Path) -> anyhow::Result<()> {
    for found in fs::read_dir(directory)? {
        let path = found?.path();
        if path.is_dir() {
            forget(&path)?;
        } else {
            // A segment that was sealed meanwhile is gone, and its cache with it.
            let file = match File::open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            fadvise(file, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}

/// Asks for what was answered, one after the other: each is told as it was, or cannot be read.
fn repeat(journal: &Journal, machine: &Machine) -> Result<Told, Wrong> {
    let mut told = Told::default();
    let answered = journal.0.iter().filter(|asked| asked.answer.is_some());
    for asked in answered.take(REPEATS_MAX) {
        let address = machine.server.listeners.of(asked.listener);
        let reply = Client::connect(address).and_then(|mut client| client.ask(&asked.request));
        let Ok(reply) = reply else {
            return Ok(Told { ended: true, ..told });
        };
        if reply.status == 503 && reply.member("code") == Some("HISTORY_UNREADABLE") {
            told.unreadable += 1;
        } else {
            asked.clone().hear(&reply)?;
            told.told += 1;
        }
    }
    Ok(told)
}
