//! Redis with the hold as a script: every command waits for a sync of the append-only file, one for
//! all that came in one turn of its loop.
//!
//! It writes no snapshots and never rewrites its file, which would only slow it down. The script's
//! name is known to the server, so a request carries no more than its texts.

pub mod resp;

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use rustix::process::Signal;

use super::conversation::Conversation;
use super::daemon::Daemon;
use super::program::{find, free_address};
use super::{Entry, LeftOut, Peer};
use crate::generator::{Generator, Protocol};
use crate::requests::account;
use crate::template::{HOLD_MINOR, OVERDRAFT_MINOR, Template};
use resp::{Reply, command, reply};

const SCRIPT: &str = include_str!("hold.lua");
/// Adds up what is held, and counts holds and what was appended to the journal.
const SUMS: &str = r"
local held, holds = 0, 0
for n = 0, ARGV[1] - 1 do
  local account = string.format('account-%08d', n)
  held = held + redis.call('HGET', account, 'held')
  holds = holds + redis.call('HLEN', 'holds:' .. account)
end
return string.format('%d %d %d', held, holds, redis.call('LLEN', 'journal'))";

/// A server of Redis with accounts.
#[derive(Debug)]
pub struct Redis {
    version: String,
    script: String,
    accounts: u64,
    asked: Conversation,
    address: SocketAddr,
    _daemon: Daemon,
}

/// Starts it on `directory` with so many accounts, if it is installed.
///
/// # Errors
/// When it is not where it was said to be, or does not start, or is not durable.
pub fn start(said: Option<&Path>, directory: &Path, accounts: u64) -> anyhow::Result<Entry> {
    let Some(program) = find("redis-server", said)? else {
        let why = "redis-server is not installed (apt-get install redis-server)";
        return Ok(Err(LeftOut(why.to_owned())));
    };
    let redis = Redis::start(&program, directory, accounts).context("Redis")?;
    Ok(Ok(Box::new(redis)))
}

impl Redis {
    fn start(program: &Path, directory: &Path, accounts: u64) -> anyhow::Result<Self> {
        std::fs::create_dir(directory)?;
        let address = free_address()?;
        let mut command = Command::new(program);
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]);
        command.arg("--dir").arg(directory.canonicalize()?);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
        command.args(["--auto-aof-rewrite-percentage", "0", "--daemonize", "no"]);
        let mut daemon = Daemon::start(&mut command, &directory.join("said"), Signal::KILL)?;
        let asked = daemon.reach(|| {
            let mut asked = Conversation::begin(address)?;
            ask(&mut asked, &["PING"])?;
            Ok(asked)
        })?;
        let (version, script) = (String::new(), String::new());
        let mut redis = Self { version, script, accounts, asked, address, _daemon: daemon };
        redis.prepare()?;
        Ok(redis)
    }

    fn prepare(&mut self) -> anyhow::Result<()> {
        for (setting, value) in [("appendonly", "yes"), ("appendfsync", "always")] {
            let is = ask(&mut self.asked, &["CONFIG", "GET", setting])?;
            ensure!(is == format!("{setting} {value}"), "it has {is}, and should have {value}");
        }
        let server = ask(&mut self.asked, &["INFO", "server"])?;
        let version = server.lines().find_map(|line| line.strip_prefix("redis_version:"));
        self.version = version.context("it does not say its version")?.to_owned();
        self.script = ask(&mut self.asked, &["SCRIPT", "LOAD", SCRIPT])?;
        let overdraft = OVERDRAFT_MINOR.to_string();
        for number in 0..self.accounts {
            let fields = ["posted", "0", "held", "0", "overdraft", &overdraft];
            ask(&mut self.asked, &[&["HSET", &account(number)], &fields[..]].concat())?;
        }
        Ok(())
    }
}

impl Peer for Redis {
    fn about(&self) -> String {
        format!("Redis {}, a Lua script, appendonly yes, appendfsync always", self.version)
    }

    fn generator(&self) -> Generator {
        Generator::new(Holds { address: self.address, template: template(self) })
    }

    fn held(&mut self) -> anyhow::Result<Option<u64>> {
        let accounts = self.accounts.to_string();
        let sums = ask(&mut self.asked, &["EVAL", SUMS, "0", &accounts])?;
        super::agreed(&sums).map(Some)
    }
}

/// What Redis replies to these words, as text: the texts of several in one line.
fn ask(asked: &mut Conversation, words: &[&str]) -> anyhow::Result<String> {
    asked.ask(&command(words), |bytes| Ok(reply(bytes)?.map(|reply| text(&reply))))
}

fn text(reply: &Reply<'_>) -> String {
    match reply {
        Reply::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Reply::Nil => "nil".to_owned(),
        Reply::Many(replies) => replies.iter().map(text).collect::<Vec<_>>().join(" "),
    }
}

fn template(redis: &Redis) -> Template {
    Template::new(redis.accounts, |texts| {
        let amount = HOLD_MINOR.to_string();
        let keys = [texts.account.as_str(), &texts.idempotency_key];
        let texts = [texts.transaction_id.as_str(), &texts.of_action_ref, &amount];
        command(&[&["EVALSHA", &redis.script, "2"], &keys[..], &texts[..]].concat())
    })
}

struct Holds {
    address: SocketAddr,
    template: Template,
}

impl Protocol for Holds {
    fn connect(&self) -> anyhow::Result<TcpStream> {
        Conversation::begin(self.address)?.into_stream()
    }

    fn request(&mut self, number: u64) -> &[u8] {
        self.template.request(number)
    }

    fn answered(&self, bytes: &[u8]) -> anyhow::Result<bool> {
        let Some(reply) = reply(bytes)? else { return Ok(false) };
        let done = matches!(reply, Reply::Bytes(answer) if answer.starts_with(b"done "));
        ensure!(done, "a hold was not done: {}", text(&reply));
        Ok(true)
    }
}
