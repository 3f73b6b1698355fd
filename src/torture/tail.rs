//! What lies behind the end of a log between two lives: garbage, old groups, halves of pages, and
//! files that nobody asked for.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use wal::simulated::Choices;

use super::fault::Fault;
use super::home::{files, files_of};
use super::{garbage, index, pick};

const PAGE: usize = 4096;
/// The longest garbage.
const GARBAGE_MAX: u64 = 20_000;

/// Where a log may end: behind the last page of a segment that is not empty, or in a segment
/// behind it.
struct End {
    name: String,
    bytes: Vec<u8>,
    /// The first page in which nothing was ever answered.
    start: usize,
}

/// Overwrites something behind the end of the log; says whether there was room for it.
///
/// # Errors
/// When the log's files cannot be read or written.
pub(super) fn tear(log: &Path, choices: &mut Choices) -> io::Result<bool> {
    let mut ends = ends(log)?;
    let Some(n) = pick(choices, ends.len()) else { return Ok(false) };
    let End { name, bytes, start } = ends.swap_remove(n);
    let room = bytes.len() - start;
    let page = start + if choices.once_in(2) { 0 } else { index(choices, room / PAGE) * PAGE };
    let (offset, torn) = match choices.below(5) {
        0 => (page + index(choices, PAGE), garbage(choices, GARBAGE_MAX)),
        1 => (page, vec![0xff; 1 + index(choices, 3 * PAGE)]),
        2 => (page, older(choices, &bytes[..start])),
        3 => (page, older(choices, &bytes[..start]).split_off(PAGE / 2)),
        _ => {
            let mut half = older(choices, &bytes[..start]);
            half.truncate(PAGE / 2);
            (page, half)
        }
    };
    let room = bytes.len().saturating_sub(offset).min(torn.len());
    let file = File::options().write(true).open(log.join(name))?;
    file.write_all_at(&torn[..room], u64::try_from(offset).unwrap_or(u64::MAX))?;
    Ok(room > 0)
}

/// A page that was written before: a group, or a part of one.
fn older(choices: &mut Choices, written: &[u8]) -> Vec<u8> {
    let page = index(choices, written.len() / PAGE) * PAGE;
    written.get(page..page + PAGE).map_or_else(|| vec![0xff; PAGE], <[u8]>::to_vec)
}

fn ends(log: &Path) -> io::Result<Vec<End>> {
    let mut ends = Vec::new();
    for name in files_of(log, &["wal"])?.into_iter().rev() {
        let bytes = fs::read(log.join(&name))?;
        let pages = bytes.chunks(PAGE).rposition(|page| page.iter().any(|byte| *byte != 0));
        let start = (pages.map_or(0, |page| page + 1) * PAGE).max(PAGE);
        if start < bytes.len() {
            ends.push(End { name, bytes, start });
        }
        if start > PAGE {
            break;
        }
    }
    Ok(ends)
}

/// A file that a cut-off server left behind, by a name that none makes, and one of somebody else.
const LEFT_OVER: &str = "ffffffffffffff00.wal.tmp";
const FOREIGN: &str = "notes of the operator";

/// Leaves files in the directory of the log.
///
/// # Errors
/// When they cannot be written.
pub(super) fn litter(log: &Path, choices: &mut Choices) -> io::Result<()> {
    fs::write(log.join(LEFT_OVER), garbage(choices, GARBAGE_MAX))?;
    fs::write(log.join(FOREIGN), FOREIGN)
}

/// Whether a start removed what was left over, and nothing of anybody else's.
///
/// # Errors
/// When it did not, or did.
pub(super) fn check_litter(log: &Path) -> Result<(), Fault> {
    let files = files(log)?;
    if files.iter().any(|name| name == LEFT_OVER) {
        return Err(Fault::Wrong(format!("a start left {LEFT_OVER} where it was")));
    }
    let foreign = fs::read(log.join(FOREIGN));
    if !foreign.is_ok_and(|bytes| bytes == FOREIGN.as_bytes()) {
        return Err(Fault::Wrong("a start changed a file that is not of the log".into()));
    }
    Ok(fs::remove_file(log.join(FOREIGN))?)
}
