//! `holdfast wal ls`: every file of the log.

use std::process::ExitCode;

use wal::Name;
use wal::inspect::Content;

use crate::print::{Ended, Lines, Table, count};
use crate::tools::DataArgs;
use crate::tools::files::{self, Extent, File};
use crate::tools::line::moment as told;
use crate::wire::json;

/// Which log, and for whom.
#[derive(Clone, Debug, clap::Args)]
pub struct LsArgs {
    /// Which data directory.
    #[command(flatten)]
    pub data: DataArgs,
    /// For programs: a JSON object in each line
    #[arg(long)]
    pub json: bool,
}

/// What the help says at its end.
pub const HELP: &str = "\
A segment is written and padded, and sealed when it is full: rewritten dense, without padding. Sealed \
neighbours become one file. Works while a server runs.

Example:
  holdfast wal ls --data-dir /var/lib/holdfast

Exit status: 0 all files are whole as far as their heads, feet and groups tell, 1 one is damaged \
or missing, 2 not understood.";

/// Lists the files.
///
/// # Errors
/// There is no log, or it cannot be read.
pub fn ls(args: &LsArgs) -> anyhow::Result<ExitCode> {
    let log = args.data.place()?.look()?;
    let files = files::look(&log)?;
    Ended::quietly(if args.json { objects(&files) } else { table(&files) })?;
    let damaged = files.iter().any(|file| file.state.is_damaged());
    Ok(if damaged { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

const COLUMNS: [&str; 10] =
    ["FILE", "KIND", "FROM", "TO", "STATE", "SEGMENTS", "LSNS", "RECORDS", "BYTES", "RATIO"];

fn table(files: &[File]) -> Result<(), Ended> {
    let rows: Vec<_> = files.iter().map(row).collect();
    let mut lines = Lines::new();
    lines.lines(Table::new(COLUMNS, 5).whole(&rows))?;
    lines.show()
}

fn row(file: &File) -> [String; 10] {
    let moment =
        |extent: &Extent, last| told(if last { extent.moments.1 } else { extent.moments.0 });
    let of = |tell: &dyn Fn(&Extent) -> String| file.extent.as_ref().map_or_else(dash, tell);
    let state = match file.info.content {
        Some(Content::Snapshot { from, .. }) => {
            format!("{}, replay from {from}", file.state.told())
        }
        _ => file.state.told(),
    };
    [
        file.info.name.to_string(),
        kind(file.info.name).to_owned(),
        of(&|extent| moment(extent, false)),
        of(&|extent| moment(extent, true)),
        state,
        file.info.name.segments().map_or_else(dash, |(first, last)| span(first, last)),
        of(&|extent| span(extent.first.value(), extent.next.previous().value())),
        of(&|extent| count(records(extent))),
        count(file.info.bytes),
        ratio(file).unwrap_or_else(dash),
    ]
}

fn objects(files: &[File]) -> Result<(), Ended> {
    let mut lines = Lines::new();
    for file in files {
        lines.line(&json::object(|object| members(object, file)))?;
    }
    lines.show()
}

fn members(object: &mut json::Object<'_>, file: &File) {
    object.display("file", file.info.name);
    object.text("kind", kind(file.info.name));
    if let Some((first, last)) = file.info.name.segments() {
        object.number("first_segment", first);
        object.number("last_segment", last);
    }
    if let Some(Content::Snapshot { from, upto, sections }) = file.info.content {
        object.number("replay_from", from.value());
        object.number("seen_upto", upto.value());
        object.number("sections", sections);
    }
    if let Some(extent) = &file.extent {
        object.number("first_lsn", extent.first.value());
        object.number("last_lsn", extent.next.previous().value());
        object.number("records", records(extent));
        object.text("from", &told(extent.moments.0));
        object.text("to", &told(extent.moments.1));
        object.number("plain_bytes", extent.plain_bytes);
    }
    object.number("bytes", file.info.bytes);
    if let Some(ratio) = ratio(file) {
        object.raw("ratio", &ratio);
    }
    object.flag("damaged", file.state.is_damaged());
    object.text("state", &file.state.told());
}

const fn kind(name: Name) -> &'static str {
    match name {
        Name::Segment(_) => "segment",
        Name::Dense { .. } => "dense",
        Name::Snapshot(_) => "snapshot",
    }
}

fn records(extent: &Extent) -> u64 {
    extent.next.value().saturating_sub(extent.first.value())
}

/// How many times the file's length its records take without compression, in tenths.
fn ratio(file: &File) -> Option<String> {
    let Some(Content::Dense { plain_bytes, .. }) = file.info.content else { return None };
    let tenths = plain_bytes.saturating_mul(10).checked_div(file.info.bytes)?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

fn span(first: u64, last: u64) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

fn dash() -> String {
    "-".to_owned()
}
