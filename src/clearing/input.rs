//! The forms in which clearing records are sent.
//!
//! | form | is told by |
//! | --- | --- |
//! | one record, or one in each line | the first value is an object with `type` or `network_clearing_ref` |
//! | a list of records, or a clearing file | anything else: as it is reconciled ([`file`]) |

use std::io::{self, Read as Input, Seek};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::engine::Currencies;
use crate::reconcile::file::{self, FileError};
use crate::reconcile::record::Read;
use crate::reconcile::split::{Split, SplitError};

/// What only a record has.
#[derive(Deserialize)]
struct Marks {
    #[serde(default, rename = "type")]
    of_type: Option<IgnoredAny>,
    #[serde(default)]
    network_clearing_ref: Option<IgnoredAny>,
}

/// Shows each record to `take`.
///
/// # Errors
/// When the input has none of the forms, cannot be read, or `take` refuses.
pub fn read<E>(
    mut input: impl Input + Seek,
    currencies: &Currencies,
    mut take: impl FnMut(&Read<'_>) -> Result<(), E>,
) -> Result<(), FileError<E>> {
    let wrong = |error: io::Error| FileError::Unusable(SplitError::Read(error));
    input.rewind().map_err(wrong)?;
    let in_lines = begins_with_a_record(&mut input)?;
    input.rewind().map_err(wrong)?;
    if in_lines {
        return lines(input, currencies, take);
    }
    file::read(input, currencies, |record| take(record)).map(drop)
}

fn begins_with_a_record(input: impl Input) -> Result<bool, SplitError> {
    let mut split = Split::new(input)?;
    if split.peek()? != Some(b'{') {
        return Ok(false);
    }
    // A file is longer than one value may be, or has no such members.
    let marks = split.value().ok().and_then(|(bytes, _)| serde_json::from_slice(bytes).ok());
    Ok(marks.is_some_and(|it: Marks| it.of_type.is_some() || it.network_clearing_ref.is_some()))
}

fn lines<E>(
    input: impl Input,
    currencies: &Currencies,
    mut take: impl FnMut(&Read<'_>) -> Result<(), E>,
) -> Result<(), FileError<E>> {
    let mut split = Split::new(input)?;
    let mut number = 0;
    while split.peek()?.is_some() {
        number += 1;
        let (bytes, spot) = split.value()?;
        take(&Read::new(bytes, number, spot, currencies)).map_err(FileError::Stopped)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io::Cursor;

    use super::*;

    const ONE: &str = r#"{"type":"refund","transaction_id":"t","amount":5,"currency":"JPY"}"#;

    fn count(text: &str) -> Result<u64, String> {
        let mut found = 0;
        let read = read(Cursor::new(text), &Currencies::iso(), |record| {
            found += u64::from(record.bad.is_none());
            Ok::<_, Infallible>(())
        });
        read.map(|()| found).map_err(|error| error.to_string())
    }

    #[test]
    fn records_are_found_in_every_form() {
        for (text, records) in [
            (ONE.to_owned(), 1),
            (format!("{ONE}\n{ONE}\r\n\n{ONE}"), 3),
            (format!("[{ONE},{ONE}]"), 2),
            (format!(r#"{{"number_of_instructions":2,"records":[{ONE},{ONE}]}}"#), 2),
            (r#"{"network_clearing_ref":"c"}"#.to_owned(), 0),
        ] {
            assert_eq!(count(&text), Ok(records), "{text}");
        }
        for (text, told) in [
            ("", "neither a list"),
            ("{}", "no list of records"),
            (&format!("{ONE},{ONE}"), "a value is expected"),
            (&format!("{ONE}\n{{"), "the text ends within"),
        ] {
            let error = count(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
