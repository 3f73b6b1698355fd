//! When it is asked: the open loop sees a stall, the closed one does not; repeats, the warm-up, the
//! search for the knee, and what the generator says of itself.

use std::time::Duration;

use holdfast_loadgen::{calibration::calibrate, cli::Plan, report::Verdict};

use crate::{program, report, standin::Fault};

/// The 99th percentile of 900 requests to a server that stalls once for a second.
fn p99_of_a_stall(load: &str) -> u64 {
    let stalls = Fault::Stalls(300, Duration::from_secs(1));
    let report = report(stalls, &format!("{load} --connections 4 --accounts 20 --warm-up 0"));
    assert_eq!(report.counts.sent + report.counts.unsent, 900, "{load}");
    report.p99_ns
}

#[test]
fn a_planted_stall_shows_in_the_open_loop_and_hides_in_the_closed_one() {
    let open = p99_of_a_stall("--rate 300 --seconds 3 --arrivals uniform");
    // 4 of 900 requests were under way: less than a hundredth.
    let closed = p99_of_a_stall("--closed --requests 900");
    assert!(open > 900_000_000, "open {open} ns");
    assert!(closed < 900_000_000, "closed {closed} ns");
}

#[test]
fn each_repeat_is_measured_by_itself_and_a_warm_up_counts_in_none() {
    let load = "--closed --connections 4 --accounts 20 --requests 200 --repeats 3 --warm-up 1";
    let report = report(Fault::None, load);
    let answered: Vec<_> = report.repeats.iter().map(|it| it.counts.answered).collect();
    assert_eq!((answered, report.counts.answered), (vec![200; 3], 600));
    assert_eq!(report.accounts_checked, 20);
}

#[test]
fn where_no_rate_is_met_there_is_no_knee() {
    let load = "--knee --rate 40 --seconds 1 --connections 4 --accounts 20 --warm-up 0";
    let report = report(Fault::None, &format!("{load} --slo p50<1us"));
    let knee = report.beside.knee.as_ref().unwrap();
    assert_eq!(knee.knee_per_s, None);
    let rates: Vec<_> = knee.steps.iter().map(|step| step.rate_per_s).collect();
    assert!(rates.starts_with(&[40]) && rates.ends_with(&[10]), "{rates:?}");
    assert_ne!(report.verdict(), &Verdict::Pass);
}

#[test]
fn a_wrong_server_ends_the_search_at_once() {
    let load = "--knee --rate 200 --seconds 1 --connections 4 --accounts 20 --warm-up 0";
    let output = program(Fault::TellsACentMore(10), load);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
}

#[test]
fn a_soak_holds_its_end_against_its_begin() {
    let load = "--soak --rate 200 --seconds 2 --connections 4 --accounts 20 --warm-up 0";
    let report = report(Fault::None, load);
    let soak = report.beside.soak.unwrap();
    assert!(soak.first.answered_per_s > 50 && soak.last.answered_per_s > 50, "{soak:?}");
    assert!(soak.first.p99_ns > 0 && soak.last.p99_ns > 0, "{soak:?}");
}

#[test]
fn the_generator_knows_its_own_ceiling() {
    let line = ["loadgen", "--connections", "4", "--accounts", "4", "--mix", "cards"];
    let plan = Plan::from_command_line(line).unwrap();
    let calibration = calibrate(&plan, Duration::from_millis(300)).unwrap();
    assert!(calibration.ceiling_per_s > 100, "{calibration:?}");
    assert!(calibration.response_p50_ns > 0, "{calibration:?}");
    assert!(calibration.response_p99_ns >= calibration.response_p50_ns, "{calibration:?}");
}

#[test]
fn what_makes_no_run_is_said_before_anything_is_asked() {
    let rows = [
        ("--spike 100@10+1", "more --seconds"),
        ("--ramp 5", "write for example 1000..9000"),
        ("--ramp 1..2 --rate 5", "cannot be used with"),
        ("--soak --closed", "cannot be used with"),
        ("--knee --repeats 2", "cannot be used with"),
        ("--hot one --mix cycles", "reservations that lapse"),
        ("--hot two", "zipf:1.1"),
        ("--malformed 101", "write percent"),
        ("--kill-server-every 1", "--server"),
        ("--server serve --network http://127.0.0.1:1", "cannot be used with"),
    ];
    for (line, expected) in rows {
        let line = ["loadgen"].into_iter().chain(line.split(' '));
        let usage = Plan::from_command_line(line.clone()).unwrap_err();
        assert_eq!(usage.exit_code(), 64, "{line:?}");
        assert!(usage.to_string().contains(expected), "{line:?}: {usage}");
    }
}
