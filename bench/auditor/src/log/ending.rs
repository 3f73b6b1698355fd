//! Where the log ends, and what lies behind.
//!
//! Behind the last group of a segment that others follow there must be nothing. Behind the last
//! group of all there may be the remains of groups that were being written. A whole group among
//! them was written without waiting for the missing one, unless it says that that one was durable.

use crate::bytes::count;

use super::group;
use super::segment::{BODY, PAGE};
use super::window::Window;
use super::{Part, Reader, Unreadable};

/// What is behind the end of a segment.
#[derive(Default)]
struct Remains {
    /// Up to the last byte that is not zero.
    bytes: u64,
    /// The number of a group that says that the missing one was durable.
    claim: Option<u64>,
}

impl Reader<'_> {
    /// Looks at all that lies behind the end of the log.
    pub(super) fn end(&mut self) -> Result<(), Unreadable> {
        if self.broken {
            return Ok(());
        }
        let mut behind = self.behind()?;
        while behind.iter().any(|(_, remains)| remains.claim.is_some()) {
            match self.went_on() {
                Ok(true) => behind = self.behind()?,
                Ok(false) => break,
                Err(error) if super::vanished(&error) => {
                    self.outrun();
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        self.tell(&behind);
        self.sealed()
    }

    /// The last segment was finished and sealed since its end was reached.
    fn outrun(&mut self) {
        let next = self.chain.next;
        let what =
            format!("records from {next} on were sealed while the log was read: audit again");
        self.extent.remarks.push(what);
    }

    /// The last segment that has a group.
    fn last(&self) -> Option<usize> {
        self.parts.iter().rposition(|part| part.groups > 0)
    }

    /// What lies behind the last group of all, by segment.
    fn behind(&self) -> Result<Vec<(usize, Remains)>, Unreadable> {
        let from = self.last().unwrap_or(0);
        let parts = self.parts.iter().enumerate().skip(from);
        parts.map(|(n, part)| Ok((n, self.remains(part)?))).collect()
    }

    fn remains(&self, part: &Part) -> Result<Remains, Unreadable> {
        let failed = self.unreadable(&part.name);
        let mut remains = Remains::default();
        let (file, bytes) = match self.open(&part.name) {
            // It was made dense meanwhile, so it holds what it held.
            Err(error) if super::vanished(&error) => return Ok(remains),
            opened => opened?,
        };
        let mut window = Window::new(file, bytes);
        let mut offset = part.end;
        while offset < bytes {
            let page = window.at(offset, PAGE).map_err(&failed)?;
            if let Some(last) = page.iter().rposition(|byte| *byte != 0) {
                remains.bytes = offset.saturating_sub(part.end).saturating_add(count(last)) + 1;
                let found = group::whole(&mut window, &part.segment, offset).map_err(&failed)?;
                let claims = found.filter(|(header, _)| header.synced >= self.chain.sequence);
                remains.claim = remains.claim.or(claims.map(|(header, _)| header.sequence));
            }
            offset = offset.saturating_add(BODY);
        }
        Ok(remains)
    }

    /// Follows a log that grew since its end was reached, and tells whether it had.
    fn went_on(&mut self) -> Result<bool, Unreadable> {
        let before = self.chain;
        let Some(last) = self.last() else { return Ok(false) };
        let dropped = self.parts.drain(last.saturating_add(1)..).count();
        self.extent.segments = self.extent.segments.saturating_sub(count(dropped));
        let Some(part) = self.parts.last() else { return Ok(false) };
        let (name, number) = (part.name.clone(), part.segment.number);
        let (file, bytes) = self.open(&name)?;
        self.follow(&mut Window::new(file, bytes))?;
        self.files = super::files::Files::list(&self.directories)?;
        self.walk(number.saturating_add(1))?;
        Ok(self.chain != before)
    }

    fn tell(&mut self, behind: &[(usize, Remains)]) {
        let Some((n, torn)) = behind.iter().find(|(_, remains)| remains.bytes > 0) else { return };
        let Some(part) = self.parts.get(*n) else { return };
        let (name, end, next) = (part.name.clone(), part.end, self.chain.next);
        if let Some(claim) = behind.iter().find_map(|(_, remains)| remains.claim) {
            let missing = self.chain.sequence;
            let what = format!(
                "group {missing}, which should begin at offset {end}, is damaged or missing, and \
                 group {claim} says that it was durable"
            );
            return self.wrong(&name, what);
        }
        self.extent.remarks.push(format!(
            "the log ends before record {next}, at offset {end} of {name}; up to {} bytes behind it \
             are no whole group that follows: a torn tail, or being written now",
            torn.bytes
        ));
    }

    /// Behind the groups of a segment that others follow there must be nothing.
    fn sealed(&mut self) -> Result<(), Unreadable> {
        let last = self.last().unwrap_or(0);
        for n in 0..last {
            let Some(part) = self.parts.get(n) else { break };
            let (name, end) = (part.name.clone(), part.end);
            let bytes = self.remains(part)?.bytes;
            if bytes > 0 {
                self.finding(&name, format!("{bytes} bytes behind its end at {end} are not zero"));
            }
        }
        Ok(())
    }
}
