//! One audit: the log read, its records folded, what was answered compared.

use std::path::Path;

use crate::books::{Books, Rules};
use crate::expectation::Expectations;
use crate::finding::{Findings, Margin};
use crate::log::{self, Extent, Stored, Unreadable, Visitor};
use crate::record::Record;

/// An audit under way.
#[derive(Debug)]
pub struct Audit {
    /// What was found.
    pub findings: Findings,
    /// The second set of books.
    pub books: Books,
    /// What was answered.
    pub expectations: Expectations,
    links: Vec<u64>,
}

impl Audit {
    /// An audit by these rules that keeps so many findings.
    #[must_use]
    pub fn new(rules: Rules, keep: usize) -> Self {
        Self {
            findings: Findings::new(keep),
            books: Books::new(rules),
            expectations: Expectations::default(),
            links: Vec::new(),
        }
    }

    /// Audits the log in the data directory `data`, or in that directory itself where it has no
    /// folder `wal`, as a mirror has none; and in its archive, where it has one.
    ///
    /// # Errors
    /// When it cannot be read. What is wrong with it is a finding.
    pub fn run(&mut self, data: &Path, archive: Option<&Path>) -> Result<Extent, Unreadable> {
        let folder = data.join("wal");
        let own = if folder.is_dir() { folder } else { data.to_owned() };
        let directories = [own].into_iter().chain(archive.map(Path::to_owned)).collect();
        let extent = log::read(directories, self)?;
        self.books.close(&mut self.findings);
        self.expectations.close(&mut self.findings);
        Ok(extent)
    }
}

impl Visitor for Audit {
    fn record(&mut self, stored: &Stored<'_>, file: &str) -> Option<i64> {
        let mut margin = Margin::new(&mut self.findings, stored.lsn, file);
        match Record::read(stored.payload) {
            Ok(record) => {
                self.links.clear();
                self.links.extend(stored.links());
                self.books.fold(stored.lsn, &self.links, &record, &mut margin);
                self.expectations.meet(stored.lsn, &record, &mut margin);
                Some(record.at)
            }
            Err(error) => {
                margin.note(format!("it is no record: {error}"));
                None
            }
        }
    }

    fn findings(&mut self) -> &mut Findings {
        &mut self.findings
    }
}
