//! The program as it is typed: its exit status and its report.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::forge::{Forge, Layout};

fn audit(data: &Path, flags: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-auditor"));
    command.arg(data).args(flags).env_clear().output().unwrap()
}

fn text(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn the_exit_status_tells_what_the_report_says() {
    let mut forge = Forge::some();
    let clean = Layout::SMALL.write(&forge.records);
    let output = audit(clean.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).ends_with("agree\n"), "{}", text(&output));

    forge.refuse_debit("ann", 1);
    let wrong = Layout::SMALL.write(&forge.records);
    let output = audit(wrong.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("FINDING lsn 224, "), "{}", text(&output));

    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(audit(nothing.path(), &[]).status.code(), Some(2));
    assert_eq!(audit(clean.path(), &["--compare", "ftp://x"]).status.code(), Some(2));
}

#[test]
fn a_report_for_programs_is_json() {
    let log = Layout::SMALL.write(&Forge::some().records);
    let output = audit(log.path(), &["--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["clean"], &report["records"]), (&true.into(), &223.into()));
    let dollars = &report["currencies"][0];
    assert_eq!((&dollars["currency"], &dollars["sum"]), (&"USD".into(), &"0.00".into()));
}

#[test]
fn an_answer_that_is_in_no_record_is_found() {
    let log = Layout::SMALL.write(&Forge::some().records);
    let file = log.path().join("answers");
    let flags = ["--expect", file.to_str().unwrap()];
    let answer = |key, lsn: u64, value| {
        format!(
            r#"{{"key":"{key}","body":{{"success":true,"tenant_action_ref":"act_{lsn:016x}","available_balance":{{"value":{value},"currency":"USD"}}}}}}"#
        )
    };
    fs::write(&file, answer("key-1", 3, "100.00") + "\n").unwrap();
    let output = audit(log.path(), &flags);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    for wrong in [answer("key-1", 3, "100.01"), answer("key-1", 4, "100.00"), answer("x", 3, "1")] {
        fs::write(&file, wrong).unwrap();
        assert_eq!(audit(log.path(), &flags).status.code(), Some(1));
    }
}
