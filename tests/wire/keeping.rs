//! The log kept short: snapshots that the next start begins on, and an archive that is still read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::desk::{Desk, body};
use crate::support::server::{Home, Server};

fn credit(desk: &mut Desk, keys: std::ops::Range<u32>) {
    for n in keys {
        let credit = body(&format!("k{n}"), "a", "1", "USD", "");
        assert!(desk.operate("credit_balance", &credit).is_success());
    }
}

/// Every tenth of the actions until `end` is answered as it was first.
fn repeats(desk: &mut Desk, end: u32) {
    for n in (0..end).step_by(10) {
        let credit = body(&format!("k{n}"), "a", "1", "USD", "");
        assert!(desk.operate("credit_balance", &credit).is_replayed(), "k{n} was done twice");
    }
}

fn snapshot(server: &Server) -> serde_json::Value {
    let taken = Desk::at(server).post("/v1/snapshot", "{}");
    assert_eq!(taken.status, 201, "{}", taken.text());
    taken.json()
}

fn files(home: &Home, kind: &str) -> Vec<PathBuf> {
    files_in(&home.path().join("wal"), kind)
}

fn files_in(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|found| found == kind)).collect();
    files.sort();
    files
}

#[test]
fn a_start_begins_on_the_newest_snapshot_and_answers_as_ever() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    credit(&mut desk, 0..50);
    let taken = snapshot(&server);
    assert_eq!((taken["accounts"].as_u64(), taken["keys"].as_u64()), (Some(1), Some(50)));
    credit(&mut desk, 50..60);
    server.kill();
    let server = home.serve(&[]);
    assert!(home.messages().contains("began on a snapshot"), "{}", home.messages());
    let mut desk = Desk::at(&server);
    assert_eq!(desk.figure("a", "posted"), "60.00");
    repeats(&mut desk, 60);
    let report = home.audit(&server, &[]);
    assert!(report.clean, "{report:?}");
}

#[test]
fn a_rotten_snapshot_costs_time_and_no_money() {
    for rotten in 1..=2 {
        let home = Home::new();
        let server = home.serve(&[]);
        let mut desk = Desk::at(&server);
        desk.open("a", &["USD"]);
        for n in 0..3 {
            credit(&mut desk, 10 * n..10 * n + 10);
            snapshot(&server);
        }
        assert_eq!(files(&home, "snapshot").len(), 2, "the two newest are kept");
        server.kill();
        for path in files(&home, "snapshot").into_iter().rev().take(rotten) {
            let mut bytes = fs::read(&path).unwrap();
            bytes[100] ^= 4;
            fs::write(path, bytes).unwrap();
        }
        let server = home.serve(&[]);
        let said = home.messages();
        assert_eq!(said.matches("a snapshot is not right").count(), rotten, "{said}");
        let mut desk = Desk::at(&server);
        assert_eq!(desk.figure("a", "posted"), "30.00");
        repeats(&mut desk, 30);
    }
}

#[test]
fn a_start_that_ignores_snapshots_replays_everything() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    credit(&mut desk, 0..30);
    snapshot(&server);
    server.kill();
    let server = home.serve(&["--ignore-snapshots"]);
    assert!(!home.messages().contains("began on a snapshot"), "{}", home.messages());
    let mut desk = Desk::at(&server);
    assert_eq!(desk.figure("a", "posted"), "30.00");
    repeats(&mut desk, 30);
}

#[test]
fn a_snapshot_is_asked_for_with_an_empty_object_and_by_who_may_write() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    assert_eq!(desk.post("/v1/snapshot", "[]").status, 400);
    assert_eq!(desk.get("/v1/snapshot").status, 405);
}

/// What is old is moved, and is there as before: repeats and statements reach into it.
#[test]
fn what_is_archived_is_still_answered_from() {
    let (home, archive) = (Home::new(), tempfile::tempdir().unwrap());
    let flags = ["--archive-dir", archive.path().to_str().unwrap(), "--archive-after-days", "0"];
    let small = ["--segment-bytes", "65536", "--snapshot-interval-s", "0"];
    let flags: Vec<&str> = flags.into_iter().chain(small).collect();
    let server = home.serve(&flags);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let mut end = 0;
    while files_in(archive.path(), "dense").is_empty() {
        credit(&mut desk, end..end + 400);
        end += 400;
        snapshot(&server);
        snapshot(&server);
    }
    repeats(&mut desk, 40);
    let statement = desk.get("/v1/accounts/a/statement?limit=1000");
    assert_eq!(statement.status, 200);
    server.kill();
    let server = home.serve(&flags);
    let mut desk = Desk::at(&server);
    assert_eq!(desk.figure("a", "posted"), format!("{end}.00"));
    repeats(&mut desk, 40);
}
