//! What only the tenant can decide: 3-D Secure challenges and transactions to create, with a hook and
//! without.

use std::fs;
use std::thread;

use serde_json::{Value, json};

use crate::support::desk::Desk;
use crate::support::hook::{Hook, Say};
use crate::support::raw::{Reply, post};
use crate::support::server::{Home, Server};

const OOB: &str = "/api/pba/3ds/challenge/oob";
const OTP: &str = "/api/pba/3ds/challenge/otp";
const CREATE: &str = "/api/pba/orchestrated/transactions";

fn challenge(id: &str) -> String {
    format!(
        r#"{{"three_ds_challenge_id":"{id}","tenant_customer_ref":"c","customer_id":"c-1","tenant_account_ref":"a","account_id":"a-1","static_token_id":"s","merchant_name":"m","transaction_currency":"SGD","transaction_amount":42.50,"creation_time":"2025-03-01T08:15:30Z"}}"#
    )
}

fn transaction(id: &str) -> String {
    format!(
        r#"{{"tenant_partner_id":"p","fabric_reference_id":"{id}","partner_reference_id":"r","tenant_id":"t","gateway_success_url":"https://a/s","gateway_fail_url":"https://a/f","amount":12.30,"currency":"SGD","transaction_details":{{"items":[]}}}}"#
    )
}

fn ask(server: &Server, path: &str, body: &str) -> Reply {
    Desk::at(server).network(&post(path, body.as_bytes()))
}

/// A server that asks this hook, and soon gives it up.
fn serve(home: &Home, hook: &Hook) -> Server {
    home.serve(&["--hook-url", &hook.url, "--hook-timeout-ms", "300", "--hook-retries", "2"])
}

fn kept(server: &Server, kind: &str) -> Vec<Value> {
    let reply = Desk::at(server).get(&format!("/v1/notifications?type={kind}"));
    reply.json()["data"].as_array().unwrap().clone()
}

#[test]
fn without_a_hook_nothing_is_approved_and_all_is_kept() {
    let home = Home::new();
    let server = home.serve(&[]);
    let oob = ask(&server, OOB, &challenge("c-1"));
    assert_eq!((oob.status, oob.text()), (202, r#"{"three_ds_challenge_id":"c-1"}"#));
    let otp = ask(&server, OTP, &challenge("c-1"));
    let nobody = r#"{"three_ds_challenge_id":"c-1","masked_email":"","masked_phone_number":""}"#;
    assert_eq!((otp.status, otp.text()), (200, nobody));
    let created = ask(&server, CREATE, &transaction("f-1"));
    assert_eq!((created.status, &created.json()["status"]), (200, &json!("failed")));
    assert_eq!(created.member("reason"), "not approved by the tenant");
    for (kind, id) in [
        ("3ds:challenge:oob", "3ds:challenge:oob:c-1"),
        ("3ds:challenge:otp", "3ds:challenge:otp:c-1"),
        ("orchestration:transaction:create", "orchestration:transaction:create:f-1"),
    ] {
        let kept = kept(&server, kind);
        assert_eq!((kept.len(), &kept[0]["notification_id"]), (1, &json!(id)));
        assert_eq!(kept[0]["problems"], Value::Null);
    }
    let of = Desk::at(&server).get("/v1/notifications?transaction_id=f-1").json();
    assert_eq!(of["data"].as_array().unwrap().len(), 2, "the question and its answer");
    assert!(home.audit(&server, &[]).clean, "two sets of books agree");
}

#[test]
fn the_hook_is_asked_and_its_word_is_passed_on() {
    let home = Home::new();
    let says = r#"{"masked_email":"a***@b","masked_phone_number":"***1","redirect_url":"https://t/x","other":[1]}"#;
    let hook = Hook::saying(vec![Say::Answer(200, says)]);
    let server = serve(&home, &hook);
    let otp = ask(&server, OTP, &challenge("c-2"));
    let told =
        r#"{"three_ds_challenge_id":"c-2","masked_email":"a***@b","masked_phone_number":"***1"}"#;
    assert_eq!((otp.status, otp.text()), (200, told));
    assert_eq!(ask(&server, OOB, &challenge("c-2")).status, 202);
    let created = ask(&server, CREATE, &transaction("f-2"));
    assert_eq!(created.member("redirect_url"), "https://t/x");
    assert_eq!(created.member("payment_redirect_web_url"), "https://t/x");
    let asked = hook.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].0, "3ds:challenge:otp:c-2");
    assert_eq!(asked[0].1["type"], "3ds:challenge:otp");
    assert_eq!(asked[0].1["data"]["merchant_name"], "m");
    assert_eq!(kept(&server, "3ds:challenge:otp:answer")[0]["data"]["other"], json!([1]));
}

#[test]
fn an_approval_is_the_hooks() {
    let home = Home::new();
    let hook = Hook::saying(vec![
        Say::Answer(200, r#"{"status":"approved","tenant_reference_id":"ours-1"}"#),
        Say::Answer(200, r#"{"status":"failed","reason":"no credit"}"#),
    ]);
    let server = serve(&home, &hook);
    let approved = ask(&server, CREATE, &transaction("f-1"));
    assert_eq!(approved.text(), r#"{"tenant_reference_id":"ours-1","status":"approved"}"#);
    assert_eq!(ask(&server, CREATE, &transaction("f-2")).member("reason"), "no credit");
}

/// The same question has the same answer in every life, whatever the hook would say by now.
#[test]
fn a_question_is_answered_again_as_it_was_first() {
    let home = Home::new();
    let first = r#"{"redirect_url":"https://t/1"}"#;
    let hook = Hook::saying(vec![Say::Answer(200, first), Say::Answer(200, "{}")]);
    let server = serve(&home, &hook);
    let answer = ask(&server, CREATE, &transaction("f-1"));
    assert!(!answer.is_replayed());
    let again = ask(&server, CREATE, &transaction("f-1"));
    assert!(again.is_replayed() && again.text() == answer.text());
    server.kill();
    for flags in [&["--hook-url", &hook.url][..], &[]] {
        let server = home.serve(flags);
        let again = ask(&server, CREATE, &transaction("f-1"));
        assert!(again.is_replayed() && again.text() == answer.text(), "{}", again.text());
        server.kill();
    }
    assert_eq!(hook.asked().len(), 1);
}

/// The hook may be asked more than once and say something else each time; one answer is told.
#[test]
fn those_who_ask_the_same_at_once_are_told_the_same() {
    let home = Home::new();
    let says = [
        r#"{"status":"approved","tenant_reference_id":"ours-1"}"#,
        r#"{"redirect_url":"https://t/2"}"#,
        r#"{"status":"failed","reason":"no credit"}"#,
    ];
    let script = (0..60).map(|n| Say::Answer(200, says[n % 3])).collect();
    let hook = Hook::saying(script);
    let server = serve(&home, &hook);
    for round in 0..5 {
        let body = transaction(&format!("f-{round}"));
        let one = || ask(&server, CREATE, &body).text().to_owned();
        let mut answers: Vec<String> = thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|asking| asking.join().unwrap()).collect()
        });
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
    assert_eq!(kept(&server, "orchestration:transaction:create").len(), 5);
    assert_eq!(kept(&server, "orchestration:transaction:create:answer").len(), 5);
}

#[test]
fn a_hook_that_fails_is_asked_again_and_no_longer_than_it_may_take() {
    let home = Home::new();
    let hook = Hook::saying(vec![
        Say::HangUp,
        Say::Answer(503, ""),
        Say::Answer(200, ""),
        Say::Nothing,
        Say::Nothing,
        Say::Nothing,
        Say::Answer(200, "[1]"),
        Say::Answer(404, "{}"),
        Say::Answer(202, r#"{"masked_email":"at last"}"#),
    ]);
    let server = serve(&home, &hook);
    assert_eq!(ask(&server, OOB, &challenge("c-1")).status, 202);
    assert_eq!(hook.asked().len(), 3, "the third time it answered");
    for (what, calls) in [("late", 6), ("no object", 7), ("refuses", 8)] {
        let reply = ask(&server, OTP, &challenge("c-2"));
        assert_eq!((reply.status, reply.code().as_deref()), (503, Some("HOOK_FAILED")), "{what}");
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert_eq!(hook.asked().len(), calls, "{what}");
    }
    let reply = ask(&server, OTP, &challenge("c-2"));
    assert_eq!((reply.status, reply.member("masked_email")), (200, "at last".to_owned()));
    assert_eq!(kept(&server, "3ds:challenge:otp").len(), 1, "one question, however often");
    let metrics = Desk::at(&server).get("/metrics");
    for line in [
        "hook_questions_total{outcome=\"failed\"} 3",
        "hook_questions_total{outcome=\"answered\"} 2",
    ] {
        assert!(metrics.text().contains(line), "{line} in {}", metrics.text());
    }
}

/// What is sent to the shopper's eyes reaches the hook and no file.
#[test]
fn a_one_time_password_is_not_kept() {
    let home = Home::new();
    let hook = Hook::saying(vec![Say::Answer(200, "{}")]);
    let server = serve(&home, &hook);
    let secret = r#"{"authentication_credential":"otp-271828","#;
    let body = challenge("c-1").replacen('{', secret, 1);
    assert_eq!(ask(&server, OTP, &body).status, 200);
    assert_eq!(hook.asked()[0].1["data"]["authentication_credential"], "otp-271828");
    let kept = kept(&server, "3ds:challenge:otp");
    assert_eq!(kept[0]["data"]["merchant_name"], "m");
    assert_eq!(kept[0]["data"]["authentication_credential"], Value::Null);
    assert!(server.stop().success());
    for file in fs::read_dir(home.path().join("wal")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(10).any(|window| window == b"otp-271828"));
    }
    assert!(!home.messages().contains("otp-271828"));
}

#[test]
fn a_question_must_say_which_it_is() {
    let home = Home::new();
    let server = home.serve(&[]);
    for bad in ["", "[]", "{}", r#"{"three_ds_challenge_id":1}"#, r#"{"three_ds_challenge_id":""}"#]
    {
        for path in [OOB, OTP, CREATE] {
            let reply = ask(&server, path, bad);
            assert_eq!((reply.status, reply.code().as_deref()), (400, Some("INVALID_REQUEST")));
        }
    }
    let bare = ask(&server, OOB, r#"{"three_ds_challenge_id":"c"}"#);
    assert_eq!(bare.status, 202);
    let problems = kept(&server, "3ds:challenge:oob")[0]["problems"].clone();
    assert_eq!(problems.as_array().unwrap().len(), 9, "{problems}");
}

#[test]
fn a_hook_is_somewhere_near() {
    let refused = Home::new().refuse(&["--hook-url", "http://93.184.216.34/hook"]);
    assert!(refused.message.contains("hook_url"), "{}", refused.message);
}
