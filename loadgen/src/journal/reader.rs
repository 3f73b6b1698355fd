//! Reads a journal line by line, so that one of any length takes no more memory than a part of it.
//!
//! Lines stand in the order in which answers came, and are wanted in the order in which requests
//! were meant to be sent. An answer takes seconds at most, so a window of lines is enough to sort
//! them. A file that needs a longer one is refused.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    time::Duration,
};

use hyper::{StatusCode, body::Bytes};

use super::{
    VERSION,
    line::{Header, WireLine},
};
use crate::{simulator::step::Operation, wire::Reply};

/// How many lines are looked ahead.
const WINDOW: usize = 65_536;

/// One line as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "see the table of the format")]
pub struct Recorded {
    pub intended: Duration,
    /// Where it stands in the file; breaks ties.
    pub number: u64,
    pub operation: Operation,
    pub body: Bytes,
    pub reply: Reply,
}

/// Why a file is no journal.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum JournalError {
    #[error("{0} cannot be read: {1}")]
    Read(PathBuf, #[source] io::Error),
    #[error("{0}, line {1}: {2}")]
    Line(PathBuf, u64, String),
}

/// Reads the first line of a journal.
///
/// # Errors
///
/// The file cannot be read, or begins otherwise.
pub fn read_header(path: &Path) -> Result<Header, JournalError> {
    let mut lines = Numbered::open(path)?;
    let (number, line) = lines.next().transpose()?.unwrap_or((1, String::new()));
    let refused = |why| JournalError::Line(path.to_owned(), number, why);
    let header: Header = serde_json::from_str(&line)
        .map_err(|error| refused(format!("it is not the first line of a journal: {error}")))?;
    match header.holdfast_journal {
        VERSION => Ok(header),
        other => Err(refused(format!("its version is {other}, and only {VERSION} can be read"))),
    }
}

/// The other lines, in the order in which they were meant to be sent.
///
/// # Errors
///
/// The file cannot be opened. What is wrong with a line comes in its place.
pub fn lines(path: &Path) -> Result<Ordered, JournalError> {
    let mut lines = Numbered::open(path)?;
    drop(lines.next());
    Ok(Ordered { lines, waiting: BinaryHeap::new(), last: Duration::ZERO })
}

/// Lines in the order of their intended times.
#[derive(Debug)]
pub struct Ordered {
    lines: Numbered,
    waiting: BinaryHeap<Reverse<Recorded>>,
    last: Duration,
}

impl Iterator for Ordered {
    type Item = Result<Recorded, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.waiting.len() < WINDOW {
            match self.lines.next() {
                None => break,
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok((number, line))) => match parse(number, &line) {
                    Ok(recorded) => self.waiting.push(Reverse(recorded)),
                    Err(why) => return Some(Err(self.lines.refused(number, why))),
                },
            }
        }
        let Reverse(first) = self.waiting.pop()?;
        if first.intended < self.last {
            let why =
                format!("it was meant to be sent before what stands {WINDOW} lines before it");
            return Some(Err(self.lines.refused(first.number, why)));
        }
        self.last = first.intended;
        Some(Ok(first))
    }
}

impl Ord for Recorded {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.intended, self.number).cmp(&(other.intended, other.number))
    }
}

impl PartialOrd for Recorded {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn parse(number: u64, line: &str) -> Result<Recorded, String> {
    let wire: WireLine<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let operation = Operation::ALL.into_iter().find(|it| it.name() == wire.operation);
    let status = StatusCode::from_u16(wire.status);
    if !wire.body.get().starts_with('{') {
        return Err("body is not an object".to_owned());
    }
    Ok(Recorded {
        intended: Duration::from_micros(wire.intended_us),
        number,
        operation: operation.ok_or_else(|| format!("no operation is called {}", wire.operation))?,
        body: Bytes::from(wire.body.get().to_owned()),
        reply: Reply {
            status: status.map_err(|_| format!("{} is no HTTP status", wire.status))?,
            replayed: wire.replayed,
            body: Bytes::from(wire.answer.get().to_owned()),
        },
    })
}

/// The lines of a file with their numbers.
#[derive(Debug)]
struct Numbered {
    path: PathBuf,
    lines: Lines<BufReader<File>>,
    number: u64,
}

impl Numbered {
    fn open(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(|error| JournalError::Read(path.to_owned(), error))?;
        Ok(Self { path: path.to_owned(), lines: BufReader::new(file).lines(), number: 0 })
    }

    fn refused(&self, number: u64, why: String) -> JournalError {
        JournalError::Line(self.path.clone(), number, why)
    }
}

impl Iterator for Numbered {
    type Item = Result<(u64, String), JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        self.number += 1;
        let line = line.map_err(|error| JournalError::Read(self.path.clone(), error));
        Some(line.map(|line| (self.number, line)))
    }
}

#[cfg(test)]
mod tests {
    use super::{lines, read_header};
    use std::{fs, path::PathBuf};

    const HEADER: &str =
        r#"{"holdfast_journal":1,"run":"r","seed":1,"opened_with":10000.00,"shared":false}"#;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("holdfast-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        path
    }

    fn line(intended: u64) -> String {
        format!(
            r#"{{"intended_us":{intended},"sent_us":1,"done_us":2,"operation":"debit_balance","body":{{}},"status":200,"replayed":false,"answer":{{"success":true}}}}"#
        )
    }

    #[test]
    fn lines_come_in_the_order_in_which_they_were_meant_to_be_sent() {
        let text = [HEADER.to_owned(), line(30), line(10), line(20), line(10)].join("\n");
        let path = file("order", &text);
        let read = lines(&path).unwrap().map(|line| line.unwrap());
        let read: Vec<_> = read.map(|line| (line.intended.as_micros(), line.number)).collect();
        assert_eq!(read, [(10, 3), (10, 5), (20, 4), (30, 2)]);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_no_journal_is_refused_with_the_number_of_its_line() {
        let good = line(1);
        let rows = [
            (String::new(), "line 1: it is not the first line"),
            (HEADER.replace(":1,", ":2,"), "line 1: its version is 2"),
            (format!("{HEADER}\n{good}\n{{}}"), "line 3: missing field"),
            (format!("{HEADER}\n{good}\n\n{good}"), "line 3: EOF"),
            (
                format!("{HEADER}\n{}", good.replace("debit_b", "b")),
                "line 2: no operation is called",
            ),
            (format!("{HEADER}\n{}", good.replace(":200", ":20")), "line 2: 20 is no HTTP status"),
            (format!("{HEADER}\n{}", good.replace("{},", "7,")), "line 2: body is not an object"),
            (format!("{HEADER}\n{}", &good[..40]), "line 2: EOF"),
        ];
        for (text, expected) in rows {
            let path = file("malformed", &text);
            let first = read_header(&path).map(drop);
            let all = first.and_then(|()| lines(&path)?.try_for_each(|line| line.map(drop)));
            let said = all.unwrap_err().to_string();
            assert!(said.contains(expected), "{text}: {said}");
            fs::remove_file(path).unwrap();
        }
    }
}
