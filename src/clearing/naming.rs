//! Which card transaction, and which account, a clearing record is of.
//!
//! The transaction is the first of these of which the ledger knows anything: `transaction_id`,
//! `original_transaction_id`, that of the authorization or action which
//! `original_tenant_transaction_ref` names. Where none is known it is the first that is given, and
//! without any the record's own reference. The account is that of the transaction, else the one that
//! the record names.

use compact_str::CompactString;
use wal::{Lsn, Storage};

use super::Stop;
use super::position::Position;
use super::record::Refused;
use crate::engine::{AccountNames, Engine};
use crate::ledger::{Currency, Decline, Refusal};
use crate::reconcile::row::FileRow;

/// The transaction of a record.
///
/// # Errors
/// When the record that it names cannot be read.
pub fn transaction<S: Storage>(ledger: &Engine<S>, row: &FileRow<'_>) -> Result<String, Stop> {
    // Nearly always it is on the account that the record names, which is found without looking at
    // all of them.
    let known = |name: &&str| {
        !name.is_empty()
            && (!ledger.transaction_heads_at(row.account, name).is_empty()
                || !ledger.transaction_heads(name).is_empty())
    };
    if let Some(name) = [row.transaction, row.original].iter().find(|name| known(name)) {
        return Ok((*name).to_owned());
    }
    if let Some(name) = named(ledger, row)? {
        return Ok(name);
    }
    let given = [row.transaction, row.original, row.reference];
    let first = given.into_iter().find(|name| !name.is_empty());
    Ok(first.unwrap_or_default().to_owned())
}

/// That of the action or authorization of this ledger which the record names.
fn named<S: Storage>(ledger: &Engine<S>, row: &FileRow<'_>) -> Result<Option<String>, Stop> {
    let position = row.position().map(Lsn::new);
    let Some(lsn) = position.filter(|lsn| *lsn > Lsn::ZERO && *lsn <= ledger.durable()) else {
        return Ok(None);
    };
    let stored = ledger.stored(lsn)?;
    let (record, _) = stored.record()?;
    Ok(record.transaction_id().map(str::to_owned))
}

/// The account of a record, which has a balance in its currency.
///
/// # Errors
/// Why there is none.
pub fn account<S: Storage>(
    ledger: &Engine<S>,
    row: &FileRow<'_>,
    customer: Option<&str>,
    position: &Position,
    currency: Currency,
) -> Result<CompactString, Refused> {
    if let Some(known) = position.currency.filter(|known| *known != currency) {
        let what = format!("the transaction is in {known}, the record in {currency}");
        return Err(Refused::by(Refusal::CurrencyMismatch, what));
    }
    let name = match &position.account {
        Some(own) if !row.account.is_empty() && own != row.account => {
            return Err(Refused::wrong_account(format!("the transaction is of account {own}")));
        }
        Some(own) => own.clone(),
        None => {
            let names = AccountNames {
                tenant_account_ref: Some(row.account).filter(|name| !name.is_empty()),
                account_id: None,
                tenant_customer_ref: customer,
            };
            let found = ledger.named(&names, Some(currency));
            found.map_err(|why| nameless(why, row))?.tenant_account_ref
        }
    };
    let view = ledger.account(&name);
    let mut balances = view.iter().flat_map(|view| &view.balances);
    if balances.any(|(_, pocket)| pocket.currency == currency) {
        return Ok(name);
    }
    let what = format!("account {name} has no balance in {currency}");
    Err(Refused::by(Refusal::CurrencyMismatch, what))
}

/// Why a record has no account.
fn nameless(why: Decline, row: &FileRow<'_>) -> Refused {
    let what = match (why, row.account) {
        (Decline::AccountAmbiguous, _) => "several accounts have the customer's name".to_owned(),
        (Decline::NamesContradict, _) => "its names are of different accounts".to_owned(),
        (_, "") => "the transaction is not known, and the record names no account".to_owned(),
        (_, name) => format!("there is no account {name}"),
    };
    Refused { code: why.code(), ..Refused::by(Refusal::AccountNotFound, what) }
}
