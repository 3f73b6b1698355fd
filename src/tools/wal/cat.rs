//! `holdfast wal cat`: records, one in each line.

use std::process::ExitCode;

use wal::inspect::{Look, files, scan};

use crate::print::Ended;
use crate::tools::DataArgs;
use crate::tools::choice::{Bound, Choice};
use crate::tools::printer::{Printer, Stop};

/// Which records of which log.
#[derive(Clone, Debug, clap::Args)]
pub struct CatArgs {
    /// Which data directory.
    #[command(flatten)]
    pub data: DataArgs,
    /// The first record: its LSN, or the moment from which on it happened
    #[arg(long, value_name = "LSN|TIME")]
    pub from: Option<Bound>,
    /// The last record: its LSN, or the moment before which it happened
    #[arg(long, value_name = "LSN|TIME")]
    pub to: Option<Bound>,
    /// Which of them, and how.
    #[command(flatten)]
    pub choice: Choice,
}

/// What the help says at its end.
pub const HELP: &str = "\
In JSON an action has the members of GET /v1/actions/{ref}, other records those that the wire has \
for their parts; `record` is what only the log keeps. Works while a server runs.

Examples:
  holdfast wal cat --from 2025-11-25T12:00:00Z --account alice
  holdfast wal cat --json --transaction t-1 | jq .balances_after

Exit status: 0 all was printed, or nobody reads any more; 1 the log is damaged, what is before was \
printed; 2 not understood.";

/// Prints the records.
///
/// # Errors
/// There is no log, it cannot be read, or it is damaged.
pub fn cat(args: &CatArgs) -> anyhow::Result<ExitCode> {
    let log = args.data.place()?.look()?;
    let from = match args.from {
        Some(bound) => bound.first(&files(&log.directory)?),
        None => wal::Lsn::new(1),
    };
    let mut printer = match Printer::new(&args.choice) {
        Ok(printer) => printer,
        Err(ended) => return Ended::quietly(Err(ended)).map(|()| ExitCode::SUCCESS),
    };
    let looked = scan(&log.directory, Look::from(log.tail, from), |record| {
        printer.record(&record, |lsn, at| {
            if args.to.is_some_and(|to| to.ends_before(lsn, at)) {
                return Err(Stop::Enough);
            }
            Ok(args.from.is_none_or(|from| !from.is_behind(lsn, at)))
        })
    });
    Ended::quietly(printer.show())?;
    Stop::quietly(looked)?;
    Ok(ExitCode::SUCCESS)
}
