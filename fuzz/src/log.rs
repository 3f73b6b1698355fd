//! The files of a log that were harmed by an outside hand.

use std::convert::Infallible;
use std::sync::OnceLock;

use wal::simulated::Disk;
use wal::{LogId, Lsn, Name, Opened, Options, Record, Seal, Step, Storage};

use super::harm::Harm;
use super::mend::mend;

/// The log that is harmed, and what is in it.
struct Whole {
    files: Vec<(Name, Vec<u8>)>,
    records: Vec<Record>,
}

const KINDS: u8 = 10;
/// Up to here a kind changes bytes where they are, within one page.
const IN_PLACE: u8 = 3;
const MEND: u8 = 9;

/// What each snapshot has.
const SECTION: [u8; 3_000] = [7; 3_000];

/// No opening panics. Unless checksums were mended, what it shows is what was written, as far as it
/// goes; and one harm in place is told, or has lost nothing, because a later group vouches for all.
/// What was opened takes records, and has them at the next opening.
pub fn check(data: &[u8]) {
    let whole = whole();
    let harms: Vec<Harm> = Harm::all(data).collect();
    let mut files = whole.files.clone();
    harms.iter().for_each(|harm| do_harm(&mut files, *harm));
    let disk = Disk::new();
    for (name, bytes) in files {
        disk.replace(name, bytes);
    }
    let mended = harms.iter().any(|harm| harm.kind % KINDS == MEND);
    assert!(snapshots(&disk).all(|read| mended || read == [SECTION]), "a section was changed");
    let Some((opened, records)) = open(&disk) else { return };
    if !mended {
        assert!(whole.records.starts_with(&records), "a record was invented or changed");
    }
    if harms.len() <= 1 && harms.iter().all(|harm| harm.kind % KINDS < IN_PLACE) {
        assert_eq!(records.len(), whole.records.len(), "a record that was answered is lost");
    }
    goes_on(&disk, opened, records);
}

/// Appends a record, and finds it at the next opening behind those that were there.
fn goes_on(disk: &Disk, mut opened: Opened<Disk>, mut records: Vec<Record>) {
    opened.filler.step();
    let payload = b"one more".to_vec();
    let appended = opened.wal.append(&[], &payload);
    if let Ok(lsn) = appended {
        records.push(Record { lsn, links: Vec::new(), payload });
    }
    opened.wal.close();
    while opened.committer.step().expect("the disk is whole") != Step::Ended {
        opened.filler.step();
    }
    let (_, again) = open(&disk.kill()).expect("what was opened is opened again");
    assert!(again == records, "the next opening shows something else");
}

/// The sections of each snapshot that can be read.
fn snapshots(disk: &Disk) -> impl Iterator<Item = Vec<Vec<u8>>> {
    let names = wal::snapshots(disk).expect("the disk is whole").into_iter();
    names.filter_map(|lsn| {
        let mut sections = Vec::new();
        let read = wal::read_snapshot(disk, lsn, |section| {
            sections.push(section.to_vec());
            Ok::<_, Infallible>(())
        });
        read.ok().map(|_| sections)
    })
}

fn open(disk: &Disk) -> Option<(Opened<Disk>, Vec<Record>)> {
    let mut records = Vec::new();
    let opened = wal::open(disk.clone(), options(), |record| {
        records.push(record.to_record());
        Ok::<_, Infallible>(())
    });
    Some((opened.ok()?, records))
}

fn do_harm(files: &mut Vec<(Name, Vec<u8>)>, harm: Harm) {
    let n = harm.file(files.len());
    let other = usize::from(harm.value).checked_rem(files.len()).unwrap_or(0);
    let Some((name, bytes)) = files.get_mut(n) else { return };
    let at = harm.at(bytes.len());
    match harm.kind % KINDS {
        0 => harm.flip(bytes),
        1 => harm.put(bytes),
        2 => {
            let start = at / 512 * 512;
            bytes.iter_mut().skip(start).take(512).for_each(|byte| *byte = 0);
        }
        3 => bytes.truncate(at),
        4 => bytes.resize(bytes.len() + usize::from(harm.value), harm.value.to_le_bytes()[0]),
        5 => drop(files.remove(n)),
        6 => {
            let copy = bytes.clone();
            files[other].1 = copy;
        }
        7 => {
            let page = at / 4096 * 4096;
            let copy: Vec<u8> = bytes.iter().skip(page).take(4096).copied().collect();
            let to = files[other].1.iter_mut().skip(page);
            to.zip(copy).for_each(|(byte, copy)| *byte = copy);
        }
        8 => *name = renamed(*name, harm.value),
        _ => mend(bytes),
    }
}

fn renamed(name: Name, by: u16) -> Name {
    let (first, last) = name.segments().unwrap_or((1, 1));
    match by % 4 {
        0 => Name::Segment(first + u64::from(by / 4 % 3)),
        1 => Name::Dense { first, last: last + u64::from(by / 4 % 3) },
        2 => Name::Dense { first: first.saturating_sub(1), last },
        _ => Name::Snapshot(Lsn::new(first)),
    }
}

fn options() -> Options {
    Options {
        segment_bytes: 32 << 10,
        first_segment_bytes: 16 << 10,
        merge_files: 2,
        log_id: Some(LogId::new(*b"the log of fuzz.")),
        ..Options::default()
    }
}

/// Three lives, of which most is sealed and some of that merged, a snapshot, and a group that vouches
/// for the last records.
fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let disk = Disk::new();
        live(&disk, 12, 16);
        live(&disk, 30, 2);
        live(&disk, 14, 0);
        let names = disk.list().expect("the disk is whole").into_iter().filter_map(Name::segments);
        let widths: Vec<u64> = names.map(|(first, last)| last - first).collect();
        assert!(widths.iter().any(|width| *width > 0), "{widths:?}");
        let (_, records) = open(&disk.kill()).expect("nothing was harmed");
        assert_eq!(records.len(), 56);
        let names = disk.list().expect("the disk is whole").into_iter();
        let files: Vec<_> = names.map(|name| (name, disk.bytes(name))).collect();
        for (name, bytes) in &files {
            let mut mended = bytes.clone();
            mend(&mut mended);
            assert!(mended == *bytes, "to mend what is right changes {name}");
        }
        Whole { files, records }
    })
}

/// Appends so many records, and takes so many steps of sealing and of merging.
fn live(disk: &Disk, records: u64, steps: usize) {
    let (mut opened, _) = open(disk).expect("nothing was harmed");
    for n in 0..records {
        let length = usize::try_from(n * 37 % 2_000).unwrap_or(0);
        let lsn = opened.wal.appended().next().value().to_le_bytes();
        let payload: Vec<u8> = lsn.into_iter().cycle().take(length).collect();
        opened.wal.append(&[Lsn::new(n)], &payload).expect("there is room");
        while opened.committer.step().expect("the disk is whole") != Step::Idle {
            opened.filler.step();
        }
    }
    opened.committer.vouch().expect("the disk is whole");
    for _ in 0..steps {
        assert!(!matches!(opened.sealer.step(), Seal::Failed(_)), "the disk is whole");
    }
    if let Ok(mut snapshot) = opened.wal.snapshot(opened.wal.appended()) {
        snapshot.section(&SECTION).expect("there is room");
        snapshot.publish(opened.wal.durable()).expect("it is durable");
    }
}

/// No harm, and some of each kind, mended and not.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    Harm::seeds(KINDS)
}
