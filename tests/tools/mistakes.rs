//! Mistakes: each command says what is wrong with what it was told, and exits as scripts expect.

use std::fs;

use super::{lived_in, tool};

const LOOKING: [&str; 8] = [
    "wal ls",
    "wal cat",
    "wal verify",
    "wal cut --at 1 --yes",
    "snapshot ls",
    "snapshot verify",
    "verify",
    "verify --full",
];

#[test]
fn a_directory_that_is_none_is_named() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "text").unwrap();
    fs::create_dir(place.path().join("empty")).unwrap();
    for words in LOOKING {
        tool(words, &place.path().join("none")).exits(1).says(&["there is no directory", "none"]);
        tool(words, &place.path().join("file")).exits(1).says(&["file is not a directory"]);
        tool(words, &place.path().join("empty")).exits(1).says(&["there is no log in"]);
    }
    assert_eq!(fs::read_dir(place.path().join("empty")).unwrap().count(), 0);
}

#[test]
fn what_is_not_understood_exits_with_two() {
    let home = lived_in();
    for words in [
        "wal",
        "wal look",
        "wal cat --from yesterday",
        "wal cat --to 0",
        "wal cut --yes",
        "wal cut --at -1",
        "wal cut --at five",
        "wal tail --from 2026-01-01",
        "snapshot",
        "backup",
        "restore",
        "verify --quick",
    ] {
        tool(words, home.path()).exits(2);
    }
}

#[test]
fn a_file_that_is_none_of_the_log_is_named() {
    let home = lived_in();
    fs::write(home.path().join("wal").join("copy of 1.wal"), "text").unwrap();
    for words in LOOKING {
        tool(words, home.path()).exits(1).says(&["copy of 1.wal", "is not the name of a file"]);
    }
}

#[test]
fn an_empty_log_is_right() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("wal")).unwrap();
    for words in ["wal ls", "wal cat", "wal verify", "snapshot ls", "verify --full"] {
        tool(words, place.path()).exits(0);
    }
}

/// The directory is found as the server finds it.
#[test]
fn the_data_directory_may_come_from_the_environment_or_a_file() {
    let home = lived_in();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.env_clear().args(["wal", "ls"]);
    command.env("HOLDFAST_DATA_DIR", home.path());
    assert!(command.output().unwrap().status.success());
    let config = home.path().join("holdfast.toml");
    fs::write(&config, format!("data_dir = {:?}\n", home.path())).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.env_clear().args(["wal", "ls", "--config"]).arg(&config);
    assert!(command.output().unwrap().status.success());
}
