//! The rules of the six operations: one check per line, in the order of the contract.

use alloc::boxed::Box;
use alloc::vec::Vec;

use arrayvec::ArrayVec;

use super::movement::{Bucket, Draw, Movement, Posting, Target};
use super::{
    Account, Amount, Command, Money, Operation, OverCapture, Place, Pocket, Reference, Refusal,
    Rules, Spend, Status, UnlinkedDebits,
};

/// A refusal, and the balance and hold as the decision saw them where it got that far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The first reason that applies.
    pub refusal: Refusal,
    /// The spend limit that says so, where one does.
    pub rule: Option<Box<str>>,
    /// Which balance, and what of it.
    pub seen: Option<Box<(u8, Target, Place)>>,
}

impl Refused {
    /// The balance that the decision saw, where it got that far.
    #[must_use]
    pub fn tells(&self) -> Option<(u8, &Pocket)> {
        self.seen.as_deref().map(|(ordinal, _, place)| (*ordinal, &place.pocket))
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, rule: None, seen: None }
    }
}

/// Decides one operation on the account of that name, `None` when there is no such account.
///
/// # Errors
/// The first refusal that applies. Nothing has changed; the refusal is an answer like any other.
pub fn decide(
    account: Option<&Account>,
    command: &Command<'_>,
    rules: &Rules,
) -> Result<Movement, Refused> {
    let account = account.ok_or(Refusal::AccountNotFound)?;
    let (ordinal, target) = locate(account, command)?;
    let place = account.place(ordinal, target).ok_or(Refusal::BalanceNotFound)?;
    let seen = || Some(Box::new((ordinal, target, place)));
    let refused = |refusal| Refused { refusal, rule: None, seen: seen() };

    let amount = amount(command, &place).map_err(refused)?;
    permit(account, command, rules, ordinal, &place, amount).map_err(refused)?;
    if let Some(rule) = exceeded(account, command, rules, ordinal, &place, amount) {
        return Err(Refused { rule: Some(rule.into()), ..refused(Refusal::LimitExceeded) });
    }
    let postings = postings(command.operation, &place, amount);
    let draws = draws(account, command, ordinal, amount);
    let after = place.after(account.freed(&draws), &postings);
    let after = after.ok_or_else(|| refused(Refusal::BalanceOverflow))?;
    let mut movement = Movement { ordinal, target, postings, draws, after, counted: None };
    movement.counted = command.limits.and_then(|limits| limits.counted(movement.ungranted()));
    Ok(movement)
}

/// The balance and the part of it that the command is about.
fn locate(account: &Account, command: &Command<'_>) -> Result<(u8, Target), Refused> {
    let currency = command.money.map(|money| money.currency);
    let (ordinal, target) = match command.reference {
        Reference::Absent => {
            let currency = currency.ok_or(Refusal::AmountRequired)?;
            let default = account.default_ordinal(currency).ok_or(Refusal::CurrencyMismatch)?;
            let opens = command.operation == Operation::HoldBalance;
            (default, if opens { Target::NewHold } else { Target::Balance })
        }
        Reference::Balance(balance) => {
            let ordinal = balance.ordinal_in(account.opened()).ok_or(Refusal::BalanceNotFound)?;
            account.pocket(ordinal).ok_or(Refusal::BalanceNotFound)?;
            (ordinal, Target::Balance)
        }
        Reference::Hold(hold) => {
            let ordinal = account.hold(hold).ok_or(Refusal::HoldNotFound)?.ordinal;
            (ordinal, Target::Hold(hold))
        }
        Reference::Unknown if command.operation.names_a_hold() => {
            return Err(Refusal::HoldNotFound.into());
        }
        Reference::Unknown => return Err(Refusal::BalanceNotFound.into()),
    };
    let place = account.place(ordinal, target).ok_or(Refusal::BalanceNotFound)?;
    if currency.is_some_and(|currency| currency != place.pocket.currency) {
        let seen = Some(Box::new((ordinal, target, place)));
        return Err(Refused { refusal: Refusal::CurrencyMismatch, rule: None, seen });
    }
    Ok((ordinal, target))
}

/// How much: what was asked, or, for a restore that names no amount, all that is left.
fn amount(command: &Command<'_>, place: &Place) -> Result<Amount, Refusal> {
    match (command.money, place.hold) {
        (Some(money), _) => Ok(money.amount),
        (None, Some(hold)) if command.operation == Operation::RestoreBalance => {
            Ok(hold.held().as_amount())
        }
        (None, _) => Err(Refusal::AmountRequired),
    }
}

/// Whether the operation may be refused, and if so whether it is.
fn permit(
    account: &Account,
    command: &Command<'_>,
    rules: &Rules,
    ordinal: u8,
    place: &Place,
    amount: Amount,
) -> Result<(), Refusal> {
    match command.operation {
        Operation::DebitBalance => {
            let must_post = command.linked || rules.unlinked_debits == UnlinkedDebits::Post;
            if must_post { Ok(()) } else { may_spend(account, place, amount) }
        }
        Operation::HoldBalance => {
            let promised = account.promised(command.transaction_id, ordinal);
            let excess = amount.beyond(promised);
            let within = !promised.is_zero() && excess.is_zero();
            if within { Ok(()) } else { may_spend(account, place, excess) }
        }
        Operation::RestoreBalance => covered(place, amount),
        Operation::DebitHoldBalance if rules.over_capture == OverCapture::Refuse => {
            covered(place, amount)
        }
        Operation::DebitHoldBalance | Operation::CreditBalance | Operation::CreditHoldBalance => {
            Ok(())
        }
    }
}

/// The spend limit that says no. What the network has settled or will settle is not asked about.
fn exceeded<'a>(
    account: &Account,
    command: &Command<'a>,
    rules: &Rules,
    ordinal: u8,
    place: &Place,
    amount: Amount,
) -> Option<&'a str> {
    let checked = match command.operation {
        Operation::DebitBalance => rules.unlinked_debits == UnlinkedDebits::Refuse,
        operation => operation == Operation::HoldBalance,
    };
    let limits = command.limits.as_ref().filter(|_| checked && !command.linked)?;
    let amount = Money { amount, currency: place.pocket.currency };
    let (transaction_id, asked) = (command.transaction_id, [amount, amount]);
    let spend = Spend { transaction_id, ordinal, amount, asked, merchant: None };
    limits.exceeded(&spend, account.spending()).map(|rule| &*rule.name)
}

/// Whether a customer may spend `amount` out of this balance now.
pub(super) fn may_spend(account: &Account, place: &Place, amount: Amount) -> Result<(), Refusal> {
    match account.status() {
        Status::Closed => return Err(Refusal::AccountClosed),
        Status::Frozen => return Err(Refusal::AccountFrozen),
        Status::Active => {}
    }
    let fits = i128::from(amount.minor()) <= place.pocket.spendable();
    if fits || amount.is_zero() { Ok(()) } else { Err(Refusal::InsufficientFunds) }
}

/// Whether the hold has that much left.
fn covered(place: &Place, amount: Amount) -> Result<(), Refusal> {
    let left = place.hold.map(|hold| hold.held().as_amount()).unwrap_or_default();
    if amount <= left { Ok(()) } else { Err(Refusal::HoldAmountExceeded) }
}

/// What leaves where: section 2 of the contract as a table.
fn postings(operation: Operation, place: &Place, amount: Amount) -> ArrayVec<Posting, 2> {
    use Bucket::{Available, Hold, Settlement};
    let whole = |from, to| [(from, to, amount), (from, to, Amount::ZERO)];
    let moves = match operation {
        Operation::DebitBalance => whole(Available, Settlement),
        Operation::CreditBalance => whole(Settlement, Available),
        Operation::HoldBalance => whole(Available, Hold),
        Operation::RestoreBalance => whole(Hold, Available),
        Operation::CreditHoldBalance => whole(Settlement, Hold),
        Operation::DebitHoldBalance => {
            let captured = place.hold.map(|hold| hold.held().up_to(amount)).unwrap_or_default();
            [(Hold, Settlement, captured), (Available, Settlement, amount.beyond(captured))]
        }
    };
    let posting = |(from, to, amount)| Posting { from, to, amount };
    moves.into_iter().map(posting).filter(|posting| !posting.amount.is_zero()).collect()
}

/// What holds and debits use of reservations under their transaction.
fn draws(account: &Account, command: &Command<'_>, ordinal: u8, amount: Amount) -> Vec<Draw> {
    match command.operation {
        Operation::DebitBalance | Operation::HoldBalance => {
            account.draws(command.transaction_id, command.grants, ordinal, amount)
        }
        _ => Vec::new(),
    }
}
