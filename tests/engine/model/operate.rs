//! The six operations, as section 3 of the contract has them.

use super::account::{Account, Hold};
use super::ask::{Done, Operate, Posting};
use super::{Code, Model};

/// What an operation is about.
struct Place {
    of: usize,
    hold: Option<String>,
}

impl Model {
    /// Does the operation as the action `at`, or says why not; then nothing has changed.
    pub(super) fn operate(&mut self, asked: &Operate, at: u64) -> Result<Done, Code> {
        let account = self.accounts.get(&asked.account).ok_or("ACCOUNT_NOT_FOUND")?;
        let place = place(account, asked)?;
        let amount = amount(account, asked, &place)?;
        self.permit(account, asked, &place, amount)?;
        let hold = hold_name(asked, place.hold, at);
        let postings = postings(account, asked, hold.as_deref(), amount);

        let mut after = account.clone();
        if matches!(asked.name, "hold_balance" | "debit_balance") {
            after.draw(&asked.transaction, place.of, amount);
        }
        if let Some(name) = &hold {
            after.holds.entry(name.clone()).or_insert(Hold { of: place.of, ..Hold::default() });
        }
        for posting in &postings {
            post(&mut after, place.of, hold.as_deref(), posting);
        }
        if !after.fits() {
            return Err("BALANCE_OVERFLOW");
        }
        if amount > 0 {
            after.linked.insert(asked.transaction.clone());
        }
        let done = Done {
            at,
            postings: postings.clone(),
            after: vec![after.view(place.of)],
            hold: hold.map(|name| after.hold_view(&name)),
        };
        let currency = after.balances[place.of].currency.clone();
        self.accounts.insert(asked.account.clone(), after);
        self.post_to_system(&currency, &postings);
        Ok(done)
    }

    fn permit(
        &self,
        account: &Account,
        asked: &Operate,
        place: &Place,
        amount: i128,
    ) -> Result<(), Code> {
        let left = place.hold.as_ref().map_or(0, |name| account.holds[name].held());
        match asked.name {
            "hold_balance" => {
                let promised = account.promised(&asked.transaction, place.of);
                let announced = promised > 0 && amount <= promised;
                if announced { Ok(()) } else { spend(account, place.of, amount - promised) }
            }
            "debit_balance" => {
                let announced = account.linked.contains(&asked.transaction);
                let posts = announced || self.rules.unlinked_debits_post;
                if posts { Ok(()) } else { spend(account, place.of, amount) }
            }
            "restore_balance" if amount > left => Err("HOLD_AMOUNT_EXCEEDED"),
            "debit_hold_balance" if amount > left && self.rules.over_capture_refused => {
                Err("HOLD_AMOUNT_EXCEEDED")
            }
            _ => Ok(()),
        }
    }
}

/// Whether a check of the account's status and funds lets `amount` go.
pub(super) fn spend(account: &Account, of: usize, amount: i128) -> Result<(), Code> {
    match account.status.as_str() {
        "closed" => Err("ACCOUNT_CLOSED"),
        "frozen" => Err("ACCOUNT_FROZEN"),
        _ if amount > 0 && amount > account.spendable(of) => Err("INSUFFICIENT_FUNDS"),
        _ => Ok(()),
    }
}

fn place(account: &Account, asked: &Operate) -> Result<Place, Code> {
    let place = match (&asked.reference, asked.name) {
        (Some(name), "debit_balance" | "credit_balance") => {
            let of = account.balance_named(name).ok_or("BALANCE_NOT_FOUND")?;
            Place { of, hold: None }
        }
        (Some(name), _) => {
            let hold = account.holds.get(name).ok_or("HOLD_NOT_FOUND")?;
            Place { of: hold.of, hold: Some(name.clone()) }
        }
        (None, _) => {
            let amount = asked.amount.as_ref().ok_or("AMOUNT_REQUIRED")?;
            let of = account.balance_of(&amount.currency).ok_or("CURRENCY_MISMATCH")?;
            Place { of, hold: None }
        }
    };
    let currency = &account.balances[place.of].currency;
    let same = asked.amount.as_ref().is_none_or(|amount| amount.currency == *currency);
    if same { Ok(place) } else { Err("CURRENCY_MISMATCH") }
}

fn amount(account: &Account, asked: &Operate, place: &Place) -> Result<i128, Code> {
    match (&asked.amount, &place.hold) {
        (Some(amount), _) => Ok(amount.minor),
        (None, Some(hold)) if asked.name == "restore_balance" => Ok(account.holds[hold].held()),
        (None, _) => Err("AMOUNT_REQUIRED"),
    }
}

/// The hold that the operation is about; a new one has the name of the action that opens it.
fn hold_name(asked: &Operate, named: Option<String>, at: u64) -> Option<String> {
    let opens = asked.name == "hold_balance";
    named.or_else(|| opens.then(|| format!("hold_{at:016x}")))
}

fn postings(account: &Account, asked: &Operate, hold: Option<&str>, amount: i128) -> Vec<Posting> {
    let left = hold.and_then(|name| account.holds.get(name)).map_or(0, Hold::held);
    let captured = amount.min(left);
    let moves = match asked.name {
        "debit_balance" => vec![("available", "@settlement", amount)],
        "credit_balance" => vec![("@settlement", "available", amount)],
        "hold_balance" => vec![("available", "hold", amount)],
        "restore_balance" => vec![("hold", "available", amount)],
        "credit_hold_balance" => vec![("@settlement", "hold", amount)],
        _ => {
            vec![("hold", "@settlement", captured), ("available", "@settlement", amount - captured)]
        }
    };
    let moves = moves.into_iter().filter(|(_, _, minor)| *minor > 0);
    moves.map(|(from, to, minor)| Posting { from, to, minor }).collect()
}

/// One posting on the account's side of the books. What is in a hold is owned still.
pub(super) fn post(account: &mut Account, of: usize, hold: Option<&str>, posting: &Posting) {
    let Posting { from, to, minor } = *posting;
    let own = |place| matches!(place, "available" | "hold");
    account.balances[of].posted -= if own(from) { minor } else { 0 };
    account.balances[of].posted += if own(to) { minor } else { 0 };
    let Some(hold) = hold.and_then(|name| account.holds.get_mut(name)) else { return };
    match (from, to) {
        (_, "hold") => hold.placed += minor,
        ("hold", "available") => hold.restored += minor,
        ("hold", _) => hold.captured += minor,
        _ => {}
    }
}
