//! What is kept of a record and of a movement until they are compared: a few dozen bytes of each.

use super::clearing_type::ClearingType;
use crate::ledger::{Currency, Moment};

/// What a record is to the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// It moves a customer's account.
    #[default]
    Customer,
    /// It is between the network and the issuer.
    Issuer,
    /// It cannot be used; that its transaction is in the file is known.
    Unusable,
}

/// An amount that a record settles, and the fee in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// In the currency that it settles in.
    pub currency: Currency,
    /// Never negative.
    pub minor: i64,
    /// The interchange fee.
    pub fee: i64,
    /// Of what.
    pub fee_currency: Currency,
}

/// A record of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRow<'a> {
    /// Its number in the file, from one.
    pub number: u64,
    /// The line that it begins in.
    pub line: u64,
    /// A hash of its bytes.
    pub bytes: u64,
    /// A hash of the reference of the file that it says it is of; zero where it does not.
    pub of_file: u64,
    /// What it is to the ledger.
    pub part: Part,
    /// Its type.
    pub of_type: ClearingType,
    /// Its network reference; empty where it has none.
    pub reference: &'a str,
    /// `transaction_id`; empty where it has none.
    pub transaction: &'a str,
    /// `original_transaction_id`; empty where it has none.
    pub original: &'a str,
    /// `original_tenant_transaction_ref`; empty where it has none.
    pub tenant: &'a str,
    /// `tenant_account_ref`; empty where it has none.
    pub account: &'a str,
    /// What it takes from the customer, below zero where it gives.
    pub minor: i64,
    /// Of what.
    pub currency: Option<Currency>,
    /// What it settles.
    pub settled: Option<Settled>,
    /// Once it was looked for: the transaction of the action that `tenant` names, empty where there
    /// is none.
    pub named: Option<&'a str>,
}

/// What an operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It moved money to or from `@settlement`.
    Moved,
    /// It put on hold, or gave back, or moved nothing.
    Held,
    /// It was refused.
    Refused,
}

/// An operation of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRow<'a> {
    /// Its place in the log.
    pub lsn: u64,
    /// When.
    pub at: Moment,
    /// What it did.
    pub deed: Deed,
    /// Whether it posted an approval by itself: a clearing file tells of it only where another amount
    /// was cleared.
    pub posts: bool,
    /// What it took from the customer, below zero where it gave.
    pub minor: i64,
    /// Of what; `None` where it was refused.
    pub currency: Option<Currency>,
    /// The card transaction.
    pub transaction: &'a str,
    /// The account.
    pub account: &'a str,
}

impl<'a> FileRow<'a> {
    fn names(&self) -> [&'a str; 5] {
        [self.reference, self.transaction, self.original, self.tenant, self.account]
    }

    /// The name of ours that it gives, as a place in the log: `act_…` of an action, `auth_…` of an
    /// authorization.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        let digits = ["act_", "auth_"].iter().find_map(|it| self.tenant.strip_prefix(it))?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if digits.len() == 16 && plain { u64::from_str_radix(digits, 16).ok() } else { None }
    }

    /// Whether the two say the same, at different places.
    #[must_use]
    pub fn repeats(&self, other: &FileRow<'_>) -> bool {
        let bare = |row: &FileRow<'_>| {
            let bytes = if row.reference.is_empty() { row.bytes } else { 0 };
            (row.of_type, row.part, row.minor, row.currency, row.settled, bytes)
        };
        bare(self) == bare(other) && self.names() == other.names()
    }
}

/// Appends what is written.
pub struct Pen<'a>(pub &'a mut Vec<u8>);

impl Pen<'_> {
    /// A number.
    pub fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// A sum.
    pub fn sum(&mut self, sum: i64) {
        self.number(sum.cast_unsigned());
    }

    /// A text of at most 64 KiB; more of it is dropped, which no name that was read has.
    pub fn text(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap_or(0);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(text.as_bytes().get(..usize::from(length)).unwrap_or_default());
    }

    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn currency(&mut self, currency: Option<Currency>) {
        self.0.extend_from_slice(&currency.map_or([0; 4], Currency::to_bytes));
    }

    /// A record of a file.
    pub fn file_row(&mut self, row: &FileRow<'_>) {
        [row.number, row.line, row.bytes, row.of_file].into_iter().for_each(|it| self.number(it));
        self.byte(match row.part {
            Part::Customer => 0,
            Part::Issuer => 1,
            Part::Unusable => 2,
        });
        self.byte(row.of_type.number());
        let texts = [row.reference, row.transaction, row.original, row.tenant, row.account];
        texts.into_iter().for_each(|text| self.text(text));
        self.sum(row.minor);
        self.currency(row.currency);
        self.currency(row.settled.map(|settled| settled.currency));
        self.currency(row.settled.map(|settled| settled.fee_currency));
        let settled = row.settled.map(|settled| (settled.minor, settled.fee));
        let (minor, fee) = settled.unwrap_or_default();
        self.sum(minor);
        self.sum(fee);
        self.byte(u8::from(row.named.is_some()));
        self.text(row.named.unwrap_or_default());
    }

    /// An operation of the ledger.
    pub fn ledger_row(&mut self, row: &LedgerRow<'_>) {
        self.number(row.lsn);
        self.sum(row.at.micros());
        self.byte(match row.deed {
            Deed::Moved => 0,
            Deed::Held => 1,
            Deed::Refused => 2,
        });
        self.byte(u8::from(row.posts));
        self.sum(row.minor);
        self.currency(row.currency);
        self.text(row.transaction);
        self.text(row.account);
    }
}

/// Takes what was written, in the same order; `None` behind the end.
#[derive(Clone, Copy)]
pub struct Eye<'a>(pub &'a [u8]);

impl<'a> Eye<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    /// A number.
    pub fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A sum.
    pub fn sum(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = u16::from_le_bytes(self.array()?);
        let (text, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    fn currency(&mut self) -> Option<Option<Currency>> {
        self.array().map(Currency::from_bytes)
    }

    /// A record of a file.
    pub fn file_row(&mut self) -> Option<FileRow<'a>> {
        let (number, line, bytes) = (self.number()?, self.number()?, self.number()?);
        let of_file = self.number()?;
        let part = match self.byte()? {
            0 => Part::Customer,
            1 => Part::Issuer,
            _ => Part::Unusable,
        };
        let of_type = ClearingType::from_number(self.byte()?);
        let (reference, transaction, original) = (self.text()?, self.text()?, self.text()?);
        let (tenant, account, minor) = (self.text()?, self.text()?, self.sum()?);
        let currency = self.currency()?;
        let settles = self.currency()?.zip(self.currency()?);
        let (settled, fee) = (self.sum()?, self.sum()?);
        let was_looked_for = self.byte()? == 1;
        let named = Some(self.text()?).filter(|_| was_looked_for);
        let settled = settles.map(|(currency, fee_currency)| Settled {
            currency,
            minor: settled,
            fee,
            fee_currency,
        });
        Some(FileRow {
            number,
            line,
            bytes,
            of_file,
            part,
            of_type,
            reference,
            transaction,
            original,
            tenant,
            account,
            minor,
            currency,
            settled,
            named,
        })
    }

    /// An operation of the ledger.
    pub fn ledger_row(&mut self) -> Option<LedgerRow<'a>> {
        let (lsn, at) = (self.number()?, Moment::from_micros(self.sum()?));
        let deed = match self.byte()? {
            0 => Deed::Moved,
            1 => Deed::Held,
            _ => Deed::Refused,
        };
        let posts = self.byte()? == 1;
        let (minor, currency) = (self.sum()?, self.currency()?);
        let (transaction, account) = (self.text()?, self.text()?);
        Some(LedgerRow { lsn, at, deed, posts, minor, currency, transaction, account })
    }
}
