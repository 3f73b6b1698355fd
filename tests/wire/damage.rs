//! Directories that are not as they were left: the server refuses, says why, and changes nothing.

use std::fs::{self, File};
use std::path::Path;

use crate::support::desk::{Desk, body};
use crate::support::server::Home;

const MARKED: &str = "the-key-in-the-middle";

/// A home whose log has many answered actions, one of them with a key that can be found.
fn lived_in() -> Home {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    for n in 0..40 {
        let key = if n == 20 { MARKED.to_owned() } else { format!("k{n}") };
        assert!(desk.operate("credit_balance", &body(&key, "a", "1", "USD", "")).is_success());
    }
    assert!(server.stop().success());
    home
}

/// The server refuses, with a message that has all of `words`; no segment is changed or gone.
fn refuses(home: &Home, words: &[&str]) {
    let before = home.log();
    let refused = home.refuse(&[]);
    assert!(!refused.status.success());
    for word in words {
        assert!(refused.message.contains(word), "no {word:?} in {}", refused.message);
    }
    assert!(home.log() == before, "the log was changed: {}", refused.message);
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_second_server_on_the_same_directory_refuses_and_the_first_goes_on() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let refused = home.refuse(&[]);
    assert!(!refused.status.success());
    assert!(refused.message.contains("is in use by another process"), "{}", refused.message);
    desk.fund("a", "1", "USD");
    assert_eq!(desk.figure("a", "posted"), "1.00");
}

#[test]
fn a_flipped_bit_in_what_was_answered_is_named_and_nothing_is_touched() {
    let home = lived_in();
    let segment = home.segments().remove(0);
    let bytes = fs::read(&segment).unwrap();
    let marked = MARKED.as_bytes();
    let at = bytes.windows(marked.len()).position(|window| window == marked).unwrap();
    flip(&segment, at);
    let page = at / 4096 * 4096;
    refuses(&home, &["0000000000000001.wal is corrupt", &format!("offset {page}"), "lsn"]);
    flip(&segment, at);
    let server = home.serve(&[]);
    assert_eq!(Desk::at(&server).figure("a", "posted"), "40.00");
}

#[test]
fn a_segment_of_no_bytes_is_not_taken_for_an_empty_log() {
    let home = lived_in();
    let first = home.segments().remove(0);
    File::options().write(true).open(first).unwrap().set_len(0).unwrap();
    refuses(&home, &["0000000000000001.wal"]);
}

#[test]
fn a_segment_cut_short_refuses() {
    let home = lived_in();
    let first = home.segments().remove(0);
    let length = fs::metadata(&first).unwrap().len();
    File::options().write(true).open(first).unwrap().set_len(length - 4096).unwrap();
    refuses(&home, &["0000000000000001.wal is corrupt", "length"]);
}

#[test]
fn a_segment_that_is_missing_refuses() {
    let home = lived_in();
    assert!(home.serve(&[]).stop().success());
    // It may have been sealed by now.
    let first = home.log_file("0000000000000001");
    fs::remove_file(first).unwrap();
    refuses(&home, &["0000000000000001.wal is corrupt", "missing"]);
}

#[test]
fn a_segment_of_another_log_refuses() {
    let (home, other) = (lived_in(), lived_in());
    // What a life writes to is not sealed while it lasts.
    let second = |home: &Home| {
        assert!(home.serve(&[]).stop().success());
        home.log_file("0000000000000002.wal")
    };
    fs::copy(second(&other), second(&home)).unwrap();
    refuses(&home, &["is corrupt", "another log"]);
}

#[test]
fn a_file_that_is_not_a_segment_under_a_segments_name_refuses() {
    let home = lived_in();
    let first = home.segments().remove(0);
    fs::write(&first, "not a log\n".repeat(10_000)).unwrap();
    refuses(&home, &["0000000000000001.wal is corrupt"]);
}
