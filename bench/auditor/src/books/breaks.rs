//! Breaks: opened once, resolved once, linked to their opening.

use crate::finding::Margin;
use crate::record::{BreakResolved, BreaksOpened};

use super::{At, Books};

/// What is known of a break.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    opened: u64,
    is_resolved: bool,
}

impl Books {
    pub(super) fn breaks(&mut self, at: At<'_>, opened: &BreaksOpened, margin: &mut Margin<'_>) {
        at.check_links(&[], margin);
        for name in &opened.0 {
            let known = Known { opened: at.lsn, is_resolved: false };
            if self.breaks.insert(*name, known).is_some() {
                margin.note("it opens a break that was opened before".to_owned());
            }
        }
    }

    pub(super) fn resolved(&mut self, at: At<'_>, it: &BreakResolved, margin: &mut Margin<'_>) {
        let Some(known) = self.breaks.get_mut(&it.0) else {
            return margin.note("it resolves a break that was never opened".to_owned());
        };
        at.check_links(&[known.opened], margin);
        if std::mem::replace(&mut known.is_resolved, true) {
            margin.note("it resolves a break that was resolved before".to_owned());
        }
    }
}
