//! How a batch ends before its end, and what it is refused for.

use super::{FORMS, Form, Told, ask, credit, credits, told};
use crate::support::desk::Desk;
use crate::support::raw::{Client, Reply, get};
use crate::support::server::Home;

/// A server with an account, and what a body of a batch is answered with on a connection of its own,
/// which must be closed then.
fn ended(desk: &mut Desk, operator: std::net::SocketAddr, form: Form, body: &str) -> Vec<Told> {
    let mut client = Client::connect(operator);
    // More follows that is never read.
    let request = form.head(Some(body.len() + 1_000_000)) + body;
    client.send(request.as_bytes()).unwrap();
    client.send(&[b' '; 100_000]).unwrap();
    let reply = client.receive().unwrap();
    assert!(client.is_closed(), "{body}");
    let told = told(form, &reply);
    assert!(told.last().unwrap().ends && told.iter().filter(|told| told.ends).count() == 1);
    assert_eq!(desk.get("/health/ready").status, 200);
    told
}

#[test]
fn what_cannot_be_told_apart_ends_a_batch_behind_what_came_before() {
    let home = Home::new();
    let server = home.serve(&["--body-timeout-ms", "300"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let long = credit(&"k".repeat(20_000));
    for (n, (form, rest, status, what)) in [
        (Form::Array, "{}", 400, ", or ] is expected"),
        (Form::Array, ",]", 400, "a value is expected"),
        (Form::Array, "] 7", 400, "something follows the array"),
        (Form::Array, &format!(",{long}]"), 413, "more than 16384 bytes"),
        (Form::Lines, &format!("\n{long}\n{{}}\n"), 413, "more than 16384 bytes"),
        (Form::Array, ",{\"a\":", 413, "more than 16384 bytes"),
        (Form::Array, "", 408, "in time"),
        (Form::Lines, "\n", 408, "in time"),
    ]
    .into_iter()
    .enumerate()
    {
        let items = credits(&format!("c-{n}"), 3);
        let lead = if form == Form::Array { "[" } else { "" };
        let between = if form == Form::Array { "," } else { "\n" };
        let body = format!("{lead}{}{rest}", items.join(between));
        let told = ended(&mut desk, server.operator, form, &body);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[..3].iter().all(Told::is_done), "{told:?}");
        assert_eq!(told[3].status, status, "{told:?}");
        assert!(told[3].body.contains(what), "{told:?}");
        let again = ask(server.operator, form, &items);
        assert!(again.iter().all(|told| told.replayed));
    }
}

#[test]
fn a_body_that_ends_too_early_is_told_so() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    for (n, end) in ["", ",", ",{\"operation\":\"cre"].into_iter().enumerate() {
        let body = format!("[{}{end}", credit(&format!("k-{n}")));
        let reply = Client::connect(server.operator).ask(&Form::Array.request(&body));
        let told = told(Form::Array, &reply);
        assert!(told[0].is_done() && told[1].ends && told[1].status == 400, "{told:?}");
        assert_eq!(told.len(), 2);
    }
    // The last line needs no end.
    let body = credit("line");
    let reply = Client::connect(server.operator).ask(&Form::Lines.request(&body));
    assert!(told(Form::Lines, &reply)[0].is_done());
}

#[test]
fn what_is_no_batch_is_refused_before_anything_is_answered() {
    let home = Home::new();
    let server = home.serve(&["--body-timeout-ms", "300"]);
    let ask = |bytes: &[u8]| Client::connect(server.operator).ask(bytes);
    let is = |reply: &Reply, status: u16| assert_eq!(reply.status, status, "{reply:?}");
    for body in ["{}", "", "7", " \n\"[", "\u{feff}[]"] {
        is(&ask(&Form::Array.request(body)), 400);
    }
    for form in FORMS {
        is(&ask(form.head(Some(10)).as_bytes()), 408);
    }
    let other = String::from_utf8(Form::Array.request("[]")).unwrap();
    is(&ask(other.replace("application/json", "text/plain").as_bytes()), 415);
    is(&ask(other.replace("/batch", "/batches").as_bytes()), 404);
    is(&ask(&get("/v1/ledger/batch", "")), 405);
    let network = Client::connect(server.network).ask(other.as_bytes());
    is(&network, 404);
}

#[test]
fn what_is_unavailable_is_told_in_its_place() {
    let home = Home::new();
    let server = home.serve(&["--max-keys", "10"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let items = credits("k", 15);
    for (round, form) in FORMS.into_iter().enumerate() {
        let told = ask(server.operator, form, &items);
        assert!(told[..10].iter().all(|told| told.is_done() && told.replayed == (round > 0)));
        for told in &told[10..] {
            assert_eq!((told.status, told.code().as_deref()), (503, Some("STORAGE_LOW")));
        }
    }
    assert_eq!(desk.figure("a", "posted"), "10.00");
}

#[test]
fn in_clearing_mode_the_operations_of_a_batch_are_refused_one_by_one() {
    let home = Home::new();
    let server = home.serve(&[]);
    Desk::at(&server).open("a", &["USD"]);
    let items = credits("k", 2);
    let before = ask(server.operator, Form::Array, &items[..1]);
    assert!(server.stop().success());
    let server = home.serve(&["--integration-mode", "clearing"]);
    for form in FORMS {
        let told = ask(server.operator, form, &items);
        assert!(told[0].replayed && told[0].body == before[0].body);
        assert_eq!((told[1].status, told[1].code().as_deref()), (409, Some("WRONG_MODE")));
    }
}
