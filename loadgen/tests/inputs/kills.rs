//! A server that is killed and started again: all that was acknowledged must be there.

use std::process::{Command, Output};

use serde_json::Value;

use crate::standin::process::command_line;

fn play(forgets: u64, more: &str) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let server = command_line(&directory.path().join("log"), forgets);
    let load = "--no-calibration --stolen-max 100 --closed --connections 4 --accounts 40 --seconds 3 --warm-up 0";
    let program = env!("CARGO_BIN_EXE_holdfast-loadgen");
    let mut command = Command::new(program);
    command.args(["--server", &server]).args(load.split(' ')).args(more.split_whitespace());
    command.args(["--slo", "max<60s,error<=0%", "--json"]).output().unwrap()
}

#[test]
fn a_server_that_keeps_what_it_answered_survives_its_kills() {
    for more in ["--kill-server-every 1", "--kill-server-every 1 --hot one --mix cards"] {
        let output = play(0, more);
        assert_eq!(output.status.code(), Some(0), "{more}: {output:?}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["kills"]["kills"].as_u64() >= Some(1), "{more}: {report}");
        assert!(report["asked_again"].as_u64() >= Some(1), "{more}: {report}");
        assert_eq!(report["counts"]["failed"], 0, "{more}: what we cut off is no error");
        assert!(report["kills"]["longest_recovery_ns"].is_u64(), "{more}: {report}");
    }
}

#[test]
fn a_server_that_forgets_what_it_answered_is_found_out_by_its_kills() {
    let output = play(10, "--kill-server-every 1");
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert_eq!(play(10, "").status.code(), Some(0), "without a kill it remembers");
}

#[test]
fn a_server_that_does_not_start_is_said_to() {
    for (command, expected) in [("false", "exit status: 1"), ("echo hello", "before it was ready")]
    {
        let program = env!("CARGO_BIN_EXE_holdfast-loadgen");
        let output = Command::new(program).args(["--server", command]).output().unwrap();
        assert_eq!(output.status.code(), Some(69), "{command}: {output:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(expected),
            "{command}: {output:?}"
        );
    }
}
