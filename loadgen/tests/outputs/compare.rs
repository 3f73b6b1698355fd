//! Two reports side by side: a change is found, chance is not taken for one, and what cannot be
//! compared is refused.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{program, standin::Fault};
use holdfast_loadgen::{
    audit::Checked,
    cli::Plan,
    clock::now,
    environment::Environment,
    load::fleet::Out,
    measurement::{Measurement, Moments},
    report::Report,
    run::beside::Beside,
    seed::Seed,
    simulator::step::Operation,
};

/// What a run was like.
#[derive(Clone, Copy)]
struct Like {
    seed: u64,
    /// How long everything takes, in percent of the usual.
    percent: u32,
    seconds: u32,
    repeats: usize,
    /// One request in so many fails; none when zero.
    fails_one_in: u32,
}

const USUAL: Like = Like { seed: 1, percent: 100, seconds: 8, repeats: 1, fails_one_in: 0 };
const PER_SECOND: u32 = 400;

/// Reports in a directory of their own.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn report(&self, name: &str, like: Like) -> PathBuf {
        self.write(name, &report(like, "").to_json())
    }
}

fn report(like: Like, more: &str) -> Report {
    let line = format!("loadgen --rate {PER_SECOND} --seconds {} {more}", like.seconds);
    let plan = Plan::from_command_line(line.split_whitespace()).unwrap();
    let mut seed = Seed::new(like.seed);
    let repeats = (0..like.repeats).map(|_| repeat(like, &mut seed)).collect();
    let (out, checked) = (Out::default(), Checked::default());
    Report::new(&plan, repeats, out, checked, Beside::default(), Environment::default())
}

/// Most requests take 1 to 2 ms, one in fifty up to 20 ms; some seconds are slower than others.
fn repeat(like: Like, seed: &mut Seed) -> Measurement {
    let start = now();
    let mut measured = Measurement::since(start);
    for second in 0..like.seconds {
        let mood = 90 + seed.below(20);
        for index in 0..PER_SECOND {
            let tail = if seed.below(50) == 0 { seed.below(18_000) } else { 0 };
            let micros = (1_000 + seed.below(1_000) + tail) * mood / 100 * like.percent / 100;
            let due =
                Duration::from_secs(second.into()) + Duration::from_millis((index * 2).into());
            let sent = start + due;
            let done = sent + Duration::from_micros(micros.into());
            let at = Moments { due: sent, free: sent, sent, done };
            if like.fails_one_in > 0 && seed.below(like.fails_one_in) == 0 {
                measured.failed(Operation::HoldBalance, at);
            } else {
                measured.answered(Operation::HoldBalance, at);
            }
        }
    }
    measured
}

fn compare(base: &Path, new: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-loadgen"));
    command.arg("compare").args([base, new]).args(more).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The names of the figures that are marked.
fn marked(output: &Output) -> Vec<String> {
    assert_eq!(output.status.code(), Some(0), "{}", told(output));
    let text = told(output);
    let rows = text.lines().filter(|line| line.contains("  * "));
    rows.map(|row| row.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn a_report_compared_with_itself_shows_no_change() {
    let files = Files::new();
    for repeats in [1, 6] {
        let seconds = 8 / u32::try_from(repeats).unwrap() + 1;
        let path = files.report("same.json", Like { repeats, seconds, ..USUAL });
        let bounds = ["--fail-on-regression", "p50=0%,p99=0%", "--fail-on-regression", "max=0%"];
        let output = compare(&path, &path, &bounds);
        assert_eq!(marked(&output), [""; 0], "{}", told(&output));
        assert_eq!(told(&output).matches("+0.00 % ").count(), 7, "{}", told(&output));
        let basis = if repeats > 1 { "over the repeats" } else { "over the seconds" };
        assert!(told(&output).contains(basis), "{}", told(&output));
    }
}

#[test]
fn a_slower_run_is_found_and_a_faster_one_is_no_regression() {
    let files = Files::new();
    for repeats in [1, 5] {
        let base = files.report("base.json", Like { repeats, ..USUAL });
        let slower = Like { repeats, percent: 130, seed: 2, ..USUAL };
        let slower = files.report("slower.json", slower);
        let found = marked(&compare(&base, &slower, &[]));
        assert!(found.starts_with(&["p50".to_owned(), "p90".to_owned()]), "{found:?}");
        let rows = [
            (&base, &slower, "p50=10%", 2),
            (&base, &slower, "p90=10%,p50=90%", 2),
            (&base, &slower, "p50=90%", 0),
            (&slower, &base, "p50=0%", 0),
            (&slower, &base, "p50=0%,error=0%,throughput=0.5%", 0),
        ];
        for (base, new, bound, status) in rows {
            let output = compare(base, new, &["--fail-on-regression", bound]);
            assert_eq!(output.status.code(), Some(status), "{bound}: {}", told(&output));
            assert_eq!(told(&output).contains("REGRESSION: p"), status == 2, "{}", told(&output));
        }
    }
}

#[test]
fn more_errors_are_found_where_there_were_none() {
    let files = Files::new();
    let base = files.report("base.json", USUAL);
    let failing = files.report("failing.json", Like { fails_one_in: 20, ..USUAL });
    let output = compare(&base, &failing, &["--fail-on-regression", "error=1%,throughput=1%"]);
    assert_eq!(output.status.code(), Some(2));
    let told = told(&output);
    assert!(told.contains("REGRESSION: error is worse by more than 1.00 points"), "{told}");
    assert!(told.contains("REGRESSION: throughput is worse by more than 1.00 %"), "{told}");
}

#[test]
fn chance_is_seldom_taken_for_a_change() {
    let files = Files::new();
    let mut marks = 0;
    for seed in 0..12 {
        let base = files.report("base.json", Like { seed: 100 + seed, seconds: 20, ..USUAL });
        let new = files.report("new.json", Like { seed: 200 + seed, seconds: 20, ..USUAL });
        let output = compare(&base, &new, &[]);
        assert_eq!(told(&output), told(&compare(&base, &new, &[])), "of the inputs alone");
        marks += marked(&output).len();
    }
    // Of 12 runs with eight figures each, five in a hundred would be five. Neighbours share their
    // seconds, and an interval over few of them is somewhat too short.
    assert!(marks <= 12, "{marks} of 96 figures are marked");
}

#[test]
fn runs_that_did_not_ask_the_same_are_compared_only_when_told_to() {
    let files = Files::new();
    let base = files.report("base.json", USUAL);
    let other = report(USUAL, "--mix cards --connections 32").to_json();
    let other = files.write("other.json", &other);
    let refused = compare(&base, &other, &[]);
    assert_eq!(refused.status.code(), Some(69));
    let expected = "connections 64 and 32, mix \"ledger\" and \"cards\"; --anyway";
    assert!(told(&refused).contains(expected), "{}", told(&refused));
    let compared = compare(&base, &other, &["--anyway"]);
    assert_eq!(compared.status.code(), Some(0));
    assert!(told(&compared).contains("differs: connections 64 and 32"), "{}", told(&compared));
}

#[test]
fn another_machine_is_told_and_no_reason_to_refuse() {
    let files = Files::new();
    let base = files.report("base.json", USUAL);
    let mut elsewhere: Value = serde_json::from_str(&report(USUAL, "").to_json()).unwrap();
    elsewhere["environment"]["cores"] = json!(64);
    elsewhere["environment"]["disk"]["file_system"] = json!("xfs");
    elsewhere["environment"]["at"] = json!("another day");
    let elsewhere = files.write("elsewhere.json", &elsewhere.to_string());
    let output = compare(&base, &elsewhere, &[]);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("differs: cores 0 and 64\n"), "{told}");
    assert!(told.contains("differs: disk file_system null and \"xfs\"\n"), "{told}");
    assert_eq!(told.matches("differs: ").count(), 2, "{told}");
}

#[test]
fn what_is_no_report_is_refused_by_name() {
    let files = Files::new();
    let good = report(USUAL, "").to_json();
    let base = files.write("base.json", &good);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut report: Value = serde_json::from_str(&good).unwrap();
        change(&mut report);
        report.to_string()
    };
    let rows = [
        (String::new(), "is no report"),
        ("[]".to_owned(), "its format is not holdfast-loadgen-report/1"),
        (good[..good.len() / 2].to_owned(), "is no report"),
        (changed(&|it| it["format"] = json!("holdfast-loadgen-report/2")), "its format is not"),
        (changed(&|it| it["repeats"] = json!([])), "has no answer"),
        (changed(&|it| it["repeats"][0]["span_ns"] = json!(0)), "has no answer"),
        (changed(&|it| it["repeats"][0]["counts"]["sent"] = json!(-1)), "invalid value"),
        (changed(&|it| it["workload"] = json!("none")), "invalid type"),
        (changed(&|it| drop(it.as_object_mut().unwrap().remove("verdict"))), "verdict"),
        (changed(&|it| it["repeats"][0]["histograms"]["response"] = json!("!")), "HdrHistogram"),
        (changed(&|it| it["repeats"][0]["slots"][1]["response"] = json!("SElT")), "HdrHistogram"),
        (changed(&|it| it["verdict"] = json!("invalid")), "cannot be compared"),
        (changed(&|it| it["verdict"] = json!("incorrect")), "cannot be compared"),
    ];
    for (text, expected) in rows {
        let broken = files.write("broken.json", &text);
        for (base, new) in [(&base, &broken), (&broken, &base)] {
            let output = compare(base, new, &[]);
            let told = told(&output);
            assert_eq!(output.status.code(), Some(69), "{expected}: {told}");
            assert!(told.contains("broken.json") && told.contains(expected), "{expected}: {told}");
        }
    }
    let missing = compare(&base, Path::new("/no/such/report.json"), &[]);
    assert!(told(&missing).contains("/no/such/report.json cannot be read: No such file"));
}

#[test]
fn a_command_line_that_asks_for_no_comparison_is_usage() {
    let files = Files::new();
    let base = files.report("base.json", USUAL);
    for more in [&["--fail-on-regression", "p98=1%"][..], &["--rate", "1"], &["third.json"]] {
        let output = compare(&base, &base, more);
        assert_eq!(output.status.code(), Some(64), "{}", told(&output));
    }
}

#[test]
fn too_short_a_run_is_compared_and_judged_by_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let load =
        "--closed --seconds 2 --warm-up 0 --connections 2 --accounts 8 --quiet --slo max<60s";
    let saved = |name: &str| {
        let at = directory.path().join(name);
        let output = program(Fault::None, &format!("{load} --save {}", at.display()));
        let path = at.join("report.json");
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", told(&output)));
        // Whether the machine was stolen from meanwhile is no matter here.
        let mut report: Value = serde_json::from_str(&text).unwrap();
        report["verdict"] = json!("pass");
        fs::write(&path, report.to_string()).unwrap();
        path
    };
    let (base, new) = (saved("base"), saved("new"));
    let output = compare(&base, &new, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(told(&output).contains("no intervals: both runs need 5"), "{}", told(&output));
    let judged = compare(&base, &new, &["--fail-on-regression", "p99=500%"]);
    assert_eq!(judged.status.code(), Some(69), "{}", told(&judged));
    assert!(told(&judged).contains("too short"), "{}", told(&judged));
}
