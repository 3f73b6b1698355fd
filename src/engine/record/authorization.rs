//! An authorization message and what it was answered, and the undoing of an approval that came too
//! late.
//!
//! | part of an authorization | bytes |
//! | --- | --- |
//! | kind | `u8`: 1 final, 2 pre |
//! | transaction | text |
//! | the network's name of the message | option of text |
//! | account | option of text, absent where none was found |
//! | the account's opening action | option of `u64` |
//! | what was asked: to be decided on, and as the merchant has it | two of money |
//! | whether a part is welcome | `u8`, 0 or 1 |
//! | when the budget for its answer ends | `i64`, microseconds |
//! | how far the log was durable when it was appended | `u64` |
//! | outcome | 0 and a reserved; or a decline's number, for `LIMIT_EXCEEDED` the name of the rule, a text, and an option of what it saw |
//! | standing | standing |
//! | the message as it was sent | long text, JSON |
//!
//! | part of a reserved | bytes |
//! | --- | --- |
//! | balance | ordinal `u8` |
//! | granted | `u64` |
//! | when it lapses | `i64`, microseconds |
//! | the balance after | pocket |
//! | the day that it counts on | option of [day](super::limits) |
//!
//! What a decline saw is an ordinal and a pocket.
//!
//! | part of an undoing | bytes |
//! | --- | --- |
//! | account, transaction | two texts |
//! | approval | `u64` |
//! | how far the log was durable when it was appended | `u64` |
//! | the balance after | option of an ordinal `u8` and a pocket, absent where nothing was left |
//! | standing | standing |
//!
//! An approval may be answered only once it is durable, and while its budget lasts. So of an
//! approval that the log has, and no undoing of it, a later record may tell that it cannot have been
//! answered: one of a moment behind its budget, when the log was not durable so far
//! ([`Undecided`](super::super::authorize::Undecided)).

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};
use super::standing::Standing;
use crate::engine::Lsn;
use crate::ledger::{ActionRef, Amount, Decline, Moment, Money, Pocket, Reserved};

/// Which of the two messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthorizationKind {
    /// The amount is exact: a debit follows.
    Final,
    /// The amount may change: a hold follows.
    Pre,
}

impl AuthorizationKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Final, Self::Pre];

    /// Its name in paths, records and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Final => "final_auth",
            Self::Pre => "pre_auth",
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Final => 1,
            Self::Pre => 2,
        }
    }
}

/// What names an authorization message: two that are equal are one message, sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The card transaction.
    pub transaction_id: &'a str,
    /// The network's own name of the message; without one its content is its name.
    pub network_message_ref: Option<&'a str>,
}

/// What an authorization asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is decided on: the amount that the customer is billed.
    pub billing: Money,
    /// The amount as the merchant has it, in which the answer says how much was approved.
    pub amount: Money,
    /// Whether less is welcome where there is less.
    pub partial: bool,
}

/// An authorization message and what it was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorization<'a> {
    /// Final or pre.
    pub kind: AuthorizationKind,
    /// What names it.
    pub message: Message<'a>,
    /// The account, where one was found.
    pub tenant_account_ref: Option<&'a str>,
    /// The action that opened the account.
    pub opened: Option<ActionRef>,
    /// How much.
    pub asked: Asked,
    /// When the budget for its answer ends.
    pub answer_by: Moment,
    /// How far the log was durable when this was appended.
    pub durable: Lsn,
    /// What was promised, or why nothing was.
    pub outcome: Result<Reserved, Declined>,
    /// How the account stands after it.
    pub standing: Standing,
    /// The message as it was sent.
    pub content: &'a str,
}

/// A decline, and the balance as the decision saw it where it got that far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// The first reason that applies.
    pub decline: Decline,
    /// The spend limit that says so, where one does.
    pub rule: Option<Box<str>>,
    /// Which balance, and what of it.
    pub seen: Option<(u8, Pocket)>,
}

/// An approval was not answered in time: the network was told no, and it is as if it had not been.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizationUndone<'a> {
    /// The account.
    pub tenant_account_ref: &'a str,
    /// The card transaction.
    pub transaction_id: &'a str,
    /// The approval.
    pub approval: ActionRef,
    /// As in [`Authorization::durable`].
    pub durable: Lsn,
    /// Which balance, and what of it afterwards; `None` where operations had used all.
    pub after: Option<(u8, Pocket)>,
    /// How the account stands after it.
    pub standing: Standing,
}

impl Asked {
    /// How much of the amount was approved when so much of the billing amount was: its share,
    /// rounded down to the currency's fraction.
    #[must_use]
    pub fn approved(&self, granted: Amount) -> Amount {
        if granted == self.billing.amount {
            return self.amount.amount;
        }
        let wide = |amount: Amount| u128::from(amount.minor());
        let whole = wide(self.billing.amount).max(1);
        let share = wide(self.amount.amount).saturating_mul(wide(granted)) / whole;
        u64::try_from(share).ok().and_then(Amount::new).unwrap_or(self.amount.amount)
    }
}

impl Authorization<'_> {
    /// How much was granted; `None` where it was declined.
    #[must_use]
    pub fn granted(&self) -> Option<Amount> {
        self.outcome.as_ref().ok().map(|reserved| reserved.granted)
    }

    /// Whether it promised more than nothing.
    #[must_use]
    pub fn promises(&self) -> bool {
        self.granted().is_some_and(|granted| !granted.is_zero())
    }

    /// The balance that it tells, as it is after it.
    #[must_use]
    pub fn tells(&self) -> Option<(u8, &Pocket)> {
        match &self.outcome {
            Ok(reserved) => Some((reserved.ordinal, &reserved.after)),
            Err(declined) => declined.seen.as_ref().map(|(ordinal, pocket)| (*ordinal, pocket)),
        }
    }
}

impl AuthorizationUndone<'_> {
    /// The balance that it tells, as it is after it.
    #[must_use]
    pub fn tells(&self) -> Option<(u8, &Pocket)> {
        self.after.as_ref().map(|(ordinal, pocket)| (*ordinal, pocket))
    }
}

impl From<Decline> for Declined {
    fn from(decline: Decline) -> Self {
        Self { decline, rule: None, seen: None }
    }
}

impl Body for Authorization<'_> {
    const KIND: u8 = 5;

    fn fits(&self) -> bool {
        let names = [Some(self.message.transaction_id), self.message.network_message_ref];
        texts_fit(names.into_iter().chain([self.tenant_account_ref]).flatten())
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.u8(self.kind.number());
        w.text(self.message.transaction_id);
        w.option(self.message.network_message_ref, Writer::text);
        w.option(self.tenant_account_ref, Writer::text);
        w.option(self.opened, |w, opened| w.u64(opened.position()));
        w.money(self.asked.billing);
        w.money(self.asked.amount);
        w.u8(u8::from(self.asked.partial));
        w.i64(self.answer_by.micros());
        w.u64(self.durable.value());
        match &self.outcome {
            Ok(reserved) => {
                w.u8(0);
                w.reserved(reserved);
            }
            Err(Declined { decline, rule, seen }) => {
                w.u8(decline.number());
                if let Decline::Refused(refusal) = decline {
                    w.rule_of(*refusal, rule.as_deref());
                }
                w.option(seen.as_ref(), Writer::balance_after);
            }
        }
        w.standing(&self.standing);
        w.long_text(self.content);
    }
}

impl<'a> Authorization<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let number = r.u8()?;
        let kind = AuthorizationKind::ALL.into_iter().find(|kind| kind.number() == number);
        Ok(Self {
            kind: kind.ok_or(Malformed("kind of authorization"))?,
            message: Message {
                transaction_id: r.text()?,
                network_message_ref: r.option(Reader::text)?,
            },
            tenant_account_ref: r.option(Reader::text)?,
            opened: r.option(Reader::action_ref)?,
            asked: Asked { billing: r.money()?, amount: r.money()?, partial: r.flag()? },
            answer_by: Moment::from_micros(r.i64()?),
            durable: Lsn::new(r.u64()?),
            outcome: r.decision()?,
            standing: r.standing()?,
            content: r.long_text()?,
        })
    }
}

impl Body for AuthorizationUndone<'_> {
    const KIND: u8 = 7;

    fn fits(&self) -> bool {
        texts_fit([self.tenant_account_ref, self.transaction_id])
    }

    fn encode(&self, w: &mut Writer<'_>) {
        w.text(self.tenant_account_ref);
        w.text(self.transaction_id);
        w.u64(self.approval.position());
        w.u64(self.durable.value());
        w.option(self.after.as_ref(), Writer::balance_after);
        w.standing(&self.standing);
    }
}

impl<'a> AuthorizationUndone<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            tenant_account_ref: r.text()?,
            transaction_id: r.text()?,
            approval: r.action_ref()?,
            durable: Lsn::new(r.u64()?),
            after: r.option(Reader::balance_after)?,
            standing: r.standing()?,
        })
    }
}

impl Writer<'_> {
    fn reserved(&mut self, reserved: &Reserved) {
        self.u8(reserved.ordinal);
        self.amount(reserved.granted);
        self.i64(reserved.deadline.micros());
        self.pocket(&reserved.after);
        self.option(reserved.counted, Self::day);
    }

    fn balance_after(&mut self, (ordinal, pocket): &(u8, Pocket)) {
        self.u8(*ordinal);
        self.pocket(pocket);
    }
}

impl Reader<'_> {
    fn decision(&mut self) -> Result<Result<Reserved, Declined>, Malformed> {
        let number = self.u8()?;
        if number == 0 {
            return self.reserved().map(Ok);
        }
        let decline = Decline::from_number(number).ok_or(Malformed("decline"))?;
        let rule = match decline {
            Decline::Refused(refusal) => self.rule_of(refusal)?,
            _ => None,
        };
        Ok(Err(Declined { decline, rule, seen: self.option(Self::balance_after)? }))
    }

    fn reserved(&mut self) -> Result<Reserved, Malformed> {
        Ok(Reserved {
            ordinal: self.u8()?,
            granted: self.amount()?,
            deadline: Moment::from_micros(self.i64()?),
            after: self.pocket()?,
            counted: self.option(Self::day)?,
        })
    }

    fn balance_after(&mut self) -> Result<(u8, Pocket), Malformed> {
        Ok((self.u8()?, self.pocket()?))
    }
}
