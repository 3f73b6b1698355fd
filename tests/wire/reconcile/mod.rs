//! Reconciliation: the command and the call, on real ledgers and real files.

mod forms;
mod kept;
mod ledger;
mod planted;

use std::process::{Command, Output};

use serde_json::Value;

use crate::support::server::Server;

/// What the command did.
struct Ran(Output);

fn run(server: &Server, words: &[&str]) -> Ran {
    let url = format!("http://{}", server.operator);
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.env_clear().arg("reconcile").args(words).args(["--server", &url]);
    Ran(command.output().unwrap())
}

impl Ran {
    /// What it printed, where it ended with that status.
    #[track_caller]
    fn told(&self, status: i32) -> String {
        let Output { status: ended, stdout, stderr } = &self.0;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(ended.code(), Some(status), "{}\n{}", text(stdout), text(stderr));
        if status < 2 { text(stdout) } else { text(stderr) }
    }

    #[track_caller]
    fn report(&self, status: i32) -> Value {
        serde_json::from_str(&self.told(status)).unwrap()
    }
}
