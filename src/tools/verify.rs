//! `holdfast verify`: the log, and with `--full` all that its records say.

use std::borrow::Cow;
use std::process::ExitCode;

use anyhow::bail;
use wal::inspect::{Look, scan};
use wal::{OpenError, RecordRef};

use super::DataArgs;
use super::line::moment;
use super::place::{Log, Place};
use super::wal::verify as bytes;
use crate::engine::record::Record;
use crate::engine::{Lsn, Recheck, Rechecked, RecoverError, Replayed, Replaying, Totals, replay};
use crate::ledger::Currency;
use crate::print::{Ended, Lines, Table, count, plural};
use crate::tools::files::progress;
use crate::wire::parts::amount;

/// How many accounts have all their records walked.
const WALKED_ACCOUNTS: usize = 1_000;

/// What is verified.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    /// Which data directory.
    #[command(flatten)]
    pub data: DataArgs,
    /// Replay every record, too, and verify what it makes
    #[arg(long)]
    pub full: bool,
}

/// What the help says at its end.
pub const HELP: &str = "\
Without --full as `holdfast wal verify`. With it every record is replayed from the first, as at a \
start without a snapshot: each balance, link and moment that it stored is compared with what the \
records before it make. Then the books are added up, each idempotency key is looked for under its \
hash and must have been used once, and the records of up to 1,000 accounts are walked. Needs the \
memory that a server needs. While a server runs, what it is writing at the end is not judged: stop \
it, or verify a backup.

Examples:
  holdfast verify --full --data-dir /var/lib/holdfast
  holdfast verify --full --data-dir /backup/2025-11-25

Exit status: 0 right, 1 something is wrong or could not be read, 2 not understood.";

/// Verifies what was asked for.
///
/// # Errors
/// There is no log, or it cannot be read.
pub fn verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let place = args.data.place()?;
    if !args.full {
        return bytes::verify(&bytes::VerifyArgs { data: args.data.clone() });
    }
    let log = place.look()?;
    let (right, lines) = full(&place, &log)?;
    let mut out = Lines::new();
    Ended::quietly(out.lines(lines).and_then(|()| out.show()))?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether all is right, and what there is to say.
fn full(place: &Place, log: &Log) -> anyhow::Result<(bool, Vec<String>)> {
    let mut lines = vec![format!("log        {}", place.log().display())];
    let replaying = Replaying {
        tail: log.tail,
        upto: Lsn::new(u64::MAX),
        on_progress: progress("replaying"),
        currencies: &place.currencies,
    };
    let replayed = match replay(&log.directory, replaying) {
        Ok(replayed) => replayed,
        Err(error) => {
            lines.extend(refused(place, error)?);
            lines.push("WRONG".to_owned());
            return Ok((false, lines));
        }
    };
    lines.extend(told(log, &replayed));
    let rechecked = recheck(log, &replayed)?;
    lines.extend(told_again(&replayed, &rechecked));
    let findings = replayed.audit();
    lines.extend(books(&replayed.totals()));
    for (currency, sum) in &findings.unbalanced {
        lines.push(format!("WRONG      the books are out by {}", amount(*sum, *currency)));
    }
    for currency in &findings.miscounted {
        lines.push(format!("WRONG      accounts in {currency} do not add up to the books"));
    }
    lines.push(format!("state      {}", replayed.state_hash()));
    let right = findings.are_clean() && rechecked.wrong.is_empty();
    lines.push(if right { "right".to_owned() } else { "WRONG".to_owned() });
    Ok((right, lines))
}

fn refused(place: &Place, error: OpenError<RecoverError>) -> anyhow::Result<Vec<String>> {
    let flag = place.flag();
    Ok(match error {
        OpenError::Corrupt(corruption) => vec![
            format!("CORRUPT    {corruption}"),
            format!("to do      holdfast wal verify {flag} says what is behind it"),
        ],
        OpenError::Visit { lsn, error } => vec![
            format!("CORRUPT    record {lsn} does not fit those before it: {}", error.why),
            format!("to do      holdfast wal cat --from {lsn} --to {lsn} {flag} shows it"),
        ],
        OpenError::Storage(error) => return Err(error.into()),
        OpenError::Lengths => bail!("the lengths of its segments are not possible"),
    })
}

fn told(log: &Log, replayed: &Replayed) -> Vec<String> {
    let found = &replayed.found;
    let micros = replayed.last.and_then(|last| u64::try_from(last.micros()).ok());
    let when = micros.map(|micros| format!(", {}", moment(micros))).unwrap_or_default();
    let records = plural(found.records, "record");
    let mut lines = vec![
        format!("replayed   {records} up to {}{when}", found.last),
        format!("accounts   {}", count(u64::try_from(replayed.account_count()).unwrap_or(0))),
    ];
    if log.is_running() {
        let last = found.last;
        lines.push(format!("end        not judged behind record {last}: a server is running"));
    } else if let Some(torn) = found.torn {
        lines
            .push(format!("end        torn, {} bytes that were never answered", count(torn.bytes)));
    }
    lines
}

/// The second look: at the records that were replayed, and no others.
fn recheck(log: &Log, replayed: &Replayed) -> anyhow::Result<Rechecked> {
    let mut recheck = Recheck::new(replayed, WALKED_ACCOUNTS);
    let last = replayed.found.last;
    let look = Look { on_progress: progress("checking"), ..Look::whole(log.tail) };
    let looked = scan(&log.directory, look, |record| {
        if record.lsn > last {
            return Err(());
        }
        recheck.record(&record);
        Ok(())
    });
    if let Err(OpenError::Corrupt(error)) = looked {
        return Err(error.into());
    }
    let mut found = recheck.finish();
    for (first, second, key) in std::mem::take(&mut found.alike) {
        if key_of(log, first)?.as_deref() == Some(&*key) {
            let wrong = format!("the key of record {first} was used again by record {second}");
            found.wrong.push(wrong);
        }
    }
    Ok(found)
}

fn key_of(log: &Log, lsn: Lsn) -> anyhow::Result<Option<String>> {
    let mut key = None;
    let looked = scan(&log.directory, Look::from(log.tail, lsn), |record: RecordRef<'_>| {
        if let Ok((record, _)) = Record::decode(record.payload) {
            key = record.key().map(Cow::into_owned);
        }
        Err(())
    });
    match looked {
        Ok(_) | Err(OpenError::Visit { .. }) => Ok(key),
        Err(_) => bail!("record {lsn} could be read, and cannot any more"),
    }
}

fn told_again(replayed: &Replayed, found: &Rechecked) -> Vec<String> {
    let (keyed, accounts) = (count(found.keyed), count(len(found.walked)));
    let records = plural(len(found.walked_records), "record");
    let all = count(len(replayed.account_count()));
    let mut lines = vec![
        format!("keys       {keyed}, looked for under their hashes"),
        format!("chains     of {accounts} of {all} accounts walked, {records}"),
    ];
    lines.extend(found.wrong.iter().map(|wrong| format!("WRONG      {wrong}")));
    lines
}

fn len(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn books(totals: &[(Currency, Totals)]) -> Vec<String> {
    let rows = totals.iter().map(|(currency, totals)| {
        let sums = [totals.posted, totals.held, totals.reserved, totals.settlement, totals.funding];
        let [posted, held, reserved, settlement, funding] = sums.map(|it| amount(it, *currency));
        [posted, held, reserved, settlement, funding, amount(totals.sum(), *currency)]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return vec!["books      nothing in them".to_owned()];
    }
    let head = ["POSTED", "HELD", "RESERVED", "@settlement", "@funding", "SUM"];
    std::iter::once("books".to_owned()).chain(Table::new(head, 0).whole(&rows)).collect()
}
