//! A flipped bit: told exactly, cut only when asked, and the server starts again.

use std::fs;

use super::{LIVED, command, files, flip, lived_in, tool};
use crate::support::desk::{Desk, body};
use crate::support::server::Home;

/// A home whose log has a flipped bit in its fifth record.
fn flipped() -> Home {
    let home = lived_in();
    flip(&home.segments()[0], b"t-live-3");
    home
}

#[test]
fn what_is_wrong_is_told_exactly() {
    let home = flipped();
    let before = files(home.path());
    let words = [
        "0000000000000001.wal",
        "record 5",
        "4 records, whole",
        "8 records, 5 to 12",
        "7 can be read",
    ];
    let verified = tool("wal verify", home.path()).exits(1).says(&words);
    let verified = verified.says(&["holdfast wal cut --at 5 --data-dir", "WRONG"]);
    let offset = verified.out.split("offset ").nth(1).and_then(|rest| rest.split(',').next());
    assert!(offset.unwrap().parse::<u64>().unwrap().is_multiple_of(4096));
    let listed = tool("wal ls --json", home.path()).exits(1).objects();
    assert_eq!(listed[0]["damaged"], true);
    let shown = tool("wal cat --json", home.path()).exits(1).says(&["is corrupt"]);
    assert_eq!(shown.objects().len(), 4);
    tool("verify --full", home.path()).exits(1).says(&["CORRUPT", "holdfast wal verify"]);
    assert!(files(home.path()) == before);
}

#[test]
fn a_server_that_refuses_names_the_commands_that_help() {
    let home = flipped();
    let refused = home.refuse(&[]);
    let place = home.path().display();
    for word in [
        format!("holdfast wal verify --data-dir {place}"),
        format!("holdfast wal cut --at 5 --data-dir {place}"),
    ] {
        assert!(refused.message.contains(&word), "no {word:?} in {}", refused.message);
    }
}

#[test]
fn a_cut_log_starts_again_with_what_is_before_the_cut() {
    let home = flipped();
    let words = ["4 records up to 4", "8 records, 5 to 12", "actions that may have been answered"];
    let cut = tool("wal cut --at 5 --yes", home.path()).exits(0).says(&words);
    let evidence = cut.out.split("evidence in ").nth(1).unwrap().lines().next().unwrap();
    assert!(fs::read_dir(evidence).unwrap().count() > 0);
    tool("wal verify", home.path()).exits(0).says(&["4 records up to 4", "right"]);
    tool("verify --full", home.path()).exits(0);
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    assert_eq!(desk.figure("alice", "held"), "60.00");
    let first = desk.operate("credit_balance", &body("live-1", "alice", "100", "USD", ""));
    assert!(first.is_replayed());
    let dropped = desk.operate("credit_balance", &body("live-8", "alice", "1", "USD", ""));
    assert!(dropped.is_success() && !dropped.is_replayed());
}

#[test]
fn the_evidence_goes_where_it_is_told_to() {
    let home = flipped();
    let evidence = tempfile::tempdir().unwrap();
    let mut cut = command("wal cut --at 5 --yes --evidence", home.path());
    // The directory comes behind its flag, the data directory before it.
    let words = ["wal", "cut", "--at", "5", "--yes", "--evidence"];
    let mut cut_there = std::process::Command::new(cut.get_program());
    cut_there.args(words).arg(evidence.path()).arg("--data-dir").arg(home.path());
    assert_eq!(cut.output().unwrap().status.code(), Some(2), "a flag without its value");
    assert!(cut_there.output().unwrap().status.success());
    let kept = fs::read(evidence.path().join("0000000000000001.wal")).unwrap();
    assert!(kept.windows(8).any(|window| window == b"t-live-4"));
}

#[test]
fn nothing_is_cut_that_nobody_confirmed() {
    let home = flipped();
    let before = files(home.path());
    tool("wal cut --at 5", home.path()).exits(1).says(&["nothing was cut", "--yes"]);
    tool("wal cut --at 8 --yes", home.path()).exits(1).says(&["corrupt before", "cut it at 5"]);
    assert!(files(home.path()) == before);
    let whole = lived_in();
    let beyond = format!("wal cut --at {} --yes", LIVED + 1);
    tool(&beyond, whole.path()).exits(1).says(&["its last record is 12"]);
    let server = whole.serve(&[]);
    tool("wal cut --at 5 --yes", whole.path()).exits(1).says(&["is in use by another process"]);
    drop(server);
}

#[test]
fn a_torn_tail_is_no_damage() {
    let home = lived_in();
    let segment = home.segments().remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap().next_multiple_of(4096);
    bytes[last + 100] = 7;
    fs::write(&segment, bytes).unwrap();
    tool("wal verify", home.path()).exits(0).says(&["torn at offset", "never answered", "right"]);
    tool("verify --full", home.path()).exits(0).says(&["torn"]);
}
