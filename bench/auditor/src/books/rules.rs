//! The rules of the contract for the six operations, on these books.

use clap::ValueEnum;

use crate::record::{
    Bucket, Code, Draw, Kind, Movement, Operation, Place, Posting, Status, Target,
};

use super::account::{Account, Reservation};
use super::amount::{carry, held, spendable};

/// What the contract leaves to the tenant. The log does not say what was chosen.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What is done with a debit that nothing announced.
    pub unlinked: Unlinked,
    /// What is done with a capture of more than its hold.
    pub over_capture: OverCapture,
    /// The most minor units that one request may move.
    pub request_max: u64,
}

/// 10^15 minor units.
const REQUEST_MAX: u64 = 1_000_000_000_000_000;

impl Default for Rules {
    fn default() -> Self {
        let (unlinked, over_capture) = (Unlinked::default(), OverCapture::default());
        Self { unlinked, over_capture, request_max: REQUEST_MAX }
    }
}

/// What is done with a debit that nothing announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Unlinked {
    /// It is checked against the funds.
    #[default]
    Refuse,
    /// It posts.
    Post,
    /// One or the other: the setting was changed at some time.
    Either,
}

/// What is done with a capture of more than its hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OverCapture {
    /// The excess comes from available.
    #[default]
    Post,
    /// It is refused.
    Refuse,
    /// One or the other: the setting was changed at some time.
    Either,
}

/// What is decided.
pub(super) type Verdict = Result<Movement, Code>;

/// What an operation is decided on.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) asked: &'a Operation<'a>,
    pub(super) account: Option<&'a Account>,
    /// Stands for its transaction on this account.
    pub(super) transaction: u128,
    /// Whether the two are linked.
    pub(super) linked: bool,
}

impl Rules {
    /// Whether the tenant may have let this operation post what the funds do not cover.
    pub(super) const fn lets_post(self, kind: Kind) -> &'static [bool] {
        match (kind, self.unlinked, self.over_capture) {
            (Kind::Debit, Unlinked::Refuse, _) | (Kind::DebitHold, _, OverCapture::Refuse) => {
                &[false]
            }
            (Kind::Debit, Unlinked::Either, _) | (Kind::DebitHold, _, OverCapture::Either) => {
                &[false, true]
            }
            _ => &[true],
        }
    }
}

impl Case<'_> {
    /// Decides it.
    pub(super) fn decide(&self, lets_post: bool) -> Verdict {
        let account = self.account.ok_or(Code::AccountNotFound)?;
        let (ordinal, target) = self.locate(account)?;
        let place = account.place(ordinal, target).ok_or(Code::BalanceNotFound)?;
        let money = self.asked.money;
        if money.is_some_and(|money| money.currency != place.pocket.currency) {
            return Err(Code::CurrencyMismatch);
        }
        let left = place.hold.as_ref().map_or(0, held);
        let amount = match (money, self.asked.kind) {
            (Some(money), _) => money.amount,
            (None, Kind::Restore) => u64::try_from(left).unwrap_or(0),
            (None, _) => return Err(Code::AmountRequired),
        };
        self.permit(account, &place, ordinal, amount, lets_post)?;
        let postings = postings(self.asked.kind, left, amount);
        let draws = self.draws(account, ordinal, amount);
        let freed = account.freed(&draws).unwrap_or_default();
        let after = carry(&place, freed, &postings).ok_or(Code::BalanceOverflow)?;
        Ok(Movement { ordinal, target, postings, draws, after, counted: None })
    }

    /// Which balance it is about, and what of it.
    pub(super) fn locate(&self, account: &Account) -> Result<(u8, Target), Code> {
        let balance_kind = matches!(self.asked.kind, Kind::Debit | Kind::Credit);
        match self.asked.reference {
            Some(text) if balance_kind => {
                let named = balance_reference(text).filter(|(opened, _)| *opened == account.opened);
                let ordinal = named.map(|(_, ordinal)| ordinal);
                let there = ordinal.filter(|ordinal| account.pocket(*ordinal).is_some());
                Ok((there.ok_or(Code::BalanceNotFound)?, Target::Balance))
            }
            Some(text) => {
                let name = text.strip_prefix("hold_").and_then(hex).ok_or(Code::HoldNotFound)?;
                let hold = account.hold(name).ok_or(Code::HoldNotFound)?;
                Ok((hold.ordinal, Target::Hold(name)))
            }
            None => {
                let currency = self.asked.money.ok_or(Code::AmountRequired)?.currency;
                let first = account.pockets.iter().position(|it| it.currency == currency);
                let ordinal = first.and_then(|n| u8::try_from(n).ok());
                let opens = self.asked.kind == Kind::Hold;
                let target = if opens { Target::NewHold } else { Target::Balance };
                Ok((ordinal.ok_or(Code::CurrencyMismatch)?, target))
            }
        }
    }

    /// Whether the account may be asked for so much.
    fn permit(
        &self,
        account: &Account,
        place: &Place,
        ordinal: u8,
        amount: u64,
        lets_post: bool,
    ) -> Result<(), Code> {
        let left = place.hold.as_ref().map_or(0, held);
        let exceeds = i128::from(amount) > left.max(0);
        match self.asked.kind {
            Kind::Restore if exceeds => Err(Code::HoldAmountExceeded),
            Kind::DebitHold if exceeds && !lets_post => Err(Code::HoldAmountExceeded),
            Kind::Debit if !self.linked && !lets_post => may_spend(account, place, amount.into()),
            Kind::Hold => {
                let granted = account.granted(self.transaction, ordinal);
                let promised: i128 = granted.map(|it| i128::from(it.unused())).sum();
                let excess = i128::from(amount).saturating_sub(promised);
                // Within a promise it posts; without any it is checked, be it for nothing.
                let within = promised > 0 && excess <= 0;
                if within { Ok(()) } else { may_spend(account, place, excess) }
            }
            _ => Ok(()),
        }
    }

    /// What it uses of grants, oldest first; of what the ledger asks of itself, of the one that it
    /// posts or of none.
    fn draws(&self, account: &Account, ordinal: u8, amount: u64) -> Vec<Draw> {
        let posts = self.asked.posts();
        let draws = posts.is_some() || !self.asked.is_own();
        if !draws || !matches!(self.asked.kind, Kind::Debit | Kind::Hold) {
            return Vec::new();
        }
        let mut rest = amount;
        let mut draws = Vec::new();
        let wanted = |it: &&Reservation| posts.is_none_or(|approval| it.approval == approval);
        for grant in account.granted(self.transaction, ordinal).filter(wanted) {
            let used = rest.min(grant.unused());
            if used == 0 {
                break;
            }
            rest = rest.saturating_sub(used);
            draws.push(Draw { approval: grant.approval, used });
        }
        draws
    }
}

/// Whether so much may be spent, the status first.
pub(super) fn may_spend(account: &Account, place: &Place, amount: i128) -> Result<(), Code> {
    match account.status {
        Status::Closed => Err(Code::AccountClosed),
        Status::Frozen => Err(Code::AccountFrozen),
        Status::Active if amount > 0 && amount > spendable(&place.pocket) => {
            Err(Code::InsufficientFunds)
        }
        Status::Active => Ok(()),
    }
}

/// What goes where, section 2 of the contract; nothing where nothing moves.
fn postings(kind: Kind, left: i128, amount: u64) -> Vec<Posting> {
    use Bucket::{Available, Hold, Settlement};
    let captured = amount.min(u64::try_from(left).unwrap_or(0));
    let excess = amount.saturating_sub(captured);
    let both = match kind {
        Kind::Debit => [(Available, Settlement, amount), (Available, Settlement, 0)],
        Kind::Credit => [(Settlement, Available, amount), (Available, Settlement, 0)],
        Kind::Hold => [(Available, Hold, amount), (Available, Settlement, 0)],
        Kind::Restore => [(Hold, Available, amount), (Available, Settlement, 0)],
        Kind::CreditHold => [(Settlement, Hold, amount), (Available, Settlement, 0)],
        Kind::DebitHold => [(Hold, Settlement, captured), (Available, Settlement, excess)],
    };
    let moving = both.into_iter().filter(|(_, _, amount)| *amount > 0);
    moving.map(|(from, to, amount)| Posting { from, to, amount }).collect()
}

/// `bal_`, the account's opening action, `_`, an ordinal without leading zeros.
fn balance_reference(text: &str) -> Option<(u64, u8)> {
    let (opened, ordinal) = text.strip_prefix("bal_")?.split_once('_')?;
    let number: u8 = ordinal.parse().ok()?;
    (number.to_string() == ordinal).then_some((hex(opened)?, number))
}

/// Exactly sixteen lower-case hex digits.
fn hex(digits: &str) -> Option<u64> {
    let number = u64::from_str_radix(digits, 16).ok()?;
    (digits == format!("{number:016x}")).then_some(number)
}
