//! What a reconciliation tells.
//!
//! The server tells a [`Report`] as JSON; what reads that ([`Told`]) is shown as a table, as CSV, or
//! as one page of HTML, so that whoever keeps the JSON can show it otherwise at any time.

mod csv;
mod html;
mod json;
mod refs;
mod table;
mod told;

use std::collections::BTreeMap;

pub use csv::csv;
pub use html::html;
pub use json::{broken, json};
pub use refs::named;
pub use table::table;
pub use told::Told;

use super::breaks::Break;
use super::kind::Kind;
use super::run::Window;
use super::summary::Checked;
use super::tally::Tallies;
use crate::engine::Lsn;
use crate::ledger::{Currency, Moment};

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name that the file was given under.
    pub name: String,
    /// The name that it gives itself; empty where it gives none.
    pub file_name: String,
    /// Its `network_settlement_file_ref`; empty where it has none.
    pub file_ref: String,
    /// Whether it is of settlement, not of clearing.
    pub is_settlement: bool,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// How many records it has.
    pub records: u64,
    /// When it was compared.
    pub as_of: Moment,
    /// The last record of the log that it was compared with.
    pub upto: Lsn,
    /// Which movements must be in it.
    pub window: Window,
    /// How many of its records the ledger has, too.
    pub matched: u64,
    /// How many breaks there are of each kind.
    pub counts: BTreeMap<Kind, u64>,
    /// How many of them were never opened before.
    pub opened: u64,
    /// Those that are listed.
    pub breaks: Vec<Break>,
    /// The figures of its summary.
    pub checked: Vec<Checked>,
    /// The currency of its summary.
    pub currency: Option<Currency>,
    /// What its records add up to.
    pub tallies: Tallies,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            name: String::new(),
            file_name: String::new(),
            file_ref: String::new(),
            is_settlement: false,
            bytes: 0,
            sha256: String::new(),
            records: 0,
            as_of: Moment::default(),
            upto: Lsn::ZERO,
            window: Window::default(),
            matched: 0,
            counts: BTreeMap::new(),
            opened: 0,
            breaks: Vec::new(),
            checked: Vec::new(),
            currency: None,
            tallies: Tallies::new(),
        }
    }
}

impl Report {
    /// How many breaks there are, listed or not.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.counts.values().sum()
    }

    /// What tells this file from every other: its own reference, else its own name, else the one
    /// that it was given under.
    #[must_use]
    pub fn identity(&self) -> &str {
        let names = [&self.file_ref, &self.file_name, &self.name];
        names.into_iter().find(|name| !name.is_empty()).map_or("", String::as_str)
    }
}
