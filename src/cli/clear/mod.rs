//! `holdfast clear`: files of clearing records sent to a running server, which applies each once, and
//! what became of them printed.

mod told;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::sending::{self, NoReport, closed};
use crate::client::ServerArgs;
use told::Told;

/// Which files are applied, and how that is shown.
#[derive(Clone, Debug, clap::Args)]
pub struct ClearArgs {
    /// Clearing files, lists of records, or files with a record in each line
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How many records are listed that were not refused; all are counted
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: u32,
    /// As the server tells it: JSON, a line for each file
    #[arg(long)]
    json: bool,
    /// Who is asked.
    #[command(flatten)]
    server: ServerArgs,
}

/// What the help says at its end.
pub const HELP: &str = "\
The server must run with integration_mode = \"clearing\". Each record is applied once, by its type and \
its network_clearing_ref: the same file sent again, or another one with some of its records, applies \
what is not applied yet. What is refused is listed with the reason, moves nothing, and stays in \
/v1/breaks until someone resolves it.

Examples:
  holdfast clear PBA_EOC_5f0c_20251125_061000.json
  holdfast reconcile PBA_EOC_5f0c_20251125_061000.json

Exit status: 0 all are applied; 1 some were refused; 2 a file is unusable, or what was typed is not \
understood; 3 it is not known, the server could not be asked (the reason is on standard error; send \
the file again).";

/// Sends each file, and shows what comes back.
///
/// # Errors
/// A file that is [unusable](sending::Unusable); else [`NoReport`].
pub fn clear(args: ClearArgs) -> anyhow::Result<ExitCode> {
    let ClearArgs { files, limit, json, server } = args;
    let mut operator = sending::patient(server)?;
    let (mut refused, query) = (0, [("limit", limit.to_string())]);
    for file in &files {
        let body = sending::send(&mut operator, file, "/v1/clearings", &query)?;
        let told: Told = sending::understood(&body)?;
        let shown = if json {
            String::from_utf8_lossy(&body).into_owned()
        } else {
            told.lines().join("\n")
        };
        closed(writeln!(io::stdout().lock(), "{shown}")).map_err(NoReport::why)?;
        refused += told.refused;
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
