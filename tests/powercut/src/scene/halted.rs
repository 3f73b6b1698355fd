//! The process is stopped in the midst of its work and goes on, as under a debugger or on a machine
//! that is moved; meanwhile a second server wants the directory.

use super::{await_answers, cut_under_load};
use crate::ledger::Ledger;
use crate::load;
use crate::machine::Machine;
use crate::moment::Moment;
use crate::server::{Refused, Server};
use crate::wrong::Wrong;

/// The server is stopped after at most so many answers.
const ANSWERS_MAX: u64 = 80;
/// What the second server says.
const IN_USE: &str = "is in use by another process";

pub(super) fn play(ledger: &mut Ledger<'_>, machine: Machine) -> anyhow::Result<Moment> {
    let answers = crate::size::narrow(1 + ledger.choices.below(ANSWERS_MAX));
    let (parts, choices) = (ledger.parts, &mut ledger.choices);
    let (refused, worked) = load::run(&mut ledger.tellers, machine.server.listeners, |going| {
        await_answers(answers, going);
        machine.server.halt(true)?;
        let second = parts.start(&machine.mounted, choices);
        machine.server.halt(false)?;
        second
    })?;
    check(refused?)?;
    ledger.take(worked);
    cut_under_load(ledger, machine)
}

fn check(second: Result<Server, Refused>) -> Result<(), Wrong> {
    match second {
        Ok(_) => Err(Wrong::new("a second server starts on a directory that is in use".to_owned())),
        Err(refused) if !refused.status.success() && refused.message.contains(IN_USE) => Ok(()),
        Err(refused) => Err(Wrong::new(format!("the second server says {}", refused.message))),
    }
}
