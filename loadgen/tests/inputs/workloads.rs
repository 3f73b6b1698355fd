//! What is asked: by accounts that differ in heat, by many of one account, and in forms that are
//! wrong. A lie is found wherever it is told.

use std::env;

use holdfast_loadgen::{report::Verdict, seed::Seed};

use crate::{report, standin::Fault};

const LOAD: &str = "--closed --connections 16 --accounts 40 --requests 3000 --slo max<60s";

#[test]
fn an_honest_server_passes_whoever_is_hot() {
    for hot in ["zipf:1.1", "zipf:3", "one", "one --mix cards", "one --threads 2"] {
        for seed in 1..=2 {
            let report = report(Fault::None, &format!("{LOAD} --seed {seed} --hot {hot}"));
            assert_eq!(report.differences.len(), 0, "{hot} {seed}: {}", report.differences[0]);
            assert_eq!(report.verdict(), &Verdict::Pass, "{hot}, seed {seed}");
            let accounts = if hot.starts_with("one") { 1 } else { 40 };
            assert_eq!(report.accounts_checked, accounts, "{hot}, seed {seed}");
        }
    }
}

#[test]
fn a_lie_about_an_account_that_many_ask_at_once_is_found() {
    for fault in [Fault::LosesAnAnswer(1_000), Fault::ReadsWrongly, Fault::LosesACent] {
        let report = report(fault, &format!("{LOAD} --hot one"));
        assert_eq!(report.verdict(), &Verdict::Incorrect, "{fault:?}");
    }
}

/// One request at a time leaves nothing to chance: what is told must be exact to the cent.
#[test]
fn a_cent_too_much_is_found_where_one_card_after_the_other_asks() {
    let load = "--closed --connections 1 --accounts 5 --requests 500 --hot one";
    let report = report(Fault::TellsACentMoreOnce(200), load);
    assert_eq!(report.differences.len(), 1, "{:?}", report.differences);
}

#[test]
fn what_is_malformed_is_refused_and_changes_nothing() {
    for mix in ["ledger", "cards", "cycles"] {
        let asked = format!("{LOAD} --mix {mix} --malformed 30 --repeat 20 --refuse 10");
        let report = report(Fault::None, &asked);
        assert_eq!(report.differences.len(), 0, "{mix}: {}", report.differences[0]);
        assert_eq!(report.verdict(), &Verdict::Pass, "{mix}");
    }
}

#[test]
fn a_malformed_request_that_is_accepted_or_refused_wrongly_is_found() {
    let wrong = [Fault::AcceptsWhatIsTooFine, Fault::RefusesWithAnotherCode];
    for fault in wrong {
        let report = report(fault, &format!("{LOAD} --malformed 20"));
        assert_eq!(report.verdict(), &Verdict::Incorrect, "{fault:?}");
        let found = &report.differences[0].difference;
        assert!(found.starts_with("of a malformed request ("), "{fault:?}: {found}");
    }
}

/// `HOLDFAST_ANSWERS` says among how many answers the wrong one is.
#[test]
fn one_wrong_balance_among_very_many_is_found() {
    let answers = env::var("HOLDFAST_ANSWERS").map_or(20_000, |answers| answers.parse().unwrap());
    let seed = env::var("HOLDFAST_SEED").map_or(1, |seed| seed.parse().unwrap());
    // Not among the last, of which none may tell a balance.
    let wrong = u64::from(Seed::new(seed).below(answers - answers / 100)) + 1;
    let load = format!("--closed --connections 16 --accounts 500 --requests {answers}");
    let load = format!("{load} --seconds 3600 --slo max<60s --seed {seed}");
    let report = report(Fault::TellsACentMoreOnce(wrong), &load);
    assert_eq!(report.verdict().exit_code(), 4, "seed {seed}, the {wrong}th of {answers}");
    assert_eq!(report.differences.len(), 1, "seed {seed}: {:?}", report.differences);
}
