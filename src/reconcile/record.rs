//! One record of a file: its members, each read by itself, so that what is wrong is named.
//!
//! Needed are a name of the transaction (`transaction_id`, `original_transaction_id` or
//! `original_tenant_transaction_ref`) and `billing_amount` in `billing_currency_code`, else `amount`
//! in `currency`. Where `transfer_type` is absent, `type` says which way money goes. Everything else
//! may be absent or `null`; a record without `settlement_amount` settles what it bills. Of records between the network and the issuer (`ahi_…`) only the
//! settlement is wanted.

use std::borrow::Cow;
use std::fmt::Display;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::clearing_type::ClearingType;
use super::row::{FileRow, Part, Settled};
use super::spill::hash;
use super::split::Spot;
use crate::engine::Currencies;
use crate::ledger::{Currency, Moment};
use crate::wire::{money, time};

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 256;

type Raw<'a> = Option<&'a RawValue>;

/// The members that are looked at.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default, rename = "type")]
    of_type: Raw<'a>,
    #[serde(borrow, default)]
    transfer_type: Raw<'a>,
    #[serde(borrow, default)]
    transaction_id: Raw<'a>,
    #[serde(borrow, default)]
    original_transaction_id: Raw<'a>,
    #[serde(borrow, default)]
    original_tenant_transaction_ref: Raw<'a>,
    #[serde(borrow, default)]
    tenant_account_ref: Raw<'a>,
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    currency: Raw<'a>,
    #[serde(borrow, default)]
    billing_amount: Raw<'a>,
    #[serde(borrow, default)]
    billing_currency_code: Raw<'a>,
    #[serde(borrow, default)]
    settlement_amount: Raw<'a>,
    #[serde(borrow, default)]
    settlement_currency_code: Raw<'a>,
    #[serde(borrow, default)]
    interchange_fee_amount: Raw<'a>,
    #[serde(borrow, default)]
    interchange_fee_currency_code: Raw<'a>,
    #[serde(borrow, default)]
    network_settlement_ref: Raw<'a>,
    #[serde(borrow, default)]
    network_settlement_file_ref: Raw<'a>,
    #[serde(borrow, default)]
    network_settlement_timestamp: Raw<'a>,
    #[serde(borrow, default)]
    network_clearing_ref: Raw<'a>,
    #[serde(borrow, default)]
    network_clearing_file_ref: Raw<'a>,
    #[serde(borrow, default)]
    network_clearing_timestamp: Raw<'a>,
}

/// What is wrong with a record, and with which member where it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The member.
    pub member: Option<&'static str>,
    /// What of it is wrong.
    pub what: String,
}

/// The texts of a record.
#[derive(Default)]
pub struct Texts<'a> {
    reference: Cow<'a, str>,
    transaction: Cow<'a, str>,
    original: Cow<'a, str>,
    tenant: Cow<'a, str>,
    account: Cow<'a, str>,
}

/// A record that was read.
pub struct Read<'a> {
    /// It as it was sent.
    pub sent: &'a [u8],
    texts: Texts<'a>,
    number: u64,
    spot: Spot,
    bytes: u64,
    part: Part,
    of_type: ClearingType,
    money: Option<(i64, Currency)>,
    of_file: Cow<'a, str>,
    /// What it settles; `None` where that is not said or wrong.
    pub settled: Option<Settled>,
    /// Whether it settles for the customer's or the issuer's good.
    pub gives: bool,
    /// When it was cleared or settled.
    pub at: Option<Moment>,
    /// Whether it is of a settlement file.
    pub is_settlement: bool,
    /// Why it cannot be used.
    pub bad: Option<Bad>,
}

impl<'a> Read<'a> {
    /// Reads the record `number`, which begins at `spot`.
    #[must_use]
    pub fn new(bytes: &'a [u8], number: u64, spot: Spot, currencies: &Currencies) -> Self {
        let nothing = Self {
            sent: bytes,
            texts: Texts::default(),
            number,
            spot,
            bytes: hash(bytes),
            part: Part::Unusable,
            of_type: ClearingType::NONE,
            money: None,
            of_file: Cow::Borrowed(""),
            settled: None,
            gives: false,
            at: None,
            is_settlement: false,
            bad: None,
        };
        if bytes.first() != Some(&b'{') {
            return nothing.because(Bad::record("is not a JSON object"));
        }
        match serde_json::from_slice::<Wire<'a>>(bytes) {
            Ok(wire) => nothing.with(&wire, currencies),
            Err(error) => {
                let line = u64::try_from(error.line()).unwrap_or(1).saturating_add(spot.line) - 1;
                let why = error.to_string();
                let why = why.rsplit_once(" at line ").map_or(&*why, |(why, _)| why).to_owned();
                nothing.because(Bad::record(format!("is not right in line {line}: {why}")))
            }
        }
    }

    /// What is kept of it.
    #[must_use]
    pub fn row(&self) -> FileRow<'_> {
        let (minor, currency) = self.money.map_or((0, None), |(it, code)| (it, Some(code)));
        FileRow {
            number: self.number,
            line: self.spot.line,
            bytes: self.bytes,
            of_file: self.of_file(),
            part: self.part,
            of_type: self.of_type,
            reference: &self.texts.reference,
            transaction: &self.texts.transaction,
            original: &self.texts.original,
            tenant: &self.texts.tenant,
            account: &self.texts.account,
            minor,
            currency,
            settled: self.settled,
            named: None,
        }
    }

    fn of_file(&self) -> u64 {
        if self.of_file.is_empty() { 0 } else { hash(self.of_file.as_bytes()) }
    }

    fn because(self, bad: Bad) -> Self {
        let bad = Some(self.bad.unwrap_or(bad));
        Self { part: Part::Unusable, bad, ..self }
    }

    /// All members are looked at, so that as much as possible is known even where one is wrong.
    fn with(mut self, wire: &Wire<'a>, currencies: &Currencies) -> Self {
        let mut bads = Vec::new();
        self.texts = texts(wire, &mut bads);
        self.is_settlement =
            wire.network_settlement_ref.is_some() || wire.network_settlement_timestamp.is_some();
        let file_ref = wire.network_settlement_file_ref.or(wire.network_clearing_file_ref);
        self.of_file = keep(name("network_settlement_file_ref", file_ref), &mut bads);
        self.at = moment(wire);
        let kind = keep(of_type(wire.of_type), &mut bads);
        let (gives, part) = keep(direction(wire.transfer_type, kind), &mut bads);
        (self.of_type, self.gives) = (kind, gives);
        self.settled = keep(settled(wire, currencies), &mut bads);
        if wire.settlement_amount.is_none() {
            self.settled = billed(wire, currencies).ok().map(|(minor, currency)| Settled {
                currency,
                minor,
                fee: 0,
                fee_currency: currency,
            });
        }
        let usable = bads.is_empty();
        self.part = if usable { part } else { Part::Unusable };
        if part == Part::Customer {
            let taken = keep(billed(wire, currencies).map(Some), &mut bads);
            self.money = taken.map(|(it, code)| (if gives { -it } else { it }, code));
            let Texts { transaction, original, tenant, .. } = &self.texts;
            if transaction.is_empty() && original.is_empty() && tenant.is_empty() {
                bads.push(Bad::missing("transaction_id"));
            }
        }
        if let (Part::Issuer, Some(settled)) = (part, &self.settled) {
            // Compared with nothing: only which way it goes is looked at.
            let minor = if gives { -settled.minor } else { settled.minor };
            self.money = Some((minor, settled.currency));
        }
        match bads.into_iter().next() {
            Some(bad) => self.because(bad),
            None => self,
        }
    }
}

impl Bad {
    fn record(what: impl Into<String>) -> Self {
        Self { member: None, what: what.into() }
    }

    fn new(member: &'static str, what: impl Display) -> Self {
        Self { member: Some(member), what: what.to_string() }
    }

    fn missing(member: &'static str) -> Self {
        Self::new(member, "is missing")
    }
}

/// The value, or what is right for nothing and the reason kept.
fn keep<T: Default>(read: Result<T, Bad>, bads: &mut Vec<Bad>) -> T {
    read.unwrap_or_else(|bad| {
        bads.push(bad);
        T::default()
    })
}

fn texts<'a>(wire: &Wire<'a>, bads: &mut Vec<Bad>) -> Texts<'a> {
    let (member, reference) = match wire.network_settlement_ref {
        Some(reference) => ("network_settlement_ref", Some(reference)),
        None => ("network_clearing_ref", wire.network_clearing_ref),
    };
    let mut text = |member, raw| keep(name(member, raw), bads);
    Texts {
        reference: text(member, reference),
        transaction: text("transaction_id", wire.transaction_id),
        original: text("original_transaction_id", wire.original_transaction_id),
        tenant: text("original_tenant_transaction_ref", wire.original_tenant_transaction_ref),
        account: text("tenant_account_ref", wire.tenant_account_ref),
    }
}

fn of_type(raw: Raw<'_>) -> Result<ClearingType, Bad> {
    let name = name("type", raw)?;
    if name.is_empty() {
        return Ok(ClearingType::NONE);
    }
    let unknown = || Bad::new("type", format_args!("is {name:?}, which is no clearing type"));
    ClearingType::parse(&name).ok_or_else(unknown)
}

/// Whether it gives, and to whom.
fn direction(raw: Raw<'_>, of_type: ClearingType) -> Result<(bool, Part), Bad> {
    let name = name("transfer_type", raw)?;
    let by_type = if of_type.spares_the_customer() { Part::Issuer } else { Part::Customer };
    match &*name {
        "consumer_debit" => Ok((false, Part::Customer)),
        "consumer_credit" => Ok((true, Part::Customer)),
        "ahi_debit" => Ok((false, Part::Issuer)),
        "ahi_credit" => Ok((true, Part::Issuer)),
        "" if of_type != ClearingType::NONE => Ok((of_type.gives(), by_type)),
        "" => Err(Bad::missing("transfer_type")),
        _ => Err(Bad::new("transfer_type", format_args!("is {name:?}, which is no transfer type"))),
    }
}

/// What the customer is billed.
fn billed(wire: &Wire<'_>, currencies: &Currencies) -> Result<(i64, Currency), Bad> {
    let (amount, currency) = (wire.billing_amount, wire.billing_currency_code);
    if amount.is_some() || currency.is_some() {
        let currency = self::currency("billing_currency_code", currency, currencies)?;
        return Ok((self::amount("billing_amount", amount, currency)?, currency));
    }
    if wire.amount.is_none() {
        return Err(Bad::missing("billing_amount"));
    }
    let currency = self::currency("currency", wire.currency, currencies)?;
    Ok((self::amount("amount", wire.amount, currency)?, currency))
}

/// What is settled, where it is said.
fn settled(wire: &Wire<'_>, currencies: &Currencies) -> Result<Option<Settled>, Bad> {
    if wire.settlement_amount.is_none() {
        return Ok(None);
    }
    let code = wire.settlement_currency_code;
    let currency = currency("settlement_currency_code", code, currencies)?;
    let minor = amount("settlement_amount", wire.settlement_amount, currency)?;
    let fee_currency = match wire.interchange_fee_currency_code {
        None => currency,
        code => self::currency("interchange_fee_currency_code", code, currencies)?,
    };
    let fee = match wire.interchange_fee_amount {
        None => 0,
        fee => amount("interchange_fee_amount", fee, fee_currency)?,
    };
    Ok(Some(Settled { currency, minor, fee, fee_currency }))
}

/// A member that is a currency's code.
fn currency(member: &'static str, raw: Raw<'_>, known: &Currencies) -> Result<Currency, Bad> {
    let code = name(member, raw)?;
    if code.is_empty() {
        return Err(Bad::missing(member));
    }
    let unknown = || Bad::new(member, format_args!("is {code:?}, which is no currency"));
    known.find(&code).ok_or_else(unknown)
}

/// A member that is an amount, in minor units.
fn amount(member: &'static str, raw: Raw<'_>, currency: Currency) -> Result<i64, Bad> {
    let text = raw.ok_or_else(|| Bad::missing(member))?.get();
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Err(Bad::new(member, "is not a number"));
    }
    let amount = money::parse(text, currency).map_err(|bad| Bad::new(member, bad))?;
    i64::try_from(amount.minor()).map_err(|_| Bad::new(member, "is too large"))
}

/// A member that is a text; empty where it is absent.
fn name<'a>(member: &'static str, raw: Raw<'a>) -> Result<Cow<'a, str>, Bad> {
    let Some(text) = raw.map(RawValue::get) else { return Ok(Cow::Borrowed("")) };
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let inside = inside.ok_or_else(|| Bad::new(member, "is not a string"))?;
    let name = if inside.contains('\\') {
        let read = serde_json::from_str::<String>(text);
        Cow::Owned(read.map_err(|_| Bad::new(member, "is not a string"))?)
    } else {
        Cow::Borrowed(inside)
    };
    if name.len() > NAME_BYTES_MAX {
        return Err(Bad::new(member, format_args!("has more than {NAME_BYTES_MAX} bytes")));
    }
    Ok(name)
}

/// When it was cleared or settled; what is no time says nothing.
fn moment(wire: &Wire<'_>) -> Option<Moment> {
    let raw = wire.network_settlement_timestamp.or(wire.network_clearing_timestamp);
    time::parse(&name("network_settlement_timestamp", raw).ok()?).map(time::not_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Read<'_> {
        Read::new(text.as_bytes(), 7, Spot { offset: 0, line: 3 }, &Currencies::iso())
    }

    const WHOLE: &str = r#"{"type":"final_auth","transfer_type":"consumer_debit","transaction_id":"t\u002d1","billing_amount":12.50,"billing_currency_code":"SGD","settlement_amount":9.3,"settlement_currency_code":"USD","interchange_fee_amount":0.1,"interchange_fee_currency_code":"USD","network_settlement_ref":"n-1","network_settlement_timestamp":"2025-11-25T19:10:00Z","original_transaction_id":null}"#;

    #[test]
    fn a_record_is_read_by_its_members() {
        let read = read(WHOLE);
        let row = read.row();
        assert_eq!((read.bad.as_ref(), row.part, row.minor), (None, Part::Customer, 1250));
        assert_eq!((row.transaction, row.reference, row.original), ("t-1", "n-1", ""));
        let settled = read.settled.unwrap();
        assert_eq!((settled.minor, settled.fee), (930, 10));
        assert!(read.at.is_some() && read.is_settlement && !read.gives);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, member, what) in [
            ("12.50", "\"12.50\"", Some("billing_amount"), "is not a number"),
            ("12.50", "-1", Some("billing_amount"), "is negative"),
            (
                "12.50",
                "0.001",
                Some("billing_amount"),
                "has more than the 2 fraction digits of SGD",
            ),
            (
                "\"SGD\"",
                "\"sgd\"",
                Some("billing_currency_code"),
                "is \"sgd\", which is no currency",
            ),
            ("final_auth", "final", Some("type"), "is \"final\", which is no clearing type"),
            (r#""t\u002d1""#, "7", Some("transaction_id"), "is not a string"),
            (r#""t\u002d1""#, "null", Some("transaction_id"), "is missing"),
            ("\"n-1\"", "tru", None, "is not right in line 3: expected ident"),
        ] {
            let text = WHOLE.replacen(from, to, 1);
            let bad = read(&text).bad.unwrap();
            assert_eq!((bad.member, &*bad.what), (member, what));
            assert_eq!(read(&text).row().part, Part::Unusable);
        }
        assert_eq!(read("[1]").bad.unwrap().what, "is not a JSON object");
    }

    #[test]
    fn the_type_tells_where_the_transfer_does_not() {
        let refund = r#"{"type":"refund","transaction_id":"t","amount":5,"currency":"JPY"}"#;
        assert_eq!((read(refund).row().minor, read(refund).row().part), (-5, Part::Customer));
        let fee = r#"{"type":"fee_collection_debit","settlement_amount":5,"settlement_currency_code":"JPY"}"#;
        assert_eq!((read(fee).bad.is_none(), read(fee).row().part), (true, Part::Issuer));
    }
}
