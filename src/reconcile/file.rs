//! A settlement or clearing file, read from front to back, one record in memory at a time.
//!
//! Taken are, besides what the documents have (an object with
//! `reconciliationAndNetSettlementSummary` and `settlementRecordDetails`): an array of records; and
//! an object with any arrays of records under any names, whose other members are passed, in any
//! order. With a summary, or with records that have `network_settlement_…` members, it is a
//! settlement file, else a clearing file.

use std::borrow::Cow;
use std::io::Read as Input;

use super::record::Read;
use super::split::{Split, SplitError, Spot};
use super::summary::Summary;
use crate::engine::Currencies;
use crate::ledger::Moment;

const SUMMARY: &str = "reconciliationAndNetSettlementSummary";
/// How many records a clearing file says that it has.
const INSTRUCTIONS: &str = "number_of_instructions";

/// What is known of a file once it was read.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// How many records it has.
    pub records: u64,
    /// Whether it is of settlement, not of clearing.
    pub is_settlement: bool,
    /// Its summary.
    pub summary: Option<Summary>,
    /// How many records it says that it has.
    pub instructions: Option<u64>,
    /// The first and the last moment of its records.
    pub span: Option<(Moment, Moment)>,
}

/// Why a file cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError<E> {
    /// What it is, and where that is told.
    #[error(transparent)]
    Unusable(#[from] SplitError),
    /// Whoever takes the records could not.
    #[error(transparent)]
    Stopped(E),
}

/// Reads a file.
///
/// # Errors
/// When it is not JSON of that form, cannot be read, or `take` refuses.
pub fn read<E>(
    input: impl Input,
    currencies: &Currencies,
    mut take: impl FnMut(&Read<'_>) -> Result<(), E>,
) -> Result<Facts, FileError<E>> {
    let mut reader =
        Reader { split: Split::new(input)?, currencies, facts: Facts::default(), lists: 0 };
    match reader.split.peek()? {
        Some(b'[') => reader.records(&mut take)?,
        Some(b'{') => reader.members(&mut take)?,
        _ => return Err(reader.wrong("neither a list of records nor an object with one")),
    }
    if reader.split.peek()?.is_some() {
        return Err(reader.wrong("something follows the end of the file's JSON"));
    }
    if reader.lists == 0 {
        return Err(reader.wrong("the object has no list of records"));
    }
    Ok(reader.facts)
}

struct Reader<'a, R> {
    split: Split<R>,
    currencies: &'a Currencies,
    facts: Facts,
    lists: u32,
}

impl<R: Input> Reader<'_, R> {
    fn wrong<E>(&self, what: &str) -> FileError<E> {
        FileError::Unusable(self.split.wrong(what))
    }

    /// The members of the outermost object.
    fn members<E>(
        &mut self,
        take: &mut impl FnMut(&Read<'_>) -> Result<(), E>,
    ) -> Result<(), FileError<E>> {
        self.split.expect(b'{', "{")?;
        if self.split.take_if(b'}')? {
            return Ok(());
        }
        loop {
            let (name, at) = self.split.value()?;
            let name: Result<Cow<'_, str>, _> = serde_json::from_slice(name);
            let name = name.map_err(|_| wrong_at(at, "the name of a member is expected"))?;
            let name = name.into_owned();
            self.split.expect(b':', ":")?;
            if self.split.peek()? == Some(b'[') {
                self.facts.is_settlement |= name == "settlementRecordDetails";
                self.records(take)?;
            } else {
                self.member(&name)?;
            }
            if self.split.take_if(b'}')? {
                return Ok(());
            }
            self.split.expect(b',', ", or }")?;
        }
    }

    /// A member of the outermost object that is no list.
    fn member<E>(&mut self, name: &str) -> Result<(), FileError<E>> {
        let (bytes, at) = self.split.value()?;
        let not_json = |error: serde_json::Error| wrong_at(at, format!("{name} is wrong: {error}"));
        if name == SUMMARY {
            if self.facts.summary.is_some() {
                return Err(wrong_at(at, format!("{name} is there twice")));
            }
            let summary = Summary::parse(bytes, self.currencies).map_err(not_json)?;
            (self.facts.summary, self.facts.is_settlement) = (Some(summary), true);
        } else {
            serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(not_json)?;
            if name == INSTRUCTIONS {
                self.facts.instructions = serde_json::from_slice(bytes).ok();
            }
        }
        Ok(())
    }

    fn records<E>(
        &mut self,
        take: &mut impl FnMut(&Read<'_>) -> Result<(), E>,
    ) -> Result<(), FileError<E>> {
        self.lists += 1;
        self.split.expect(b'[', "[")?;
        if self.split.take_if(b']')? {
            return Ok(());
        }
        loop {
            let number = self.facts.records + 1;
            let (bytes, spot) = self.split.value().map_err(|error| in_record(error, number))?;
            let record = Read::new(bytes, number, spot, self.currencies);
            self.facts.saw(&record);
            take(&record).map_err(FileError::Stopped)?;
            if self.split.take_if(b']')? {
                return Ok(());
            }
            self.split.expect(b',', ", or ]").map_err(|error| in_record(error, number))?;
        }
    }
}

impl Facts {
    fn saw(&mut self, record: &Read<'_>) {
        self.records += 1;
        self.is_settlement |= record.is_settlement;
        if let Some(at) = record.at {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
    }
}

fn wrong_at<E>(at: Spot, what: impl Into<String>) -> FileError<E> {
    FileError::Unusable(SplitError::Wrong { at, what: what.into() })
}

/// The same, with the record in or behind which it is.
fn in_record(error: SplitError, number: u64) -> SplitError {
    match error {
        SplitError::Wrong { at, what } => {
            SplitError::Wrong { at, what: format!("record {number}: {what}") }
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn numbers(text: &str) -> Result<(Vec<(u64, bool)>, Facts), String> {
        let mut found = Vec::new();
        let facts = read(text.as_bytes(), &Currencies::iso(), |record| {
            found.push((record.row().number, record.bad.is_none()));
            Ok::<_, Infallible>(())
        });
        facts.map(|facts| (found, facts)).map_err(|error| error.to_string())
    }

    const ONE: &str = r#"{"type":"refund","transaction_id":"t","amount":5,"currency":"JPY"}"#;

    #[test]
    fn lists_of_records_are_found_wherever_they_are() {
        for (text, records) in [
            ("[]".to_owned(), 0),
            (format!(" [{ONE} , {ONE}]\n"), 2),
            (format!(r#"{{"head":{{"x":[1]}},"a":[{ONE}],"n":1.5,"b":[{ONE},{ONE}]}}"#), 3),
            (format!(r#"{{"settlementRecordDetails":[{ONE}],"{SUMMARY}":{{}}}}"#), 1),
        ] {
            let (found, facts) = numbers(&text).unwrap();
            let wanted: Vec<_> = (1..=records).map(|n| (n, true)).collect();
            assert_eq!((found, facts.is_settlement), (wanted, text.contains(SUMMARY)));
        }
        let (found, facts) = numbers(&format!("[{ONE},7,{{\"type\":}},{ONE}]")).unwrap();
        assert_eq!(found, [(1, true), (2, false), (3, false), (4, true)]);
        assert_eq!(facts.records, 4);
    }

    #[test]
    fn what_is_no_file_is_told_with_its_place() {
        for (text, told) in [
            ("", "line 1, byte 0: neither a list"),
            ("7", "line 1, byte 0: neither a list"),
            ("{}", "line 1, byte 2: the object has no list"),
            ("[]]", "line 1, byte 2: something follows"),
            ("[\n{}\n{}]", "line 3, byte 5: record 1: , or ] is expected"),
            ("[{},\n{\"a\":", "line 2, byte 5: record 2: the text ends within"),
            ("{\"a\":1,\"b\"", "line 1, byte 10: : is expected"),
            ("{\"reconciliationAndNetSettlementSummary\":7,\"a\":[]}", "line 1, byte 41: recon"),
        ] {
            let error = numbers(text).unwrap_err();
            assert!(error.starts_with(told), "{text}: {error}");
        }
    }
}
