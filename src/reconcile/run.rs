//! One reconciliation from its file to its report.

use std::io::{self, Read};
use std::path::PathBuf;

use foldhash::HashMap;
use sha2::{Digest, Sha256};
use wal::Storage;

use super::books::{self, Books, BooksError};
use super::breaks::{Break, Figure, Found, Sum};
use super::file::{self, Facts, FileError};
use super::kind::Kind;
use super::matching::{Candidate, Common, Group, Telling};
use super::record::Read as Record;
use super::references::References;
use super::report::Report;
use super::resolve::Resolver;
use super::row::{Eye, Pen};
use super::spill::{Pile, hash, partition_of};
use super::summary::{Checked, Value};
use super::tally::{self, Tallies};
use crate::engine::{Currencies, Engine};
use crate::ledger::Moment;

/// What is asked of a reconciliation.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The name of the file.
    pub name: String,
    /// Which movements must be in the file: those from then on.
    pub from: Option<Moment>,
    /// Which movements must be in the file: those before then.
    pub to: Option<Moment>,
    /// How many breaks are listed; all are counted.
    pub limit: usize,
    /// The SHA-256 that the file was announced with, in hex.
    pub sha256: Option<String>,
    /// Where there is room for what does not fit into memory.
    pub spill_dir: PathBuf,
}

/// The movements that must be in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// From then on.
    pub from: Moment,
    /// Before then.
    pub to: Moment,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The file is not one of settlement or clearing.
    #[error("{0}")]
    Unusable(String),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] BooksError),
    /// There is no room.
    #[error("no room for what is compared: {0}")]
    Spill(#[from] io::Error),
}

/// Reconciles a file with the ledger. Blocks for as long as it takes to read both.
///
/// # Errors
/// When the file cannot be used at all, or one of the two not be read.
pub fn reconcile<S: Storage>(
    ledger: &Engine<S>,
    currencies: &Currencies,
    input: impl Read,
    asked: &Asked,
) -> Result<Report, ReconcileError> {
    let mut hashed = Hashed { input, hash: Sha256::new(), bytes: 0 };
    let mut run = Run::new(asked);
    let facts = file::read(&mut hashed, currencies, |record| run.take(record));
    let facts = facts.map_err(|error| match error {
        FileError::Unusable(why) => ReconcileError::Unusable(why.to_string()),
        FileError::Stopped(error) => error.into(),
    })?;
    let (bytes, sha256) = (hashed.bytes, hex(&hashed.hash.finalize()));
    run.announced(&sha256);
    let books = books::read(ledger, &asked.spill_dir, run.resolver.wants_places())?;
    let compared = run.compare(&facts, &books)?;
    let name = asked.name.clone();
    Ok(Report { name, bytes, sha256, as_of: ledger.now(), ..compared })
}

/// What is known while a file is reconciled.
struct Run<'a> {
    asked: &'a Asked,
    found: Found,
    resolver: Resolver,
    references: References,
    tallies: Tallies,
    /// Whether of every record it is known what it settles.
    whole: bool,
    /// A hash of the first record's file.
    first_file: u64,
}

/// What comparing the transactions makes.
#[derive(Default)]
struct Compared {
    again: Tallies,
    candidates: Pile,
    matched: u64,
    span: Option<(Moment, Moment)>,
}

impl<'a> Run<'a> {
    fn new(asked: &'a Asked) -> Self {
        Self {
            asked,
            found: Found::new(asked.limit),
            resolver: Resolver::default(),
            references: References::default(),
            tallies: Tallies::new(),
            whole: true,
            first_file: 0,
        }
    }

    /// One record.
    fn take(&mut self, record: &Record<'_>) -> io::Result<()> {
        let row = record.row();
        match &record.settled {
            Some(settled) => {
                tally::add(&mut self.tallies, row.of_type.class(), record.gives, settled);
            }
            None => self.whole = false,
        }
        if let Some(bad) = &record.bad {
            let found = Break::new(Kind::UnusableRecord).of_record(&row);
            let member = bad.member.unwrap_or_default();
            let what = format!("{member} {}", bad.what).trim_start().to_owned();
            self.found.add(Break { member: member.to_owned(), in_file: None, what, ..found });
        }
        if self.first_file == 0 {
            self.first_file = row.of_file;
        }
        let spill_dir = &self.asked.spill_dir;
        self.references.add(&row, spill_dir)?;
        self.resolver.add(&row, spill_dir)
    }

    /// Whether the file is the one that was announced.
    fn announced(&mut self, sha256: &str) {
        let announced = self.asked.sha256.as_ref();
        if let Some(other) = announced.filter(|it| !it.eq_ignore_ascii_case(sha256)) {
            let what = format!("it was announced as {other}, and is {sha256}");
            self.found.add(Break::new(Kind::ChecksumDiffers).saying(what));
        }
    }

    /// Both sides against each other.
    fn compare(mut self, facts: &Facts, books: &Books) -> Result<Report, ReconcileError> {
        let resolver = std::mem::take(&mut self.resolver);
        let records = resolver.resolve(books, &self.asked.spill_dir)?;
        let compared = self.transactions(&records, books, self.common(facts))?;
        drop(records);
        self.references.tell(&mut self.found)?;
        let window = self.window(facts, compared.span);
        self.ledger_only(&compared.candidates, window, facts.is_settlement)?;
        let checked = self.summary(facts, &compared.again);
        let (counts, breaks) = self.found.finish();
        let summary = facts.summary.clone().unwrap_or_default();
        Ok(Report {
            file_name: summary.file_name,
            file_ref: summary.file_ref,
            is_settlement: facts.is_settlement,
            records: facts.records,
            upto: books.upto,
            window,
            matched: compared.matched,
            counts,
            breaks,
            checked,
            currency: summary.currency,
            tallies: self.tallies,
            ..Report::default()
        })
    }

    fn common(&self, facts: &Facts) -> Common {
        let summary = facts.summary.as_ref();
        let file_ref = summary.map(|it| it.file_ref.as_str()).filter(|it| !it.is_empty());
        Common {
            currency: summary.and_then(|it| it.currency),
            file: file_ref.map_or(self.first_file, |it| hash(it.as_bytes())),
        }
    }

    /// Every transaction, partition by partition.
    fn transactions(
        &mut self,
        records: &Pile,
        books: &Books,
        common: Common,
    ) -> io::Result<Compared> {
        let mut compared = Compared::default();
        let found = &mut self.found;
        let mut telling = Telling { common, found, matched: 0, span: None };
        let mut failed = Ok(());
        for partition in Pile::partitions() {
            let (rows, operations) = (records.read(partition)?, books.operations.read(partition)?);
            for group in groups(&rows, &operations) {
                group.compare(
                    &mut telling,
                    &mut |row| {
                        let Some(settled) = row.settled else { return };
                        let class = row.of_type.class();
                        tally::add(&mut compared.again, class, row.minor < 0, &settled);
                    },
                    &mut |it| {
                        let kept = keep(&mut compared.candidates, &it, &self.asked.spill_dir);
                        failed = std::mem::replace(&mut failed, Ok(())).and(kept);
                    },
                );
            }
        }
        (compared.matched, compared.span) = (telling.matched, telling.span);
        failed.map(|()| compared)
    }

    /// What was asked for, else what the file spans: the moments of its records and its summary, and
    /// of the operations that they were compared with.
    fn window(&self, facts: &Facts, compared: Option<(Moment, Moment)>) -> Window {
        let made = facts.summary.as_ref().and_then(|it| it.at).map(|at| (at, at));
        let spans: Vec<_> = [facts.span, compared, made].into_iter().flatten().collect();
        let first = spans.iter().map(|(first, _)| *first).min();
        let last = spans.iter().map(|(_, last)| *last).max();
        let behind = last.map(|last| Moment::from_micros(last.micros().saturating_add(1)));
        let from = self.asked.from.or(first).unwrap_or_default();
        Window { from, to: self.asked.to.or(behind).unwrap_or(from) }
    }

    fn ledger_only(
        &mut self,
        candidates: &Pile,
        window: Window,
        is_settlement: bool,
    ) -> io::Result<()> {
        for partition in Pile::partitions() {
            let rows = candidates.read(partition)?;
            let mut eye = Eye(&rows);
            while let Some(it) = kept(&mut eye) {
                let told = is_settlement || !it.last.posts;
                if told && window.from <= it.last.at && it.last.at < window.to {
                    let found = Break::new(it.kind).of_operation(&it.last);
                    let currency = it.last.currency;
                    let sum = currency.map(|currency| Sum { minor: it.minor, currency });
                    self.found.add(Break { in_ledger: sum.map(Figure::Sum), ..found });
                }
            }
        }
        Ok(())
    }

    /// The summary against the records.
    fn summary(&mut self, facts: &Facts, again: &Tallies) -> Vec<Checked> {
        if let Some(told) = facts.instructions.filter(|told| *told != facts.records) {
            self.found.add(Break {
                member: "number_of_instructions".to_owned(),
                in_file: Some(Figure::Count(told)),
                in_ledger: Some(Figure::Count(facts.records)),
                ..Break::new(Kind::CountDiffers)
            });
        }
        let Some(summary) = &facts.summary else { return Vec::new() };
        for (member, what) in &summary.bad {
            let what = format!("{member} {what}");
            let found = Break::new(Kind::UnusableSummary).saying(what);
            self.found.add(Break { member: member.clone(), ..found });
        }
        let checked = summary.check(&self.tallies, again, self.whole);
        for it in &checked {
            let Some(kind) = it.wrong else { continue };
            let figure = |value| match value {
                Value::Count(count) => Some(Figure::Count(count)),
                Value::Amount(minor) => {
                    Some(Figure::Sum(Sum { minor, currency: summary.currency? }))
                }
            };
            self.found.add(Break {
                member: it.member.to_owned(),
                in_file: it.told.and_then(figure),
                in_ledger: figure(it.counted),
                ..Break::new(kind)
            });
        }
        checked
    }
}

/// The transactions of one partition, each with what both sides have of it.
fn groups<'a>(rows: &'a [u8], operations: &'a [u8]) -> impl Iterator<Item = Group<'a>> {
    let mut groups: HashMap<&str, Group<'a>> = HashMap::default();
    let empty = || Group { records: Vec::new(), operations: Vec::new() };
    let mut eye = Eye(operations);
    while let Some(row) = eye.ledger_row() {
        groups.entry(row.transaction).or_insert_with(empty).operations.push(row);
    }
    let mut eye = Eye(rows);
    while let Some(row) = eye.file_row() {
        groups.entry(row.transaction).or_insert_with(empty).records.push(row);
    }
    groups.into_values()
}

fn keep(pile: &mut Pile, it: &Candidate<'_>, spill_dir: &std::path::Path) -> io::Result<()> {
    pile.add(partition_of(it.last.transaction.as_bytes()), spill_dir, |out| {
        out.push(it.kind.number());
        out.extend_from_slice(&it.minor.to_le_bytes());
        Pen(out).ledger_row(&it.last);
    })
}

fn kept<'a>(eye: &mut Eye<'a>) -> Option<Candidate<'a>> {
    let (kind, rest) = eye.0.split_first()?;
    let (minor, rest) = rest.split_first_chunk::<16>()?;
    eye.0 = rest;
    let (kind, minor) = (Kind::from_number(*kind)?, i128::from_le_bytes(*minor));
    Some(Candidate { kind, minor, last: eye.ledger_row()? })
}

/// What is read, counted and hashed.
struct Hashed<R> {
    input: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        self.bytes += u64::try_from(read).unwrap_or(0);
        Ok(read)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
