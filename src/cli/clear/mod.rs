//! `holdfast clear`: files of clearing records sent to a running server, which applies each once, and
//! what became of them printed.

mod told;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::client::{Operator, OperatorError, ServerArgs, Upload};
use crate::print::bar;
use told::Told;

/// How long a file may take to be sent and applied.
const PATIENCE: Duration = Duration::from_secs(6 * 3_600);

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

/// A file that cannot be applied.
#[derive(Debug, thiserror::Error)]
#[error("{file} is unusable: {why}")]
pub struct Unusable {
    file: String,
    why: String,
}

/// Why nothing is known of a file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoReport(String);

/// Sends each file, and shows what comes back.
///
/// # Errors
/// An [`Unusable`] file; else [`NoReport`].
pub fn clear(args: ClearArgs) -> anyhow::Result<ExitCode> {
    let ClearArgs { files, limit, json, server } = args;
    let mut operator = server.operator().map_err(no_report)?.with_patience(PATIENCE);
    let mut refused = 0;
    for file in &files {
        let body = send(&mut operator, file, limit)?;
        let told: Told = serde_json::from_slice(&body)
            .map_err(|why| no_report(format!("the answer is not understood: {why}")))?;
        let shown = if json {
            String::from_utf8_lossy(&body).into_owned()
        } else {
            told.lines().join("\n")
        };
        closed(writeln!(io::stdout().lock(), "{shown}")).map_err(no_report)?;
        refused += told.refused;
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The report of one file, as it was told.
fn send(operator: &mut Operator, path: &Path, limit: u32) -> anyhow::Result<Vec<u8>> {
    let unusable = |why: String| Unusable { file: path.display().to_string(), why };
    let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
    let bytes = file.metadata().map_err(|error| unusable(error.to_string()))?.len();
    let bar = bar("sending", bytes);
    let sent = bar.clone();
    let upload = Upload::new(file, move |bytes| sent.inc(bytes)).map_err(no_report)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("name", &name)
        .append_pair("limit", &limit.to_string())
        .finish();
    let answer = operator.upload(&format!("/v1/clearings?{query}"), upload);
    bar.finish_and_clear();
    match answer {
        Ok(body) => Ok(body.to_vec()),
        Err(OperatorError::Refused { code, message, .. }) if code == "UNUSABLE_FILE" => {
            Err(unusable(message).into())
        }
        Err(error) => Err(NoReport(format!("{:#}", anyhow::Error::new(error))).into()),
    }
}

fn no_report(why: impl Display) -> NoReport {
    NoReport(why.to_string())
}

/// Who reads has read enough.
fn closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
