//! The six operations: decided anew, compared, moved.

use crate::finding::Margin;
use crate::record::{Code, Kind, Movement, Operation, Refused, Target};

use super::amount::carry;
use super::rules::{Case, Verdict};
use super::{At, Books, Slot};

impl Books {
    pub(super) fn operation(&mut self, at: At<'_>, asked: &Operation<'_>, margin: &mut Margin<'_>) {
        let slot = self.find(asked.account);
        let transaction = self.touch(slot, asked.transaction);
        at.check_links(&self.links(slot, Some(transaction)), margin);
        let account = self.account(slot);
        margin.compare("opening action", &asked.opened, &account.map(|it| it.opened));
        self.check_request(asked, margin);

        let granted = account.is_some_and(|it| it.has_granted(transaction));
        let linked = asked.is_own() || granted || self.touched(Some(transaction)).linked;
        let case = Case { asked, account, transaction, linked };
        let verdicts = self.rules.lets_post(asked.kind).iter().map(|lets| case.decide(*lets));
        check_outcome(verdicts, &asked.outcome, margin);
        if let Err(refused) = &asked.outcome {
            check_seen(&case, refused, margin);
            self.check_rule(slot, refused.rule.as_deref(), margin);
        }

        let done = asked.outcome.as_ref().ok();
        self.count(asked, done.is_some());
        if let Some(movement) = done {
            self.carry(slot, at.lsn, movement, margin);
            self.count_moved(slot, transaction, (asked.kind, linked), movement, margin);
            self.is_even(movement.after.pocket.currency, margin);
        }
        let tells = asked.outcome.as_ref().map_or_else(|it| it.seen.is_some(), |_| true);
        self.check_standing(slot, tells, &asked.standing, margin);
        let moved = done.is_some_and(|movement| !movement.postings.is_empty());
        self.note(slot, Some(transaction), at.lsn, moved);
    }

    fn count(&mut self, asked: &Operation<'_>, done: bool) {
        let seen = asked.outcome.as_ref().map_or_else(
            |refused| refused.seen.map(|(_, _, place)| place.pocket.currency),
            |movement| Some(movement.after.pocket.currency),
        );
        let limit = asked.outcome.as_ref().is_err_and(|it| it.code == Code::LimitExceeded);
        self.count_outcome(asked.money.map(|money| money.currency).or(seen), done, limit);
    }

    /// Makes a movement true here, and compares what is left with what the record says is left.
    pub(super) fn carry(
        &mut self,
        slot: Slot,
        lsn: u64,
        movement: &Movement,
        margin: &mut Margin<'_>,
    ) {
        let Movement { ordinal, target, postings, draws, after, .. } = movement;
        let Some(account) = slot.and_then(|slot| self.accounts.get_mut(slot)) else {
            return margin.note("it moves money of an account that is not there");
        };
        let Some(before) = account.place(*ordinal, *target) else {
            return margin.note("it moves a balance or hold that is not there");
        };
        let Some(freed) = account.freed(draws) else {
            return margin.note("it draws on what no authorization granted");
        };
        let Some(own) = carry(&before, freed, postings) else {
            return margin.note("it leaves more than a balance can hold");
        };
        let hold = own.hold.map_or(0, |hold| super::amount::held(&hold));
        if own.pocket.held < 0 || own.pocket.reserved < 0 || hold < 0 {
            margin.note("it leaves less than nothing held or reserved");
        }
        margin.compare("balance after", &after.pocket, &own.pocket);
        margin.compare("hold after", &after.hold, &own.hold);
        account.draw(draws);
        account.put(*ordinal, *target, own, lsn);
        let totals = self.totals.of(own.pocket.currency);
        totals.changed(&before.pocket, &own.pocket);
        postings.iter().for_each(|posting| totals.carried(posting));
    }
}

/// Whether the outcome is one of those that the rules give.
fn check_outcome(
    verdicts: impl Iterator<Item = Verdict>,
    stored: &Result<Movement, Refused>,
    margin: &mut Margin<'_>,
) {
    let mut first = None;
    for verdict in verdicts {
        if agrees(&verdict, stored) {
            return;
        }
        first.get_or_insert(verdict);
    }
    match (first, stored) {
        (Some(Ok(own)), Ok(stored)) => differs(&own, stored, margin),
        (Some(Err(code)), Ok(_)) => {
            margin.note(format!("it was done, and is to be refused: {}", code.text()));
        }
        (Some(Ok(_)), Err(refused)) => {
            margin.note(format!("it was refused, {}, and is to be done", refused.code.text()));
        }
        (Some(Err(code)), Err(refused)) => {
            let (stored, own) = (refused.code.text(), code.text());
            margin.note(format!("it was refused, {stored}, and is to be refused: {own}"));
        }
        (None, _) => {}
    }
}

fn agrees(own: &Verdict, stored: &Result<Movement, Refused>) -> bool {
    match (own, stored) {
        (Ok(own), Ok(stored)) => {
            (own.ordinal, own.target) == (stored.ordinal, stored.target)
                && own.postings == stored.postings
                && own.draws == stored.draws
        }
        // Which day it was is not known here; limits are decided before an overflow.
        (Ok(_) | Err(Code::BalanceOverflow), Err(Refused { code: Code::LimitExceeded, .. })) => {
            true
        }
        (Err(own), Err(stored)) => *own == stored.code,
        _ => false,
    }
}

/// What is left is compared when it is moved.
pub(super) fn differs(own: &Movement, stored: &Movement, margin: &mut Margin<'_>) {
    let place = |it: &Movement| (it.ordinal, it.target);
    margin.compare("balance and target", &place(stored), &place(own));
    margin.compare("postings", &stored.postings, &own.postings);
    margin.compare("draws", &stored.draws, &own.draws);
}

/// Whether what a refusal saw was there.
fn check_seen(case: &Case<'_>, refused: &Refused, margin: &mut Margin<'_>) {
    let Some((ordinal, target, place)) = refused.seen else { return };
    let located = case.account.and_then(|account| case.locate(account).ok());
    margin.compare("balance and target seen", &Some((ordinal, target)), &located);
    let own = case.account.and_then(|account| account.place(ordinal, target));
    margin.compare("balance seen", &Some(place), &own);
}

/// Whether the operation names what it cannot do without.
pub(super) fn lacks_reference(asked: &Operation<'_>) -> bool {
    let needs = matches!(asked.kind, Kind::Restore | Kind::DebitHold | Kind::CreditHold);
    let has = asked.reference.is_some()
        && !matches!(&asked.outcome, Ok(Movement { target: Target::Balance, .. }));
    needs && !has
}
