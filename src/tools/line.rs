//! A record in one line, for people.

use crate::engine::Stamp;
use crate::engine::record::{
    AccountAmended, Action, Authorization, LimitsSet, Record, TransferAction,
};
use crate::ledger::{Moment, Pocket, Ruleset, Side};
use crate::print::plural;
use crate::wire::parts::amount;
use crate::wire::{record, time};

/// What is above the lines.
pub const HEAD: &str = "      LSN  AT                           KIND                ACCOUNT       \
                        WHAT                            AMOUNT  AFTER";

/// What a record says in its line.
#[derive(Default)]
struct Said {
    account: String,
    /// The transaction, or what was changed.
    what: String,
    amount: String,
    /// What was there after, or why it was refused.
    after: String,
}

/// The record that stands there: its LSN, its moment, what it is, the account, under which
/// transaction or with what, how much, and what was there after or why it was refused.
#[must_use]
pub fn of(record: &Record<'_>, stamp: Stamp) -> String {
    let Said { account, what, amount, after } = said(record, stamp);
    let (lsn, at) = (stamp.lsn.value(), time::write(stamp.at));
    let kind = record::operation(record);
    let line = format!("{lsn:>9}  {at}  {kind:<18}  {account:<12}  {what:<16}  {amount:>18}  ");
    (line + &after).trim_end().to_owned()
}

/// The moment of a record, as it is marked in a file.
#[must_use]
pub fn moment(micros: u64) -> String {
    time::write(Moment::from_micros(i64::try_from(micros).unwrap_or(i64::MAX)))
}

fn said(record: &Record<'_>, stamp: Stamp) -> Said {
    match record {
        Record::Action(it) => action(it, stamp),
        Record::Transfer(it) => transfer(it),
        Record::AccountOpened(it) => {
            let codes = it.opening.balances.iter().map(|(currency, _)| currency.code().to_owned());
            let what = codes.collect::<Vec<_>>().join(",");
            Said { account: it.tenant_account_ref.to_owned(), what, ..Said::default() }
        }
        Record::AccountAmended(it) => amended(it),
        Record::Authorization(it) => authorization(it),
        Record::AuthorizationUndone(it) => Said {
            account: it.tenant_account_ref.to_owned(),
            what: it.transaction_id.to_owned(),
            amount: String::new(),
            after: it.tells().map(|(_, pocket)| sums(pocket)).unwrap_or_default(),
        },
        Record::BreaksOpened(it) => Said {
            what: it.file.to_owned(),
            amount: plural(u64::try_from(it.breaks.len()).unwrap_or(u64::MAX), "break"),
            ..Said::default()
        },
        Record::BreakResolved(it) => Said {
            what: it.name.to_string(),
            after: it.note.escape_debug().to_string(),
            ..Said::default()
        },
        Record::ReservationLapsed(it) => Said {
            account: it.tenant_account_ref.to_owned(),
            what: it.approval.to_string(),
            amount: String::new(),
            after: sums(&it.after),
        },
        Record::Notification(it) => Said {
            what: it.transaction_id.as_deref().unwrap_or_default().to_owned(),
            after: it.kind.clone().into_owned(),
            ..Said::default()
        },
        Record::LimitsSet(it) => limits_set(it),
    }
}

fn limits_set(set: &LimitsSet<'_>) -> Said {
    let count = |rules: &std::sync::Arc<Ruleset>| format!("{} rules", rules.rules().len());
    Said {
        account: set.tenant_account_ref.unwrap_or("default").to_owned(),
        what: set.rules.as_ref().map_or_else(|| "default".to_owned(), count),
        ..Said::default()
    }
}

fn action(action: &Action<'_>, stamp: Stamp) -> Said {
    let request = &action.request;
    let located = action.located(stamp.action());
    let money = request.money.map(|money| amount(money.amount.minor().into(), money.currency));
    let mut after = located.as_ref().map(|located| sums(&located.after.pocket)).unwrap_or_default();
    if let Some(hold) = located.and_then(|located| located.hold) {
        after = format!("{after}  {hold}");
    }
    if let Err(refused) = &action.outcome {
        after = format!("{after}  {}", refused.refusal.code());
    }
    Said {
        account: request.tenant_account_ref.to_owned(),
        what: request.transaction_id.to_owned(),
        amount: money.unwrap_or_default(),
        after: after.trim_start().to_owned(),
    }
}

fn authorization(it: &Authorization<'_>) -> Said {
    let after = it.tells().map(|(_, pocket)| sums(pocket)).unwrap_or_default();
    let declined = it.outcome.as_ref().err().map_or("", |declined| declined.decline.code());
    let billing = it.asked.billing;
    Said {
        account: it.tenant_account_ref.unwrap_or_default().to_owned(),
        what: it.message.transaction_id.to_owned(),
        amount: amount(billing.amount.minor().into(), billing.currency),
        after: format!("{after}  {declined}").trim().to_owned(),
    }
}

fn transfer(action: &TransferAction<'_>) -> Said {
    let request = &action.request;
    let ends = [Side::Source, Side::Destination].map(|side| (side, side_of(action, side)));
    let after = match &action.outcome {
        Ok(_) => {
            let after = ends.iter().filter_map(|(side, name)| {
                Some(format!("{name}: {}", sums(&action.located(*side)?.1.pocket)))
            });
            after.collect::<Vec<_>>().join("; ")
        }
        Err(refused) => refused.refused.refusal.code().to_owned(),
    };
    Said {
        account: format!("{} > {}", request.ends.source(), request.ends.destination()),
        what: request.transaction_id.unwrap_or_default().to_owned(),
        amount: amount(request.money.amount.minor().into(), request.money.currency),
        after,
    }
}

const fn side_of<'a>(action: &TransferAction<'a>, side: Side) -> &'a str {
    match side {
        Side::Source => action.request.ends.source(),
        Side::Destination => action.request.ends.destination(),
    }
}

fn amended(amended: &AccountAmended<'_>) -> Said {
    let amendment = &amended.amendment;
    let status = amendment.status.map(|status| status.name().to_owned());
    let limits = amendment.overdraft_limits.iter();
    let limits =
        limits.map(|(code, limit)| format!("limit {}", amount(limit.minor().into(), *code)));
    let added = amendment.add_currencies.iter().map(|currency| format!("+{currency}"));
    let metadata = amended.metadata.as_ref().map(|_| "metadata".to_owned());
    let what = status.into_iter().chain(limits).chain(added).chain(metadata);
    Said {
        account: amended.tenant_account_ref.to_owned(),
        what: what.collect::<Vec<_>>().join(","),
        ..Said::default()
    }
}

/// What a balance comes to: what is zero and may be is not said.
fn sums(pocket: &Pocket) -> String {
    let currency = pocket.currency;
    let sum = |name: &str, minor: i128| format!("{name} {}", amount(minor, currency));
    let mut sums = vec![sum("posted", pocket.posted.minor().into())];
    for (name, balance) in [("held", pocket.held), ("reserved", pocket.reserved)] {
        if !balance.is_zero() {
            sums.push(sum(name, balance.minor().into()));
        }
    }
    sums.push(sum("available", pocket.available()));
    sums.join(", ")
}
