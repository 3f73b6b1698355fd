//! The summary of a settlement file, held against its records.
//!
//! | member | is held against |
//! | --- | --- |
//! | `total_credit_…`, `total_debit_…` | the records whose `transfer_type` goes that way |
//! | `…_txn_amount`, `…_number_of_txn` | those that are neither of the next two |
//! | `…_chargeback_amount`, `…_number_of_chargeback` | `chargeback`, `chargeback_challenge`, `unlinked_chargeback` |
//! | `…_reversal_amount`, `…_number_of_reversal` | every `…_reversal` |
//! | `…_interchange_fee_amount` | the fees of all of them |
//! | | where some are in another currency than the summary, the total is held against nothing |
//! | `total_net_recon_amount` | credits less debits. The documents say neither its sign nor whether it has the interchange in it: each reading is taken |
//! | `total_number_of_auth`, `total_number_of_auth_reversal` | nothing: the file has no authorizations |
//!
//! What is there twice is a break of its own: totals are right with it and without it. What expired
//! settles nothing and is counted nowhere.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::kind::Kind;
use super::tally::{Side, Tallies, Tally, as_if_in};
use crate::engine::Currencies;
use crate::ledger::{Currency, Moment};
use crate::wire::{money, time};

/// What a summary says.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// `network_settlement_file_ref`; empty where it has none.
    pub file_ref: String,
    /// `network_settlement_file_name`; empty where it has none.
    pub file_name: String,
    /// The currency of its amounts.
    pub currency: Option<Currency>,
    /// When it was made.
    pub at: Option<Moment>,
    /// Of each member that it has the number's own text.
    figures: Vec<(&'static Figure, String)>,
    /// Members that are wrong, and what is wrong with them.
    pub bad: Vec<(String, String)>,
}

/// A member of the summary that is held against the records.
#[derive(Debug)]
pub struct Figure {
    /// Its name.
    pub member: &'static str,
    kind: Kind,
    of: fn(&Tally) -> Value,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// An amount, in minor units.
    Amount(i128),
    /// A number of records.
    Count(u64),
}

/// A figure, as the records have it and as the summary says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The member.
    pub member: &'static str,
    /// What the records add up to.
    pub counted: Value,
    /// What the summary says; `None` where it says nothing.
    pub told: Option<Value>,
    /// What is wrong, where something is.
    pub wrong: Option<Kind>,
}

macro_rules! figures {
    ($($member:literal $kind:ident $what:ident $side:ident $of:expr;)*) => {
        const FIGURES: &[Figure] = &[
            $(Figure {
                member: $member,
                kind: Kind::$kind,
                of: |tally| {
                    let of: fn(&Side) -> _ = $of;
                    Value::$what(of(&tally.$side))
                },
            },)*
            Figure { member: NET, kind: Kind::NetDiffers, of: |tally| Value::Amount(tally.net()) },
        ];
    };
}

const NET: &str = "total_net_recon_amount";

figures! {
    "total_credit_txn_amount" TotalDiffers Amount credit |side| side.transactions.minor;
    "total_credit_number_of_txn" CountDiffers Count credit |side| side.transactions.count;
    "total_credit_chargeback_amount" TotalDiffers Amount credit |side| side.chargebacks.minor;
    "total_credit_number_of_chargeback" CountDiffers Count credit |side| side.chargebacks.count;
    "total_credit_reversal_amount" TotalDiffers Amount credit |side| side.reversals.minor;
    "total_credit_number_of_reversal" CountDiffers Count credit |side| side.reversals.count;
    "total_credit_interchange_fee_amount" InterchangeDiffers Amount credit |side| side.interchange;
    "total_debit_txn_amount" TotalDiffers Amount debit |side| side.transactions.minor;
    "total_debit_number_of_txn" CountDiffers Count debit |side| side.transactions.count;
    "total_debit_chargeback_amount" TotalDiffers Amount debit |side| side.chargebacks.minor;
    "total_debit_number_of_chargeback" CountDiffers Count debit |side| side.chargebacks.count;
    "total_debit_reversal_amount" TotalDiffers Amount debit |side| side.reversals.minor;
    "total_debit_number_of_reversal" CountDiffers Count debit |side| side.reversals.count;
    "total_debit_interchange_fee_amount" InterchangeDiffers Amount debit |side| side.interchange;
}

impl Summary {
    /// Reads a summary.
    ///
    /// # Errors
    /// When it is no JSON object; what is wrong with single members is kept.
    pub fn parse(bytes: &[u8], currencies: &Currencies) -> serde_json::Result<Self> {
        let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(bytes)?;
        let text = |name: &str| {
            let raw = members.get(name)?.get();
            serde_json::from_str::<String>(raw).ok()
        };
        let mut bad = Vec::new();
        let codes = ["settlement_currency_code", "transfer_currency_code"];
        let code = codes.iter().find_map(|name| Some((*name, text(name)?)));
        let currency = code.as_ref().and_then(|(_, code)| currencies.find(code));
        if let (Some((name, code)), None) = (&code, currency) {
            bad.push(((*name).to_owned(), format!("is {code:?}, which is no currency")));
        }
        let mut figures = Vec::new();
        for figure in FIGURES {
            let Some(raw) = members.get(figure.member).map(|raw| raw.get()) else { continue };
            match figure.fault(raw, currency) {
                Some(fault) => bad.push((figure.member.to_owned(), fault)),
                None if raw != "null" => figures.push((figure, raw.to_owned())),
                None => {}
            }
        }
        let at = text("network_settlement_timestamp");
        Ok(Self {
            file_ref: text("network_settlement_file_ref").unwrap_or_default(),
            file_name: text("network_settlement_file_name").unwrap_or_default(),
            currency,
            at: at.and_then(|at| time::parse(&at)).map(time::not_after),
            figures,
            bad,
        })
    }

    /// All figures of the records, and which the summary has otherwise. `again` is what was there
    /// twice. Nothing is held against records of which some could not be added up.
    #[must_use]
    pub fn check(&self, all: &Tallies, again: &Tallies, whole: bool) -> Vec<Checked> {
        let Some(currency) = self.currency else { return Vec::new() };
        let elsewhere = |(of, it): (&Currency, &Tally)| *of != currency && it.interchange() != 0;
        let foreign_fees = all.iter().any(elsewhere);
        let (all, again) = (as_if_in(all, currency), as_if_in(again, currency));
        let told = |figure: &Figure| {
            let found = self.figures.iter().find(|(known, _)| known.member == figure.member);
            found.and_then(|(_, text)| figure.value(text, currency))
        };
        let check = |figure: &Figure| {
            let (counted, told) = ((figure.of)(&all), told(figure));
            let unsure = figure.kind == Kind::InterchangeDiffers && foreign_fees;
            let right =
                !whole || unsure || told.is_none_or(|told| figure.agrees(told, &all, &again));
            let wrong = (!right).then_some(figure.kind);
            Checked { member: figure.member, counted, told, wrong }
        };
        FIGURES.iter().map(check).collect()
    }
}

impl Figure {
    /// What is wrong with the text of its number.
    fn fault(&self, raw: &str, currency: Option<Currency>) -> Option<String> {
        if raw == "null" {
            return None;
        }
        if !raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Some("is not a number".to_owned());
        }
        match ((self.of)(&Tally::default()), currency) {
            (Value::Count(_), _) => raw.parse::<u64>().err().map(|_| "is no count".to_owned()),
            (Value::Amount(_), Some(currency)) => {
                money::parse_sum(raw, currency).err().map(|bad| bad.to_string())
            }
            (Value::Amount(_), None) => Some("is in no currency that is known".to_owned()),
        }
    }

    fn value(&self, raw: &str, currency: Currency) -> Option<Value> {
        match (self.of)(&Tally::default()) {
            Value::Count(_) => raw.parse().ok().map(Value::Count),
            Value::Amount(_) => money::parse_sum(raw, currency).ok().map(Value::Amount),
        }
    }

    fn agrees(&self, told: Value, all: &Tally, again: &Tally) -> bool {
        let once = match ((self.of)(all), (self.of)(again)) {
            (Value::Amount(all), Value::Amount(again)) => Value::Amount(all - again),
            (Value::Count(all), Value::Count(again)) => Value::Count(all.saturating_sub(again)),
            (all, _) => all,
        };
        if self.member != NET {
            return told == (self.of)(all) || told == once;
        }
        let Value::Amount(told) = told else { return false };
        let readings = |tally: &Tally, less: &Tally| {
            let net = tally.net() - less.net();
            let fees = tally.interchange() - less.interchange();
            [net, net + fees, net - fees]
        };
        let nothing = Tally::default();
        let readings = [readings(all, &nothing), readings(all, again)].concat();
        readings.into_iter().any(|net| told == net || told == -net)
    }
}
