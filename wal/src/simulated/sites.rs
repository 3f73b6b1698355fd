//! From where the operations of a disk are asked for, and which of them were made to fail.

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::Arc;

use parking_lot::Mutex;

use super::faults::{Failure, Fault, Operation};

/// A line of code that asks for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// The file, as the compiler was told of it.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// What is asked for there.
    pub operation: Operation,
}

/// What happened at one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was reached.
    pub reached: u64,
    /// How often it was made to fail in each way, once and for ever.
    pub failed: BTreeMap<(Failure, bool), u64>,
}

/// The sites that were reached on some disks, and on all ends of their histories.
#[derive(Clone, Debug, Default)]
pub struct Sites(Arc<Mutex<BTreeMap<Site, Tally>>>);

impl Sites {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All that were reached until now.
    #[must_use]
    pub fn reached(&self) -> BTreeMap<Site, Tally> {
        self.0.lock().clone()
    }

    pub(super) fn note(&self, operation: Operation, at: &Location<'static>, fault: Option<&Fault>) {
        let site = Site { file: at.file(), line: at.line(), operation };
        let mut sites = self.0.lock();
        let tally = sites.entry(site).or_default();
        tally.reached += 1;
        if let Some(fault) = fault {
            *tally.failed.entry((fault.failure, fault.lasting)).or_default() += 1;
        }
    }
}
