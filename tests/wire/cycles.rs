//! Whole card life cycles over HTTP, by the load generator's stand-in for the network: every answer
//! and every balance is what its books say, and what a second set of books over the log says.

use holdfast_loadgen::cli::Plan;
use holdfast_loadgen::report::{Report, Verdict};

use crate::support::server::{Home, Server};

/// Enough for each kind of cycle many times.
const LOAD: &str = "--mix cycles --closed --connections 8 --accounts 40 --requests 8000";

fn play(server: &Server, more: &str) -> Report {
    let (network, operator) = (server.network, server.operator);
    let line = format!(
        "loadgen --network http://{network} --operator http://{operator} {LOAD} --slo max<60s {more}"
    );
    holdfast_loadgen::run(&Plan::from_command_line(line.split_whitespace()).unwrap()).unwrap()
}

/// Plays on a server that keeps what it approved for so long, and finds nothing wrong.
fn play_well(server: &Server, time_to_live_s: &str) {
    let report = play(server, &format!("--reservation-ttl-s {time_to_live_s}"));
    let wrong: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(report.verdict(), &Verdict::Pass, "seed {}: {wrong:?}", report.seed);
    assert_eq!(report.accounts_checked, 40);
}

#[test]
fn whole_life_cycles_leave_both_sides_and_the_auditor_the_same_books() {
    let home = Home::new();
    let server = home.serve(&["--reservation-ttl-s", "3600"]);
    play_well(&server, "3600");
    assert!(home.audit(&server, &[]).clean, "three sets of books agree");
}

#[test]
fn what_lapses_while_the_cycles_are_played_is_honoured_all_the_same() {
    let home = Home::new();
    play_well(&home.serve(&["--reservation-ttl-s", "1"]), "1");
}

#[test]
fn a_report_says_which_server_it_is_of() {
    let home = Home::new();
    let report = play(&home.serve(&["--reservation-ttl-s", "3600"]), "--requests 100");
    assert_eq!(report.environment.server_version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_ledger_with_other_rules_than_the_network_is_found_out() {
    let home = Home::new();
    let report = play(&home.serve(&["--over-capture", "refuse"]), "");
    assert_eq!(report.verdict(), &Verdict::Incorrect, "seed {}", report.seed);
}
