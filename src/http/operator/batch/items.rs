//! A batch taken apart into its operations, as far as its bytes have come. Pure.

use std::io::{self, Read};

use hyper::StatusCode;
use hyper::body::Bytes;

use super::super::super::answer::Problem;
use crate::reconcile::split::{Bounds, Split, SplitError};

/// What is taken from a piece at once.
const PIECE_BYTES: usize = 16 << 10;

/// How operations follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As the elements of one array.
    Array,
    /// Each in a line.
    Lines,
}

/// The operations of a batch.
pub struct Items {
    form: Form,
    split: Split<Fed>,
    place: Place,
}

/// What comes next.
#[derive(Debug)]
pub enum Next<'a> {
    /// An operation, or what stands in the place of one.
    Item(&'a [u8]),
    /// Nothing before more bytes have come.
    Early,
    /// The end.
    End,
    /// What nobody can tell apart.
    Broken(Problem),
}

/// Where in an array the rest begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    First,
    Value,
    BehindValue,
    Behind,
}

/// The bytes that have come and were not taken yet.
#[derive(Debug, Default)]
struct Fed {
    piece: Bytes,
    ended: bool,
}

impl Form {
    /// Its content type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Array => "application/json",
            Self::Lines => "application/x-ndjson",
        }
    }
}

impl Items {
    /// Before the first byte; none may be longer than this.
    #[must_use]
    pub fn new(form: Form, item_bytes_max: usize) -> Self {
        let bounds = Bounds { value_bytes_max: item_bytes_max, piece_bytes: PIECE_BYTES };
        Self { form, split: Split::within(bounds, Fed::default()), place: Place::Before }
    }

    /// How they follow one another.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The next piece, which is taken in before another is; `None` is the end.
    pub fn feed(&mut self, piece: Option<Bytes>) {
        let fed = self.split.input();
        fed.ended = piece.is_none();
        fed.piece = piece.unwrap_or_default();
    }

    /// Whether the bytes that have come begin a batch; false where none have.
    ///
    /// # Errors
    /// 400 where they begin something else.
    pub fn begun(&mut self) -> Result<bool, Problem> {
        let begun = match self.form {
            Form::Array if self.place == Place::Before => self
                .split
                .expect(b'[', "the batch is no array: [")
                .map(|()| self.place = Place::First),
            Form::Array => Ok(()),
            Form::Lines => self.split.peek().map(drop),
        };
        match begun {
            Err(early) if early.is_early() => Ok(false),
            begun => begun.map(|()| true).map_err(problem),
        }
    }

    /// What comes next.
    pub fn next(&mut self) -> Next<'_> {
        match self.form {
            Form::Array => match self.find_value() {
                Ok(true) => match self.split.value() {
                    Ok((value, _)) => {
                        self.place = Place::BehindValue;
                        Next::Item(value)
                    }
                    Err(error) => not_now(error),
                },
                Ok(false) => Next::End,
                Err(error) => not_now(error),
            },
            Form::Lines => match self.split.peek().map(|first| first.is_some()) {
                Ok(true) => match self.split.line() {
                    Ok(line) => line.map_or(Next::End, |(line, _)| Next::Item(line)),
                    Err(error) => not_now(error),
                },
                Ok(false) => Next::End,
                Err(error) => not_now(error),
            },
        }
    }

    /// Goes to where the next element begins; false behind the array.
    fn find_value(&mut self) -> Result<bool, SplitError> {
        loop {
            self.place = match self.place {
                Place::Before => {
                    self.split.expect(b'[', "[")?;
                    Place::First
                }
                Place::First if self.split.take_if(b']')? => Place::Behind,
                Place::First => Place::Value,
                Place::Value => return Ok(true),
                Place::BehindValue if self.split.take_if(b']')? => Place::Behind,
                Place::BehindValue => {
                    self.split.expect(b',', ", or ]")?;
                    Place::Value
                }
                Place::Behind => {
                    return match self.split.peek()? {
                        None => Ok(false),
                        Some(_) => Err(self.split.wrong("something follows the array")),
                    };
                }
            }
        }
    }
}

fn not_now<'a>(error: SplitError) -> Next<'a> {
    if error.is_early() { Next::Early } else { Next::Broken(problem(error)) }
}

fn problem(error: SplitError) -> Problem {
    match error {
        SplitError::TooLong { .. } => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", error.to_string())
        }
        error => Problem::invalid(error.to_string()),
    }
}

impl Read for Fed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let taken = self.piece.split_to(self.piece.len().min(buffer.len()));
        buffer.get_mut(..taken.len()).unwrap_or_default().copy_from_slice(&taken);
        Ok(taken.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a batch is taken apart into, where it comes in pieces that end at these places.
    fn taken(form: Form, text: &str, cuts: &[usize]) -> Vec<String> {
        let mut items = Items::new(form, 40);
        let (mut found, mut from) = (Vec::new(), 0);
        let mut cuts = cuts.iter().copied().chain([text.len()]);
        loop {
            match items.next() {
                Next::Item(item) => found.push(String::from_utf8(item.to_vec()).unwrap()),
                Next::Early => {
                    let piece = cuts.next().map(|to| {
                        let piece = &text.as_bytes()[from..to];
                        from = to;
                        Bytes::copy_from_slice(piece)
                    });
                    items.feed(piece);
                }
                Next::End => return found,
                Next::Broken(why) => {
                    found.push(format!("{why:?}"));
                    return found;
                }
            }
        }
    }

    #[test]
    fn a_batch_is_the_same_operations_wherever_its_pieces_end() {
        let array = " [ {\"a\\\"]\":[1,\n{}]} , \"x\\\\,]\" ,12.5,\r\nnull , {}]\n";
        let elements = ["{\"a\\\"]\":[1,\n{}]}", "\"x\\\\,]\"", "12.5", "null", "{}"];
        let lines = "\n{\"a\": \"}\\n\"}\r\n\n  [1\n2,\n\"\n{}";
        let each = ["{\"a\": \"}\\n\"}\r", "[1", "2,", "\"", "{}"];
        for (form, text, wanted) in [(Form::Array, array, elements), (Form::Lines, lines, each)] {
            assert_eq!(taken(form, text, &[]), wanted);
            for one in 0..text.len() {
                for two in one..text.len() {
                    assert_eq!(taken(form, text, &[one, two]), wanted, "{one}, {two}");
                }
            }
            let all: Vec<usize> = (1..text.len()).collect();
            assert_eq!(taken(form, text, &all), wanted);
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_told_with_its_place() {
        let long = format!("[{{}},\n {:?}]", "x".repeat(40));
        for (text, items, what) in [
            ("[{} {}]", 1, "line 1, byte 4: , or ] is expected"),
            ("[{},]", 1, "line 1, byte 4: a value is expected"),
            ("[{},{\"a\":[}", 1, "line 1, byte 4: the text ends within a value"),
            ("[{}]\n[", 1, "line 2, byte 5: something follows the array"),
            ("[{}", 1, "line 1, byte 3: , or ] is expected"),
            (&long, 1, "line 2, byte 6: a value has more than 40 bytes"),
        ] {
            let found = taken(Form::Array, text, &[]);
            assert_eq!(found.len(), items + 1, "{text}");
            assert!(found[items].contains(what), "{text}: {}", found[items]);
        }
        let long = format!("{{}}\n{}", " x".repeat(21));
        assert!(taken(Form::Lines, &long, &[])[1].contains("line 2, byte 4: a value has more"));
    }
}
