//! One of the six operations, done or refused.
//!
//! | part | bytes |
//! | --- | --- |
//! | operation | its number, `u8` |
//! | key, transaction, account, `of_action_ref` | four texts |
//! | reference | option of text |
//! | money | option of money |
//! | the account's opening action | option of `u64` |
//! | outcome | 0 and a movement; or a refusal's number, for 10 the rule's name, a text, and an option of what it saw |
//! | standing | standing |
//!
//! What a refusal saw is an ordinal `u8`, a target and a place.

use crate::bytes::{Bytes, Malformed};

use super::parts::{Money, Movement, Place, Target};
use super::standing::Standing;

/// Which of the six; numbered from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Available → `@settlement`.
    Debit,
    /// `@settlement` → available.
    Credit,
    /// Available → hold.
    Hold,
    /// Hold → available.
    Restore,
    /// Hold, then available → `@settlement`.
    DebitHold,
    /// `@settlement` → hold.
    CreditHold,
}

/// Why something was refused; the first that applies is the answer. Numbered from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// `ACCOUNT_NOT_FOUND`
    AccountNotFound,
    /// `BALANCE_NOT_FOUND`
    BalanceNotFound,
    /// `HOLD_NOT_FOUND`
    HoldNotFound,
    /// `CURRENCY_MISMATCH`
    CurrencyMismatch,
    /// `AMOUNT_REQUIRED`
    AmountRequired,
    /// `ACCOUNT_CLOSED`
    AccountClosed,
    /// `ACCOUNT_FROZEN`
    AccountFrozen,
    /// `HOLD_AMOUNT_EXCEEDED`
    HoldAmountExceeded,
    /// `INSUFFICIENT_FUNDS`
    InsufficientFunds,
    /// `LIMIT_EXCEEDED`
    LimitExceeded,
    /// `BALANCE_OVERFLOW`
    BalanceOverflow,
}

const CODES: [(Code, &str); 11] = [
    (Code::AccountNotFound, "ACCOUNT_NOT_FOUND"),
    (Code::BalanceNotFound, "BALANCE_NOT_FOUND"),
    (Code::HoldNotFound, "HOLD_NOT_FOUND"),
    (Code::CurrencyMismatch, "CURRENCY_MISMATCH"),
    (Code::AmountRequired, "AMOUNT_REQUIRED"),
    (Code::AccountClosed, "ACCOUNT_CLOSED"),
    (Code::AccountFrozen, "ACCOUNT_FROZEN"),
    (Code::HoldAmountExceeded, "HOLD_AMOUNT_EXCEEDED"),
    (Code::InsufficientFunds, "INSUFFICIENT_FUNDS"),
    (Code::LimitExceeded, "LIMIT_EXCEEDED"),
    (Code::BalanceOverflow, "BALANCE_OVERFLOW"),
];

impl Code {
    /// The code on the wire.
    #[must_use]
    pub fn text(self) -> &'static str {
        CODES.iter().find(|(code, _)| *code == self).map_or("", |(_, text)| text)
    }

    pub(super) fn of(number: u8) -> Result<Self, Malformed> {
        let place = usize::from(number).checked_sub(1);
        place.and_then(|n| CODES.get(n)).map(|(code, _)| *code).ok_or(Malformed("refusal"))
    }
}

/// What a refusal saw: which balance, what of it, and what was there.
pub type Seen = (u8, Target, Place);

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub code: Code,
    /// The spend limit that says so.
    pub rule: Option<Box<str>>,
    /// What was seen.
    pub seen: Option<Seen>,
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// Which.
    pub kind: Kind,
    /// Its idempotency key.
    pub key: &'a str,
    /// The card transaction.
    pub transaction: &'a str,
    /// The account's name.
    pub account: &'a str,
    /// The network's own name of the action.
    pub of_action: &'a str,
    /// The balance or hold, as it was given.
    pub reference: Option<&'a str>,
    /// How much.
    pub money: Option<Money>,
    /// The action that opened the account.
    pub opened: Option<u64>,
    /// What became of it.
    pub outcome: Result<Movement, Refused>,
    /// What the server tells of the account beyond that.
    pub standing: Standing,
}

impl Operation<'_> {
    /// Its key, where the ledger gave it one: no sender's key has a control character.
    fn own_key(&self) -> Option<&str> {
        self.key.strip_prefix('\u{3}')
    }

    /// Whether the ledger asked it of itself, for what the network had settled.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.own_key().is_some()
    }

    /// The approval that it posts, where it posts one.
    #[must_use]
    pub fn posts(&self) -> Option<u64> {
        hex(self.own_key()?.strip_prefix("auth_")?)
    }

    /// Whether its key is one that the ledger gives itself: of an approval, or of a notification
    /// before it and a number.
    #[must_use]
    pub fn key_is_own(&self) -> bool {
        let counted = |key: &str| {
            let (told, number) = key.split_once('-')?;
            let plain = number.parse::<u64>().ok()?.to_string() == number;
            hex(told).filter(|_| plain)
        };
        self.posts().is_some() || self.own_key().and_then(counted).is_some()
    }
}

/// Exactly sixteen lower-case hex digits.
fn hex(digits: &str) -> Option<u64> {
    let number = u64::from_str_radix(digits, 16).ok()?;
    (digits == format!("{number:016x}")).then_some(number)
}

impl<'a> Operation<'a> {
    pub(super) fn read(b: &mut Bytes<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            kind: kind(b.u8()?)?,
            key: b.text()?,
            transaction: b.text()?,
            account: b.text()?,
            of_action: b.text()?,
            reference: b.option(Bytes::text)?,
            money: b.option(Bytes::money)?,
            opened: b.option(Bytes::u64)?,
            outcome: match b.u8()? {
                0 => Ok(b.movement()?),
                number => Err(refused(number, b)?),
            },
            standing: b.standing()?,
        })
    }
}

fn kind(number: u8) -> Result<Kind, Malformed> {
    Ok(match number {
        1 => Kind::Debit,
        2 => Kind::Credit,
        3 => Kind::Hold,
        4 => Kind::Restore,
        5 => Kind::DebitHold,
        6 => Kind::CreditHold,
        _ => return Err(Malformed("operation")),
    })
}

/// The refusal of that number, and what it saw.
pub(super) fn refused(number: u8, b: &mut Bytes<'_>) -> Result<Refused, Malformed> {
    let seen = |b: &mut Bytes<'_>| Ok((b.u8()?, b.target()?, b.place()?));
    let (code, rule) = (Code::of(number)?, rule_of(number, b)?);
    Ok(Refused { code, rule, seen: b.option(seen)? })
}

/// The name of the spend limit that a refusal of that number has.
pub(super) fn rule_of(number: u8, b: &mut Bytes<'_>) -> Result<Option<Box<str>>, Malformed> {
    let names = Code::of(number) == Ok(Code::LimitExceeded);
    names.then(|| b.text().map(Box::from)).transpose()
}
