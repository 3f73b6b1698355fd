//! The configuration: what was said, in four places, and what is therefore true.
//!
//! ```text
//! flags ─► environment ─► file ─► default        the first that gives a setting wins
//!   └──────────┴───────────┴────────┴─► Config    or all that is wrong with it, at once
//! ```
//!
//! [`Typed`] is what was typed. [`Config`] is what is true: whoever has one need not check it
//! again. The settings are one table ([`setting`]), and their limits another ([`limits`]).

mod authorizations;
mod file;
mod hook;
mod keeping;
pub mod keys;
mod layer;
pub mod limits;
mod listener;
mod parse;
mod problem;
mod reader;
pub mod setting;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hyper::header::HeaderName;
use jiff::tz::TimeZone;

pub use authorizations::Authorizations;
pub use hook::Hook;
pub use keeping::Keeping;
pub use keys::{ApiKey, ApiKeys, Role};
pub use layer::{Given, Layer, Source};
pub use listener::{NETWORK_ROLES, OPERATOR_ROLES};
pub use problem::{Fault, Problem, Problems};

use crate::engine::{Currencies, IntegrationMode};
use crate::ledger::{OverCapture, Rules, UnlinkedDebits};
use reader::Reader;

/// The environment variable that names the file when no flag does.
pub const FILE_VARIABLE: &str = "HOLDFAST_CONFIG";

/// What was typed on the command line.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The configuration file.
    pub file: Option<PathBuf>,
    /// The settings.
    pub flags: Layer,
}

/// A configuration that holds together.
#[derive(Clone, Debug)]
pub struct Config {
    /// The directory of the log.
    pub data_dir: PathBuf,
    /// The network listener. Without a key of [`NETWORK_ROLES`] it is on a loopback address.
    pub listen: SocketAddr,
    /// The operator listener. Without a key of [`OPERATOR_ROLES`] it is on a loopback address.
    pub operator_listen: SocketAddr,
    /// What the paths of the network listener begin with: `/…`, without a `/` at its end.
    pub base_path: String,
    /// The header that carries a client's key.
    pub api_key_header: HeaderName,
    /// The keys. A listener whose roles no key has asks nobody for one.
    pub api_keys: ApiKeys,
    /// The currencies that accounts may be in.
    pub currencies: Currencies,
    /// Who moves money for an authorization.
    pub integration_mode: IntegrationMode,
    /// What the contract leaves to the tenant.
    pub rules: Rules,
    /// Where days begin, for spend limits.
    pub time_zone: TimeZone,
    /// How authorizations are answered.
    pub authorizations: Authorizations,
    /// The tenant's own system, where it is to be asked.
    pub hook: Option<Hook>,
    /// HTTP workers, at least 1.
    pub threads: usize,
    /// Connections open at once.
    pub max_connections: usize,
    /// Actions that wait for the disk before new ones are refused.
    pub max_in_flight: usize,
    /// Idempotency keys remembered before new actions are refused.
    pub max_keys: u64,
    /// How long the head of a request may take.
    pub head_timeout: Duration,
    /// How long the body of a request may take.
    pub body_timeout: Duration,
    /// How long a client may take to read an answer.
    pub write_timeout: Duration,
    /// How long open requests may take once the server was told to stop.
    pub drain_timeout: Duration,
    /// Whether an answer waits for the disk.
    pub sync: wal::Sync,
    /// The length of a segment of the log, in bytes.
    pub segment_bytes: u64,
    /// How the log is kept.
    pub keeping: Keeping,
    /// Whether the log may be on a file system that was not tried.
    pub allow_any_filesystem: bool,
    /// Whether the machine's clock may be far ahead of the last action.
    pub accept_clock_jump: bool,
    /// Whether answers say where their time went.
    pub server_timing: bool,
    /// What the server's messages look like.
    pub log_format: LogFormat,
    /// Each setting as it was found, in the order of [`setting::ALL`].
    pub settled: Vec<Settled>,
}

/// What the server's messages look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, else JSON.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// A setting, its value without secrets, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its key.
    pub key: &'static str,
    /// Its value as text.
    pub value: String,
    /// Where the value came from.
    pub source: Source,
}

impl Config {
    /// What is true, given what was typed and what `env` knows.
    ///
    /// # Errors
    /// All that is wrong, in every place.
    pub fn resolve(
        typed: &Typed,
        env: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let environment = Layer::environment(env, &mut problems);
        let named = env(FILE_VARIABLE).filter(|name| !name.is_empty());
        let path = typed.file.clone().or(named.map(PathBuf::from));
        let file = path.map(|path| file::read(&path, &mut problems)).unwrap_or_default();

        let mut reader = Reader::new([&typed.flags, &environment, &file], problems);
        let config = Self::read(&mut reader);
        reader.finish(config)
    }

    /// `None` when anything is wrong, after all of it was read: `?` comes last.
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let data_dir = reader.one(&setting::DATA_DIR, parse::directory);
        let listen = reader.one(&setting::LISTEN, parse::address);
        let operator_listen = reader.one(&setting::OPERATOR_LISTEN, parse::address);
        let base_path = reader.one(&setting::BASE_PATH, parse::base_path);
        let api_key_header = reader.one(&setting::API_KEY_HEADER, parse::header);
        let api_keys = reader.list(&setting::API_KEYS, parse::api_keys, |_, keys| keys.to_string());
        let currencies =
            reader.list(&setting::CURRENCIES, parse::currencies, |texts, _| texts.join(", "));
        let mode = reader.choice(&setting::INTEGRATION_MODE, INTEGRATION_MODE);
        let rules = rules(reader);
        let time_zone = reader.one(&setting::TIME_ZONE, parse::time_zone);
        let authorizations = Authorizations::read(reader);
        let hook = Hook::read(reader);
        let threads = reader.number(&setting::THREADS, &limits::THREADS);
        let max_connections = reader.number(&setting::MAX_CONNECTIONS, &limits::MAX_CONNECTIONS);
        let max_in_flight = reader.number(&setting::MAX_IN_FLIGHT, &limits::MAX_IN_FLIGHT);
        let max_keys = reader.number(&setting::MAX_KEYS, &limits::MAX_KEYS);
        let head = reader.milliseconds(&setting::HEAD_TIMEOUT_MS, &limits::HEAD_TIMEOUT);
        let body = reader.milliseconds(&setting::BODY_TIMEOUT_MS, &limits::BODY_TIMEOUT);
        let write = reader.milliseconds(&setting::WRITE_TIMEOUT_MS, &limits::WRITE_TIMEOUT);
        let drain = reader.milliseconds(&setting::DRAIN_TIMEOUT_MS, &limits::DRAIN_TIMEOUT);
        let sync = reader.choice(&setting::SYNC, SYNC);
        let segment_bytes = reader.number(&setting::SEGMENT_BYTES, &limits::SEGMENT_BYTES);
        let keeping = Keeping::read(reader);
        let allow_any_filesystem = reader.switch(&setting::ALLOW_ANY_FILESYSTEM);
        let accept_clock_jump = reader.switch(&setting::ACCEPT_CLOCK_JUMP);
        let server_timing = reader.switch(&setting::SERVER_TIMING);
        let log_format = reader.choice(&setting::LOG_FORMAT, LOG_FORMAT);
        listener::check(reader, listen, operator_listen, api_keys.as_ref());
        Some(Self {
            data_dir: data_dir?,
            listen: listen?,
            operator_listen: operator_listen?,
            base_path: base_path?,
            api_key_header: api_key_header?,
            api_keys: api_keys?,
            currencies: currencies?,
            integration_mode: mode?,
            rules: rules?,
            time_zone: time_zone?,
            authorizations: authorizations?,
            hook: hook?,
            threads: threads?,
            max_connections: max_connections?,
            max_in_flight: max_in_flight?,
            max_keys: max_keys?,
            head_timeout: head?,
            body_timeout: body?,
            write_timeout: write?,
            drain_timeout: drain?,
            sync: sync?,
            segment_bytes: segment_bytes?,
            keeping: keeping?,
            allow_any_filesystem: allow_any_filesystem?,
            accept_clock_jump: accept_clock_jump?,
            server_timing: server_timing?,
            log_format: log_format?,
            settled: Vec::new(),
        })
    }
}

fn rules(reader: &mut Reader<'_>) -> Option<Rules> {
    let unlinked_debits = reader.choice(&setting::UNLINKED_DEBITS, UNLINKED_DEBITS);
    let over_capture = reader.choice(&setting::OVER_CAPTURE, OVER_CAPTURE);
    Some(Rules { unlinked_debits: unlinked_debits?, over_capture: over_capture? })
}

const SYNC: &[(&str, wal::Sync)] = &[("group", wal::Sync::Group), ("off", wal::Sync::Off)];

const INTEGRATION_MODE: &[(&str, IntegrationMode)] =
    &[("ledger", IntegrationMode::Ledger), ("clearing", IntegrationMode::Clearing)];

const UNLINKED_DEBITS: &[(&str, UnlinkedDebits)] =
    &[("refuse", UnlinkedDebits::Refuse), ("post", UnlinkedDebits::Post)];

const OVER_CAPTURE: &[(&str, OverCapture)] =
    &[("post", OverCapture::Post), ("refuse", OverCapture::Refuse)];

const LOG_FORMAT: &[(&str, LogFormat)] =
    &[("auto", LogFormat::Auto), ("human", LogFormat::Human), ("json", LogFormat::Json)];
