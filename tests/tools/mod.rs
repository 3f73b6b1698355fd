//! The operator's tools on directories that a real server made: what they say, how they exit, and
//! what they leave alone.

mod books;
mod copies;
mod damage;
mod looking;
mod mistakes;
mod snapshots;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::desk::{Desk, body, of_hold};
use crate::support::server::Home;

/// What a command said, and how it ended.
#[derive(Debug)]
struct Told {
    status: i32,
    out: String,
    err: String,
}

impl Told {
    /// That it ended so.
    #[track_caller]
    fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.out, self.err);
        self
    }

    /// That one of its outputs has all of these.
    #[track_caller]
    fn says(self, words: &[&str]) -> Self {
        for word in words {
            let said = self.out.contains(word) || self.err.contains(word);
            assert!(said, "no {word:?} in\n{}\n{}", self.out, self.err);
        }
        self
    }

    /// The JSON objects that it printed, one in each line.
    fn objects(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The command with nobody to be asked, and nothing in the environment.
fn command(words: &str, data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.env_clear().args(words.split_whitespace()).arg("--data-dir").arg(data_dir);
    command.stdin(Stdio::null());
    command
}

fn told(output: Output) -> Told {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let Output { status, stdout, stderr } = output;
    Told { status: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

fn tool(words: &str, data_dir: &Path) -> Told {
    told(command(words, data_dir).output().unwrap())
}

/// Accounts of two currencies, holds, a capture, refusals, a transfer and an amendment: 12 records.
fn live(desk: &mut Desk) {
    desk.open("alice", &["USD", "JPY"]);
    desk.open("bob", &["USD"]);
    let key = |n: u32| format!("live-{n}");
    assert!(desk.operate("credit_balance", &body(&key(1), "alice", "100", "USD", "")).is_success());
    let placed = desk.operate("hold_balance", &body(&key(2), "alice", "60", "USD", ""));
    let hold = of_hold(&placed.member("tenant_hold_balance_ref"));
    let capture = body(&key(3), "alice", "42.5", "USD", &hold);
    assert!(desk.operate("debit_hold_balance", &capture).is_success());
    for (n, account) in [(4, "alice"), (5, "nobody")] {
        let refused = desk.operate("debit_balance", &body(&key(n), account, "500", "USD", ""));
        assert!(!refused.is_success());
    }
    let transfer = r#"{"idempotency_key":"live-6","source":"alice","destination":"bob","amount":{"value":7,"currency":"USD"},"description":"rent","metadata":{"a":[1]}}"#;
    assert_eq!(desk.post("/v1/transfers", transfer).status, 201);
    let top_up = r#"{"idempotency_key":"live-7","source":"@funding","destination":"alice","amount":{"value":500,"currency":"JPY"}}"#;
    assert_eq!(desk.post("/v1/transfers", top_up).status, 201);
    let amendment = r#"{"status":"frozen","overdraft_limit":{"USD":25},"add_currencies":["SGD"],"metadata":{"k":"v"}}"#;
    assert_eq!(desk.patch("bob", amendment).status, 200);
    for n in [8, 9] {
        let credit = body(&key(n), "alice", "1", "USD", "");
        assert!(desk.operate("credit_balance", &credit).is_success());
    }
}

/// How many records [`live`] makes.
const LIVED: u64 = 12;

/// A home in which a server has lived and ended as it should.
fn lived_in() -> Home {
    let home = Home::new();
    let server = home.serve(&[]);
    live(&mut Desk::at(&server));
    assert!(server.stop().success());
    home
}

/// Changes one bit of a file, in the first place where it has these bytes.
fn flip(path: &Path, at: &[u8]) {
    let mut bytes = std::fs::read(path).unwrap();
    let place = bytes.windows(at.len()).position(|window| window == at).unwrap();
    bytes[place] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

/// Every file of the log, by name, with its bytes; not what was being prepared when its server
/// ended, which is removed by whoever opens it next.
fn files(data_dir: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let files = std::fs::read_dir(data_dir.join("wal")).unwrap().map(|file| file.unwrap());
    let mut files: Vec<_> =
        files.map(|file| (file.file_name(), std::fs::read(file.path()).unwrap())).collect();
    files.retain(|(name, _)| !name.to_string_lossy().ends_with(".tmp"));
    files.sort();
    files
}
