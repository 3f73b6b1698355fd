//! `holdfast reconcile`: files sent to a running server, which holds them against its ledger, and its
//! reports printed.

mod output;

use std::path::PathBuf;
use std::process::ExitCode;

use super::sending::{self, NoReport};
use crate::cli::statement::Time;
use crate::client::ServerArgs;
use crate::reconcile::report::Told;
pub use output::Format;
use output::Output;

/// Which files are held against which ledger, and how that is shown.
#[derive(Clone, Debug, clap::Args)]
pub struct ReconcileArgs {
    /// Settlement files (PBA_EOS_….json) or clearing files, each by itself
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Movements from then on must be in the file [default: those that the file spans]
    #[arg(long, value_name = "TIME", value_parser = Time::parse)]
    from: Option<Time>,
    /// Movements before then must be in the file [default: those that the file spans]
    #[arg(long, value_name = "TIME", value_parser = Time::parse)]
    to: Option<Time>,
    /// How many breaks are listed; all are counted
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: u32,
    /// The SHA-256 that the file was announced with
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// How the report is shown
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Where it goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Who is asked.
    #[command(flatten)]
    server: ServerArgs,
}

/// What the help says at its end.
pub const HELP: &str = "\
A record and what the ledger moved belong together by transaction_id, original_transaction_id, and \
original_tenant_transaction_ref where that is a name of this ledger's. Taken are the documented \
object with reconciliationAndNetSettlementSummary and settlementRecordDetails, a list of records, and \
an object with any lists of records under any names. A file may be larger than memory.

A movement of the ledger that no record tells of is a break if its transaction moved last within the \
window. Where several files share a day, say --from and --to.

JSON is the report as the server tells it, a line for each file.

Examples:
  holdfast reconcile PBA_EOS_5f0c_20251125_191000.json
  holdfast reconcile eos.json --from 2025-11-24 --to 2025-11-25 --format html --output eos.html

Exit status: 0 no breaks; 1 breaks; 2 a file is unusable, or what was typed is not understood; 3 no \
verdict, the server could not be asked (the reason is on standard error).";

/// Sends each file, and shows what comes back.
///
/// # Errors
/// A file that is [unusable](sending::Unusable); else [`NoReport`].
pub fn reconcile(args: ReconcileArgs) -> anyhow::Result<ExitCode> {
    let query = query(&args);
    let ReconcileArgs { files, format, output, server, .. } = args;
    if files.len() > 1 && format == Format::Html {
        return Err(NoReport::why("a page shows one file: give one, or another --format").into());
    }
    let mut output = Output::new(format, output.as_deref()).map_err(NoReport::why)?;
    let mut operator = sending::patient(server)?;
    let mut breaks = 0;
    for file in &files {
        let body = sending::send(&mut operator, file, "/v1/reconciliations", &query)?;
        let told: Told = sending::understood(&body)?;
        output.show(&told, &body).map_err(NoReport::why)?;
        breaks += told.breaks_found;
    }
    output.finish().map_err(NoReport::why)?;
    Ok(if breaks == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All that is asked but for the name of the file.
fn query(args: &ReconcileArgs) -> Vec<(&'static str, String)> {
    let time = |time: Option<Time>| time.map(|time| time.to_string());
    let members = [
        ("from", time(args.from)),
        ("to", time(args.to)),
        ("limit", Some(args.limit.to_string())),
        ("sha256", args.sha256.clone()),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
