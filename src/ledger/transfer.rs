//! Transfers: money from one account to another, or between an account and the outside.

use alloc::boxed::Box;
use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::decide::{Refused, may_spend};
use super::movement::{Bucket, Movement, Posting, Target};
use super::{Account, Amount, Money, Place, Refusal, Status, SystemAccount};

/// One end of a transfer as it is before.
#[derive(Clone, Copy, Debug)]
pub enum End<'a> {
    /// A system account, which may go either way below or above zero.
    System(SystemAccount),
    /// A customer's account, `None` when there is none of that name.
    Account(Option<&'a Account>),
}

/// Which end of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where the money leaves.
    Source,
    /// Where it arrives.
    Destination,
}

/// A transfer happened: the movement on each end that is a customer's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Where the money left; `None` for a system account.
    pub source: Option<Movement>,
    /// Where it arrived; `None` for a system account.
    pub destination: Option<Movement>,
}

/// A transfer was refused because of one of its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRefused {
    /// Which end.
    pub side: Side,
    /// Why, and what of it was seen.
    pub refused: Refused,
}

/// Decides a transfer between two different accounts. The source is checked like a hold.
///
/// # Errors
/// The first refusal that applies to either end; where it applies to both, the source's. Nothing
/// has changed.
pub fn transfer(
    source: End<'_>,
    destination: End<'_>,
    money: Money,
) -> Result<Transfer, TransferRefused> {
    let at = |side| move |refused: Refused| TransferRefused { side, refused };
    let (of_source, of_destination) = (at(Side::Source), at(Side::Destination));
    exists(source).map_err(&of_source)?;
    exists(destination).map_err(&of_destination)?;
    let out = locate(source, money).map_err(&of_source)?;
    let into = locate(destination, money).map_err(&of_destination)?;
    open(source, out).map_err(&of_source)?;
    open(destination, into).map_err(&of_destination)?;
    may_leave(source, out, money.amount).map_err(&of_source)?;

    let leaving = (Bucket::Available, bucket(destination));
    let arriving = (bucket(source), Bucket::Available);
    Ok(Transfer {
        source: movement(out, leaving, money.amount).map_err(&of_source)?,
        destination: movement(into, arriving, money.amount).map_err(&of_destination)?,
    })
}

/// A customer's balance that takes part.
type Located = Option<(u8, Place)>;

fn exists(end: End<'_>) -> Result<(), Refused> {
    let missing = matches!(end, End::Account(None));
    if missing { Err(Refusal::AccountNotFound.into()) } else { Ok(()) }
}

fn locate(end: End<'_>, money: Money) -> Result<Located, Refused> {
    let End::Account(Some(account)) = end else { return Ok(None) };
    let ordinal = account.default_ordinal(money.currency).ok_or(Refusal::CurrencyMismatch)?;
    let place = account.place(ordinal, Target::Balance).ok_or(Refusal::BalanceNotFound)?;
    Ok(Some((ordinal, place)))
}

fn open(end: End<'_>, located: Located) -> Result<(), Refused> {
    let closed = matches!(end, End::Account(Some(account)) if account.status() == Status::Closed);
    if closed { Err(refused(Refusal::AccountClosed, located)) } else { Ok(()) }
}

fn may_leave(end: End<'_>, located: Located, amount: Amount) -> Result<(), Refused> {
    let (End::Account(Some(account)), Some((_, place))) = (end, located) else { return Ok(()) };
    may_spend(account, &place, amount).map_err(|refusal| refused(refusal, located))
}

fn movement(
    located: Located,
    (from, to): (Bucket, Bucket),
    amount: Amount,
) -> Result<Option<Movement>, Refused> {
    let Some((ordinal, place)) = located else { return Ok(None) };
    let mut postings = ArrayVec::new();
    if !amount.is_zero() {
        postings.push(Posting { from, to, amount });
    }
    let after = place.after(Amount::ZERO, &postings);
    let after = after.ok_or_else(|| refused(Refusal::BalanceOverflow, located))?;
    let (target, draws) = (Target::Balance, Vec::new());
    Ok(Some(Movement { ordinal, target, postings, draws, after, counted: None }))
}

const fn bucket(end: End<'_>) -> Bucket {
    match end {
        End::System(SystemAccount::Settlement) => Bucket::Settlement,
        End::System(SystemAccount::Funding) => Bucket::Funding,
        End::Account(_) => Bucket::Counterparty,
    }
}

fn refused(refusal: Refusal, located: Located) -> Refused {
    let seen = located.map(|(ordinal, place)| Box::new((ordinal, Target::Balance, place)));
    Refused { refusal, rule: None, seen }
}
