//! `holdfast wal cut`: what is corrupt is dropped, with all behind it, when a person asks for it.

use std::convert::Infallible;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use wal::directory::make_all;
use wal::inspect::{Look, Tail, salvage, scan};
use wal::{Directory, Filesystem, OpenError};

use crate::engine::Lsn;
use crate::engine::record::mark;
use crate::print::plural;
use crate::tools::DataArgs;
use crate::tools::choice;
use crate::tools::files::moment_of;
use crate::tools::line::moment;
use crate::tools::lost::Lost;
use crate::tools::place::{Place, exists, is_empty};

/// Where which log is cut.
#[derive(Clone, Debug, clap::Args)]
pub struct CutArgs {
    /// Which data directory.
    #[command(flatten)]
    pub data: DataArgs,
    /// The first record that is dropped
    #[arg(long, value_name = "LSN", value_parser = choice::lsn)]
    pub at: Lsn,
    /// Do it without asking
    #[arg(long)]
    pub yes: bool,
    /// Where the files go as they were, before they are changed [default: evidence-TIME in the
    /// data directory]
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
}

/// What the help says at its end.
pub const HELP: &str = "\
Actions that were answered may be among what is dropped: a backup that has them is better. \
`holdfast wal verify` says where a log is corrupt. No server may be running.

Example:
  holdfast wal cut --at 52310 --data-dir /var/lib/holdfast

Exit status: 0 cut, 1 not cut, 2 not understood.";

/// Cuts the log, once it was told what that drops, and confirmed.
///
/// # Errors
/// A server runs, it was not confirmed, or it failed.
pub fn cut(args: &CutArgs) -> anyhow::Result<ExitCode> {
    let place = args.data.place()?;
    place.look()?;
    let log = place.with_archive(Directory::open(&place.log(), Filesystem::Any)?)?;
    check(&log, args.at)?;
    let mut lost = Lost::default();
    let salvaged = salvage(&log, args.at, |record| lost.note(&record))?;
    println!("log     {}", place.log().display());
    println!("keeps   {}", keeps(&log, args.at));
    println!("drops   {}", lost.told(args.at, salvaged.next));
    if let Some(mirror) = &place.keeping.wal_mirror {
        let mirror = mirror.display();
        println!(
            "copy    {mirror} is not cut: a start brings back what it has and this log has not"
        );
    }
    confirm(args)?;
    let path = args.evidence.clone().unwrap_or_else(|| evidence(&place));
    let kept = open_evidence(&path)?;
    let done = wal::cut(&log, &kept, args.at, Some(mark))?;
    for name in &done.changed {
        println!("cut     {name}");
    }
    println!("kept    as evidence in {}", path.display());
    println!("last    record {}: the next start goes on behind it", done.last);
    Ok(ExitCode::SUCCESS)
}

/// Whether it can be cut there: before anybody is asked.
fn check(log: &Directory, at: Lsn) -> anyhow::Result<()> {
    match scan(log, Look::from(Tail::Still, at), |_| Ok::<_, Infallible>(())) {
        Ok(found) if found.last < at => {
            bail!("nothing was cut: the log ends before, its last record is {}", found.last)
        }
        Err(OpenError::Corrupt(corruption)) if corruption.lsn < at => {
            let lsn = corruption.lsn;
            bail!("nothing was cut: it is corrupt before, cut it at {lsn}: {corruption}")
        }
        Err(OpenError::Storage(error)) => Err(error.into()),
        _ => Ok(()),
    }
}

fn keeps(log: &Directory, at: Lsn) -> String {
    let last = at.previous();
    if last == Lsn::ZERO {
        return "nothing".to_owned();
    }
    // What cannot be read there is told by the cut itself.
    let when = moment_of(log, last).ok().flatten();
    let when = when.map(|micros| format!(", {}", moment(micros))).unwrap_or_default();
    format!("{} up to {last}{when}", plural(last.value(), "record"))
}

/// Asks a person, where there is one.
fn confirm(args: &CutArgs) -> anyhow::Result<()> {
    if args.yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        bail!("nothing was cut: nobody is there to be asked, say --yes");
    }
    print!("type {} to cut there: ", args.at);
    io::stdout().flush()?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    ensure!(typed.trim() == args.at.to_string(), "nothing was cut: that is not {}", args.at);
    Ok(())
}

fn evidence(place: &Place) -> PathBuf {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    place.data_dir.join(format!("evidence-{time}"))
}

fn open_evidence(path: &Path) -> anyhow::Result<Directory> {
    if path.exists() {
        exists(path)?;
        ensure!(
            is_empty(path)?,
            "{} is not empty, choose another for the evidence",
            path.display()
        );
    }
    make_all(path).with_context(|| format!("{} cannot be made", path.display()))?;
    Ok(Directory::open(path, Filesystem::Any)?)
}
