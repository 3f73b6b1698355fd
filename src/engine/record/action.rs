//! One of the six operations: what was asked, and what became of it.
//!
//! | part | bytes |
//! | --- | --- |
//! | operation | its number, `u8` |
//! | idempotency key, transaction, account, `of_action_ref` | four texts |
//! | reference, as it was given | option of text |
//! | money, as it was given | option of money |
//! | the account's opening action | option of `u64`, absent where there is no such account |
//! | outcome | 0 and a movement; or a refusal's number, for `LIMIT_EXCEEDED` the name of the rule, a text, and an option of what it saw |
//! | standing | standing |

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};
use super::standing::Standing;
use crate::ledger::{
    ActionRef, BalanceRef, HoldRef, Money, Movement, Operation, Place, Pocket, Refusal, Refused,
    Target,
};

/// What the network asked. Two requests that are equal mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationRequest<'a> {
    /// Which of the six.
    pub operation: Operation,
    /// Names the action for its sender, once per tenant.
    pub idempotency_key: &'a str,
    /// The card transaction that it belongs to.
    pub transaction_id: &'a str,
    /// The account.
    pub tenant_account_ref: &'a str,
    /// The network's own name of the action.
    pub of_action_ref: &'a str,
    /// The balance or hold, as it was given.
    pub reference: Option<&'a str>,
    /// How much.
    pub money: Option<Money>,
}

/// An operation that was done or refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Action<'a> {
    /// What was asked.
    pub request: OperationRequest<'a>,
    /// The action that opened the account, where there is such an account.
    pub opened: Option<ActionRef>,
    /// What became of it.
    pub outcome: Result<Movement, Refused>,
    /// How the account stands after it.
    pub standing: Standing,
}

/// The balance that an action was about, with its names and what was there after.
#[derive(Clone, Copy, Debug)]
pub struct Located {
    /// The balance.
    pub balance: BalanceRef,
    /// The hold, where it was about one.
    pub hold: Option<HoldRef>,
    /// What was there after; for a refusal, what the decision saw.
    pub after: Place,
}

impl Action<'_> {
    /// Where the action `at` took place; `None` when it was refused before a balance was found.
    #[must_use]
    pub fn located(&self, at: ActionRef) -> Option<Located> {
        let (ordinal, hold, after) = match &self.outcome {
            Ok(movement) => (movement.ordinal, movement.hold(at), movement.after),
            Err(refused) => {
                let (ordinal, target, place) = *refused.seen.as_deref()?;
                let hold = if let Target::Hold(hold) = target { Some(hold) } else { None };
                (ordinal, hold, place)
            }
        };
        Some(Located { balance: BalanceRef::new(self.opened?, ordinal), hold, after })
    }

    /// Why it was refused, if it was.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.outcome.as_ref().err().map(|refused| refused.refusal)
    }

    /// The balance that it tells, as it is after it; `None` where it was refused before one was
    /// found.
    #[must_use]
    pub fn tells(&self) -> Option<(u8, &Pocket)> {
        match &self.outcome {
            Ok(movement) => Some((movement.ordinal, &movement.after.pocket)),
            Err(refused) => refused.tells(),
        }
    }
}

impl Body for Action<'_> {
    const KIND: u8 = 1;

    fn fits(&self) -> bool {
        let OperationRequest { idempotency_key, transaction_id, reference, .. } = self.request;
        let names = [self.request.tenant_account_ref, self.request.of_action_ref];
        texts_fit([idempotency_key, transaction_id].into_iter().chain(names).chain(reference))
    }

    fn encode(&self, w: &mut Writer<'_>) {
        self.request.encode(w);
        w.option(self.opened, |w, opened| w.u64(opened.position()));
        match &self.outcome {
            Ok(movement) => {
                w.u8(0);
                w.movement(movement);
            }
            Err(refused) => w.refused(refused),
        }
        w.standing(&self.standing);
    }
}

impl<'a> Action<'a> {
    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let request = OperationRequest::decode(r)?;
        let opened = r.option(Reader::action_ref)?;
        let outcome = r.outcome(Reader::movement)?;
        Ok(Self { request, opened, outcome, standing: r.standing()? })
    }
}

impl<'a> OperationRequest<'a> {
    fn encode(&self, w: &mut Writer<'_>) {
        w.u8(self.operation.number());
        w.text(self.idempotency_key);
        w.text(self.transaction_id);
        w.text(self.tenant_account_ref);
        w.text(self.of_action_ref);
        w.option(self.reference, Writer::text);
        w.option(self.money, Writer::money);
    }

    #[inline]
    fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        let operation = Operation::from_number(r.u8()?).ok_or(Malformed("operation"))?;
        let [idempotency_key, transaction_id, tenant_account_ref, of_action_ref] = r.texts()?;
        Ok(Self {
            operation,
            idempotency_key,
            transaction_id,
            tenant_account_ref,
            of_action_ref,
            reference: r.option(Reader::text)?,
            money: r.option(Reader::money)?,
        })
    }
}

impl Writer<'_> {
    /// The rule that a refusal by a spend limit names.
    pub(super) fn rule_of(&mut self, refusal: Refusal, rule: Option<&str>) {
        if refusal == Refusal::LimitExceeded {
            self.text(rule.unwrap_or_default());
        }
    }

    /// A refusal's number, which is never zero, and what it saw.
    pub(super) fn refused(&mut self, refused: &Refused) {
        self.u8(refused.refusal.number());
        self.rule_of(refused.refusal, refused.rule.as_deref());
        self.option(refused.seen.as_deref(), Self::seen);
    }
}

impl Reader<'_> {
    /// 0 and what was done, or a refusal.
    #[inline]
    pub(super) fn outcome<T>(
        &mut self,
        done: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Result<T, Refused>, Malformed> {
        if self.0.first() == Some(&0) {
            self.u8()?;
            return done(self).map(Ok);
        }
        self.refused().map(Err)
    }

    /// A refusal.
    pub(super) fn refused(&mut self) -> Result<Refused, Malformed> {
        let refusal = self.refusal()?;
        Ok(Refused {
            refusal,
            rule: self.rule_of(refusal)?,
            seen: self.option(Self::seen)?.map(Box::new),
        })
    }

    /// The rule that a refusal by a spend limit names.
    pub(super) fn rule_of(&mut self, refusal: Refusal) -> Result<Option<Box<str>>, Malformed> {
        let names = refusal == Refusal::LimitExceeded;
        names.then(|| self.text().map(Box::from)).transpose()
    }
}
