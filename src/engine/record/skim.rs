//! A look at the front of an action's record: just enough to tell where it belongs.

use super::action::Action;
use super::begin;
use super::bytes::{Body, Malformed, Reader};
use crate::ledger::Moment;

/// The bytes of money.
const MONEY_BYTES: usize = 12;

/// What an action is about. Nothing else of it was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Skimmed<'a> {
    /// Its idempotency key.
    pub key: &'a [u8],
    /// Its card transaction.
    pub transaction: &'a [u8],
    /// The account.
    pub account: &'a [u8],
    /// Whether there is such an account.
    pub opened: bool,
}

impl<'a> Skimmed<'a> {
    /// What this record, and when; `None` where it is no action, or not one that is whole as far
    /// as it was looked at.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Option<(Self, Moment)> {
        let (kind, at, r) = begin(bytes).ok()?;
        let skimmed = if kind == Action::KIND { Self::skim(r).ok() } else { None };
        Some((skimmed?, at))
    }

    fn skim(mut r: Reader<'a>) -> Result<Self, Malformed> {
        r.u8()?;
        let key = skip_text(&mut r)?;
        let transaction = skip_text(&mut r)?;
        let account = skip_text(&mut r)?;
        skip_text(&mut r)?;
        r.option(skip_text)?;
        r.option(|r| r.take(MONEY_BYTES))?;
        let opened = r.option(Reader::u64)?.is_some();
        Ok(Self { key, transaction, account, opened })
    }
}

fn skip_text<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
    let len = r.u8()?;
    r.take(usize::from(len))
}
