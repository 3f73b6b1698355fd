//! Whatever is wrong with the files is found, and a torn tail is not called wrong.

use std::fs;

use holdfast_auditor::audit::Audit;
use holdfast_auditor::books::Rules;

use crate::forge::{Forge, Layout, audit, clean, first_finding, write_dense, write_snapshot};

fn written() -> crate::forge::Written {
    Layout::SMALL.write(&Forge::some().records)
}

#[test]
fn a_right_log_is_clean() {
    let forge = Forge::some();
    let extent = clean(Layout::SMALL.write(&forge.records).path());
    assert_eq!(extent.records, forge.records.len() as u64);
    assert!(extent.segments > 3, "{extent:?}");
    assert!(extent.remarks.is_empty(), "{extent:?}");
}

#[test]
fn a_dense_log_says_the_same_as_a_padded_one() {
    let (padded, dense) = (written(), written());
    write_dense(&dense, 2, 3);
    write_dense(&dense, 1, 1);
    let extent = clean(dense.path());
    assert_eq!((extent.dense_files, extent.dense_segments), (2, 3));
    assert_eq!(extent.records, clean(padded.path()).records);
    assert_eq!(audit(dense.path()).0.books.totals(), audit(padded.path()).0.books.totals());
}

/// What is in the archive is part of the log, and a mirror is the log in another directory.
#[test]
fn a_log_may_be_in_two_directories() {
    let log = written();
    let dense = write_dense(&log, 1, 2);
    let archive = tempfile::tempdir().unwrap();
    fs::rename(&dense, archive.path().join(dense.file_name().unwrap())).unwrap();
    assert!(first_finding(log.path()).what.contains("missing"));
    let mut audit = Audit::new(Rules::default(), 8);
    let extent = audit.run(&log.path().join("wal"), Some(archive.path())).unwrap();
    assert!(audit.findings.is_clean(), "{:#?}", audit.findings);
    assert_eq!(extent.dense_segments, 2);
}

/// A segment that is there padded counts, and of dense files the widest.
#[test]
fn of_two_forms_of_a_segment_one_counts() {
    let log = written();
    let segment = fs::read(log.padded(1)).unwrap();
    let narrow = write_dense(&log, 1, 1);
    fs::write(log.padded(1), segment).unwrap();
    fs::write(&narrow, "of no meaning").unwrap();
    assert_eq!(clean(log.path()).remarks.len(), 1);
    let segment = fs::read(log.padded(2)).unwrap();
    write_dense(&log, 1, 2);
    fs::write(log.padded(2), segment).unwrap();
    let extent = clean(log.path());
    assert_eq!((extent.remarks.len(), extent.dense_segments), (2, 2));
}

#[test]
fn a_snapshot_is_verified() {
    let log = written();
    let path = write_snapshot(&log, 40);
    assert_eq!(clean(log.path()).snapshots, 1);
    each_flip(&fs::read(&path).unwrap(), |bytes| {
        fs::write(&path, bytes).unwrap();
        first_finding(log.path())
    });
    fs::remove_file(&path).unwrap();
    write_snapshot(&log, 100_000);
    assert!(first_finding(log.path()).what.contains("the log has not"));
}

/// But for the last group, for which no other vouches.
#[test]
fn every_flipped_byte_of_a_padded_segment_is_found() {
    let log = written();
    let path = log.padded(2);
    let bytes = fs::read(&path).unwrap();
    each_flip(&bytes, |bytes| {
        fs::write(&path, bytes).unwrap();
        first_finding(log.path())
    });
}

#[test]
fn every_flipped_byte_of_a_dense_segment_is_found() {
    let log = written();
    let path = write_dense(&log, 1, 2);
    each_flip(&fs::read(&path).unwrap(), |bytes| {
        fs::write(&path, bytes).unwrap();
        first_finding(log.path())
    });
}

/// Flips a bit of some hundred bytes from first to last.
fn each_flip(bytes: &[u8], find: impl Fn(&[u8]) -> holdfast_auditor::finding::Finding) {
    for at in (0..bytes.len()).step_by(bytes.len() / 199 + 1).chain([bytes.len() - 1]) {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1 << (at % 8);
        let finding = find(&bytes);
        assert!(!finding.what.is_empty(), "the bit in byte {at}");
    }
}

#[test]
fn a_missing_file_is_found() {
    let log = written();
    fs::remove_file(log.padded(2)).unwrap();
    assert!(first_finding(log.path()).what.contains("missing"));
}

/// The chain tells, though each file is right in itself.
#[test]
fn another_logs_segment_is_found() {
    let (log, mut forge) = (written(), Forge::some());
    forge.records.swap(100, 101);
    let other = Layout::SMALL.write(&forge.records);
    fs::copy(other.padded(4), log.padded(4)).unwrap();
    // Its first groups are the same; then the two part.
    assert!(!audit(log.path()).0.findings.is_clean());
}

#[test]
fn a_torn_tail_is_told_and_is_no_finding() {
    let log = written();
    let last = log.padded(log.segments());
    let mut bytes = fs::read(&last).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[end] ^= 1;
    fs::write(&last, &bytes).unwrap();
    let extent = clean(log.path());
    assert!(extent.remarks[0].contains("torn tail"), "{extent:?}");
}

#[test]
fn what_lies_behind_a_sealed_segment_is_found() {
    let log = written();
    let mut bytes = fs::read(log.padded(1)).unwrap();
    *bytes.last_mut().unwrap() = 1;
    fs::write(log.padded(1), bytes).unwrap();
    assert!(first_finding(log.path()).what.contains("not zero"));
}

#[test]
fn a_directory_without_a_log_is_not_taken_for_an_empty_one() {
    let home = tempfile::tempdir().unwrap();
    let mut audit = Audit::new(Rules::default(), 8);
    assert!(audit.run(home.path(), None).is_err());
    fs::create_dir(home.path().join("wal")).unwrap();
    assert!(audit.run(home.path(), None).is_err());
}
