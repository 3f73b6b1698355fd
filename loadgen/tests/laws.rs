//! What the load generator promises, against a stand-in server that is honest or has one fault.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod inputs;
mod outputs;
mod standin;

use std::{
    process::{Command, Output},
    time::Duration,
};

use holdfast_loadgen::{
    audit::Checked,
    cli::Plan,
    clock::now,
    environment::Environment,
    load::fleet::Out,
    measurement::{Measurement, Moments},
    report::{Report, Verdict},
    run::{self, beside::Beside},
    simulator::step::Operation,
    slo::{Point, Shown},
};
use standin::{Fault, Standin};

/// Enough for every cycle of `mix` and for several repeats of each account's requests.
const CORRECTNESS: &str = "--closed --connections 8 --accounts 20 --requests 3000 --slo max<60s";

pub(crate) fn report(fault: Fault, rest: &str) -> Report {
    let server = Standin::start(fault);
    run::run(&Plan::from_command_line(server.command_line(rest)).unwrap()).unwrap()
}

/// What the first difference says.
fn difference(fault: Fault) -> String {
    let report = report(fault, CORRECTNESS);
    assert_eq!(report.verdict(), &Verdict::Incorrect, "seed {}", report.seed);
    report.differences[0].difference.clone()
}

pub(crate) fn program(fault: Fault, rest: &str) -> Output {
    let server = Standin::start(fault);
    let line = server.command_line(rest);
    Command::new(env!("CARGO_BIN_EXE_holdfast-loadgen")).args(&line[1..]).output().unwrap()
}

#[test]
fn an_honest_server_passes_whatever_the_seed() {
    for seed in 1..=5 {
        let report = report(Fault::None, &format!("{CORRECTNESS} --threads 2 --seed {seed}"));
        assert_eq!(report.differences.len(), 0, "seed {seed}: {}", report.differences[0]);
        assert_eq!(report.verdict(), &Verdict::Pass, "seed {seed}");
        assert_eq!((report.counts.answered, report.accounts_checked), (3_000, 20), "seed {seed}");
    }
}

#[test]
fn an_honest_server_passes_whatever_is_played() {
    for mix in ["ledger", "cards", "authorizations", "cycles"] {
        let report = report(Fault::None, &format!("{CORRECTNESS} --mix {mix}"));
        assert_eq!(report.differences.len(), 0, "{mix}: {}", report.differences[0]);
        assert_eq!(report.verdict(), &Verdict::Pass, "{mix}");
        assert!(report.transactions > 500, "{mix}: {} are over", report.transactions);
    }
}

#[test]
fn a_reservation_that_was_forgotten_is_found() {
    let fault = Fault::LosesAnApproval(500);
    let report = report(fault, &format!("{CORRECTNESS} --mix authorizations"));
    assert_eq!(report.verdict(), &Verdict::Incorrect);
}

#[test]
fn a_wrong_entry_is_found_among_whole_life_cycles() {
    let faults = [
        Fault::TellsACentMore(1_500),
        Fault::LosesAnAnswer(1_500),
        Fault::ReadsWrongly,
        Fault::LosesACent,
        Fault::ExecutesRepeats,
    ];
    for fault in faults {
        let output = program(fault, &format!("{CORRECTNESS} --mix cycles"));
        assert_eq!(output.status.code(), Some(4), "{fault:?}: {output:?}");
    }
}

#[test]
fn a_wrong_balance_in_an_answer_is_found() {
    let found = difference(Fault::TellsACentMore(1_000));
    assert!(found.contains("_balance is Some("), "{found}");
}

#[test]
fn a_lost_answer_is_found() {
    for nth in [10, 500, 2_000] {
        difference(Fault::LosesAnAnswer(nth));
    }
}

#[test]
fn a_wrong_balance_that_no_answer_told_is_found_at_the_end() {
    let found = difference(Fault::ReadsWrongly);
    assert!(found.starts_with("posted is "), "{found}");
}

#[test]
fn books_that_do_not_add_up_are_found() {
    let found = difference(Fault::LosesACent);
    assert!(found.starts_with("the sum of all books is 0.01"), "{found}");
}

#[test]
fn a_repeat_that_is_executed_again_is_found() {
    let found = difference(Fault::ExecutesRepeats);
    assert!(found.starts_with("body of the repeat"), "{found}");
}

#[test]
fn a_repeat_that_does_not_say_so_is_found() {
    let found = difference(Fault::HidesRepeats);
    assert!(found.starts_with("Idempotency-Replayed is false"), "{found}");
}

#[test]
fn a_refusal_for_want_of_room_is_an_error_and_asked_again() {
    let report = report(Fault::IsOverloaded(50), &format!("{CORRECTNESS} --accounts 100"));
    assert_eq!(report.verdict(), &Verdict::Pass, "{:?}", report.differences);
    assert_eq!(report.counts.failed, 60);
    assert_eq!(report.accounts_checked + report.accounts_unknown.len(), 100);
}

#[test]
fn an_answer_that_never_came_is_asked_for_with_the_same_key() {
    let report = report(Fault::HangsUp(50), &format!("{CORRECTNESS} --accounts 100"));
    assert_eq!(report.verdict(), &Verdict::Pass, "{:?}", report.differences);
    assert_eq!(report.counts.failed, 60);
    assert_eq!(report.accounts_checked, 100, "unknown: {:?}", report.accounts_unknown);
}

#[test]
fn a_stall_of_one_second_shows_in_the_open_loop_p99() {
    let load =
        "--rate 300 --seconds 3 --connections 4 --accounts 20 --arrivals uniform --warm-up 0";
    let report = report(Fault::Stalls(300, Duration::from_secs(1)), load);
    assert_eq!(report.counts.answered + report.counts.failed + report.counts.unsent, 900);
    // A third of the 900 requests were due within the stall, and waited half of it on average:
    // nine of them are the slowest hundredth. Only four were under way, so service time shows no
    // more than these four.
    assert!(report.p99_ns > 900_000_000, "p99 {} ns", report.p99_ns);
    assert!(report.service.max_ns > 900_000_000, "service {:?}", report.service);
}

/// The verdict on 1,000 answers, `late` of which were sent later than their time by `lateness`.
fn verdict(line: &str, late: u64, lateness: Duration) -> Verdict {
    let plan = Plan::from_command_line(line.split(' ')).unwrap();
    let start = now();
    let mut measured = Measurement::since(start);
    for index in 0..1_000 {
        let sent = if index < late { start + lateness } else { start };
        measured.answered(
            Operation::HoldBalance,
            Moments { due: start, free: start, sent, done: sent },
        );
    }
    let (out, checked) = (Out::default(), Checked::default());
    Report::new(&plan, vec![measured], out, checked, Beside::default(), Environment::default())
        .verdict()
        .clone()
}

#[test]
fn a_generator_that_is_late_itself_invalidates_the_run() {
    let late = Duration::from_micros(1_001);
    assert_eq!(verdict("loadgen", 10, late), Verdict::Pass);
    assert!(matches!(verdict("loadgen", 11, late), Verdict::Invalid(_)));
    assert_eq!(verdict("loadgen", 1_000, Duration::from_millis(1)), Verdict::Pass);
    assert_eq!(verdict("loadgen --closed", 11, late), Verdict::Pass);
}

#[test]
fn a_busy_connection_is_not_the_generators_lateness() {
    let due = now();
    let free = due + Duration::from_secs(1);
    let mut measured = Measurement::since(due);
    measured.answered(Operation::HoldBalance, Moments { due, free, sent: free, done: free });
    assert_eq!((measured.late, measured.answers), (0, 1));
    assert!(measured.response(Point::Max) >= Duration::from_secs(1));
}

#[test]
fn the_exit_status_tells_what_the_run_is_worth() {
    let load = "--closed --connections 4 --accounts 64 --requests 100";
    let rows = [
        (Fault::None, "--slo max<60s", 0),
        (Fault::None, "--slo max<1us", 2),
        (Fault::IsOverloaded(2), "--slo error<0.01%", 2),
        (Fault::IsOverloaded(1), "--slo max<60s", 3),
        (Fault::TellsACentMore(1), "--slo max<1us", 4),
        (Fault::None, "--slo p98<1s", 64),
        (Fault::None, "--rate 100", 64),
        (Fault::None, "--help", 0),
    ];
    for (fault, rest, expected) in rows {
        let output = program(fault, &format!("{load} {rest}"));
        assert_eq!(output.status.code(), Some(expected), "{fault:?} {rest}: {output:?}");
    }
}

#[test]
fn the_json_report_is_one_object_with_the_two_numbers() {
    let output = program(Fault::None, "--closed --connections 2 --accounts 4 --requests 50 --json");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["achieved_per_s"].is_u64() && report["p99_ns"].is_u64(), "{report}");
    assert_eq!(report["counts"]["answered"], 50);
}
