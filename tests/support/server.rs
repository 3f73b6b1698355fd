//! The real binary as a child: started on free ports, waited for by what it prints, ended by signal.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use clap::Parser;
use holdfast_auditor::cli::{Args, run};
use holdfast_auditor::report::Report;
use tempfile::TempDir;

/// Where a server keeps its data; removed at the end of the test.
pub(crate) struct Home(TempDir);

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where the card network calls.
    pub(crate) network: SocketAddr,
    /// Where the tenant's people call.
    pub(crate) operator: SocketAddr,
}

/// A server that would not start.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: ExitStatus,
    /// What it printed on standard error.
    pub(crate) message: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Starts a server here and waits until it takes connections.
    pub(crate) fn serve(&self, flags: &[&str]) -> Server {
        let started = self.start(self.command(flags));
        started.unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// The same, with no more than so many file descriptors.
    pub(crate) fn serve_with_descriptors(&self, descriptors: u32) -> Server {
        let command = self.command(&[]);
        let mut shell = Command::new("/bin/sh");
        let limited = format!("ulimit -n {descriptors} && exec \"$0\" \"$@\"");
        shell.args(["-c", &limited]).arg(command.get_program()).args(command.get_args());
        self.start(shell).unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// Starts a server here that is to refuse.
    pub(crate) fn refuse(&self, flags: &[&str]) -> Refused {
        match self.start(self.command(flags)) {
            Ok(server) => panic!("a server started, on {}", server.network),
            Err(refused) => refused,
        }
    }

    /// Starts a server here and kills it at its first word, before or while it recovers.
    pub(crate) fn stumble(&self) {
        let mut child = self.spawn(self.command(&[]));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.next().unwrap().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn start(&self, command: Command) -> Result<Server, Refused> {
        let mut child = self.spawn(command);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let network = address(&mut lines, "network listener on http://");
        let operator = address(&mut lines, "operator listener on http://");
        if let (Some(network), Some(operator)) = (network, operator) {
            return Ok(Server { child, network, operator });
        }
        // Its standard output is at its end: so is the process, or nearly.
        Err(Refused { status: child.wait().unwrap(), message: self.messages() })
    }

    fn command(&self, flags: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        let usual = [
            ["--listen", "127.0.0.1:0"],
            ["--operator-listen", "127.0.0.1:0"],
            ["--segment-bytes", "1048576"],
        ];
        let usual = usual.iter().filter(|[flag, _]| !flags.contains(flag)).flatten();
        command.arg("serve").arg("--data-dir").arg(self.0.path()).args(usual);
        command.arg("--allow-any-filesystem");
        command.args(flags);
        command
    }

    fn spawn(&self, mut command: Command) -> Child {
        let stderr = File::options().create(true).append(true).open(self.stderr()).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        command.env_clear().env("RUST_BACKTRACE", "1").spawn().unwrap()
    }

    /// Everything that servers have printed here on standard error.
    pub(crate) fn messages(&self) -> String {
        fs::read_to_string(self.stderr()).unwrap()
    }

    fn stderr(&self) -> PathBuf {
        self.0.path().join("stderr")
    }

    /// What the shadow auditor finds in the log, and where its books and those of the idle server on
    /// it differ.
    pub(crate) fn audit(&self, server: &Server, flags: &[&str]) -> Report {
        let url = format!("http://{}", server.operator);
        let words = ["auditor", "--compare", &url].into_iter().chain(flags.iter().copied());
        let data = self.0.path().to_str().unwrap();
        run(&Args::parse_from(words.chain([data]))).unwrap()
    }

    /// The folder of the server's data.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The segments of the log, in order.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.0.path().join("wal")).unwrap();
        let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "wal"));
        paths.sort();
        paths
    }

    /// The file of the log whose name begins like this.
    pub(crate) fn log_file(&self, name: &str) -> PathBuf {
        let mut files = fs::read_dir(self.0.path().join("wal")).unwrap().map(Result::unwrap);
        let named = |file: &fs::DirEntry| file.file_name().to_str().unwrap().starts_with(name);
        files.find(named).unwrap().path()
    }

    /// Every segment with its bytes.
    pub(crate) fn log(&self) -> Vec<(PathBuf, Vec<u8>)> {
        self.segments().into_iter().map(|path| (path.clone(), read(&path))).collect()
    }
}

impl Drop for Home {
    /// Whatever a server was sent, it must not have panicked.
    fn drop(&mut self) {
        let messages = fs::read_to_string(self.stderr()).unwrap_or_default();
        let calm = !messages.contains("panicked at");
        assert!(calm || std::thread::panicking(), "a server panicked: {messages}");
    }
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

/// The address in the next line that begins with `prefix`; `None` when the output ends before.
fn address(lines: &mut Lines<BufReader<ChildStdout>>, prefix: &str) -> Option<SocketAddr> {
    lines.map_while(Result::ok).find_map(|line| line.strip_prefix(prefix)?.parse().ok())
}

impl Server {
    /// Ends it as a crash would: SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end: SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.terminate();
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
