//! The stand-in as a process of its own, which can be killed: this very test program, told by its
//! environment to serve. What it is asked it writes down first, and does again when it starts.

use std::{
    env,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::Path,
};

use serde_json::{Value, json};

use super::{
    Fault, Standin,
    books::Books,
    http::{called, operator},
};

const LOG: &str = "HOLDFAST_STANDIN_LOG";
const FORGETS: &str = "HOLDFAST_STANDIN_FORGETS";

/// The command line that starts it with its log at `log`. It forgets every `forgets`-th operation
/// when it dies, if there is such a number.
pub(crate) fn command_line(log: &Path, forgets: u64) -> String {
    let (program, log) = (env::current_exe().unwrap(), log.display());
    let test = "standin::process::it_says_where_it_listens --exact --nocapture";
    format!("env {LOG}={log} {FORGETS}={forgets} {} {test}", program.display())
}

/// What was asked, in a file.
pub(crate) struct Log {
    file: File,
    forgets: u64,
    count: u64,
}

impl Log {
    /// Opens the file at `path`, and does again in `books` what is in it.
    fn open(path: &Path, forgets: u64, books: &mut Books) -> Self {
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).read(true).open(path).unwrap();
        for line in BufReader::new(File::open(path).unwrap()).lines() {
            // The last line is cut off where the process died.
            let Ok(line) = serde_json::from_str::<Value>(&line.unwrap()) else { break };
            let path = line["path"].as_str().unwrap();
            match called(path) {
                Some(operation) => drop(books.operate(operation, &line["body"])),
                None => drop(operator(books, path, &line["body"])),
            }
        }
        Self { file, forgets, count: 0 }
    }

    pub(crate) fn write(&mut self, path: &str, body: &Value) {
        self.count += 1;
        let forgotten = self.forgets > 0 && self.count.is_multiple_of(self.forgets);
        if called(path).is_none() || !forgotten {
            let line = json!({"path": path, "body": body});
            self.file.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
    }
}

#[test]
fn it_says_where_it_listens() {
    let temporary = tempfile::tempdir().unwrap();
    let told = env::var_os(LOG);
    let path = told.clone().map_or_else(|| temporary.path().join("log"), Into::into);
    let forgets = env::var(FORGETS).map_or(0, |forgets| forgets.parse().unwrap());
    let mut books = Books::new(Fault::None);
    let log = Log::open(&path, forgets, &mut books);
    let server = Standin::with(books, Fault::None, Some(log));
    assert!(server.url().starts_with("http://127.0.0.1:"));
    for name in ["network", "operator"] {
        println!("{name} listener on {}", server.url());
    }
    if told.is_some() {
        // Until it is killed.
        server.serve_for_ever();
    }
}
