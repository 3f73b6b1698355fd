//! Snapshots that are taken while a history goes on: a few units between two questions.

use holdfast::engine::{Copied, Copying, Engine};
use wal::simulated::{Choices, Disk};

use super::desk::Desk;

/// How many whole ones are kept: the older ones are tried too.
const KEPT: usize = 3;

/// One that is being taken, and the newest that are whole.
#[derive(Default)]
pub(crate) struct Snapshots {
    taking: Option<(Copying, Vec<Vec<u8>>)>,
    whole: Vec<Snapshot>,
}

/// A snapshot in memory.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) copied: Copied,
    pub(crate) sections: Vec<Vec<u8>>,
}

impl Snapshot {
    /// One that is taken at once.
    pub(crate) fn of(engine: &Engine<Disk>) -> Self {
        let (mut copying, mut sections) = (engine.begin_copy(), Vec::new());
        loop {
            if let Some(copied) = step(engine, &mut copying, &mut sections) {
                return Self { copied, sections };
            }
        }
    }

    /// One that is taken while `between` is done after each of its units.
    pub(crate) fn take(desk: &mut Desk, mut between: impl FnMut(&mut Desk)) -> Self {
        let (mut copying, mut sections) = (desk.subject.world.engine.begin_copy(), Vec::new());
        loop {
            let engine = &desk.subject.world.engine;
            if let Some(copied) = step(engine, &mut copying, &mut sections) {
                return Self { copied, sections };
            }
            between(desk);
        }
    }
}

impl Snapshots {
    /// Takes what is being taken a little further, or begins to, or does nothing.
    pub(crate) fn go_on(&mut self, engine: &Engine<Disk>, choices: &mut Choices) {
        let Some((copying, sections)) = &mut self.taking else {
            if choices.once_in(60) {
                self.taking = Some((engine.begin_copy(), Vec::new()));
            }
            return;
        };
        for _ in 0..choices.below(100) {
            if let Some(copied) = step(engine, copying, sections) {
                let sections = std::mem::take(sections);
                self.whole.insert(0, Snapshot { copied, sections });
                self.whole.truncate(KEPT);
                self.taking = None;
                return;
            }
        }
    }

    /// A life ended: one of those that the log was durable for, or none.
    pub(crate) fn pick(&mut self, durable: u64, choices: &mut Choices) -> Option<Snapshot> {
        self.taking = None;
        self.whole.retain(|snapshot| snapshot.copied.upto.value() <= durable);
        let n = usize::try_from(choices.below(KEPT as u64 + 1)).unwrap();
        self.whole.get(n).cloned()
    }
}

fn step(
    engine: &Engine<Disk>,
    copying: &mut Copying,
    sections: &mut Vec<Vec<u8>>,
) -> Option<Copied> {
    let keep = |section: &[u8]| {
        sections.push(section.to_vec());
        Ok(())
    };
    copying.step(engine, keep).unwrap()
}
