//! PostgreSQL's protocol, version 3: the few messages that are needed to call a function.
//!
//! A message is a byte that says what it is, a length of four bytes, highest first, which counts
//! itself and not the byte before it, and a body. The first message of a client has no such byte.
//! Texts end with a zero.
//!
//! | sent | | received | |
//! | --- | --- | --- | --- |
//! | `Q` | a statement as text | `D` | a row: a count of two bytes, and for each value a length of four bytes, -1 for none, and the value |
//! | `P` | prepares a statement under a name | `E` | an error: fields of a byte and a text, of which `M` is the message |
//! | `B` | binds values to it | `Z` | all was answered |
//! | `E` | runs it | | all others are of no interest here |
//! | `S` | asks for an answer to all before | | |

#![expect(clippy::big_endian_bytes, reason = "the protocol is, on the network")]

use anyhow::{Context, bail, ensure};

const PROTOCOL: i32 = 3 << 16;

/// What all that was sent came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The first value of the last row; nothing when there is no row, or no value.
    pub value: Option<&'a [u8]>,
}

/// The first message of a client.
#[must_use]
pub fn startup(user: &str, database: &str) -> Vec<u8> {
    let mut body = PROTOCOL.to_be_bytes().to_vec();
    for text in ["user", user, "database", database, ""] {
        push_text(&mut body, text);
    }
    [&length(body.len() + 4)[..], &body].concat()
}

/// Statements, to be run one after the other.
#[must_use]
pub fn query(statements: &str) -> Vec<u8> {
    let mut body = Vec::new();
    push_text(&mut body, statements);
    message(b'Q', &body)
}

/// Prepares `statement` under `name`.
#[must_use]
pub fn prepare(name: &str, statement: &str) -> Vec<u8> {
    let mut body = Vec::new();
    push_text(&mut body, name);
    push_text(&mut body, statement);
    body.extend([0; 2]); // no type of a value is said
    [message(b'P', &body), message(b'S', &[])].concat()
}

/// Runs the statement of this name with these values, all as text.
///
/// # Panics
/// When there are more values than 65,535.
#[must_use]
pub fn run(name: &str, values: &[&str]) -> Vec<u8> {
    let mut body = vec![0]; // the portal without a name
    push_text(&mut body, name);
    body.extend([0; 2]); // all values are text
    let count = u16::try_from(values.len()).expect("a statement has few values");
    body.extend(count.to_be_bytes());
    for value in values {
        body.extend(length(value.len()));
        body.extend(value.as_bytes());
    }
    body.extend([0; 2]); // and so are the answer's
    let all_rows = [0; 5]; // of the portal without a name
    [message(b'B', &body), message(b'E', &all_rows), message(b'S', &[])].concat()
}

/// What the server answered, once it is ready for more.
///
/// # Errors
/// When it is an error, which ends an answer early, or no answer.
pub fn answer(bytes: &[u8]) -> anyhow::Result<Option<Answer<'_>>> {
    let (mut value, mut rest) = (None, bytes);
    loop {
        let Some(Message { kind, body, after }) = first(rest)? else { return Ok(None) };
        match kind {
            b'D' => value = first_value(body)?,
            b'E' => bail!("PostgreSQL says {}", said(body)),
            b'R' => ensure!(body == [0; 4], "PostgreSQL wants a password"),
            b'Z' => {
                ensure!(after.is_empty(), "something follows the answer");
                return Ok(Some(Answer { value }));
            }
            _ => {}
        }
        rest = after;
    }
}

/// A message that the server sent.
struct Message<'a> {
    kind: u8,
    body: &'a [u8],
    after: &'a [u8],
}

/// The message that `bytes` begin with, and what follows it; nothing while it is not all there.
fn first(bytes: &[u8]) -> anyhow::Result<Option<Message<'_>>> {
    let Some((&[kind, a, b, c, d], rest)) = bytes.split_first_chunk() else { return Ok(None) };
    let length = usize::try_from(i32::from_be_bytes([a, b, c, d]))?;
    let length = length.checked_sub(4).context("a message is shorter than its length")?;
    Ok(rest.split_at_checked(length).map(|(body, after)| Message { kind, body, after }))
}

fn first_value(row: &[u8]) -> anyhow::Result<Option<&[u8]>> {
    let values = row.get(2..).context("a row has no count")?;
    let Some((length, values)) = values.split_first_chunk() else { return Ok(None) };
    match usize::try_from(i32::from_be_bytes(*length)) {
        Ok(length) => Ok(Some(values.get(..length).context("a value is shorter than it says")?)),
        Err(_) => Ok(None),
    }
}

/// The words of an error.
fn said(body: &[u8]) -> String {
    let fields = body.split(|byte| *byte == 0).filter_map(|field| field.split_first());
    let message = fields.into_iter().find_map(|(kind, text)| (*kind == b'M').then_some(text));
    String::from_utf8_lossy(message.unwrap_or(body)).into_owned()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &length(body.len() + 4), body].concat()
}

/// As all lengths are written.
fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).expect("messages are short").to_be_bytes()
}

fn push_text(body: &mut Vec<u8>, text: &str) {
    body.extend(text.as_bytes());
    body.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_as_the_protocol_has_them() {
        assert_eq!(startup("u", "d"), b"\0\0\0\x1b\0\x03\0\0user\0u\0database\0d\0\0");
        assert_eq!(query("SELECT 1"), b"Q\0\0\0\rSELECT 1\0");
        assert_eq!(prepare("h", "S"), b"P\0\0\0\x0ah\0S\0\0\0S\0\0\0\x04");
        let bind = b"B\0\0\0\x16\0h\0\0\0\0\x02\0\0\0\x01a\0\0\0\0\0\0";
        assert_eq!(run("h", &["a", ""]), [&bind[..], b"E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04"].concat());
    }

    #[test]
    fn an_answer_in_part_is_none_yet_wherever_it_is_cut() {
        let row = message(b'D', b"\0\x01\0\0\0\x03-12");
        let whole = [message(b'2', b""), row, message(b'C', b"SELECT 1\0"), message(b'Z', b"I")];
        let whole = whole.concat();
        assert_eq!(answer(&whole).unwrap(), Some(Answer { value: Some(b"-12") }));
        assert!((0..whole.len()).all(|cut| answer(&whole[..cut]).unwrap().is_none()));
    }

    #[test]
    fn no_value_is_not_an_empty_one() {
        let ready = message(b'Z', b"I");
        let of = |row: &[u8]| {
            answer(&[message(b'D', row), ready.clone()].concat())
                .unwrap()
                .map(|answer| answer.value.map(<[u8]>::to_vec))
        };
        assert_eq!(of(b"\0\x01\xff\xff\xff\xff"), Some(None));
        assert_eq!(of(b"\0\x01\0\0\0\0"), Some(Some(vec![])));
        assert_eq!(of(b"\0\0"), Some(None));
        assert_eq!(answer(&ready).unwrap(), Some(Answer { value: None }));
    }

    #[test]
    fn an_error_is_told_in_its_words() {
        let error = message(b'E', b"SERROR\0C23505\0Mduplicate key\0\0");
        assert_eq!(answer(&error).unwrap_err().to_string(), "PostgreSQL says duplicate key");
        let password = message(b'R', &[0, 0, 0, 3]);
        assert!(answer(&password).is_err());
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let follows = [message(b'Z', b"I"), message(b'Z', b"I")].concat();
        let wrong: [&[u8]; 4] = [b"Z\0\0\0\x01", b"Z\xff\xff\xff\xff", b"D\0\0\0\x04", &follows];
        assert!(wrong.iter().all(|bytes| answer(bytes).is_err()));
    }
}
