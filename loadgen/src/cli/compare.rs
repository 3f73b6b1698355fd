//! What was typed to compare two reports.

use std::path::PathBuf;

use clap::Args;

use crate::compare::Regression;

/// Two reports, and how much worse the second may be.
#[derive(Debug, Clone, Args)]
pub struct CompareArgs {
    /// The report.json of the run before
    #[arg(value_name = "BASE")]
    pub base: PathBuf,
    /// The report.json of the run after
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Exit with 2 when a figure is worse by more than this and that is no chance: p50, p90, p95,
    /// p99, p99.9, max, throughput in percent of what it was, error in percentage points
    #[arg(long, value_name = "FIGURE=PERCENT", value_delimiter = ',')]
    pub fail_on_regression: Vec<Regression>,
    /// Compare runs that did not ask the same
    #[arg(long)]
    pub anyway: bool,
}
