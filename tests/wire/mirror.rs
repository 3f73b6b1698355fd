//! Two copies of the log: what was answered is in both, and one is repaired from the other.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::desk::{Desk, body};
use crate::support::server::Home;

/// A server with a copy of its log in another folder, and some answers.
fn mirrored() -> (Home, tempfile::TempDir) {
    let (home, mirror) = (Home::new(), tempfile::tempdir().unwrap());
    let server = home.serve(&flags(mirror.path()));
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    (0..20).for_each(|n| credit(&mut desk, n));
    server.kill();
    (home, mirror)
}

fn flags(mirror: &Path) -> [&str; 2] {
    ["--wal-mirror", mirror.to_str().unwrap()]
}

fn credit(desk: &mut Desk, n: u32) {
    let credit = body(&format!("k{n}"), "a", "1", "USD", "");
    assert!(desk.operate("credit_balance", &credit).is_success());
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "wal" || kind == "dense"));
    files.sort();
    files
}

/// After a start all that was answered is there.
fn has_all(home: &Home, flags: &[&str]) {
    let server = home.serve(flags);
    let mut desk = Desk::at(&server);
    assert_eq!(desk.figure("a", "posted"), "20.00");
    for n in [0, 19] {
        let again = desk.operate("credit_balance", &body(&format!("k{n}"), "a", "1", "USD", ""));
        assert!(again.is_replayed(), "k{n} was done twice");
    }
    server.kill();
}

#[test]
fn either_copy_alone_has_all_that_was_answered() {
    let (home, mirror) = mirrored();
    let elsewhere = Home::new();
    fs::create_dir(elsewhere.path().join("wal")).unwrap();
    for file in files(mirror.path()) {
        fs::copy(&file, elsewhere.path().join("wal").join(file.file_name().unwrap())).unwrap();
    }
    has_all(&elsewhere, &[]);
    has_all(&home, &flags(mirror.path()));
}

#[test]
fn a_copy_that_is_harmed_is_repaired_from_the_other_and_it_is_said() {
    for first in [true, false] {
        let (home, mirror) = mirrored();
        let log = home.path().join("wal");
        let harmed = if first { &log } else { mirror.path() };
        let file = files(harmed).remove(0);
        let bytes = fs::read(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        has_all(&home, &flags(mirror.path()));
        let said = home.messages();
        let right = if first { "\"right\":\"wal_mirror\"" } else { "\"right\":\"data_dir\"" };
        assert!(said.contains("the log and its copy differed") && said.contains(right), "{said}");
        assert!(said.contains(file.file_name().unwrap().to_str().unwrap()), "{said}");
        // Then each stands alone again.
        fs::remove_dir_all(&log).unwrap();
        has_all(&home, &flags(mirror.path()));
    }
}

#[test]
fn a_copy_in_use_refuses_and_says_which() {
    let (home, mirror) = mirrored();
    let server = home.serve(&flags(mirror.path()));
    let other = Home::new();
    let refused = other.refuse(&flags(mirror.path()));
    let place = mirror.path().to_str().unwrap();
    assert!(refused.message.contains("in use") && refused.message.contains(place));
    drop(server);
}

/// A bit of a sealed file that rots is read from the other copy, and the file is whole again.
#[test]
fn a_sealed_file_that_rots_is_repaired_from_the_other_copy_and_it_is_said() {
    let (home, mirror) = (Home::new(), tempfile::tempdir().unwrap());
    let flags = [&flags(mirror.path())[..], &["--segment-bytes", "65536"]].concat();
    let server = home.serve(&flags);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    (0..20).for_each(|n| credit(&mut desk, n));
    // Once the padded one is gone the sealed one counts.
    let log = home.path().join("wal");
    while [&log, mirror.path()].iter().any(|folder| folder.join("0000000000000001.wal").exists()) {
        assert_eq!(desk.get("/v1/accounts/a").status, 200);
    }
    server.kill();
    let sealed = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "dense");
    let file = files(&log).into_iter().find(sealed).unwrap();
    let whole = fs::read(&file).unwrap();
    let mut rotten = whole.clone();
    rotten[200] ^= 1;
    fs::write(&file, rotten).unwrap();
    has_all(&home, &flags);
    let (said, name) = (home.messages(), file.file_name().unwrap().to_str().unwrap());
    assert!(said.contains("the log and its copy differed: a file was made whole"), "{said}");
    assert!(said.contains(&format!("\"mended\":\"{name}\"")), "{said}");
    // It may have become part of a wider one meanwhile.
    assert!(!file.exists() || fs::read(&file).unwrap() == whole);
}
