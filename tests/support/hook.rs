//! A small HTTP server that stands for the tenant's own system: it says what it is told to say, and
//! keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// What the next calls are answered with; the last of them again and again.
pub(crate) enum Say {
    /// A status and a body.
    Answer(u16, &'static str),
    /// The connection is closed without a word.
    HangUp,
    /// Nothing, for as long as it is waited for.
    Nothing,
}

/// A running hook.
pub(crate) struct Hook {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Hook {
    /// Begins to answer; it ends with the test.
    pub(crate) fn saying(script: Vec<Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?of=test", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<_>>> = Arc::default();
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            let mut waiting = Vec::new();
            for (n, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let question = read(&stream);
                heard.lock().unwrap().push(question);
                match &script[n.min(script.len() - 1)] {
                    Say::Answer(status, body) => answer(&mut stream, *status, body),
                    Say::HangUp => {}
                    Say::Nothing => waiting.push(stream),
                }
            }
        });
        Self { url, asked }
    }

    /// What it was asked until now: each time the key, and the question.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> (String, Value) {
    let mut lines = BufReader::new(stream);
    let (mut length, mut key, mut line) = (0, String::new(), String::new());
    while lines.read_line(&mut line).unwrap() > 2 {
        if let Some((name, value)) = line.trim().split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "idempotency-key" => key = value.to_owned(),
                _ => {}
            }
        }
        line.clear();
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).unwrap();
    (key, serde_json::from_slice(&body).unwrap())
}

fn answer(stream: &mut TcpStream, status: u16, body: &str) {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n");
    // Who asked may have gone away.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
}
