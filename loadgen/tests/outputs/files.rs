//! Every form of the report, of a real run over sockets.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    program,
    standin::{Fault, Standin},
};
use holdfast_loadgen::report::SCHEMA;

const LOAD: &str = "--rate 400 --seconds 2 --warm-up 0 --connections 4 --accounts 40 --quiet";
/// What a server may say that is no friend of browsers and terminals.
const HOSTILE: &str = "log;dur=0.25, <script>alert(1)</script>;dur=0.125, decide;dur=0.003";

/// The files of one run, and what it printed.
struct Saved {
    directory: tempfile::TempDir,
    printed: Value,
}

fn saved(fault: Fault, more: &str) -> Saved {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().display();
    let output = program(fault, &format!("{LOAD} --json --save {at} --disk {at} {more}"));
    let printed = serde_json::from_slice(&output.stdout);
    Saved { directory, printed: printed.unwrap_or_else(|error| panic!("{error}: {output:?}")) }
}

impl Saved {
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap()
    }
}

/// The schema, and nothing that it does not name.
fn strict(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(members) => {
            for (_, member) in members.iter_mut() {
                *member = strict(member.take());
            }
            if members.get("properties").is_some_and(|it| it.get("properties").is_none()) {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = strict(item.take())),
        _ => {}
    }
    schema
}

fn assert_valid(schema: &Value, report: &Value) {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(report).collect();
    let told = errors.iter().map(|error| format!("{}: {error}", error.instance_path()));
    assert!(errors.is_empty(), "{:?}", told.collect::<Vec<_>>());
}

#[test]
fn the_report_is_what_its_schema_says_and_the_schema_says_all_of_it() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let rows = [
        (Fault::Tells(HOSTILE), ""),
        (Fault::IsOverloaded(20), "--slo max<1us --disk /no/such/directory"),
        (Fault::TellsACentMore(10), "--mix cycles"),
    ];
    for (fault, more) in rows {
        let report = saved(fault, more).printed;
        assert_valid(&schema, &report);
        assert_valid(&strict(schema.clone()), &report);
    }
    let mut wrong = saved(Fault::None, "").printed;
    wrong["counts"]["sent"] = Value::from(-1);
    assert!(!jsonschema::draft202012::new(&schema).unwrap().is_valid(&wrong));
}

#[test]
fn the_schema_is_printed() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_holdfast-loadgen"))
        .arg("schema")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), SCHEMA);
    assert!(output.status.success());
}

#[test]
fn what_is_saved_is_what_was_printed() {
    let saved = saved(Fault::Tells(HOSTILE), "");
    let file: Value = serde_json::from_str(&saved.read("report.json")).unwrap();
    assert_eq!(file, saved.printed);
    let environment = &file["environment"];
    assert_eq!(environment["server_version"], "9.8.7");
    assert!(environment["disk"]["fdatasync"]["count"].as_u64() > Some(0), "{environment}");
}

#[test]
fn what_the_server_tells_of_its_time_is_in_the_report() {
    let report = saved(Fault::Tells(HOSTILE), "").printed;
    let metrics = report["server_timing"].as_array().unwrap();
    let names: Vec<_> = metrics.iter().map(|it| it["metric"].as_str().unwrap()).collect();
    assert_eq!(names, ["log", "<script>alert(1)</script>", "decide"]);
    let log = &metrics[0]["times"];
    assert_eq!(
        (log["mean_ns"].as_u64(), &log["count"]),
        (Some(250_000), &report["counts"]["sent"])
    );
    let silent = saved(Fault::None, "").printed;
    assert_eq!(silent["server_timing"], Value::Array(Vec::new()));
}

#[test]
fn the_page_needs_nothing_else_and_runs_nothing() {
    let page = saved(Fault::Tells(HOSTILE), "--slo max<9s").read("report.html");
    for word in
        ["<script", "src=", "href=", "url(", "@import", "<link", "<iframe", "onload", "onclick"]
    {
        let found = page.find(word).map(|at| &page[at..(at + 60).min(page.len())]);
        assert_eq!(found, None);
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("max&lt;9s"));
    assert_eq!(page.matches("<svg").count(), 4, "four drawings");
    assert!(!page.contains("NaN") && !page.contains("inf "), "every coordinate is a number");
}

#[test]
fn an_incorrect_run_says_so_on_top_of_the_page() {
    let saved = saved(Fault::TellsACentMore(10), "");
    let page = saved.read("report.html");
    assert!(page.contains("<h1>INCORRECT</h1>"));
    assert!(page.contains("What the server said that is not so"));
}

#[test]
fn the_seconds_add_up_to_the_run() {
    let saved = saved(Fault::IsOverloaded(50), "");
    let text = saved.read("seconds.csv");
    let mut lines = text.split_terminator("\r\n");
    let head: Vec<_> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<_>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == head.len()), "{text}");
    let sum = |name: &str| {
        let column = head.iter().position(|head| *head == name).unwrap();
        rows.iter().map(|row| row[column].parse::<u64>().unwrap()).sum::<u64>()
    };
    let counts = &saved.printed["counts"];
    for name in ["sent", "answered", "failed", "late"] {
        assert_eq!(Some(sum(name)), counts[name].as_u64(), "{name}: {text}");
    }
    assert_eq!(sum("offered"), sum("sent"));
}

#[test]
fn the_percentile_tables_are_those_of_the_report() {
    let saved = saved(Fault::None, "");
    for kind in ["response", "service"] {
        let text = saved.read(&format!("{kind}.hgrm"));
        let rows = text.lines().skip(2).take_while(|line| !line.starts_with('#'));
        let rows: Vec<(f64, f64, u64)> = rows.map(hgrm_row).collect();
        assert!(rows.is_sorted(), "{text}");
        let (longest, quantile, count) = *rows.last().unwrap();
        assert_eq!(Some(count), saved.printed[kind]["count"].as_u64());
        assert!(quantile >= 1.0, "{text}");
        let told = saved.printed[kind]["max_ns"].as_u64().unwrap();
        assert_eq!(format!("{longest:.3}"), in_millis(told), "{text}");
        let median = saved.printed[kind]["p50_ns"].as_u64().unwrap();
        let row = rows.iter().find(|(_, quantile, _)| *quantile >= 0.5).unwrap();
        assert_eq!(format!("{:.3}", row.0), in_millis(median), "{text}");
        assert!(text.contains("#[Mean    ="), "{text}");
    }
}

fn hgrm_row(line: &str) -> (f64, f64, u64) {
    let mut words = line.split_whitespace();
    let mut next = || words.next().unwrap();
    (next().parse().unwrap(), next().parse().unwrap(), next().parse().unwrap())
}

fn in_millis(nanos: u64) -> String {
    let micros = (nanos + 500) / 1_000;
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}

#[test]
fn a_directory_that_cannot_be_made_stops_the_run_before_it_begins() {
    let server = Standin::start(Fault::None);
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = Path::new(file.path()).join("reports");
    let line = server.command_line(&format!("{LOAD} --save {}", below.display()));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_holdfast-loadgen"))
        .args(&line[1..])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(69), 0), "{told}");
    assert!(told.contains("could not be written to") && told.contains("reports"), "{told}");
}
