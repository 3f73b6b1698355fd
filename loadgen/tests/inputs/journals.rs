//! A journal has what was answered, and a replay asks for it again.

use std::{fs, path::Path};

use holdfast_loadgen::{report::Verdict, run::beside::Beside};

use crate::{program, report, standin::Fault};

/// Writes a journal of 1,000 answers of an honest server.
fn record(path: &Path, more: &str) {
    let load = "--closed --connections 8 --accounts 20 --requests 1000";
    let report = report(Fault::None, &format!("{load} --journal {} {more}", path.display()));
    let Beside { journal: Some(written), .. } = report.beside else { panic!("no journal") };
    assert_eq!(written.missing, 0);
    let lines = fs::read_to_string(path).unwrap().lines().count();
    assert_eq!(u64::try_from(lines).unwrap(), written.lines + 1);
}

#[test]
fn an_honest_server_answers_a_replay_as_it_was_recorded() {
    let directory = tempfile::tempdir().unwrap();
    for mix in ["ledger", "cards", "cycles"] {
        let path = directory.path().join(mix);
        record(&path, &format!("--mix {mix} --malformed 5"));
        for threads in [1, 2] {
            let asked = format!("--replay {} --threads {threads} --slo max<60s", path.display());
            let report = report(Fault::None, &asked);
            assert_eq!(report.differences.len(), 0, "{mix}: {}", report.differences[0]);
            let replayed = report.beside.replay.unwrap();
            let lines = fs::read_to_string(&path).unwrap().lines().count() - 1;
            assert_eq!(replayed.compared, u64::try_from(lines).unwrap(), "{mix}: {replayed:?}");
        }
    }
}

#[test]
fn another_answer_than_the_recorded_one_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    record(&path, "");
    let faults = [Fault::TellsACentMoreOnce(500), Fault::LosesAnAnswer(100), Fault::LosesACent];
    for fault in faults {
        let report = report(fault, &format!("--replay {} --slo max<60s", path.display()));
        assert_eq!(report.verdict(), &Verdict::Incorrect, "{fault:?}");
    }
}

#[test]
fn a_malformed_journal_is_refused_with_its_line_before_anything_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    record(&path, "");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    let cut = &lines[700][..50];
    lines[700] = cut;
    fs::write(&path, lines.join("\n")).unwrap();
    // A server that lies from the first answer on would be found out, had it been asked.
    let output = program(Fault::TellsACentMore(1), &format!("--replay {}", path.display()));
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("line 701: "), "{said}");
}

#[test]
fn a_journal_whose_order_nobody_knows_is_not_replayed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    record(&path, "--hot one");
    let output = program(Fault::None, &format!("--replay {}", path.display()));
    assert_eq!(output.status.code(), Some(69), "{output:?}");
}
