//! One write or one sync of the disk fails, and all that follow succeed: the page cache shows bytes
//! that the disk does not hold, and the next sync says that all is well.

use std::sync::Arc;

use super::{LAST_WORDS, await_trap, cut_under_load};
use crate::disk::{Harm, Trap};
use crate::ledger::Ledger;
use crate::load::{self, End};
use crate::machine::Machine;
use crate::moment::Moment;
use crate::server::{Refused, ending};
use crate::wrong::Wrong;

/// The operation that fails is one of the first so many of its kind.
const OPERATIONS: [u64; 3] = [20, 50, 150];

pub(super) fn play(
    ledger: &mut Ledger<'_>,
    mut machine: Machine,
    harm: Harm,
) -> anyhow::Result<Moment> {
    let disk = Arc::clone(&machine.disk);
    let operations = ledger.choices.one_of(&OPERATIONS);
    disk.set(Trap { harm, at: 1 + ledger.choices.below(operations) });
    let listeners = machine.server.listeners;
    let (sprung, worked) =
        load::run(&mut ledger.tellers, listeners, |going| await_trap(&disk, going))?;
    let ends = ledger.take(worked);
    if !sprung || ends.iter().all(End::is_calm) {
        // What failed, if anything, was the making of a segment, which is tried again.
        ledger.tally.many("servers that went on after what failed", u64::from(sprung));
        return cut_under_load(ledger, machine);
    }
    let ended = machine.server.wait(LAST_WORDS)?;
    let said = machine.server.messages();
    ledger.failed_loudly(ended, &ends, &said)?;
    if ledger.choices.once_in(3) { Ok(disk.cut()) } else { restart(ledger, machine) }
}

/// Starts a server on the same file system, whose cache may lie, and goes on with it; it may refuse
/// where the file system itself has given up.
fn restart(ledger: &mut Ledger<'_>, machine: Machine) -> anyhow::Result<Moment> {
    let Machine { server, mounted, disk } = machine;
    drop(server);
    match ledger.parts.start(&mounted, &mut ledger.choices)? {
        Ok(server) => {
            let machine = Machine { server, mounted, disk };
            let mut journal = std::mem::take(&mut ledger.journal);
            ledger.hold(&machine, &mut journal)?;
            ledger.journal = journal;
            ledger.tally.one("servers started again where the page cache lies");
            cut_under_load(ledger, machine)
        }
        Err(refused) => {
            check(&refused)?;
            ledger.tally.one("servers that refused a file system which had given up");
            Ok(disk.cut())
        }
    }
}

/// A refusal is right only if the system has said why.
fn check(refused: &Refused) -> Result<(), Wrong> {
    let system = refused.message.contains("(os error ");
    if system && !refused.status.success() && !refused.message.contains("is corrupt") {
        return Ok(());
    }
    let ended = ending(refused.status);
    Err(Wrong::new(format!("after a failed disk, {ended}: {}", refused.message)))
}
