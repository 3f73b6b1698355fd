//! What was typed about the report and what is shown meanwhile.

use std::path::PathBuf;

use clap::Args;

/// Where the results go.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Results")]
pub struct Outputs {
    /// Print one JSON object instead of text; `holdfast-loadgen schema` prints its schema
    #[arg(long)]
    pub json: bool,
    /// Write report.json, report.html, response.hgrm, service.hgrm and seconds.csv there
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// Show nothing while the run goes on
    #[arg(long)]
    pub quiet: bool,
    /// Where the disk's own fdatasync is measured: best on the disk of the server's data
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub disk: PathBuf,
}
