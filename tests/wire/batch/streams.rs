//! A batch is answered while it is sent, and no faster than its answers are taken.

use std::io::Write;
use std::thread;

use super::{FORMS, Form, Told, chunk, counter, credits, told};
use crate::support::desk::{Desk, body};
use crate::support::raw::Client;
use crate::support::server::Home;

/// Reads chunks until so many answers are there.
fn read(client: &mut Client, form: Form, text: &mut String, answers: usize) {
    let end = if form == Form::Array { "}}" } else { "}}\n" };
    while text.matches("\"status\"").count() < answers || !text.ends_with(end) {
        text.push_str(std::str::from_utf8(&client.chunk().unwrap().unwrap()).unwrap());
    }
}

#[test]
fn each_operation_is_answered_before_the_next_is_sent() {
    let home = Home::new();
    let server = home.serve(&[]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    for form in FORMS {
        let mut client = Client::connect(server.operator);
        let (mut lead, between, close) = match form {
            Form::Array => ("[", ",", "]"),
            Form::Lines => ("", "", " "),
        };
        let mut text = String::new();
        client.send(form.head(None).as_bytes()).unwrap();
        for (n, item) in credits(form.kind(), 20).iter().enumerate() {
            client.send(&chunk(format!("{lead}{item}\n").as_bytes())).unwrap();
            lead = between;
            if n == 0 {
                assert_eq!(client.head().unwrap().status, 200);
            }
            read(&mut client, form, &mut text, n + 1);
        }
        client.send(&[chunk(close.as_bytes()), chunk(b"")].concat()[..]).unwrap();
        while let Some(chunk) = client.chunk().unwrap() {
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        let told = form.read(&text);
        assert!(told.len() == 20 && told.iter().all(Told::is_done), "{text}");
        // The connection goes on.
        assert_eq!(told_again(&mut client, form), 20);
    }
}

fn told_again(client: &mut Client, form: Form) -> usize {
    let body = form.written(&credits(form.kind(), 20));
    let reply = client.ask(&form.request(&body));
    told(form, &reply).iter().filter(|told| told.replayed).count()
}

/// What is no operation has the longest answers for its length.
#[test]
fn of_whom_does_not_read_nothing_more_is_taken() {
    let home = Home::new();
    let server = home.serve(&["--write-timeout-ms", "1000", "--threads", "2"]);
    let mut desk = Desk::at(&server);
    let mut client = Client::connect(server.operator);
    client.send(Form::Lines.head(None).as_bytes()).unwrap();
    let chunk = chunk("7\n".repeat(32 << 10).as_bytes());
    let sent = (0..4_000).take_while(|_| client.send(&chunk).is_ok()).count();
    assert!(sent < 4_000, "all of it was taken");
    let taken = counter(&mut desk, "holdfast_batch_items_total");
    let bytes = taken * 130;
    // Four mebibytes wait in the server; the rest is in the two sockets.
    assert!(bytes < 64 << 20, "{taken} were answered to somebody who does not read");
    assert_eq!(desk.get("/health/ready").status, 200);
}

#[test]
fn a_server_that_is_told_to_stop_answers_the_batch_that_is_under_way() {
    let home = Home::new();
    let server = home.serve(&[]);
    Desk::at(&server).open("a", &["USD"]);
    let items = credits("k", 3_000);
    let mut client = Client::connect(server.operator);
    client.send(Form::Lines.head(None).as_bytes()).unwrap();
    let (first, rest) = items.split_at(1_000);
    client.send(&chunk(Form::Lines.written(first).as_bytes())).unwrap();
    client.head().unwrap();
    let mut text = String::new();
    read(&mut client, Form::Lines, &mut text, 1_000);
    server.terminate();
    while Client::try_connect(server.operator).is_ok() {}
    let mut writer = client.writer();
    let rest = [chunk(Form::Lines.written(rest).as_bytes()), chunk(b"")].concat();
    thread::scope(|scope| {
        scope.spawn(|| writer.write_all(&rest).unwrap());
        while let Some(chunk) = client.chunk().unwrap() {
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    });
    let told = Form::Lines.read(&text);
    assert!(told.len() == 3_000 && told.iter().all(Told::is_done));
    assert!(client.is_closed());
    assert!(server.stop().success());
    let server = home.serve(&[]);
    let again = super::ask(server.operator, Form::Lines, &items);
    assert!(again.iter().zip(&told).all(|(again, told)| again.replayed && again.body == told.body));
}

/// Others on the same thread have their turns while a long batch is decided.
#[test]
fn a_single_operation_is_answered_while_a_batch_goes_on() {
    let home = Home::new();
    let server = home.serve(&["--threads", "1"]);
    let mut desk = Desk::at(&server);
    desk.open("a", &["USD"]);
    let mut client = Client::connect(server.operator);
    let mut writer = client.writer();
    client.send(Form::Lines.head(None).as_bytes()).unwrap();
    let chunk_of =
        |n: usize| chunk(Form::Lines.written(&credits(&format!("b-{n}"), 50)).as_bytes());
    thread::scope(|scope| {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            let endless = (0..).take_while(|_| stopped.try_recv().is_err());
            endless.for_each(|n| writer.write_all(&chunk_of(n)).unwrap());
            writer.write_all(&chunk(b"")).unwrap();
        });
        client.head().unwrap();
        let reading = scope.spawn(move || {
            let mut text = String::new();
            while let Some(chunk) = client.chunk().unwrap() {
                text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
            assert!(Form::Lines.read(&text).iter().all(Told::is_done));
        });
        for n in 0..50 {
            let reply =
                desk.operate("credit_balance", &body(&format!("s-{n}"), "a", "1", "USD", ""));
            assert!(reply.is_success() && !reply.is_replayed());
        }
        stop.send(()).unwrap();
        reading.join().unwrap();
    });
}
