//! The parts of the operator's answers: cursors, balances, accounts.

use crate::engine::AccountView;
use crate::ledger::ActionRef;
use crate::wire::json::{self, Object};
use crate::wire::{parts, record, time};

/// Where a list goes on: after `last`, or nowhere.
pub(super) fn next_cursor(object: &mut Object<'_>, last: Option<ActionRef>) {
    match last {
        Some(action) => object.display("next_cursor", action),
        None => object.raw("next_cursor", "null"),
    }
}

/// An account as a body.
pub(super) fn account_body(view: &AccountView) -> Vec<u8> {
    json::object(|object| account(object, view))
}

/// The members of an account.
pub(super) fn account(object: &mut Object<'_>, view: &AccountView) {
    object.text("tenant_account_ref", &view.tenant_account_ref);
    object.text("status", view.status.name());
    if let Some(profile) = &view.profile {
        record::profile(object, profile);
    }
    object.text("created_at", &time::write(view.created_at));
    object.text("as_of", &time::write(view.as_of));
    object.list("balances", &view.balances, |object, (name, pocket)| {
        parts::balance(object, *name, pocket);
    });
}
