//! Transfers: decided anew at both ends, compared, moved.

use crate::finding::Margin;
use crate::record::{
    Bucket, Code, Money, Movement, Place, Posting, Refused, Side, Status, Target, Transfer,
};

use super::account::Account;
use super::amount::carry;
use super::operation::differs;
use super::rules::may_spend;
use super::{At, Books, Slot};

/// One end of a transfer.
#[derive(Clone, Copy)]
struct End {
    slot: Slot,
    /// The system account that it is.
    system: Option<Bucket>,
}

const SIDES: [Side; 2] = [Side::Source, Side::Destination];

impl Books {
    pub(super) fn transfer(&mut self, at: At<'_>, asked: &Transfer<'_>, margin: &mut Margin<'_>) {
        let ends = asked.ends.map(|name| {
            let system = system(name);
            End { slot: if system.is_some() { None } else { self.find(name) }, system }
        });
        let transactions = self.transfer_transactions(asked, ends);
        let links = [0, 1].map(|n| self.end_links(ends[n], transactions[n]));
        at.check_links(links.as_flattened(), margin);
        let opened = ends.map(|end| self.account(end.slot).map(|account| account.opened));
        margin.compare("opening actions", &asked.opened, &opened);
        self.check_transfer(asked, margin);
        self.check_decision(asked, ends, margin);

        self.count_outcome(Some(asked.money.currency), asked.outcome.is_ok(), false);
        if let Ok(movements) = &asked.outcome {
            for (end, movement) in ends.into_iter().zip(movements) {
                movement.iter().for_each(|it| self.carry(end.slot, at.lsn, it, margin));
            }
            self.between_systems(ends, asked.money);
        }
        self.is_even(asked.money.currency, margin);
        for (n, end) in ends.into_iter().enumerate() {
            let tells = match &asked.outcome {
                Ok(movements) => movements[n].is_some(),
                Err((side, refused)) => SIDES[n] == *side && refused.seen.is_some(),
            };
            self.check_standing(end.slot, tells, &asked.standings[n], margin);
        }
        for (end, transaction) in ends.into_iter().zip(transactions) {
            self.note(end.slot, transaction, at.lsn, false);
        }
    }

    /// What stands for the transaction at each end. One that touches no customer's account is noted
    /// among those that found none.
    fn transfer_transactions(&self, asked: &Transfer<'_>, ends: [End; 2]) -> [Option<u128>; 2] {
        let between_systems = ends.iter().all(|end| end.system.is_some());
        ends.map(|end| {
            let noted = end.system.is_none() || between_systems;
            asked.transaction.filter(|_| noted).map(|text| self.touch(end.slot, text))
        })
    }

    fn end_links(&self, end: End, transaction: Option<u128>) -> [u64; 3] {
        self.links(end.slot, transaction)
    }

    fn check_decision(&self, asked: &Transfer<'_>, ends: [End; 2], margin: &mut Margin<'_>) {
        let own = self.decide_transfer(ends, asked.money);
        match (&own, &asked.outcome) {
            (Ok(own), Ok(stored)) => {
                for (own, stored) in own.iter().zip(stored) {
                    match (own, stored) {
                        (Some(own), Some(stored)) => differs(own, stored, margin),
                        (None, None) => {}
                        _ => margin.note("it moves at another end than it is to"),
                    }
                }
            }
            (Err((side, code)), Err((stored_side, refused))) => {
                let own = (*side, *code);
                margin.compare("refusal", &(*stored_side, refused.code), &own);
            }
            (Err((side, code)), Ok(_)) => {
                let code = code.text();
                margin.note(format!("it was done, and is to be refused: {code} of its {side:?}"));
            }
            (Ok(_), Err((_, refused))) => {
                margin.note(format!("it was refused, {}, and is to be done", refused.code.text()));
            }
        }
        if let Err((side, refused)) = &asked.outcome {
            let end = if *side == Side::Source { ends[0] } else { ends[1] };
            check_seen(self.account(end.slot), refused, margin);
        }
    }

    /// The first refusal that applies to either end; where one applies to both, the source's.
    fn decide_transfer(
        &self,
        ends: [End; 2],
        money: Money,
    ) -> Result<[Option<Movement>; 2], (Side, Code)> {
        let outcomes = [0, 1].map(|n| self.decide_end(SIDES[n], ends[n], ends[1 - n], money));
        let refusals = SIDES.into_iter().zip(&outcomes);
        let codes = refusals.filter_map(|(side, outcome)| Some((side, outcome.as_ref().err()?)));
        if let Some((side, code)) = codes.min_by_key(|(_, code)| **code) {
            return Err((side, *code));
        }
        Ok(outcomes.map(|outcome| outcome.ok().flatten()))
    }

    fn decide_end(
        &self,
        side: Side,
        end: End,
        other: End,
        money: Money,
    ) -> Result<Option<Movement>, Code> {
        if end.system.is_some() {
            return Ok(None);
        }
        let account = self.account(end.slot).ok_or(Code::AccountNotFound)?;
        let first = account.pockets.iter().position(|it| it.currency == money.currency);
        let ordinal = first.and_then(|n| u8::try_from(n).ok()).ok_or(Code::CurrencyMismatch)?;
        let place = account.place(ordinal, Target::Balance).ok_or(Code::CurrencyMismatch)?;
        if account.status == Status::Closed {
            return Err(Code::AccountClosed);
        }
        if side == Side::Source {
            may_spend(account, &place, money.amount.into())?;
        }
        movement(side, ordinal, &place, other, money).map(Some)
    }

    /// What goes from one system account to another touches no customer.
    fn between_systems(&mut self, [from, to]: [End; 2], money: Money) {
        if let (Some(from), Some(to)) = (from.system, to.system) {
            let totals = self.totals.of(money.currency);
            totals.add(from, i128::from(money.amount).saturating_neg());
            totals.add(to, money.amount.into());
        }
    }
}

fn movement(
    side: Side,
    ordinal: u8,
    place: &Place,
    other: End,
    money: Money,
) -> Result<Movement, Code> {
    let beyond = other.system.unwrap_or(Bucket::Counterparty);
    let (from, to) = match side {
        Side::Source => (Bucket::Available, beyond),
        Side::Destination => (beyond, Bucket::Available),
    };
    let mut postings = vec![Posting { from, to, amount: money.amount }];
    postings.retain(|posting| posting.amount > 0);
    let after = carry(place, 0, &postings).ok_or(Code::BalanceOverflow)?;
    let (target, draws) = (Target::Balance, Vec::new());
    Ok(Movement { ordinal, target, postings, draws, after, counted: None })
}

fn check_seen(account: Option<&Account>, refused: &Refused, margin: &mut Margin<'_>) {
    let Some((ordinal, target, place)) = refused.seen else { return };
    let own = account.and_then(|account| account.place(ordinal, target));
    margin.compare("balance seen", &Some(place), &own);
}

fn system(name: &str) -> Option<Bucket> {
    match name {
        "@settlement" => Some(Bucket::Settlement),
        "@funding" => Some(Bucket::Funding),
        _ => None,
    }
}
