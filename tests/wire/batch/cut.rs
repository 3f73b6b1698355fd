//! A batch that is cut off has done a prefix, and sent again it is done once.

use std::io::Write;
use std::net::SocketAddr;
use std::thread;

use wal::simulated::Choices;

use super::{FORMS, Form, Told, ask, chunk, item};
use crate::support::desk::{Desk, body};
use crate::support::raw::Client;
use crate::support::server::{Home, Server};

const LIVES: u64 = 6;

/// Debits and credits of which some are refused, each on an account of three.
fn items(name: &str, count: usize, choices: &mut Choices) -> Vec<String> {
    let account = ["a", "b", "c"];
    let each = (0..count).map(|n| {
        let account = account[usize::try_from(choices.below(3)).unwrap()];
        let operation = if choices.once_in(3) { "debit_balance" } else { "credit_balance" };
        let value = (1 + choices.below(30)).to_string();
        item(operation, &body(&format!("{name}-{n}"), account, &value, "USD", ""))
    });
    each.collect()
}

fn open_three(desk: &mut Desk) {
    ["a", "b", "c"].iter().for_each(|account| drop(desk.open(account, &["USD"])));
}

/// Those that were done before are those that came first.
fn is_a_prefix(told: &[Told]) -> usize {
    let done = told.iter().take_while(|told| told.replayed).count();
    assert!(told[done..].iter().all(|told| !told.replayed), "no prefix");
    assert!(told.iter().all(|told| told.status == 200), "{told:?}");
    done
}

#[test]
fn what_a_batch_answered_survives_a_kill_and_what_it_did_is_a_prefix() {
    for (seed, form) in (1..).zip(FORMS) {
        println!("seed {seed}");
        let mut choices = Choices::new(seed);
        let home = Home::new();
        let mut server = home.serve(&[]);
        open_three(&mut Desk::at(&server));
        for life in 0..LIVES {
            let items = items(&format!("life-{life}"), 4_000, &mut choices);
            let enough = usize::try_from(1 + choices.below(2_000)).unwrap();
            let answered = until_killed(server, form, &items, enough);
            assert!(answered.len() >= enough);
            server = home.serve(&[]);
            let told = ask(server.operator, form, &items);
            let done = is_a_prefix(&told);
            assert!(done >= answered.len(), "{} were answered, {done} done", answered.len());
            for (before, now) in answered.iter().zip(&told) {
                assert_eq!(before.body, now.body);
            }
            let again = ask(server.operator, form, &items);
            assert_eq!(is_a_prefix(&again), items.len());
            assert!(again.iter().zip(&told).all(|(again, told)| again.body == told.body));
        }
        let report = home.audit(&server, &[]);
        assert!(report.clean, "{}", report.to_text());
    }
}

/// Sends a batch that has no end, and kills the server when so many were answered; those that were.
fn until_killed(server: Server, form: Form, items: &[String], enough: usize) -> Vec<Told> {
    let mut client = Client::connect(server.operator);
    let mut writer = client.writer();
    client.send(form.head(None).as_bytes()).unwrap();
    let opened = if form == Form::Array { "[" } else { "" };
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut lead = opened;
            for item in items {
                // The server goes away in the midst of it.
                let _ = writer.write_all(&chunk(format!("{lead}{item}\n").as_bytes()));
                lead = if opened.is_empty() { "" } else { "," };
            }
        });
        client.head().unwrap();
        let mut text = String::new();
        let mut server = Some(server);
        while let Ok(Some(chunk)) = client.chunk() {
            text.push_str(std::str::from_utf8(&chunk).unwrap());
            if text.matches('\n').count() > enough {
                server.take().into_iter().for_each(Server::kill);
            }
        }
        assert!(server.is_none(), "the batch ended by itself: {text}");
        // The last answer of an array has nothing behind it yet, and is whole all the same.
        let text = text.trim_start_matches('[');
        text.lines().map(|line| Told::read(line.trim_end_matches(','))).collect()
    })
}

#[test]
fn a_batch_that_breaks_off_has_done_what_came_whole_and_no_more() {
    let home = Home::new();
    let server = home.serve(&["--threads", "1"]);
    open_three(&mut Desk::at(&server));
    let mut choices = Choices::new(5);
    for form in FORMS {
        for cut in 0..12 {
            let items = items(&format!("{form:?}-{cut}"), 40, &mut choices);
            let body = form.written(&items);
            let at =
                1 + usize::try_from(choices.below(u64::try_from(body.len()).unwrap())).unwrap();
            let at = at.min(body.len() - 3);
            break_off(server.operator, form, &body, at);
            let whole = match form {
                Form::Lines => body[..at].matches('\n').count(),
                Form::Array => body[1..at].matches("}}").count(),
            };
            let done = is_a_prefix(&ask(server.operator, form, &items));
            assert_eq!(done, whole, "{form:?}, cut at {at}");
        }
    }
}

/// Sends the first bytes of a batch and ends, then waits until the server has, too.
fn break_off(operator: SocketAddr, form: Form, body: &str, at: usize) {
    let mut client = Client::connect(operator);
    let request = form.head(Some(body.len())) + &body[..at];
    client.send(request.as_bytes()).unwrap();
    // All that came whole is answered before, as it is durable.
    let whole = match form {
        Form::Lines => body[..at].matches('\n').count(),
        Form::Array => body[1..at].matches("}}").count(),
    };
    let mut text = String::new();
    client.head().unwrap();
    while text.matches("\"status\"").count() < whole {
        text.push_str(std::str::from_utf8(&client.chunk().unwrap().unwrap()).unwrap());
    }
    client.finish();
    while let Ok(Some(_)) = client.chunk() {}
}
