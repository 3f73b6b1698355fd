//! `backup` and `restore`: a copy of a server under load is whole, and nothing is overwritten.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{LIVED, Told, lived_in, told, tool};
use crate::support::desk::{Desk, body};
use crate::support::server::Home;

fn run(words: &[&std::ffi::OsStr]) -> Told {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    told(command.env_clear().args(words).output().unwrap())
}

fn backup(home: &Home, to: &std::path::Path) -> Told {
    run(&[
        "backup".as_ref(),
        "--data-dir".as_ref(),
        home.path().as_ref(),
        "--to".as_ref(),
        to.as_ref(),
    ])
}

fn restore(from: &std::path::Path, to: &std::path::Path) -> Told {
    run(&["restore".as_ref(), "--from".as_ref(), from.as_ref(), "--data-dir".as_ref(), to.as_ref()])
}

#[test]
fn a_copy_of_a_server_under_load_answers_the_same() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let credit = |n: u32| body(&format!("k{n}"), "a", "1", "USD", "");
    let before = 200;
    let first: Vec<_> = (0..before).map(|n| desk.operate("credit_balance", &credit(n))).collect();
    let (place, done) = (tempfile::tempdir().unwrap(), AtomicBool::new(false));
    let copy = place.path().join("copies").join("today");
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut load = Desk::at(&server);
            for n in before.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                assert!(load.operate("credit_balance", &credit(n)).is_success());
            }
        });
        let copied = backup(&home, &copy);
        done.store(true, Ordering::Relaxed);
        copied.exits(0).says(&["records", "up to", "verified"]);
    });
    server.kill();
    let restored = Home::new();
    restore(&copy, restored.path()).exits(0).says(&["records", "restored", "verified"]);
    tool("verify --full", restored.path()).exits(0).says(&["right"]);
    let server = restored.serve(&[]);
    let mut desk = Desk::at(&server);
    for (n, reply) in (0..before).zip(first) {
        let again = desk.operate("credit_balance", &credit(n));
        assert!(again.is_replayed() && again.body == reply.body, "k{n}");
    }
}

#[test]
fn a_backup_is_a_data_directory_that_the_tools_read() {
    let home = lived_in();
    let place = tempfile::tempdir().unwrap();
    let copy = place.path().join("copy");
    let words = format!("{LIVED} records up to {LIVED}");
    backup(&home, &copy).exits(0).says(&[&words]);
    tool("wal verify", &copy).exits(0).says(&[&words]);
}

#[test]
fn nothing_is_ever_overwritten() {
    let home = lived_in();
    let full = tempfile::tempdir().unwrap();
    fs::write(full.path().join("precious"), "mine").unwrap();
    backup(&home, full.path()).exits(1).says(&["is not empty"]);
    restore(home.path(), full.path()).exits(1).says(&["is not empty"]);
    assert_eq!(fs::read_dir(full.path()).unwrap().count(), 1);
    backup(&home, &full.path().join("precious")).exits(1).says(&["is not a directory"]);
    restore(full.path(), &full.path().join("new")).exits(1).says(&["that is no backup"]);
    assert!(!full.path().join("new").exists());
}

#[test]
fn a_copy_of_what_is_damaged_is_no_backup() {
    let home = lived_in();
    super::flip(&home.segments()[0], b"t-live-3");
    let place = tempfile::tempdir().unwrap();
    let copy = place.path().join("copy");
    backup(&home, &copy).exits(1).says(&["not backed up", "is corrupt"]);
}
