//! What can be typed.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Parser;

use crate::audit::Audit;
use crate::books::{OverCapture, Rules, Unlinked};
use crate::compare::{self, AskError, Client};
use crate::expectation::Expectations;
use crate::log::Unreadable;
use crate::report::Report;

/// A second set of books: reads a holdfast log with code of its own, and compares.
///
/// Every checksum is checked, every record decided anew by the rules of the contract, every balance
/// worked out from postings alone. Nothing is changed or locked, so it may run beside a server.
///
/// Exit status: 0 clean, 1 findings, 2 it cannot be read or was not understood.
#[derive(Debug, Parser)]
#[command(name = "holdfast-auditor", version)]
pub struct Args {
    /// The server's data directory, or a mirror of its log
    #[arg(value_name = "DATA_DIR")]
    pub data_dir: PathBuf,
    /// Where the server's sealed segments go that are old
    #[arg(long, value_name = "DIR")]
    pub archive: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Compare with the operator listener of a server on this log, such as http://127.0.0.1:7481;
    /// the server must be idle
    #[arg(long, value_name = "URL")]
    pub compare: Option<String>,
    /// A key that the operator listener takes, sent as X-Api-Key
    #[arg(long, value_name = "KEY", requires = "compare", env = "HOLDFAST_AUDITOR_API_KEY")]
    pub api_key: Option<String>,
    /// Compare with answers that were received: a line {"key": …, "body": …} for each
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
    /// What the server did with debits that nothing announced
    #[arg(long, value_name = "RULE", default_value = "refuse")]
    pub unlinked_debits: Unlinked,
    /// What the server did with captures of more than their hold
    #[arg(long, value_name = "RULE", default_value = "post")]
    pub over_capture: OverCapture,
    /// How many findings to print
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub findings_max: usize,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The log.
    #[error(transparent)]
    Log(#[from] Unreadable),
    /// The server that was to be compared.
    #[error(transparent)]
    Server(#[from] AskError),
    /// Its address.
    #[error("{0} is no address of a server: it is like http://127.0.0.1:7481")]
    Address(String),
    /// The answers that were to be compared.
    #[error("{path} cannot be read as answers: {source}")]
    Answers {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Does what was asked.
///
/// # Errors
/// When something cannot be read. What is wrong with what was read is in the report.
pub fn run(args: &Args) -> Result<Report, Failure> {
    let (unlinked, over_capture) = (args.unlinked_debits, args.over_capture);
    let rules = Rules { unlinked, over_capture, ..Rules::default() };
    let mut audit = Audit::new(rules, args.findings_max);
    if let Some(path) = &args.expect {
        audit.expectations = answers(path)?;
    }
    let client = args.compare.as_ref().map(|url| {
        Client::at(url, args.api_key.clone()).ok_or_else(|| Failure::Address(url.clone()))
    });
    let client = client.transpose()?;
    let extent = audit.run(&args.data_dir, args.archive.as_deref())?;
    let compared = match &client {
        Some(client) => Some(compare::compare(client, &audit.books, &mut audit.findings)?),
        None => None,
    };
    let answers = args.expect.as_ref().map(|_| audit.expectations.met);
    Ok(Report::of(&audit, extent, answers, compared))
}

fn answers(path: &Path) -> Result<Expectations, Failure> {
    let failed = |source| Failure::Answers { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    Expectations::read(BufReader::new(file)).map_err(failed)
}
