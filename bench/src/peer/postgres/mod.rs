//! PostgreSQL with the hold as a function: one prepared statement on each connection, and a commit
//! that waits for the log's sync, which the commits of other connections share.
//!
//! Its settings are those that help it, durability aside: memory for all that there is, a log
//! without what replication needs, and no checkpoint in a run. It refuses to run as root: then it
//! runs as `postgres` or `nobody`.

pub mod wire;

use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, ensure};
use rustix::process::Signal;

use super::conversation::Conversation;
use super::daemon::Daemon;
use super::program::{User, find, free_address};
use super::{Entry, LeftOut, Peer};
use crate::generator::{Generator, Protocol};
use crate::template::{HOLD_MINOR, OVERDRAFT_MINOR, Template};

const FUNCTION: &str = include_str!("hold.sql");
const CALL: &str = "SELECT hold($1, $2, $3, $4, $5)";
const SUMS: &str = "SELECT concat_ws(' ', (SELECT sum(held) FROM account),
    (SELECT count(*) FROM hold), (SELECT count(*) FROM journal WHERE done))";
/// Where Debian keeps its versions.
const DEBIAN: &str = "/usr/lib/postgresql";
const USER: &str = "holdfast";
const DATABASE: &str = "postgres";
/// The name of the prepared statement.
const STATEMENT: &str = "h";
/// For those that set up and ask after.
const SPARE_CONNECTIONS: usize = 16;

/// How it is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The directory that its programs are in, when that was said.
    pub programs: Option<PathBuf>,
    /// How many accounts there are.
    pub accounts: u64,
    /// How many connections there may be.
    pub connections: usize,
    /// How long a commit waits for others before it syncs, in whole microseconds.
    pub commit_delay: Duration,
}

/// A server of PostgreSQL with accounts.
#[derive(Debug)]
pub struct Postgres {
    version: String,
    setup: Setup,
    asked: Conversation,
    address: SocketAddr,
    _daemon: Daemon,
}

/// Starts it on `directory`, if it is installed.
///
/// # Errors
/// When it is not where it was said to be, or does not start, or is not durable.
pub fn start(directory: &Path, setup: &Setup) -> anyhow::Result<Entry> {
    let Some(programs) = programs(setup.programs.as_deref())? else {
        let why = "PostgreSQL is not installed (apt-get install postgresql)";
        return Ok(Err(LeftOut(why.to_owned())));
    };
    let postgres = Postgres::start(&programs, directory, setup.clone()).context("PostgreSQL")?;
    Ok(Ok(Box::new(postgres)))
}

/// The directory with `initdb` and `postgres`: as said, else where `PATH` leads, else the newest of
/// Debian's.
fn programs(said: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    if let Some(said) = said {
        find("initdb", Some(&said.join("initdb")))?;
        return Ok(Some(said.to_owned()));
    }
    if let Some(initdb) = find("initdb", None)? {
        return Ok(initdb.canonicalize()?.parent().map(Path::to_owned));
    }
    let Ok(versions) = fs::read_dir(DEBIAN) else { return Ok(None) };
    let folders = versions.flatten().map(|version| version.path().join("bin"));
    let number =
        |folder: &PathBuf| -> Option<u32> { folder.parent()?.file_name()?.to_str()?.parse().ok() };
    Ok(folders.filter(|folder| folder.join("initdb").is_file()).max_by_key(number))
}

impl Postgres {
    fn start(programs: &Path, directory: &Path, setup: Setup) -> anyhow::Result<Self> {
        let user = User::other_than_root()?;
        make(directory, user)?;
        let data = directory.join("data");
        let mut initdb = command(&programs.join("initdb"), directory, user);
        initdb.arg("-D").arg(&data).args(["-U", USER, "-A", "trust", "-E", "UTF8"]);
        initdb.args(["--locale", "C", "--no-sync"]);
        let done = initdb.output().context("initdb cannot be started")?;
        ensure!(done.status.success(), "initdb: {}", String::from_utf8_lossy(&done.stderr));

        let address = free_address()?;
        let mut server = command(&programs.join("postgres"), directory, user);
        server.arg("-D").arg(&data);
        for (setting, value) in settings(&setup, address) {
            server.args(["-c", &format!("{setting}={value}")]);
        }
        // At once, with all processes that it started.
        let mut daemon = Daemon::start(&mut server, &directory.join("said"), Signal::QUIT)?;
        let asked = daemon.reach(|| connect(address))?;
        let mut postgres = Self { version: String::new(), setup, asked, address, _daemon: daemon };
        postgres.prepare()?;
        Ok(postgres)
    }

    fn prepare(&mut self) -> anyhow::Result<()> {
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let is = self.ask(&format!("SHOW {setting}"))?;
            ensure!(is == "on", "{setting} is {is}, and should be on");
        }
        self.version = self.ask("SHOW server_version")?;
        self.ask(FUNCTION)?;
        let last = self.setup.accounts.saturating_sub(1);
        self.ask(&format!(
            "INSERT INTO account SELECT 'account-' || lpad(n::text, 8, '0'), 0, 0, \
             {OVERDRAFT_MINOR} FROM generate_series(0, {last}) n; ANALYZE; CHECKPOINT"
        ))?;
        Ok(())
    }

    /// The first value of the last row that these statements answer.
    fn ask(&mut self, statements: &str) -> anyhow::Result<String> {
        ask(&mut self.asked, &wire::query(statements))
    }
}

/// What makes it fast without making it forget.
fn settings(setup: &Setup, address: SocketAddr) -> [(&'static str, String); 16] {
    let on = || "on".to_owned();
    [
        ("listen_addresses", address.ip().to_string()),
        ("port", address.port().to_string()),
        ("unix_socket_directories", String::new()),
        ("max_connections", (setup.connections + SPARE_CONNECTIONS).to_string()),
        ("fsync", on()),
        ("synchronous_commit", on()),
        ("full_page_writes", on()),
        ("commit_delay", setup.commit_delay.as_micros().to_string()),
        ("shared_buffers", "2GB".to_owned()),
        ("wal_buffers", "64MB".to_owned()),
        ("wal_level", "minimal".to_owned()),
        ("max_wal_senders", "0".to_owned()),
        ("max_wal_size", "8GB".to_owned()),
        ("checkpoint_timeout", "1h".to_owned()),
        ("jit", "off".to_owned()),
        ("log_checkpoints", "off".to_owned()),
    ]
}

/// A directory that its user may write to, in one that everybody may look into.
fn make(directory: &Path, user: Option<User>) -> io::Result<()> {
    fs::create_dir(directory)?;
    let Some(user) = user else { return Ok(()) };
    if let Some(scratch) = directory.parent() {
        fs::set_permissions(scratch, fs::Permissions::from_mode(0o711))?;
    }
    user.own(directory)
}

/// A program, as whom it agrees to run as, where that user may be.
fn command(program: &Path, directory: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory);
    if let Some(user) = user {
        user.run(&mut command);
    }
    command
}

fn connect(address: SocketAddr) -> anyhow::Result<Conversation> {
    let mut asked = Conversation::begin(address)?;
    ask(&mut asked, &wire::startup(USER, DATABASE))?;
    Ok(asked)
}

fn ask(asked: &mut Conversation, messages: &[u8]) -> anyhow::Result<String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    asked.ask(messages, |bytes| {
        Ok(wire::answer(bytes)?.map(|answer| answer.value.map(text).unwrap_or_default()))
    })
}

impl Peer for Postgres {
    fn about(&self) -> String {
        let delay = match self.setup.commit_delay {
            Duration::ZERO => String::new(),
            delay => format!(", commit_delay {} µs", delay.as_micros()),
        };
        format!(
            "PostgreSQL {}, a PL/pgSQL function, prepared, synchronous_commit on{delay}",
            self.version
        )
    }

    fn generator(&self) -> Generator {
        let amount = HOLD_MINOR.to_string();
        let template = Template::new(self.setup.accounts, |texts| {
            let first = [texts.idempotency_key.as_str(), &texts.account, &texts.transaction_id];
            wire::run(STATEMENT, &[&first[..], &[&texts.of_action_ref, &amount]].concat())
        });
        Generator::new(Holds { address: self.address, template })
    }

    fn held(&mut self) -> anyhow::Result<Option<u64>> {
        let sums = self.ask(SUMS)?;
        super::agreed(&sums).map(Some)
    }
}

struct Holds {
    address: SocketAddr,
    template: Template,
}

impl Protocol for Holds {
    fn connect(&self) -> anyhow::Result<TcpStream> {
        let mut asked = connect(self.address)?;
        ask(&mut asked, &wire::prepare(STATEMENT, CALL))?;
        asked.into_stream()
    }

    fn request(&mut self, number: u64) -> &[u8] {
        self.template.request(number)
    }

    fn answered(&self, bytes: &[u8]) -> anyhow::Result<bool> {
        let Some(answer) = wire::answer(bytes)? else { return Ok(false) };
        ensure!(answer.value.is_some(), "a hold was refused for want of funds");
        Ok(true)
    }
}
