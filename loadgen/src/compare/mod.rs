//! Two saved reports side by side: what changed, and whether that may be chance.
//!
//! Reports of different workloads are refused unless that is asked for, and so are reports of runs
//! that were invalid or incorrect: their figures say nothing of the server.

mod bootstrap;
mod figure;
mod saved;
mod table;

pub use bootstrap::Basis;
pub use figure::{Change, Figure, Regression, RegressionError};
pub use saved::Saved;

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

/// Two reports, compared.
#[derive(Debug)]
pub struct Comparison {
    /// Each of [`Figure::ALL`].
    pub rows: Vec<Row>,
    /// What the intervals are made of; `None` when there is too little to make any.
    pub basis: Option<Basis>,
    /// What differs beside the figures.
    pub notes: Vec<String>,
}

/// One figure of both.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub figure: Figure,
    /// What it was.
    pub base: u64,
    /// What it is.
    pub new: u64,
    /// How it changed.
    pub change: Change,
    /// Within which bounds the change lies, with 95 % confidence.
    pub interval: Option<(Change, Change)>,
}

/// Why two reports are not compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// A file is no report.
    #[error("{} is no report of holdfast-loadgen: {why}; --save DIR writes DIR/report.json", path.display())]
    NoReport {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A report whose figures say nothing of the server.
    #[error("{} is of a run that was {why}; its figures cannot be compared", path.display())]
    Worthless {
        /// The file.
        path: PathBuf,
        /// Its verdict, and why.
        why: String,
    },
    /// Different things were asked.
    #[error("the two runs did not ask the same: {}; --anyway compares them all the same", .0.join(", "))]
    Different(Vec<String>),
    /// A bound was asked for that cannot be judged.
    #[error(
        "the runs are too short to tell a change from chance: both need {} repeats or as many seconds",
        bootstrap::PIECES_MIN
    )]
    TooShort,
}

impl Comparison {
    /// Reads and compares two reports; of different workloads only if it is to be done `anyway`.
    ///
    /// # Errors
    ///
    /// They cannot be read, or must not be compared.
    pub fn of(base: &Path, new: &Path, anyway: bool) -> Result<Self, CompareError> {
        let (base, new) = (Saved::read(base)?, Saved::read(new)?);
        let different = differences(&base.workload, &new.workload, "");
        if !different.is_empty() && !anyway {
            return Err(CompareError::Different(different));
        }
        let notes = different.into_iter().chain(surroundings(&base, &new)).collect();
        let (basis, intervals) = bootstrap::intervals(&base, &new).unzip();
        let figures =
            bootstrap::figures(&base.repeats).into_iter().zip(bootstrap::figures(&new.repeats));
        let row = |(index, (figure, (base, new))): (usize, (Figure, (u64, u64)))| Row {
            figure,
            base,
            new,
            change: figure.change(base, new),
            interval: intervals.as_ref().map(|intervals: &Vec<_>| intervals[index]),
        };
        let rows = Figure::ALL.into_iter().zip(figures).enumerate().map(row).collect();
        Ok(Self { rows, basis, notes })
    }

    /// The bounds that were broken: the figure is worse by more, and that is not chance.
    ///
    /// # Errors
    ///
    /// The runs are too short to say that anything is not chance.
    pub fn broken(&self, bounds: &[Regression]) -> Result<Vec<Regression>, CompareError> {
        if !bounds.is_empty() && self.basis.is_none() {
            return Err(CompareError::TooShort);
        }
        let is_broken = |bound: &&Regression| {
            let mut rows = self.rows.iter().filter(|row| row.figure == bound.figure);
            rows.any(|row| {
                row.is_significant() && row.figure.worse_by(row.change) > bound.hundredths
            })
        };
        Ok(bounds.iter().filter(is_broken).copied().collect())
    }
}

impl Row {
    /// Whether the interval excludes that nothing changed.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low.hundredths() > 0 || high.hundredths() < 0)
    }
}

/// Of the machine and the programs, what makes figures differ by itself.
fn surroundings(base: &Saved, new: &Saved) -> Vec<String> {
    let told = |saved: &Saved| {
        let passing = ["at", "load_average"];
        let mut told = saved.environment.clone();
        told.retain(|name, _| !passing.contains(&name.as_str()));
        if let Some(Value::Object(disk)) = told.get_mut("disk") {
            disk.retain(|name, _| ["file_system", "device"].contains(&name.as_str()));
        }
        told.insert("debug_build".to_owned(), Value::Bool(saved.debug_build));
        told
    };
    differences(&told(base), &told(new), "")
}

/// Each member that is not the same in both: its name, what it was, what it is.
fn differences(base: &Map<String, Value>, new: &Map<String, Value>, of: &str) -> Vec<String> {
    let mut names: Vec<_> = base.keys().chain(new.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let value = |members: &Map<String, Value>, name: &String| {
        members.get(name).cloned().unwrap_or(Value::Null)
    };
    let mut found = Vec::new();
    for name in names {
        match (value(base, name), value(new, name)) {
            (base, new) if base == new => {}
            (Value::Object(base), Value::Object(new)) => {
                found.extend(differences(&base, &new, &format!("{of}{name} ")));
            }
            (base, new) => found.push(format!("{of}{name} {base} and {new}")),
        }
    }
    found
}
