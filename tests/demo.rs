//! The demonstration as a newcomer runs it: the whole program, over real sockets, killed half-way.

use std::process::{Command, Output};

fn demo(temporary: &std::path::Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.arg("demo").args(words).env("TMPDIR", temporary).output().unwrap()
}

#[test]
fn the_demo_tells_the_truth() {
    let temporary = tempfile::tempdir().unwrap();
    let Output { status, stdout, stderr } = demo(temporary.path(), &[]);
    let (told, problems) = (String::from_utf8(stdout).unwrap(), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{status}\n{told}\n{problems}");
    let trial_balance = told.split_once("Trial balance\n").map(|(_, rest)| rest);
    let row = trial_balance.and_then(|rest| rest.lines().nth(1)).unwrap_or_default();
    assert!(row.trim_start().starts_with("SGD ") && row.ends_with(" 0.00"), "{told}");
    assert_eq!(temporary.path().read_dir().unwrap().count(), 0, "something was left behind");
}

#[test]
fn the_demo_wants_a_directory_of_its_own() {
    let temporary = tempfile::tempdir().unwrap();
    let precious = temporary.path().join("precious");
    std::fs::write(&precious, "mine").unwrap();
    let words = ["--data-dir", temporary.path().to_str().unwrap()];
    assert_eq!(demo(temporary.path(), &words).status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "mine");
}
