//! A record of a card transaction with what is to be said of it.
//!
//! | member | is |
//! | --- | --- |
//! | those of [`record`] | the record |
//! | `saw` | what the decision saw: `status`, `balances`, `holds`, `promised`, `linked` |
//! | `verdict` | `agrees`, `differs`, or `not_decided` |
//! | `verdict_reason` | what comes out now, or why it was not decided once more |

use super::json::Object;
use super::{money, parts, record};
use crate::engine::{Explained, HistoryError, Saw, Verdict};
use crate::ledger::HoldRef;

/// Everything about one record.
///
/// # Errors
/// When the record cannot be understood.
pub fn members(object: &mut Object<'_>, it: &Explained) -> Result<(), HistoryError> {
    let (stored, stamp) = it.stored.record()?;
    record::members(object, &stored, stamp, it.stored.links());
    if let Some(saw) = &it.saw {
        object.object("saw", |object| what_was_seen(object, saw));
    }
    let (verdict, reason) = match &it.verdict {
        Verdict::Agrees => ("agrees", None),
        Verdict::Differs(what) => ("differs", Some(&**what)),
        Verdict::NotDecided(why) => ("not_decided", Some(*why)),
    };
    object.text("verdict", verdict);
    if let Some(reason) = reason {
        object.text("verdict_reason", reason);
    }
    Ok(())
}

fn what_was_seen(object: &mut Object<'_>, saw: &Saw) {
    object.text("status", saw.status.name());
    object.list("balances", &saw.pockets, |object, pocket| {
        object.text("currency", pocket.currency.code());
        parts::sums(object, pocket);
    });
    object.list("holds", &saw.holds, |object, (opened, hold)| {
        object.display("tenant_hold_balance_ref", HoldRef::opened_by(*opened));
        let pocket = saw.pockets.get(usize::from(hold.ordinal));
        let Some(currency) = pocket.map(|pocket| pocket.currency) else { return };
        object.money("hold_balance", hold.held().minor().into(), currency);
    });
    if let Some(pocket) = saw.pockets.first() {
        let mut number = Vec::new();
        money::write(&mut number, saw.promised.into(), pocket.currency);
        object.raw("promised", &String::from_utf8(number).unwrap_or_default());
    }
    object.flag("linked", saw.linked);
}
