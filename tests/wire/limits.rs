//! Spend limits over real sockets: set, shown, told to whom they stop, and raced.

use std::sync::Barrier;
use std::thread;

use crate::support::desk::{Desk, body};
use crate::support::raw::{Client, Reply, post, with_body};
use crate::support::server::Home;

const FINAL: &str = "/api/pba/transactions/final-auth/approval";

fn put(desk: &mut Desk, path: &str, body: &str) -> Reply {
    desk.operator(&with_body("PUT", path, "", body.as_bytes()))
}

fn rule(template: &str, name: &str, parameters: &str) -> String {
    let name = if name.is_empty() { String::new() } else { format!(r#""description":"{name}","#) };
    format!(
        r#"{{"template_code":"{template}",{name}"parameters":{{{parameters}}},"violation_policy":"decline"}}"#
    )
}

fn ruleset(rules: &[String]) -> String {
    format!(r#"{{"rules":[{}]}}"#, rules.join(","))
}

fn daily(name: &str, amount: &str) -> String {
    let parameters = format!(r#""limit_amount":{amount},"currency":"SGD","frequency":"daily""#);
    rule("account_billing_amount_limit", name, &parameters)
}

fn message(transaction: &str, account: &str, amount: &str, more: &str) -> String {
    format!(
        r#"{{"transaction_id":"{transaction}","tenant_account_ref":"{account}","amount":{amount},"currency":"SGD"{more}}}"#
    )
}

/// One of each template, as it is shown again.
fn all() -> Vec<String> {
    let amount = r#""limit_amount":50.00,"currency":"SGD""#;
    let lists = [
        ("merchant_category_control", r#""mode":"block","values":["5993","7995"]"#),
        ("merchant_country_control", r#""mode":"allow","values":["MYS","SGP"]"#),
        ("merchant_control", r#""mode":"block","values":["MRC\"1\""]"#),
    ];
    let mut rules = vec![
        rule("transaction_amount_limit", "as sold", amount),
        rule("transaction_billing_limit", "", amount),
    ];
    for frequency in ["daily", "weekly", "monthly"] {
        let amount = format!(r#"{amount},"frequency":"{frequency}""#);
        let count = format!(r#""limit_count":3,"frequency":"{frequency}""#);
        rules.push(rule("account_billing_amount_limit", &format!("spent {frequency}"), &amount));
        rules.push(rule("account_transaction_count_limit", &format!("made {frequency}"), &count));
    }
    rules.extend(lists.map(|(template, parameters)| rule(template, "", parameters)));
    rules
}

#[test]
fn limits_are_shown_as_they_were_set_and_outlive_a_restart() {
    let home = Home::new();
    let server = home.serve(&["--time-zone", "Asia/Singapore"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["SGD"]);
    let none = desk.get("/v1/limits");
    assert_eq!(none.text(), r#"{"rules":[],"time_zone":"Asia/Singapore"}"#);
    let shown = format!(r#"{{"rules":[{}],"time_zone":"Asia/Singapore"}}"#, all().join(","));
    for _ in 0..2 {
        let set = put(&mut desk, "/v1/limits", &ruleset(&all()));
        assert_eq!((set.status, set.text()), (200, &*shown));
    }
    let of_a = desk.get("/v1/accounts/a/limits").json();
    assert_eq!(
        (&of_a["applies"], of_a["rules"].as_array().unwrap().len()),
        (&"default".into(), 11)
    );
    let own = put(&mut desk, "/v1/accounts/a/limits", &ruleset(&[daily("own", "7.5")])).json();
    assert_eq!(own["applies"], "account");
    assert_eq!(own["rules"][0]["used"].to_string(), r#"{"amount":0.0,"currency":"SGD"}"#);

    drop((desk, server));
    let server = home.serve(&["--time-zone", "Asia/Singapore"]);
    let mut desk = Desk::at(&server);
    assert_eq!(desk.get("/v1/limits").text(), shown);
    assert_eq!(desk.get("/v1/accounts/a/limits").json()["rules"][0]["description"], "own");
    let cleared = desk.operator(&with_body("DELETE", "/v1/accounts/a/limits", "", b""));
    assert_eq!((cleared.status, &cleared.json()["applies"]), (200, &"default".into()));
    let report = home.audit(&server, &[]);
    assert!(report.clean, "{}", report.to_text());
}

#[test]
fn whoever_is_stopped_is_told_by_which_rule() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["SGD"]);
    desk.fund("a", "1000", "SGD");
    let blocked = r#""mode":"block","values":["7995"]"#;
    let rules = [daily(r#"a \"day\""#, "100"), rule("merchant_category_control", "", blocked)];
    assert_eq!(put(&mut desk, "/v1/accounts/a/limits", &ruleset(&rules)).status, 200);
    let ask = |desk: &mut Desk, transaction: &str, amount: &str, more: &str| {
        desk.network(&post(FINAL, message(transaction, "a", amount, more).as_bytes())).json()
    };
    for code in ["7995", "\"7995\""] {
        let more = format!(r#","network_merchant_category_code":{code}"#);
        let told = ask(&mut desk, &format!("t {}", code.len()), "1", &more);
        assert_eq!(told["reason"], "LIMIT_EXCEEDED");
        assert_eq!(told["rule"], "merchant_category_control");
    }
    assert_eq!(ask(&mut desk, "t1", "60", "")["status"], "approved");
    let declined = ask(&mut desk, "t2", "40.01", "");
    assert_eq!(declined["rule"], "a \"day\"");
    assert_eq!(ask(&mut desk, "t2", "40.01", ""), declined, "a repeat is told the same");
    let refused = desk.operate("debit_balance", &body("k", "a", "40.01", "SGD", ""));
    assert_eq!((refused.status, refused.code().as_deref()), (200, Some("LIMIT_EXCEEDED")));
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message, r#"40.01 SGD is beyond the spend limit "a \"day\"" of a"#);
    let used = &desk.get("/v1/accounts/a/limits").json()["rules"][0]["used"];
    assert_eq!(used.to_string(), r#"{"amount":60.0,"currency":"SGD"}"#);
    let report = home.audit(&server, &[]);
    assert!(report.clean, "{}", report.to_text());
}

#[test]
fn a_rule_that_cannot_be_kept_is_refused_by_its_name_and_nothing_changes() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["SGD"]);
    let money = r#""limit_amount":1,"currency":"SGD""#;
    let billing = |parameters: &str| rule("account_billing_amount_limit", "", parameters);
    let review = daily("", "1").replace("decline", "review");
    let wrong = [
        (review, "INVALID_REQUEST", "rules[1].violation_policy"),
        (rule("time_window_control", "", ""), "INVALID_REQUEST", "rules[1].template_code"),
        (billing(money), "INVALID_REQUEST", "rules[1].parameters.frequency is missing"),
        (
            billing(&format!(r#"{money},"frequency":"yearly""#)),
            "INVALID_REQUEST",
            "rules[1].parameters.frequency is not daily",
        ),
        (daily("", "1.001"), "INVALID_AMOUNT", "rules[1].parameters.limit_amount"),
        (daily("", "-1"), "INVALID_AMOUNT", "rules[1].parameters.limit_amount"),
        (daily("", "\"1\""), "INVALID_REQUEST", "rules[1].parameters.limit_amount"),
        (daily("", "1").replace("SGD", "XXX"), "UNKNOWN_CURRENCY", "rules[1].parameters.currency"),
        (daily("first", "1"), "INVALID_REQUEST", "two of one name"),
        (
            rule("merchant_control", "", r#""mode":"deny","values":[]"#),
            "INVALID_REQUEST",
            "rules[1].parameters.mode",
        ),
        (
            rule("merchant_control", "", r#""mode":"allow""#),
            "INVALID_REQUEST",
            "rules[1].parameters.values is missing",
        ),
        (
            rule("account_transaction_count_limit", "", r#""limit_count":-1,"frequency":"daily""#),
            "INVALID_REQUEST",
            "limit_count",
        ),
    ];
    for (rule, code, word) in wrong {
        let body = ruleset(&[daily("first", "2"), rule]);
        for path in ["/v1/limits", "/v1/accounts/a/limits"] {
            let reply = put(&mut desk, path, &body);
            assert_eq!((reply.status, reply.code().as_deref()), (400, Some(code)), "{body}");
            assert!(reply.text().contains(word), "{}", reply.text());
        }
    }
    let many: Vec<String> = (0..65).map(|n| daily(&n.to_string(), "1")).collect();
    assert_eq!(put(&mut desk, "/v1/limits", &ruleset(&many)).status, 400);
    assert_eq!(put(&mut desk, "/v1/accounts/nobody/limits", &ruleset(&[])).status, 404);
    assert_eq!(put(&mut desk, "/v1/accounts/@settlement/limits", &ruleset(&[])).status, 400);
    let deleted = desk.operator(&with_body("DELETE", "/v1/limits", "", b""));
    assert_eq!((deleted.status, deleted.header("allow")), (405, Some("GET, PUT")));
    assert_eq!(desk.get("/v1/limits").text(), r#"{"rules":[],"time_zone":"UTC"}"#);
    assert_eq!(desk.get("/v1/accounts/a/limits").json()["applies"], "default");
}

/// Sixty-four tellers, each with a socket of its own, and a limit that twelve and a half fit.
#[test]
fn a_race_of_sixty_four_never_exceeds_a_limit_by_a_minor_unit() {
    const TELLERS: usize = 64;
    let home = Home::new();
    let server = home.serve(&["--threads", "2"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["SGD"]);
    desk.fund("a", "1000000", "SGD");
    put(&mut desk, "/v1/limits", &ruleset(&[daily("race", "1000.00")]));
    let barrier = Barrier::new(TELLERS);
    let teller = |n: usize| {
        let mut client = Client::connect(server.network);
        barrier.wait();
        let body = message(&format!("t{n}"), "a", "79.99", "");
        client.ask(&post(FINAL, body.as_bytes())).json()
    };
    let told = thread::scope(|scope| {
        let teller = &teller;
        let all: Vec<_> = (0..TELLERS).map(|n| scope.spawn(move || teller(n))).collect();
        all.into_iter().map(|teller| teller.join().unwrap()).collect::<Vec<_>>()
    });
    let approved = told.iter().filter(|told| told["status"] == "approved").count();
    assert_eq!(approved, 12);
    assert!(told.iter().all(|it| it["status"] == "approved" || it["rule"] == "race"));
    let used = &desk.get("/v1/accounts/a/limits").json()["rules"][0]["used"];
    assert_eq!(used["amount"].to_string(), "959.88");
    let report = home.audit(&server, &[]);
    assert!(report.clean, "{}", report.to_text());
}
