//! The program as it is typed: its exit status, its report, and a real server beside it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::forge::{Forge, Layout};

fn audit(data: &Path, flags: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-auditor"));
    command.arg(data).args(flags).env_clear().output().unwrap()
}

fn text(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn the_exit_status_tells_what_the_report_says() {
    let mut forge = Forge::some();
    let clean = Layout::SMALL.write(&forge.records);
    let output = audit(clean.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).ends_with("agree\n"), "{}", text(&output));

    forge.refuse_debit("ann", 1);
    let wrong = Layout::SMALL.write(&forge.records);
    let output = audit(wrong.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("FINDING lsn 164, "), "{}", text(&output));

    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(audit(nothing.path(), &[]).status.code(), Some(2));
    assert_eq!(audit(clean.path(), &["--compare", "ftp://x"]).status.code(), Some(2));
}

#[test]
fn a_report_for_programs_is_json() {
    let log = Layout::SMALL.write(&Forge::some().records);
    let output = audit(log.path(), &["--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["clean"], &report["records"]), (&true.into(), &163.into()));
    let dollars = &report["currencies"][0];
    assert_eq!((&dollars["currency"], &dollars["sum"]), (&"USD".into(), &"0.00".into()));
}

#[test]
fn an_answer_that_is_in_no_record_is_found() {
    let log = Layout::SMALL.write(&Forge::some().records);
    let file = log.path().join("answers");
    let flags = ["--expect", file.to_str().unwrap()];
    let answer = |key, lsn: u64, value| {
        format!(
            r#"{{"key":"{key}","body":{{"success":true,"tenant_action_ref":"act_{lsn:016x}","available_balance":{{"value":{value},"currency":"USD"}}}}}}"#
        )
    };
    fs::write(&file, answer("key-1", 3, "100.00") + "\n").unwrap();
    let output = audit(log.path(), &flags);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    for wrong in [answer("key-1", 3, "100.01"), answer("key-1", 4, "100.00"), answer("x", 3, "1")] {
        fs::write(&file, wrong).unwrap();
        assert_eq!(audit(log.path(), &flags).status.code(), Some(1));
    }
}

/// The server is the one that was built beside this test; there may be none.
#[test]
fn a_real_server_and_its_log_are_clean_until_it_is_forged() {
    let Some(program) = server_beside() else {
        return println!("skipped: no holdfast beside this test, build the workspace first");
    };
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(&program, home.path());
    for (path, body) in deeds() {
        let answer = server.post(&path, &body);
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    }
    let url = format!("http://{}", server.operator);
    let output = audit(home.path(), &["--compare", &url]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("1 currencies and 2 accounts of the server"), "{output:?}");

    let before = tempfile::tempdir().unwrap();
    copy_log(home.path(), before.path());
    server.post("n/api/pba/ledger/credit_balance", &operation("late", "a", ""));
    let output = audit(before.path(), &["--compare", &url]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("the server says"), "{}", text(&output));
}

/// What is asked of the server: `n` or `o` for the listener, then the path; and the body.
fn deeds() -> Vec<(String, String)> {
    let account = |name| {
        format!(r#"{{"tenant_account_ref":"{name}","currencies":["SGD"],"account_id":"i"}}"#)
    };
    let transfer = r#"{"idempotency_key":"t","source":"a","destination":"b","amount":{"value":3,"currency":"SGD"}}"#;
    let ledger = |operation| format!("n/api/pba/ledger/{operation}");
    vec![
        ("o/v1/accounts".into(), account("a")),
        ("o/v1/accounts".into(), account("b")),
        (ledger("credit_balance"), operation("one", "a", "")),
        (ledger("hold_balance"), operation("two", "a", "")),
        (ledger("debit_balance"), operation("three", "a", "")),
        (ledger("credit_balance"), operation("four", "nobody", "")),
        (ledger("credit_balance"), operation("five", "a", "")),
        (
            ledger("debit_hold_balance"),
            operation("six", "a", r#","tenant_hold_balance_ref":"hold_0000000000000004""#),
        ),
        ("o/v1/transfers".into(), transfer.into()),
    ]
}

fn operation(key: &str, account: &str, more: &str) -> String {
    format!(
        r#"{{"transaction_id":"{key}","tenant_account_ref":"{account}","idempotency_key":"{key}","of_action_ref":"o","amount":{{"value":10.5,"currency":"SGD"}}{more}}}"#
    )
}

fn copy_log(from: &Path, to: &Path) {
    fs::create_dir(to.join("wal")).unwrap();
    for file in fs::read_dir(from.join("wal")).unwrap() {
        let path = file.unwrap().path();
        fs::copy(&path, to.join("wal").join(path.file_name().unwrap())).unwrap();
    }
}

fn server_beside() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_BIN_EXE_holdfast-auditor")).with_file_name("holdfast");
    beside.exists().then_some(beside)
}

struct Server {
    child: Child,
    network: SocketAddr,
    operator: SocketAddr,
}

impl Server {
    fn start(program: &Path, data: &Path) -> Self {
        let mut command = Command::new(program);
        command.arg("serve").arg("--data-dir").arg(data).arg("--allow-any-filesystem");
        command.args(["--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0"]);
        command.args(["--segment-bytes", "1048576"]).env_clear();
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut address = |name: &str| {
            let begin = format!("{name} listener on http://");
            lines.find_map(|line| line.strip_prefix(&begin)?.parse().ok()).unwrap()
        };
        let (network, operator) = (address("network"), address("operator"));
        Self { child, network, operator }
    }

    fn post(&self, path: &str, body: &str) -> String {
        let (listener, path) = path.split_at(1);
        let address = if listener == "n" { self.network } else { self.operator };
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "Host: x\r\nContent-Type: application/json\r\nConnection: close\r\n";
        let length = body.len();
        write!(stream, "POST {path} HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
