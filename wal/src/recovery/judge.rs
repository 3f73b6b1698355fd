//! Third: what lies behind the end of the chain is the end, a torn tail, or corruption.

use std::io;

use super::replay::Replay;
use super::survey::Found;
use super::{Corruption, Damage, OpenError, TornTail};
use crate::Name;
use crate::group::{is_marked, synced_of};
use crate::segment::{BODY_OFFSET, LogId, Segment};
use crate::size::{PAGE, wide};
use crate::storage::Medium;
use crate::window::Window;

/// Looks at every byte behind the end.
///
/// The header of a group there, wherever it lies and whatever became of the rest of the group, was
/// written after the one that is missing. It was written without waiting for that one to be
/// durable, unless it says that it was: then what is missing was answered.
pub(super) fn judge<M: Medium, E>(
    found: &[Found<M>],
    replay: &Replay,
) -> Result<Option<TornTail>, OpenError<E>> {
    let mut memory = Vec::new();
    let mut torn = None;
    let last = replay.parts.iter().rposition(|part| part.end > BODY_OFFSET).unwrap_or(0);
    let Some(end) = replay.parts.get(last).map(|part| part.after) else { return Ok(None) };
    for (part, found) in replay.parts.iter().zip(found).skip(last) {
        let mut window = found.window(&mut memory);
        let remains = look(&mut window, &part.segment, part.end, end.sequence);
        let remains = remains.map_err(|source| found.unreadable(source))?;
        if torn.is_none() && remains.bytes > 0 {
            let segment = part.segment.number;
            torn = Some(TornTail { segment, offset: part.end, bytes: remains.bytes });
        }
        if remains.claimed {
            let place = torn.map_or((part.segment.number, part.end), |t| (t.segment, t.offset));
            let (name, offset) = (Name::Segment(place.0), place.1);
            let damage = Damage::Group;
            return Err(Corruption { name, offset, lsn: end.next, damage }.into());
        }
    }
    Ok(torn)
}

static ZEROS: [u8; PAGE] = [0; PAGE];

/// What is behind the end in one segment.
#[derive(Default)]
struct Remains {
    /// Up to the last byte that is not zero.
    bytes: u64,
    /// Whether a group says that the missing one was durable.
    claimed: bool,
}

/// What headers in this page say that was durable. A sector that was written to the wrong place
/// still tells.
fn claims(page: &[u8], log: LogId) -> impl Iterator<Item = u64> {
    const SECTOR_BYTES: usize = 512;
    let sectors = page.chunks(SECTOR_BYTES).filter(|sector| is_marked(sector));
    sectors.filter_map(move |sector| synced_of(sector, log))
}

fn look<M: Medium>(
    window: &mut Window<'_, M>,
    segment: &Segment,
    from: u64,
    missing: u64,
) -> io::Result<Remains> {
    let mut remains = Remains::default();
    let mut offset = from;
    while offset < segment.bytes {
        let page = window.at(offset, PAGE)?;
        // Most pages are empty, and comparing them is faster than looking for a byte.
        if page != ZEROS {
            let last = page.iter().rposition(|byte| *byte != 0).unwrap_or(0);
            remains.bytes = offset - from + wide(last) + 1;
            remains.claimed |= claims(page, segment.log).any(|synced| synced >= missing);
        }
        offset += wide(PAGE);
    }
    Ok(remains)
}
