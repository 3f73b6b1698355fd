//! The torture as an operator runs it: it passes a server that keeps what it answered, and finds
//! out one that does not.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const HOLDFAST: &str = env!("CARGO_BIN_EXE_holdfast");

/// A directory for a torture, beside what only the test needs.
struct Cellar(tempfile::TempDir);

impl Cellar {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn directory(&self) -> PathBuf {
        self.0.path().join("torture")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(HOLDFAST);
        command.arg("torture").arg("--dir").arg(self.directory()).args(words);
        command
    }

    fn torture(&self, words: &[&str]) -> Tortured {
        Tortured::of(self.command(words).output().unwrap())
    }

    /// Tortures a server that does this before it serves `$data`.
    fn torture_a_liar(&self, seconds: &str, lie: &str) -> Tortured {
        let script = format!(
            "#!/bin/sh\nfor word; do\n[ \"$before\" = --data-dir ] && data=$word\nbefore=$word\n\
             done\n{lie}\nexec {HOLDFAST} \"$@\"\n"
        );
        let liar = self.0.path().join("liar");
        fs::write(&liar, script).unwrap();
        fs::set_permissions(&liar, fs::Permissions::from_mode(0o755)).unwrap();
        self.torture(&["--seconds", seconds, "--seed", "1", "--server", liar.to_str().unwrap()])
    }

    /// Whether a process works in it.
    fn is_lived_in(&self) -> bool {
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let words = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
        let directory = self.directory().to_str().unwrap().to_owned();
        words.into_iter().any(|words| String::from_utf8_lossy(&words).contains(&directory))
    }
}

/// What a torture came to.
struct Tortured {
    status: i32,
    said: String,
    complained: String,
}

impl Tortured {
    fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            said: String::from_utf8(output.stdout).unwrap(),
            complained: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn shown(&self) -> String {
        format!("exit {}\n{}\n{}", self.status, self.said, self.complained)
    }

    fn count(&self, name: &str) -> u64 {
        let row = self.said.lines().find_map(|line| line.trim().strip_prefix(name));
        let row = row.unwrap_or_else(|| panic!("no {name}: {}", self.shown()));
        row.trim().trim_end_matches(" µs").replace(',', "").parse().unwrap()
    }

    /// It found this, and kept what shows it.
    fn found(&self, cellar: &Cellar, words: &[&str]) {
        assert_eq!(self.status, 1, "{}", self.shown());
        for word in words {
            assert!(self.said.contains(word), "no {word:?} in {}", self.shown());
        }
        let directory = cellar.directory();
        let again = format!("holdfast torture --dir {} --seconds", directory.display());
        assert!(self.said.contains(&again), "{}", self.shown());
        let journal = fs::read_to_string(directory.join("journal.ndjson")).unwrap();
        assert!(journal.lines().count() > 1);
        assert!(journal.lines().all(|line| line.starts_with('{')));
        assert!(directory.join("ledger-1").is_dir());
    }
}

#[test]
fn a_server_that_keeps_its_promise_passes() {
    let cellar = Cellar::new();
    let tortured = cellar.torture(&["--seconds", "5", "--seed", "7"]);
    assert_eq!(tortured.status, 0, "{}", tortured.shown());
    assert!(tortured.said.ends_with("\nverdict: nothing was lost\n"), "{}", tortured.shown());
    for name in [
        "ledgers",
        "lives ended",
        "killed under load",
        "killed while files changed",
        "killed at the first answers",
        "killed while it started",
        "frozen, then killed",
        "told to stop under load",
        "requests",
        "acknowledged",
        "of these, refused",
        "unanswered, then done once",
        "asked again, answered the same",
        "keys used again, refused",
        "ends of the log torn",
        "left-over and foreign files",
        "damaged copies told",
        "damaged copies, no harm done",
        "power cuts on a simulated disk",
        "segments seen",
        "sealed files seen",
        "snapshots seen",
        "fdatasync, worst",
    ] {
        assert!(tortured.count(name) > 0, "{name}: {}", tortured.shown());
    }
    assert!(!cellar.directory().exists(), "something was left behind");
}

#[test]
fn a_server_that_forgets_everything_is_found_out() {
    let cellar = Cellar::new();
    let tortured = cellar.torture_a_liar("1", "rm -rf \"$data/wal\"");
    tortured.found(&cellar, &["verdict: LOST: round 1, life "]);
}

#[test]
fn a_server_that_forgets_the_newest_is_found_out() {
    let cellar = Cellar::new();
    let newest = "ls \"$data\"/wal/*.wal 2>/dev/null | tail -n 2 | xargs rm -f";
    let tortured = cellar.torture_a_liar("1", newest);
    tortured.found(&cellar, &["verdict: LOST: round 1, life "]);
}

#[test]
fn a_server_that_starts_anew_where_it_finds_damage_is_found_out() {
    let cellar = Cellar::new();
    let anew = "case \"$data\" in */copy-*) rm -rf \"$data/wal\";; esac";
    let tortured = cellar.torture_a_liar("1", anew);
    tortured.found(&cellar, &["verdict: LOST: round 1, life ", "on a copy in which "]);
}

#[test]
fn a_server_that_does_not_say_which_file_is_damaged_is_found_out() {
    let cellar = Cellar::new();
    let vague = "case \"$data\" in */copy-*) echo something is wrong >&2; exit 1;; esac";
    let tortured = cellar.torture_a_liar("1", vague);
    tortured.found(&cellar, &["verdict: WRONG: round 1, life ", "did not name the file"]);
    let again = cellar.torture(&["--seconds", "1"]);
    assert_eq!(again.status, 3, "what was found is not to be lost: {}", again.shown());
}

#[test]
fn a_server_that_cannot_start_after_a_kill_is_found_out() {
    let cellar = Cellar::new();
    let once = "[ -e \"$data/../once\" ] && exit 7\ntouch \"$data/../once\"";
    let tortured = cellar.torture_a_liar("1", once);
    tortured
        .found(&cellar, &["verdict: WRONG: round 1, life ", "ended before it took connections"]);
}

#[test]
fn a_directory_of_somebody_else_is_not_touched() {
    let cellar = Cellar::new();
    fs::create_dir(cellar.directory()).unwrap();
    let precious = cellar.directory().join("precious");
    fs::write(&precious, "mine").unwrap();
    let tortured = cellar.torture(&["--seconds", "1"]);
    assert_eq!(tortured.status, 3, "{}", tortured.shown());
    assert!(tortured.complained.contains("is not empty"), "{}", tortured.shown());
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
    assert_eq!(files(&cellar.directory()), ["precious"]);
}

#[test]
fn what_is_not_understood_is_a_usage_error() {
    for words in [&[][..], &["--seconds", "0"], &["--seconds", "x"]] {
        assert_eq!(Cellar::new().torture(words).status, 2, "{words:?}");
    }
}

#[test]
fn a_torture_that_is_told_to_stop_takes_its_servers_along() {
    let cellar = Cellar::new();
    let mut command = cellar.command(&["--seconds", "600", "--seed", "3"]);
    let mut torture = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(torture.stdout.take().unwrap());
    said.read_line(&mut String::new()).unwrap();
    let log = cellar.directory().join("ledger-1/data/wal");
    while !log.exists() {
        assert_eq!(torture.try_wait().unwrap(), None, "it ended by itself");
        std::thread::yield_now();
    }
    assert!(cellar.is_lived_in());
    let pid = torture.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ended = Tortured::of(torture.wait_with_output().unwrap());
    assert_eq!(ended.status, 3, "{}", ended.shown());
    assert!(ended.complained.contains("told to stop"), "{}", ended.shown());
    assert!(!cellar.is_lived_in(), "a server is left");
    assert!(!cellar.directory().exists(), "something was left behind");
}

fn files(directory: &Path) -> Vec<String> {
    let name = |file: std::io::Result<fs::DirEntry>| file.unwrap().file_name();
    let names = fs::read_dir(directory).unwrap().map(name);
    names.map(|name| name.into_string().unwrap()).collect()
}
