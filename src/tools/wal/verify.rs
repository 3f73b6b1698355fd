//! `holdfast wal verify`: everything read as an opening would, and what is wrong told exactly.

use std::process::ExitCode;

use wal::inspect::{Content, Look, Tail, current, files, salvage, scan};
use wal::{Corruption, Name, OpenError, RecordRef, Recovered};

use crate::engine::Lsn;
use crate::engine::record::mark;
use crate::print::{Ended, Lines, count, plural};
use crate::tools::DataArgs;
use crate::tools::files::progress;
use crate::tools::lost::Lost;
use crate::tools::place::{Log, Place};
use crate::tools::snapshot;

/// Which log.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    /// Which data directory.
    #[command(flatten)]
    pub data: DataArgs,
}

/// What the help says at its end.
pub const HELP: &str = "\
Reads every byte: checksums, the chain of groups, the numbers of records, the summaries of what was \
sealed, the snapshots. Changes nothing. While a server runs, what it is writing at the end is not \
judged. What the records say is verified by `holdfast verify --full`.

Example:
  holdfast wal verify --data-dir /var/lib/holdfast || alert

Exit status: 0 right, 1 something is wrong or could not be read, 2 not understood.";

/// A record that is not what the log's own summaries, or its order, say.
#[derive(Debug)]
enum Unlike {
    /// A summary has another moment for it.
    Summary(Name),
    /// It is not later than the one before it.
    Moment,
}

/// Verifies the log.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let place = args.data.place()?;
    let log = place.look()?;
    let (right, lines) = verified(&place, &log)?;
    let mut out = Lines::new();
    Ended::quietly(out.lines(lines).and_then(|()| out.show()))?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether it is right, and what there is to say.
fn verified(place: &Place, log: &Log) -> anyhow::Result<(bool, Vec<String>)> {
    let mut lines = vec![what(place, log)?];
    let last = match read(log) {
        Ok(found) => {
            lines.extend(whole(log, &found));
            Some(found.last)
        }
        Err(OpenError::Corrupt(corruption)) => {
            lines.extend(corrupt(place, log, &corruption)?);
            None
        }
        Err(OpenError::Visit { lsn, error }) => {
            lines.push(unlike(lsn, &error));
            None
        }
        Err(OpenError::Storage(error)) => return Err(error.into()),
        Err(OpenError::Lengths) => anyhow::bail!("the lengths of its segments are not possible"),
    };
    let (snapshots, told) = snapshot::containers(log, last)?;
    lines.extend(told);
    let right = last.is_some() && snapshots;
    lines.push(if right { "right".to_owned() } else { "WRONG".to_owned() });
    Ok((right, lines))
}

fn what(place: &Place, log: &Log) -> anyhow::Result<String> {
    let files = files(&log.directory)?;
    let bytes = files.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
    let number = u64::try_from(files.len()).unwrap_or(u64::MAX);
    let path = place.log();
    Ok(format!("log        {}, {}, {} bytes", path.display(), plural(number, "file"), count(bytes)))
}

/// Reads all of it.
fn read(log: &Log) -> Result<Recovered, OpenError<Unlike>> {
    let summaries = summaries(log).unwrap_or_default();
    let mut summaries = summaries.into_iter().peekable();
    let mut last = None;
    let look = Look { on_progress: progress("verifying"), ..Look::whole(log.tail) };
    scan(&log.directory, look, |record: RecordRef<'_>| {
        let mark = mark(record.payload);
        if last.replace(mark).is_some_and(|last| mark <= last) {
            return Err(Unlike::Moment);
        }
        while let Some((_, said, name)) = summaries.next_if(|(lsn, ..)| *lsn <= record.lsn) {
            if said != mark {
                return Err(Unlike::Summary(name));
            }
        }
        Ok(())
    })
}

/// The moments that sealed files say that their first and last records have, in order.
fn summaries(log: &Log) -> std::io::Result<Vec<(Lsn, u64, Name)>> {
    let files = files(&log.directory)?;
    let names: Vec<Name> = files.iter().map(|file| file.name).collect();
    let counts = current(&names);
    let mut summaries = Vec::new();
    for file in files.iter().filter(|file| counts.contains(&file.name)) {
        if let Some(Content::Dense { first, next, marks, .. }) = file.content
            && first < next
        {
            summaries.push((first, marks.0, file.name));
            summaries.push((next.previous(), marks.1, file.name));
        }
    }
    summaries.sort_by_key(|(lsn, ..)| *lsn);
    Ok(summaries)
}

fn whole(log: &Log, found: &Recovered) -> Vec<String> {
    let (records, segments) = (plural(found.records, "record"), plural(found.segments, "segment"));
    let upto =
        if found.last == Lsn::ZERO { String::new() } else { format!(" up to {}", found.last) };
    let tail = match (log.tail, &found.torn) {
        (Tail::Moving, _) => {
            format!("not judged behind record {}: a server is running", found.last)
        }
        (Tail::Still, None) => "clean".to_owned(),
        (Tail::Still, Some(torn)) => format!(
            "torn at offset {} of {}, {} bytes: never answered, wiped at the next start",
            torn.offset,
            Name::Segment(torn.segment),
            count(torn.bytes)
        ),
    };
    vec![format!("records    {records}{upto}, in {segments}"), format!("end        {tail}")]
}

fn corrupt(place: &Place, log: &Log, corruption: &Corruption) -> anyhow::Result<Vec<String>> {
    let Corruption { name, offset, lsn, damage } = corruption;
    let before = plural(lsn.previous().value(), "record");
    let mut lines = vec![
        format!("CORRUPT    {name} at offset {offset}, record {lsn}: {damage}"),
        format!("before it  {before}, whole"),
    ];
    let mut lost = Lost::default();
    let salvaged = salvage(&log.directory, *lsn, |record| lost.note(&record))?;
    lines.push(format!("behind it  {}", lost.told(*lsn, salvaged.next)));
    let flag = place.flag();
    lines.push(format!(
        "to do      restore the file from a copy, or drop record {lsn} and all behind it:\n           \
         holdfast wal cut --at {lsn} {flag}"
    ));
    if let Some(mirror) = &place.keeping.wal_mirror {
        let mirror = mirror.display();
        lines
            .push(format!("           the copy in {mirror} may be whole: a start repairs from it"));
    }
    if log.is_running() {
        lines.push("           a server is running: stop it before".to_owned());
    }
    Ok(lines)
}

fn unlike(lsn: Lsn, unlike: &Unlike) -> String {
    match unlike {
        Unlike::Summary(name) => {
            format!(
                "UNLIKE     {name}: its foot says another moment of record {lsn} than the record"
            )
        }
        Unlike::Moment => format!("UNLIKE     record {lsn} is not later than the one before it"),
    }
}
