//! `snapshot`: taken on demand, listed, and held against the log that they are a copy of.

use std::process::Command;

use super::{LIVED, Told, live, told, tool};
use crate::support::desk::{Desk, body};
use crate::support::server::{Home, Server};

fn take(server: &Server) -> Told {
    let url = format!("http://{}", server.operator);
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    told(command.env_clear().args(["snapshot", "take", "--server", &url]).output().unwrap())
}

/// A home with two snapshots and some records behind them.
fn copied() -> Home {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    for n in 0..2 {
        if n == 0 {
            live(&mut desk);
        }
        take(&server).exits(0).says(&["taken", "2 accounts"]);
        let credit = body(&format!("behind-{n}"), "alice", "1", "USD", "");
        assert!(desk.operate("credit_balance", &credit).is_success());
    }
    assert!(server.stop().success());
    home
}

#[test]
fn a_start_on_a_snapshot_comes_to_the_same_as_a_start_on_all_of_the_log() {
    let home = copied();
    tool("snapshot ls", home.path()).exits(0).says(&["replay from 13", "replay from 14", "whole"]);
    let verified = tool("snapshot verify", home.path()).exits(0);
    assert_eq!(verified.out.matches("the same, with").count(), 2, "{}", verified.out);
    let state = verified.out.lines().next().unwrap().rsplit(' ').next().unwrap();
    tool("verify --full", home.path()).exits(0).says(&[state]);
    let listed = tool("wal ls --json", home.path()).exits(0).objects();
    let snapshot = listed.iter().find(|file| file["kind"] == "snapshot").unwrap();
    assert_eq!(
        (snapshot["replay_from"].as_u64(), snapshot["damaged"].as_bool()),
        (Some(LIVED + 1), Some(false))
    );
}

#[test]
fn a_damaged_snapshot_is_told_and_the_log_is_not() {
    let home = copied();
    let files = std::fs::read_dir(home.path().join("wal")).unwrap();
    let mut snapshots: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    snapshots.retain(|path| path.extension().is_some_and(|kind| kind == "snapshot"));
    let mut bytes = std::fs::read(&snapshots[0]).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&snapshots[0], bytes).unwrap();
    tool("snapshot ls", home.path()).exits(1).says(&["DAMAGED", "passes it over"]);
    tool("snapshot verify", home.path()).exits(1).says(&["WRONG", "the same"]);
    tool("wal verify", home.path()).exits(1).says(&["DAMAGED", "14 records up to 14"]);
    tool("verify --full", home.path()).exits(0);
    drop(home.serve(&[]));
}

#[test]
fn nothing_is_taken_where_nobody_serves() {
    let home = Home::new();
    let server = home.serve(&[]);
    let url = format!("http://{}", server.operator);
    assert!(server.stop().success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    let asked = command.env_clear().args(["snapshot", "take", "--server", &url]).output().unwrap();
    told(asked).exits(1).says(&["did not answer"]);
}
