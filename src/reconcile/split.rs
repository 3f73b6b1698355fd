//! A JSON text taken apart at its outer levels, one value at a time, however long it is.
//!
//! Only the value that is being looked at is in memory. Where it ends is told by its brackets and
//! quotes; whether it is right inside is told by whoever reads it.

use std::io::{self, Read};

/// The longest value that is taken whole, in bytes.
pub const VALUE_BYTES_MAX: usize = 1 << 20;

/// What is read at once.
const PIECE_BYTES: usize = 256 << 10;

/// A place in a file, for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Bytes before it.
    pub offset: u64,
    /// Its line, from one.
    pub line: u64,
}

/// Why a text cannot be taken apart.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is not JSON.
    #[error("line {}, byte {}: {what}", .at.line, .at.offset)]
    Wrong {
        /// Where.
        at: Spot,
        /// What is wrong there.
        what: String,
    },
    /// A value is longer than one may be.
    #[error("line {}, byte {}: a value has more than {bytes_max} bytes", .at.line, .at.offset)]
    TooLong {
        /// Where it begins.
        at: Spot,
        /// How long one may be.
        bytes_max: usize,
    },
}

impl SplitError {
    /// Whether the input only has no more to give yet: the same call may be made again.
    #[must_use]
    pub fn is_early(&self) -> bool {
        matches!(self, Self::Read(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// How much of a text is held.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The longest value, or line, that is taken whole, in bytes.
    pub value_bytes_max: usize,
    /// What is read at once.
    pub piece_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { value_bytes_max: VALUE_BYTES_MAX, piece_bytes: PIECE_BYTES }
    }
}

/// A text and how far it was taken.
pub struct Split<R> {
    input: R,
    bounds: Bounds,
    buffer: Vec<u8>,
    /// Where in the buffer the rest begins.
    at: usize,
    spot: Spot,
    ended: bool,
    /// How far was looked for the end of what the rest begins with, when the input had no more.
    partial: Option<(End, usize)>,
}

impl<R: Read> Split<R> {
    /// Before the first byte; a byte order mark is passed.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn new(input: R) -> Result<Self, SplitError> {
        let mut split = Self::within(Bounds::default(), input);
        while split.buffer.len() < 3 && split.fill()? {}
        if split.buffer.starts_with(b"\xef\xbb\xbf") {
            split.pass(3);
        }
        Ok(split)
    }

    /// Before the first byte of an input that may have no more to give yet
    /// ([`is_early`](SplitError::is_early)).
    pub fn within(bounds: Bounds, input: R) -> Self {
        let spot = Spot { offset: 0, line: 1 };
        let buffer = Vec::new();
        Self { input, bounds, buffer, at: 0, spot, ended: false, partial: None }
    }

    /// Where the text comes from.
    pub const fn input(&mut self) -> &mut R {
        &mut self.input
    }

    /// The next byte that is no space, which is not taken; `None` at the end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn peek(&mut self) -> Result<Option<u8>, SplitError> {
        loop {
            while let Some(&byte) = self.buffer.get(self.at) {
                if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                    return Ok(Some(byte));
                }
                self.spot.line = self.spot.line.saturating_add(u64::from(byte == b'\n'));
                self.pass(1);
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Takes the next byte that is no space.
    ///
    /// # Errors
    /// When it is another one.
    pub fn expect(&mut self, wanted: u8, what: &str) -> Result<(), SplitError> {
        if self.take_if(wanted)? { Ok(()) } else { Err(self.wrong(format!("{what} is expected"))) }
    }

    /// Takes the next byte that is no space, if it is this one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn take_if(&mut self, wanted: u8) -> Result<bool, SplitError> {
        let is = self.peek()? == Some(wanted);
        if is {
            self.pass(1);
        }
        Ok(is)
    }

    /// Takes one whole value, and tells where it began.
    ///
    /// # Errors
    /// When the text ends within it, or it is too long.
    pub fn value(&mut self) -> Result<(&[u8], Spot), SplitError> {
        let first = self.peek()?;
        let begin = self.spot;
        let (mut end, mut looked) = self.partial.take().unwrap_or((End::new(first), 0));
        let bytes = loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(behind) = end.look(rest, &mut looked) {
                break behind;
            }
            if !self.fill_for(end, looked)? {
                match end {
                    End::Scalar if looked > 0 => break looked,
                    _ => return Err(self.wrong("the text ends within a value that begins here")),
                }
            }
        };
        if bytes == 0 {
            return Err(self.wrong("a value is expected"));
        }
        self.is_short(bytes)?;
        let from = self.at;
        let value = self.buffer.get(from..from.saturating_add(bytes)).unwrap_or_default();
        let lines = if matches!(end, End::Nested { .. }) { newlines(value) } else { 0 };
        self.spot.line = self.spot.line.saturating_add(lines);
        self.pass(bytes);
        Ok((self.buffer.get(from..from.saturating_add(bytes)).unwrap_or_default(), begin))
    }

    /// Takes the rest of the line, and its end, which is not shown; `None` behind the last.
    ///
    /// # Errors
    /// When it is too long.
    pub fn line(&mut self) -> Result<Option<(&[u8], Spot)>, SplitError> {
        let begin = self.spot;
        let (mut end, mut looked) = self.partial.take().unwrap_or((End::Line, 0));
        let (bytes, over) = loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(behind) = end.look(rest, &mut looked) {
                break (behind.saturating_sub(1), 1);
            }
            if !self.fill_for(end, looked)? {
                if looked == 0 {
                    return Ok(None);
                }
                break (looked, 0);
            }
        };
        self.is_short(bytes)?;
        let from = self.at;
        self.pass(bytes.saturating_add(over));
        self.spot.line = self.spot.line.saturating_add(1);
        let line = self.buffer.get(from..from.saturating_add(bytes)).unwrap_or_default();
        Ok(Some((line, begin)))
    }

    /// What is wrong where the rest begins.
    pub fn wrong(&self, what: impl Into<String>) -> SplitError {
        SplitError::Wrong { at: self.spot, what: what.into() }
    }

    fn pass(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.spot.offset = self.spot.offset.saturating_add(bytes);
    }

    /// The same as [`fill`](Self::fill) where the end of a value is looked for.
    fn fill_for(&mut self, end: End, looked: usize) -> Result<bool, SplitError> {
        self.is_short(looked)?;
        let filled = self.fill();
        if filled.is_err() {
            self.partial = Some((end, looked));
        }
        Ok(filled?)
    }

    fn is_short(&self, bytes: usize) -> Result<(), SplitError> {
        let bytes_max = self.bounds.value_bytes_max;
        if bytes > bytes_max {
            return Err(SplitError::TooLong { at: self.spot, bytes_max });
        }
        Ok(())
    }

    /// Reads some more behind the rest; whether there was more.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let held = self.buffer.len();
        self.buffer.resize(held.saturating_add(self.bounds.piece_bytes), 0);
        let read = loop {
            match self.input.read(self.buffer.get_mut(held..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(held.saturating_add(*read.as_ref().unwrap_or(&0)));
        let read = read?;
        self.ended = read == 0;
        Ok(read > 0)
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    let count = bytes.iter().filter(|byte| **byte == b'\n').count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// How the end of a value is told.
#[derive(Clone, Copy, Debug)]
enum End {
    /// By the bracket that closes the first one.
    Nested { depth: usize, in_text: bool },
    /// By its quote.
    Text,
    /// By what cannot be of a number or a word.
    Scalar,
    /// By the end of its line.
    Line,
}

impl End {
    const fn new(first: Option<u8>) -> Self {
        match first {
            Some(b'{' | b'[') => Self::Nested { depth: 0, in_text: false },
            Some(b'"') => Self::Text,
            _ => Self::Scalar,
        }
    }

    /// How many bytes the value has, if all of it is there. `looked` remembers how far was looked.
    fn look(&mut self, bytes: &[u8], looked: &mut usize) -> Option<usize> {
        match self {
            Self::Nested { depth, in_text } => nested(bytes, looked, depth, in_text),
            Self::Text => {
                *looked = (*looked).max(1);
                text(bytes, looked)
            }
            Self::Scalar => {
                let rest = bytes.get(*looked..).unwrap_or_default();
                let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b':') || *byte <= b' ';
                let found = rest.iter().position(ends);
                *looked = looked.saturating_add(found.unwrap_or(rest.len()));
                found.map(|_| *looked)
            }
            Self::Line => {
                let rest = bytes.get(*looked..).unwrap_or_default();
                let found = memchr::memchr(b'\n', rest).map(|at| at.saturating_add(1));
                *looked = looked.saturating_add(found.unwrap_or(rest.len()));
                found.map(|_| *looked)
            }
        }
    }
}

/// Looks for the quote that ends a text, and stops in front of what is not there yet.
fn text(bytes: &[u8], looked: &mut usize) -> Option<usize> {
    loop {
        let rest = bytes.get(*looked..)?;
        let Some(at) = memchr::memchr2(b'"', b'\\', rest) else {
            *looked = looked.saturating_add(rest.len());
            return None;
        };
        *looked = looked.saturating_add(at);
        if rest.get(at) == Some(&b'"') {
            *looked = looked.saturating_add(1);
            return Some(*looked);
        }
        // What is escaped goes with what escapes it.
        bytes.get(looked.saturating_add(1))?;
        *looked = looked.saturating_add(2);
    }
}

fn nested(
    bytes: &[u8],
    looked: &mut usize,
    depth: &mut usize,
    in_text: &mut bool,
) -> Option<usize> {
    loop {
        if *in_text {
            text(bytes, looked)?;
            *in_text = false;
        }
        let byte = *bytes.get(*looked)?;
        *looked = looked.saturating_add(1);
        match byte {
            b'"' => *in_text = true,
            b'{' | b'[' => *depth = depth.saturating_add(1),
            b'}' | b']' => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    return Some(*looked);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn a_value_is_whole_however_it_comes() {
        let text = "\u{feff}\n [ {\"a\\\"]\":[1,\n{}]} , \"x\\\\\" , 12.5 ,\nnull]";
        let wanted = ["{\"a\\\"]\":[1,\n{}]}", "\"x\\\\\"", "12.5", "null"];
        let mut split = Split::new(Drops(text.as_bytes())).unwrap();
        split.expect(b'[', "[").unwrap();
        let mut lines = Vec::new();
        for (n, wanted) in wanted.iter().enumerate() {
            assert!(n == 0 || split.take_if(b',').unwrap());
            let (value, spot) = split.value().unwrap();
            assert_eq!(std::str::from_utf8(value).unwrap(), *wanted);
            assert_eq!(
                &text.as_bytes()[usize::try_from(spot.offset).unwrap()..][..value.len()],
                value
            );
            lines.push(spot.line);
        }
        assert_eq!(lines, [2, 3, 3, 4]);
        assert!(split.take_if(b']').unwrap() && split.peek().unwrap().is_none());
    }

    #[test]
    fn what_ends_too_early_is_told_with_its_place() {
        for (text, line) in [("\n{\"a\":", 2), ("\"abc\\", 1), ("[[1]", 1)] {
            let error = Split::new(text.as_bytes()).unwrap().value().unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line}, ")), "{error}");
        }
    }
}
