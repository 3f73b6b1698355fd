//! Snapshots that were changed under checksums that are right: those of the log's file always, and
//! those of their own sections where they were mended.

use std::convert::Infallible;
use std::sync::OnceLock;

use holdfast::engine::{Engine, Options, Running, open};
use holdfast::ledger::Moment;
use wal::simulated::Disk;
use wal::{Lsn, Step};

use super::harm::Harm;
use super::mend::crc;
use super::story::{self, Told};

const KINDS: u8 = 6;
const MEND: u8 = 5;
/// The bytes of a section before its piece of a unit.
const HEAD: usize = 8;

/// A snapshot that is not right is passed over, and one that is right is begun on; the ledger is the
/// same either way. One that lies under checksums of its own may spoil the opening, and not more.
pub fn check(data: &[u8]) {
    let Told { disk, from, upto, sections } = story::told();
    let mut sections = sections.clone();
    let harms: Vec<Harm> = Harm::all(data).collect();
    harms.iter().for_each(|harm| do_harm(&mut sections, *harm));
    let disk = disk.kill();
    publish(&disk, (*from, *upto), &sections);
    let engine = recover(&disk);
    if harms.iter().any(|harm| harm.kind % KINDS == MEND) {
        return engine.into_iter().for_each(|(engine, _)| drop(ledger(&engine)));
    }
    let (engine, begun) = engine.expect("what is not right is passed over");
    assert_eq!(begun, sections == story::told().sections, "what is right is begun on");
    assert_eq!(ledger(&engine), *without(), "the snapshot changed the ledger");
}

fn do_harm(sections: &mut Vec<Vec<u8>>, harm: Harm) {
    // Most shards are empty: it is done to what holds something.
    let full = |section: &Vec<u8>| section.len() > HEAD + 16;
    let places: Vec<usize> = (0..sections.len()).filter(|n| full(&sections[*n])).collect();
    let Some(n) = places.get(harm.file(places.len())).copied() else { return };
    match harm.kind % KINDS {
        0 => harm.flip(&mut sections[n]),
        1 => harm.put(&mut sections[n]),
        2 => {
            let at = harm.at(sections[n].len());
            sections[n].truncate(at);
        }
        3 => drop(sections.remove(n)),
        4 => {
            let other = places[usize::from(harm.value) % places.len()];
            sections.swap(n, other);
        }
        _ => mend(sections),
    }
}

/// Each section's checksum covers that of the one before it.
fn mend(sections: &mut [Vec<u8>]) {
    let mut before = 0_u32;
    for section in sections {
        let Some(rest) = section.get(4..) else { continue };
        before = crc(&[&before.to_le_bytes(), rest]);
        section[..4].copy_from_slice(&before.to_le_bytes());
    }
}

/// Gives the log on the disk a snapshot of these sections.
fn publish(disk: &Disk, (from, upto): (Lsn, Lsn), sections: &[Vec<u8>]) {
    let opened = wal::open(disk.clone(), wal::Options::default(), |_| Ok::<_, Infallible>(()));
    let mut opened = opened.expect("the log is whole");
    let mut snapshot = opened.wal.snapshot(from).expect("there is room");
    for section in sections {
        snapshot.section(section).expect("there is room");
    }
    snapshot.publish(upto).expect("the log is durable");
    opened.wal.close();
    while opened.committer.step().expect("the disk is whole") != Step::Ended {}
}

/// The engine, and whether it began on a snapshot.
fn recover(disk: &Disk) -> Option<(Engine<Disk>, bool)> {
    let wall = Some(Moment::from_micros(0));
    let options = Options { wall, accept_clock_jump: true, ..Options::default() };
    let Running { engine, begun, .. } = open(disk.clone(), options).ok()?;
    Some((engine, begun.on.is_some()))
}

/// All that can be asked of the ledger at once.
fn ledger(engine: &Engine<Disk>) -> String {
    let (accounts, _) = engine.accounts(Lsn::ZERO, usize::MAX, |_| true);
    let account = |it: &holdfast::engine::AccountView| {
        let all = holdfast::engine::HoldsAsked { all: true, after: None, limit: usize::MAX };
        let holds = engine.holds(&it.tenant_account_ref, all).map(|page| page.holds);
        let name = &it.tenant_account_ref;
        format!("{name} {:?} {:?} {:?} {holds:?}", it.status, it.profile, it.balances)
    };
    let accounts: Vec<String> = accounts.iter().map(account).collect();
    // Whether a currency in which nothing moved is listed is of no account.
    let mut books = engine.trial_balance().currencies;
    books.retain(|(_, totals)| *totals != holdfast::engine::Totals::default());
    format!("{accounts:#?} {books:?} {:?} {}", engine.audit(|| {}), engine.keys())
}

/// The ledger as the log alone has it.
fn without() -> &'static String {
    static WITHOUT: OnceLock<String> = OnceLock::new();
    WITHOUT.get_or_init(|| {
        let (engine, begun) = recover(&story::told().disk.kill()).expect("the log is whole");
        assert!(!begun, "there is no snapshot");
        ledger(&engine)
    })
}

/// No harm, and some of each kind, mended and not.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    Harm::seeds(KINDS)
}
