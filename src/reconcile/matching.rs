//! One card transaction: its records in the file against its operations in the ledger.
//!
//! ```text
//! records ─► twice? of another file? ─► account ─► currency ─► sum ─► one by one ─► what is left
//! ```
//!
//! * Compared is what the file and the ledger took from the customer in all, by account and currency:
//!   a purchase of which less was cleared is a debit and a credit in the ledger, and one record.
//! * Where that differs, records and movements of the same amount are put aside: of several captures
//!   a file has those of its day. What is then left of both is the difference.
//! * A movement that no record is left for is `in_ledger_only` if the transaction comes to something
//!   without it and its last movement lies within the window; until the window is known it is a
//!   [`Candidate`].
//! * What the ledger posted of an approval by itself need not be in a clearing file: there it is told
//!   of only where another amount was cleared.
//! * `final_auth_partial` settles a part of what was debited at once: less than the debit is right.
//! * What expired settles nothing: with it the ledger must come to what the other records come to.

use super::breaks::{Break, Found};
use super::clearing_type::Class;
use super::kind::Kind;
use super::row::{Deed, FileRow, LedgerRow, Part};
use crate::ledger::{Currency, Moment};

/// A movement that no record tells of.
pub struct Candidate<'a> {
    /// As what it would be reported.
    pub kind: Kind,
    /// The last of its movements.
    pub last: LedgerRow<'a>,
    /// What they come to.
    pub minor: i128,
}

/// What the records of a file have in common.
#[derive(Clone, Copy, Debug, Default)]
pub struct Common {
    /// The currency of its summary.
    pub currency: Option<Currency>,
    /// A hash of its reference, zero where it has none.
    pub file: u64,
}

/// What is told of the transactions as they are compared.
pub struct Telling<'a> {
    /// What the records have in common.
    pub common: Common,
    /// The breaks.
    pub found: &'a mut Found,
    /// How many records were matched.
    pub matched: u64,
    /// The first and the last moment of operations that records were compared with.
    pub span: Option<(Moment, Moment)>,
}

/// One transaction.
pub struct Group<'a> {
    /// In the order of the file.
    pub records: Vec<FileRow<'a>>,
    /// In the order of the log.
    pub operations: Vec<LedgerRow<'a>>,
}

/// One account and currency of a transaction.
struct Cell<'a> {
    records: Vec<FileRow<'a>>,
    movements: Vec<LedgerRow<'a>>,
}

impl<'a> Group<'a> {
    /// Compares both sides. `again` is given each record that is there twice, `candidate` each
    /// movement that may be in the ledger only.
    pub fn compare(
        mut self,
        telling: &mut Telling<'_>,
        again: &mut impl FnMut(&FileRow<'a>),
        candidate: &mut impl FnMut(Candidate<'a>),
    ) {
        telling.repeats(&mut self.records, again);
        self.records.iter().for_each(|row| telling.belongs(row));
        let unusable = self.records.iter().any(|row| row.part == Part::Unusable);
        self.records.retain(|row| row.part == Part::Customer);
        if !self.records.is_empty() {
            telling.saw(&self.operations);
        }
        let movements: Vec<_> =
            self.operations.iter().filter(|row| row.deed == Deed::Moved).copied().collect();
        if self.operations.is_empty() || movements.is_empty() {
            return telling.unanswered(&self);
        }
        let off = telling.sort_out(&mut self.records, &self.operations, &movements);
        for cell in cells(self.records, movements) {
            let spared = unusable || off.is_some() && cell.records.is_empty();
            cell.compare(telling, &mut |it| {
                if !spared {
                    candidate(it);
                }
            });
        }
    }
}

impl Telling<'_> {
    /// Drops what is there twice.
    fn repeats<'a>(
        &mut self,
        records: &mut Vec<FileRow<'a>>,
        again: &mut impl FnMut(&FileRow<'a>),
    ) {
        records.sort_by_key(|row| row.number);
        let mut once: Vec<FileRow<'a>> = Vec::with_capacity(records.len());
        for row in records.drain(..) {
            let before = once.iter().find(|before| before.repeats(&row));
            match before.filter(|_| row.part != Part::Unusable) {
                None => once.push(row),
                Some(before) => {
                    let what = format!("record {} is the same", before.number);
                    let found = Break::new(Kind::TwiceInFile).of_record(&row).saying(what);
                    self.found.add(found);
                    again(&row);
                }
            }
        }
        *records = once;
    }

    /// Whether a record is of this file, and settles as its summary does.
    fn belongs(&mut self, row: &FileRow<'_>) {
        let Common { currency, file } = self.common;
        if file != 0 && row.of_file != 0 && row.of_file != file {
            self.found.add(Break::new(Kind::ForeignRecord).of_record(row));
        }
        let settles = row.settled.map(|settled| settled.currency);
        if let Some((wanted, settles)) = currency.zip(settles).filter(|(a, b)| a != b) {
            let what = format!("the record settles in {settles}, the summary in {wanted}");
            let found = Break::new(Kind::SettlementCurrencyDiffers).of_record(row).saying(what);
            self.found.add(found);
        }
    }

    fn saw(&mut self, operations: &[LedgerRow<'_>]) {
        for at in operations.iter().map(|row| row.at) {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
    }

    /// Of a transaction for which the ledger moved nothing.
    fn unanswered(&mut self, group: &Group<'_>) {
        let held = group.operations.iter().rfind(|row| row.deed == Deed::Held);
        let last = held.or(group.operations.last());
        for row in &group.records {
            let (kind, what) = match (last, held) {
                (Some(_), _) if row.of_type.class() == Class::Expiry || row.minor == 0 => {
                    self.matched += 1;
                    continue;
                }
                (None, _) => (Kind::InFileOnly, "the ledger does not know this transaction"),
                (_, Some(_)) => (Kind::HeldNotPosted, Kind::HeldNotPosted.says()),
                _ => (Kind::RefusedByLedger, Kind::RefusedByLedger.says()),
            };
            let found = Break::new(kind).of_record(row).saying(what);
            self.found.add(Break { action: last.map(|row| row.lsn), ..found });
        }
    }

    /// Tells records of other accounts and currencies. The first are compared as if they were of
    /// the right one; of the second one is returned, and they are taken out.
    fn sort_out<'a>(
        &mut self,
        records: &mut Vec<FileRow<'a>>,
        operations: &[LedgerRow<'a>],
        movements: &[LedgerRow<'a>],
    ) -> Option<FileRow<'a>> {
        let first = movements.first()?;
        let mut off = None;
        records.retain_mut(|row| {
            self.names_another(row, first.transaction);
            let right = movements.iter().any(|it| it.account == row.account);
            if !right {
                if !row.account.is_empty() {
                    let what = format!("the ledger moved {}", first.account);
                    let found = Break::new(Kind::WrongAccount).of_record(row).saying(what);
                    self.found.add(Break { action: Some(first.lsn), ..found });
                }
                row.account = first.account;
            }
            let same = |it: &&LedgerRow<'_>| it.currency == row.currency;
            let known = operations.iter().find(|it| it.account == row.account && same(it));
            if known.is_none() {
                let found = Break::new(Kind::WrongCurrency).of_record(row).of_operation(first);
                self.found.add(found);
                off = Some(*row);
            }
            known.is_some()
        });
        off
    }

    /// Whether the action that a record names is of something else.
    fn names_another(&mut self, row: &FileRow<'_>, transaction: &str) {
        let what = match row.named {
            Some("") if row.tenant.starts_with("act_") => {
                format!("{} is no action of a card transaction here", row.tenant)
            }
            Some(named) if ![transaction, row.original, ""].contains(&named) => {
                format!("{} is of transaction {named}", row.tenant)
            }
            _ => return,
        };
        self.found.add(Break::new(Kind::ReferencesDisagree).of_record(row).saying(what));
    }
}

/// By account and currency, in the order of the movements.
fn cells<'a>(records: Vec<FileRow<'a>>, movements: Vec<LedgerRow<'a>>) -> Vec<Cell<'a>> {
    let mut cells: Vec<((&str, Option<Currency>), Cell<'a>)> = Vec::new();
    let place = |key, cells: &mut Vec<(_, Cell<'a>)>| {
        cells.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            cells.push((key, Cell { records: Vec::new(), movements: Vec::new() }));
            cells.len() - 1
        })
    };
    for row in movements {
        let place = place((row.account, row.currency), &mut cells);
        cells[place].1.movements.push(row);
    }
    for row in records {
        let place = place((row.account, row.currency), &mut cells);
        cells[place].1.records.push(row);
    }
    cells.into_iter().map(|(_, cell)| cell).collect()
}

/// What a record settles with the customer.
fn settles(row: &FileRow<'_>) -> i128 {
    if row.of_type.class() == Class::Expiry { 0 } else { row.minor.into() }
}

fn count(rows: &[FileRow<'_>]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

impl<'a> Cell<'a> {
    fn sums(&self) -> (i128, i128) {
        let movements = self.movements.iter().map(|row| i128::from(row.minor));
        (self.records.iter().map(settles).sum(), movements.sum())
    }

    fn compare(mut self, telling: &mut Telling<'_>, candidate: &mut impl FnMut(Candidate<'a>)) {
        let (in_file, in_ledger) = self.sums();
        let (all, part) = (count(&self.records), self.is_a_part(in_file, in_ledger));
        if in_file == in_ledger || part {
            telling.matched += all;
            return;
        }
        let paired = self.put_aside();
        let (in_file, in_ledger) = self.sums();
        self.records.retain(|row| settles(row) != 0);
        telling.matched += all - count(&self.records);
        match (self.records.first(), self.movements.last()) {
            (None, Some(last)) if in_ledger != 0 => {
                let again = |row: &LedgerRow<'_>| paired.contains(&row.minor);
                let twice = self.movements.iter().all(again);
                let kind = if twice { Kind::TwiceInLedger } else { Kind::InLedgerOnly };
                candidate(Candidate { kind, last: *last, minor: in_ledger });
            }
            (Some(_), None) => self.records.iter().for_each(|row| {
                let again = paired.contains(&row.minor) && !row.of_type.is_partial();
                let kind = if again { Kind::TwiceInFile } else { Kind::InFileOnly };
                let what = "no movement of the ledger is left for this record";
                telling.found.add(Break::new(kind).of_record(row).saying(what));
            }),
            (Some(first), Some(last)) => {
                telling.found.add(differs(first, last, in_file, in_ledger));
            }
            _ => {}
        }
    }

    /// Whether all records are parts of what was debited at once, and no more than that.
    fn is_a_part(&self, in_file: i128, in_ledger: i128) -> bool {
        let parts = self.records.iter().all(|row| row.of_type.is_part_of_a_debit());
        !self.records.is_empty() && parts && 0 < in_file && in_file <= in_ledger
    }

    /// Takes out records and movements of the same amount, one by one; their amounts.
    fn put_aside(&mut self) -> Vec<i64> {
        let mut paired = Vec::new();
        let movements = &mut self.movements;
        self.records.retain(|row| {
            let same = |it: &LedgerRow<'_>| i128::from(it.minor) == settles(row);
            let Some(place) = movements.iter().position(same) else { return true };
            paired.push(movements.remove(place).minor);
            false
        });
        paired
    }
}

fn differs(first: &FileRow<'_>, last: &LedgerRow<'_>, in_file: i128, in_ledger: i128) -> Break {
    let opposite = in_file == -in_ledger && in_file != 0;
    let kind = if opposite { Kind::DirectionDiffers } else { Kind::AmountDiffers };
    let found = Break::new(kind).of_record(first).of_operation(last);
    match first.currency {
        Some(currency) => found.with_sums(currency, in_file, in_ledger),
        None => found,
    }
}
