//! A report as it was told, read back: amounts stay the texts that they are.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A report.
#[derive(Debug, Deserialize)]
pub struct Told {
    /// Which file.
    pub file: File,
    /// When it was compared.
    pub as_of: String,
    /// The last record of the log that it was compared with.
    pub lsn: u64,
    /// Which movements must be in it.
    pub window: Window,
    /// How many records it has.
    pub records: u64,
    /// How many of them the ledger has, too.
    pub matched: u64,
    /// How many breaks there are.
    pub breaks_found: u64,
    /// How many of them are listed.
    pub breaks_listed: u64,
    /// How many there are of each kind.
    pub kinds: Vec<OfKind>,
    /// What its records add up to.
    pub sums: Vec<Sums>,
    /// Its summary against that.
    pub summary: Vec<Checked>,
    /// The breaks.
    pub breaks: Vec<Broken>,
}

/// A file.
#[derive(Debug, Deserialize)]
pub struct File {
    /// The name that it was given under.
    pub name: String,
    /// `settlement` or `clearing`.
    pub kind: String,
    /// Its own reference.
    #[serde(default)]
    pub network_settlement_file_ref: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// From then on, before then.
#[derive(Debug, Deserialize)]
pub struct Window {
    pub from: String,
    pub to: String,
}

/// How many there are of one kind.
#[derive(Debug, Deserialize)]
pub struct OfKind {
    pub kind: String,
    pub count: u64,
}

/// An amount or a number, by its own text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Its digits.
    pub value: String,
    /// Empty where it is a number of records.
    pub currency: String,
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Amount {
            value: Box<RawValue>,
            currency: String,
        }
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if !raw.get().starts_with('{') {
            return Ok(Self { value: raw.get().to_owned(), currency: String::new() });
        }
        let amount: Amount = serde_json::from_str(raw.get()).map_err(serde::de::Error::custom)?;
        Ok(Self { value: amount.value.get().to_owned(), currency: amount.currency })
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let space = if self.currency.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}", self.value, self.currency)
    }
}

/// What the records add up to in one currency.
#[derive(Debug, Deserialize)]
pub struct Sums {
    pub currency: String,
    pub credit: Side,
    pub debit: Side,
    pub net: Figure,
    pub interchange: Figure,
}

/// What goes one way.
#[derive(Debug, Deserialize)]
pub struct Side {
    pub txn_amount: Figure,
    pub number_of_txn: u64,
    pub chargeback_amount: Figure,
    pub number_of_chargeback: u64,
    pub reversal_amount: Figure,
    pub number_of_reversal: u64,
    pub interchange_fee_amount: Figure,
}

/// A figure of the summary.
#[derive(Debug, Deserialize)]
pub struct Checked {
    pub member: String,
    pub in_file: Option<Figure>,
    pub counted: Option<Figure>,
    pub agrees: bool,
}

/// A break.
#[derive(Debug, Deserialize)]
pub struct Broken {
    pub break_ref: String,
    pub kind: String,
    pub record: Option<u64>,
    pub line: Option<u64>,
    #[serde(default)]
    pub transaction_id: String,
    #[serde(default)]
    pub tenant_account_ref: String,
    #[serde(default)]
    pub network_ref: String,
    #[serde(default)]
    pub member: String,
    pub in_file: Option<Figure>,
    pub in_ledger: Option<Figure>,
    #[serde(default)]
    pub tenant_action_ref: String,
    pub what: String,
}
