//! Whatever a batch has in it, each operation is answered as if it came alone.

use wal::simulated::Choices;

use super::{FORMS, Form, Told, ask, counter, credit, credits, item, told};
use crate::support::desk::{Desk, OPERATIONS, body, of_hold, path, without_amount};
use crate::support::raw::{Client, Reply, post};
use crate::support::server::Home;

const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

/// Operations as one would send them who has heard each answer.
struct History {
    choices: Choices,
    sent: Vec<(&'static str, String)>,
    holds: Vec<String>,
}

impl History {
    fn next(&mut self) -> (&'static str, String) {
        if self.choices.once_in(5) && !self.sent.is_empty() {
            return self.known();
        }
        let drawn = usize::try_from(self.choices.below(6)).unwrap();
        let operation = OPERATIONS[drawn];
        let account = *self.one_of(&["a", "a", "b", "c", "nobody", "é\\u0022"]);
        let value = *self.one_of(&["1", "2.50", "12.5e1", "900", "0"]);
        let currency = *self.one_of(&["USD", "USD", "USD", "JPY", "EUR"]);
        let hold = self.one_of(&self.holds.clone()).clone();
        let key = format!("k-{}", self.sent.len());
        let more = if drawn > 2 { of_hold(&hold) } else { String::new() };
        let good = body(&key, account, value, currency, &more);
        let written = match self.choices.below(12) {
            0 => without_amount(&good),
            1 => good.replace("\"value\":", "\"value\":-"),
            2 => good.replace("idempotency_key", "key"),
            3 => good.replace("\"USD\"", "\"usd\""),
            4 => good.replace(",\"", " ,\n\"").replace('\n', "\t"),
            5 => good.replace("\"t-", "\"\\u0074-"),
            _ => good,
        };
        (operation, written)
    }

    /// A repeat, or another request under the same key.
    fn known(&mut self) -> (&'static str, String) {
        let (operation, written) = self.one_of(&self.sent.clone()).clone();
        match self.choices.below(4) {
            0 => (operation, written.replace("\"a-", "\"b-")),
            1 => ("credit_balance", written),
            _ => (operation, written),
        }
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.choices.below(u64::try_from(of.len()).unwrap())).unwrap()]
    }
}

/// Sends so many operations one by one; each with its answer.
fn one_by_one(desk: &mut Desk, seed: u64, count: usize) -> Vec<(&'static str, String, Reply)> {
    let holds = vec!["hold_0000000000000000".to_owned()];
    let mut history = History { choices: Choices::new(seed), sent: Vec::new(), holds };
    let mut told = Vec::new();
    for _ in 0..count {
        let (operation, written) = history.next();
        let reply = desk.operate(operation, &written);
        if operation == "hold_balance" && reply.is_success() {
            history.holds.push(reply.member("tenant_hold_balance_ref"));
        }
        history.sent.push((operation, written.clone()));
        told.push((operation, written, reply));
    }
    told
}

fn open(desk: &mut Desk) {
    for account in ACCOUNTS {
        desk.open(account, &["USD", "JPY"]);
        let top_up = body(&format!("top-up-{account}"), account, "2000", "USD", "");
        assert!(desk.operate("credit_balance", &top_up).is_success());
    }
}

/// The accounts, their holds and the books, without the moments of this server.
fn states(desk: &mut Desk) -> Vec<String> {
    let states = ACCOUNTS.map(|account| desk.state(account));
    let timeless = states.iter().map(|state| {
        let mut parts = state.split(r#""created_at":""#);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('"').unwrap().1)
    });
    timeless.collect()
}

/// What is wrong with what is no operation is told with places in the text, which are not the same.
fn is_as(told: &Told, alone: &Reply) {
    assert_eq!((told.status, told.replayed), (alone.status, alone.is_replayed()), "{told:?}");
    match told.status {
        400 => assert_eq!(told.code(), alone.code()),
        _ => assert_eq!(told.body, alone.text()),
    }
}

#[test]
fn a_batch_is_answered_as_its_operations_are_one_by_one() {
    for seed in 1..=6 {
        println!("seed {seed}");
        let [alone, together] = [Home::new(), Home::new()];
        let [alone, together] = [alone.serve(&[]), together.serve(&["--threads", "1"])]
            .map(|server| (Desk::at(&server), server));
        let (mut desk, _alone) = alone;
        let (mut other, together) = together;
        open(&mut desk);
        open(&mut other);
        let history = one_by_one(&mut desk, seed, 300);
        let items: Vec<String> =
            history.iter().map(|(operation, body, _)| item(operation, body)).collect();
        let mut choices = Choices::new(seed);
        let mut from = 0;
        while from < items.len() {
            // Several batches, so that keys are met again in other ones.
            let to = items.len().min(from + 1 + usize::try_from(choices.below(200)).unwrap());
            let form = if choices.once_in(2) { Form::Array } else { Form::Lines };
            let bytes_max = [1, 7, 300, 20_000][usize::try_from(choices.below(4)).unwrap()];
            let body = form.written(&items[from..to]);
            let request = form.request_in_chunks(&body, &mut choices, bytes_max);
            let reply = Client::connect(together.operator).ask(&request);
            let answers = told(form, &reply);
            assert_eq!(answers.len(), to - from);
            for (told, (_, _, alone)) in answers.iter().zip(&history[from..to]) {
                is_as(told, alone);
            }
            from = to;
        }
        assert_eq!(states(&mut desk), states(&mut other));
    }
}

#[test]
fn a_key_is_one_action_in_batches_and_alone() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let alone = body("alone", "a", "1", "USD", "");
    let first = desk.operate("credit_balance", &alone);
    for form in FORMS {
        let told = ask(server.operator, form, &[item("credit_balance", &alone)]);
        assert_eq!((told[0].status, told[0].replayed), (200, true));
        assert_eq!(told[0].body, first.text());
        let told = ask(server.operator, form, &[item("debit_balance", &alone)]);
        assert_eq!(told[0].code().as_deref(), Some("IDEMPOTENCY_KEY_REUSED"));
        assert_eq!(told[0].status, 409);
        let name = form.kind();
        let told = ask(server.operator, form, &[credit(name)]);
        let again = desk.operate("credit_balance", &body(name, "a", "1", "USD", ""));
        assert!(told[0].is_done() && again.is_replayed());
        assert_eq!(again.text(), told[0].body);
        let other = desk.network(&post(&path("debit_balance"), credit(name).as_bytes()));
        assert_eq!(other.status, 409);
    }
    assert_eq!(desk.figure("a", "posted"), "3.00");
}

/// Its first is not durable yet when the others come.
#[test]
fn a_key_that_a_batch_has_many_times_is_one_action() {
    let home = Home::new();
    let server = home.serve(&["--threads", "1"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    for form in FORMS {
        let (mut one, all) = (credit(form.kind()), credits(form.kind(), 500));
        let mut items: Vec<String> = all.iter().flat_map(|it| [it.clone(), one.clone()]).collect();
        one = one.replacen(":1,", ":2,", 1);
        items.push(one);
        let told = ask(server.operator, form, &items);
        assert!(told.iter().step_by(2).take(500).all(|it| it.is_done() && !it.replayed));
        let repeats: Vec<&Told> = told[..1000].iter().skip(1).step_by(2).collect();
        assert!(!repeats[0].replayed && repeats[1..].iter().all(|it| it.replayed));
        assert!(repeats.iter().all(|it| it.body == repeats[0].body && it.is_done()));
        assert_eq!(told[1000].status, 409);
    }
    assert_eq!(desk.figure("a", "posted"), "1002.00");
    assert_eq!(counter(&mut desk, "holdfast_batches_total"), 2);
    assert_eq!(counter(&mut desk, "holdfast_batch_items_total"), 2002);
    assert_eq!(counter(&mut desk, "holdfast_repeats_total"), 998);
    let name = r#"holdfast_actions_total{operation="credit_balance",code="OK"}"#;
    assert_eq!(counter(&mut desk, name), 1002);
}

#[test]
fn what_is_no_operation_is_answered_in_its_place_and_changes_nothing() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let good = credit("good");
    let wrong = [
        "7".to_owned(),
        "null".into(),
        "\"{}\"".into(),
        "[]".into(),
        "{}".into(),
        good.replace("credit_balance", "credit"),
        good.replace("\"operation\":\"credit_balance\",", ""),
        good.replace("\"operation\":\"credit_balance\",", "\"operation\":7,"),
        good.replacen('{', r#"{"operation":"credit_balance","#, 1),
        good.replace(":1,", ":-1,"),
        good.replace("USD", "XXX"),
        good.replace("\"a\"", "\"\\u0000\""),
        good.replace("\"a\"", "\"\\ud800\""),
    ];
    for form in FORMS {
        let before = desk.state("a");
        let told = ask(server.operator, form, &wrong);
        assert!(told.iter().all(|told| told.status == 400 && !told.ends), "{told:?}");
        assert_eq!(told.len(), wrong.len());
        assert_eq!(desk.state("a"), before);
    }
    // In a line it is not even JSON.
    let lines = [&credit("l"), "{\"operation\":", "]", "\u{1}", "{}}", &credit("m")].join("\r\n");
    let told =
        told(Form::Lines, &Client::connect(server.operator).ask(&Form::Lines.request(&lines)));
    assert_eq!(told.iter().map(|it| it.status).collect::<Vec<_>>(), [200, 400, 400, 400, 400, 200]);
    assert!(ask(server.operator, Form::Array, &[good])[0].is_done());
}

#[test]
fn an_empty_batch_has_no_answers() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut client = Client::connect(server.operator);
    for (form, body, answer) in [
        (Form::Array, "[]", "[]"),
        (Form::Array, " [\n] ", "[]"),
        (Form::Lines, "", ""),
        (Form::Lines, "\n \r\n", ""),
    ] {
        let reply = client.ask(&form.request(body));
        assert_eq!((reply.status, reply.text()), (200, answer), "{body:?}");
    }
}
