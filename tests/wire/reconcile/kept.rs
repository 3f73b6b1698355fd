//! Breaks stay until somebody resolves them, through restarts and snapshots.

use std::process::Command;

use serde_json::{Value, json};

use super::ledger::Ledger;
use crate::support::desk::Desk;
use crate::support::raw::Reply;
use crate::support::server::{Home, Server};

const WIDE: &str =
    "/v1/reconciliations?name=day-1&from=1970-01-01T00:00:00Z&to=2999-01-01T00:00:00Z";

/// A ledger with forty purchases, and a file that has none of them.
fn open() -> (Home, Server, Ledger) {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut ledger = Ledger::new(Desk::at(&server), 3);
    for n in 0..40 {
        let card = ledger.card();
        ledger.purchase(&format!("t-{n:02}"), &card, 1_000 + n);
    }
    (home, server, ledger)
}

fn found(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

/// All breaks that a list has, page by page.
fn list(desk: &mut Desk, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = found(&desk.get(&format!("/v1/breaks?{query}{cursor}")));
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

fn resolve(desk: &mut Desk, break_ref: &str, note: &str) -> Reply {
    desk.post("/v1/breaks", &json!({"break_ref": break_ref, "note": note}).to_string())
}

#[test]
fn a_break_is_opened_once_and_stays_until_it_is_resolved() {
    let (home, server, mut ledger) = open();
    let desk = &mut ledger.desk;
    assert!(list(desk, "").is_empty());
    let report = found(&desk.post(WIDE, "[]"));
    assert_eq!((&report["breaks_found"], &report["breaks_opened"]), (&json!(40), &json!(40)));
    let all = list(desk, "limit=7");
    assert_eq!(all.len(), 40);
    for (it, told) in all.iter().zip(report["breaks"].as_array().unwrap()) {
        assert_eq!(
            (&it["found"], &it["file"], &it["status"]),
            (told, &json!("day-1"), &json!("open"))
        );
        assert_eq!(it["break_ref"], told["break_ref"]);
    }
    let again = found(&desk.post(WIDE, " [ ] "));
    assert_eq!((&again["breaks_found"], &again["breaks_opened"]), (&json!(40), &json!(0)));
    let other = found(&desk.post(&WIDE.replace("day-1", "day-2"), "[]"));
    assert_eq!(other["breaks_opened"], json!(40), "another file has breaks of its own");

    let name = all[3]["break_ref"].as_str().unwrap().to_owned();
    let resolved = found(&resolve(desk, &name, "told the network"));
    assert_eq!(
        (&resolved["status"], &resolved["note"]),
        (&json!("resolved"), &json!("told the network"))
    );
    assert_eq!(resolve(desk, &name, "told the network").json(), resolved);
    let otherwise = resolve(desk, &name, "or so");
    assert_eq!((otherwise.status, otherwise.code().as_deref()), (409, Some("BREAK_RESOLVED")));
    assert_eq!(resolve(desk, "brk_00000000000000000000000000000000", "x").status, 404);
    assert_eq!(resolve(desk, &name, "").status, 400);
    assert_eq!(list(desk, "status=resolved"), [resolved]);
    assert_eq!(list(desk, "status=open&limit=50").len(), 79);
    assert_eq!(list(desk, "kind=in_ledger_only").len(), 80);
    assert_eq!(list(desk, "kind=amount_differs").len(), 0);
    assert_eq!(
        found(&desk.post(WIDE, "[]"))["breaks_opened"],
        json!(0),
        "nor one that was resolved"
    );

    let told = desk.get("/v1/breaks?limit=1000").text().to_owned();
    assert_eq!(desk.post("/v1/snapshot", "{}").status, 201);
    let second = all[4]["break_ref"].as_str().unwrap().to_owned();
    let after = found(&resolve(desk, &second, "behind the snapshot"));
    server.kill();
    for flags in [&[][..], &["--ignore-snapshots"]] {
        let server = home.serve(flags);
        let mut desk = Desk::at(&server);
        assert_eq!(list(&mut desk, "status=resolved")[1], after);
        assert_ne!(desk.get("/v1/breaks?limit=1000").text(), told);
        assert_eq!(found(&desk.post(WIDE, "[]"))["breaks_opened"], json!(0));
        let audited = home.audit(&server, &[]);
        assert!(audited.clean, "{}", audited.to_text());
        server.kill();
    }
}

#[test]
fn the_log_shows_what_was_opened_and_resolved() {
    let (home, server, mut ledger) = open();
    let report = found(&ledger.desk.post(WIDE, "[]"));
    let name = report["breaks"][0]["break_ref"].as_str().unwrap().to_owned();
    assert_eq!(resolve(&mut ledger.desk, &name, "a note").status, 200);
    server.kill();
    let cat = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.env_clear().args(["wal", "cat", "--data-dir"]).arg(home.path()).args(words);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let last: Vec<Value> = cat(&["--json"])
        .lines()
        .rev()
        .take(3)
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&last[0]["operation"], &last[0]["break_ref"]),
        (&json!("resolve_break"), &json!(name))
    );
    assert_eq!(last[0]["record"]["links"], json!([last[2]["lsn"]]));
    assert_eq!(
        (&last[2]["operation"], &last[2]["breaks"][0]["found"]),
        (&json!("open_breaks"), &report["breaks"][0])
    );
    let shown = cat(&[]);
    assert!(shown.contains("open_breaks") && shown.contains("a note"), "{shown}");
}

#[test]
fn a_list_of_breaks_that_cannot_be_meant_is_refused() {
    let (_home, _server, mut ledger) = open();
    for query in [
        "status=closed",
        "limit=0",
        "limit=1001",
        "cursor=x",
        "cursor=brk_00000000000000000000000000000000",
        "colour=red",
    ] {
        assert_eq!(ledger.desk.get(&format!("/v1/breaks?{query}")).status, 400, "{query}");
    }
}
