//! The command line: what was typed (`Args`), and what is true ([`Plan`]).

use std::{
    ffi::OsString,
    net::{SocketAddr, ToSocketAddrs},
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use clap::{CommandFactory, Parser, error::ErrorKind};
use hyper::{
    Uri,
    header::{HeaderName, HeaderValue},
};

use crate::{
    client::Target,
    clock::wall_micros,
    schedule::{Arrivals, Limit, Schedule},
    seed::Seed,
    simulator::mix::Mix,
    slo::Slo,
    wire::Paths,
};

/// How long a run lasts when only the number of requests is given.
const SECONDS_WITH_REQUESTS: u32 = 600;
const SECONDS: u32 = 10;
/// How long a server sets aside what it approved, unless it was told otherwise.
const RESERVATION_TTL: Duration = Duration::from_secs(60);
/// `EX_USAGE` of sysexits.
const USAGE: u8 = 64;

/// Sends card life cycles to a holdfast server on a schedule fixed in advance, checks every
/// answer and every balance, and says how long the answers took.
///
/// Exit status: 0 passed, 2 the SLO was missed, 3 the run is invalid (the generator itself was
/// late), 4 the server answered incorrectly, 64 usage, 69 the run could not be made.
#[derive(Debug, Parser)]
#[command(name = "holdfast-loadgen", version, args_override_self = true)]
struct Args {
    /// The network listener
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7480")]
    network: Uri,
    /// The operator listener
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7481")]
    operator: Uri,
    /// What the network listener's paths begin with
    #[arg(long, value_name = "PATH", default_value = "/api/pba")]
    base_path: String,
    /// The header that carries the key
    #[arg(long, value_name = "NAME", default_value = "X-API-Key")]
    header: HeaderName,
    /// The key for the network listener
    #[arg(long, value_name = "KEY", env = "HOLDFAST_API_KEY_NETWORK", hide_env_values = true)]
    api_key_network: Option<HeaderValue>,
    /// The key for the operator listener
    #[arg(long, value_name = "KEY", env = "HOLDFAST_API_KEY_OPERATOR", hide_env_values = true)]
    api_key_operator: Option<HeaderValue>,
    /// Which life cycles are played
    #[arg(long, value_enum, default_value = "ledger")]
    mix: Mix,
    /// How long the server sets aside what it approved and no operation used
    /// [default: 60 with --mix cycles, else longer than the run]
    #[arg(long, value_name = "SECONDS")]
    reservation_ttl_s: Option<u32>,
    /// Requests per second, on average
    #[arg(long, default_value = "2000", conflicts_with = "closed")]
    rate: NonZeroU32,
    /// How the gaps between requests are drawn
    #[arg(long, value_enum, default_value = "poisson", conflicts_with = "closed")]
    arrivals: Arrivals,
    /// Measure capacity: each connection sends as soon as it has its answer
    #[arg(long)]
    closed: bool,
    /// Ends the run after so long [default: 10, with --requests 600]
    #[arg(long)]
    seconds: Option<NonZeroU32>,
    /// Ends the run after so many requests
    #[arg(long)]
    requests: Option<u64>,
    /// Connections to the network listener
    #[arg(long, default_value = "64")]
    connections: NonZeroUsize,
    /// Generator threads
    #[arg(long, default_value = "1")]
    threads: NonZeroUsize,
    /// Accounts to create and play; at least one per connection
    #[arg(long, default_value = "1000")]
    accounts: NonZeroU32,
    /// What the schedule and every account's life are drawn from
    #[arg(long, default_value = "1")]
    seed: u64,
    /// What the run must keep: p50, p90, p95, p99, p99.9, p99.99, max, error; < or <=; us, ms, s, %
    #[arg(long, default_value = "max<1s,error<0.01%")]
    slo: Slo,
    /// What the run's accounts and keys begin with, new for each run against one server
    /// [default: from the clock]
    #[arg(long, value_name = "NAME", value_parser = run_name)]
    run: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A run, in full and consistent.
#[derive(Debug)]
pub struct Plan {
    /// The network listener.
    pub network: Target,
    /// The operator listener.
    pub operator: Target,
    /// The path of each operation.
    pub paths: Paths,
    /// Which life cycles are played.
    pub mix: Mix,
    /// How long what was approved is set aside; `None` when longer than the run.
    pub time_to_live: Option<Duration>,
    /// When to send.
    pub mode: Mode,
    /// Connections to the network listener, at least one per thread.
    pub connections: usize,
    /// Generator threads.
    pub threads: usize,
    /// Accounts, at least one per connection.
    pub accounts: u64,
    /// What everything is drawn from.
    pub seed: u64,
    /// What must be kept.
    pub slo: Slo,
    /// What accounts and keys begin with.
    pub run: String,
    /// How the report is written.
    pub output: Output,
}

/// When to send.
#[derive(Debug)]
pub enum Mode {
    /// On a schedule.
    Open(Schedule),
    /// As soon as there is an answer.
    Closed(Limit),
}

/// How the report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// A command line that is no plan, or that asks for help.
#[derive(Debug)]
pub struct Usage(clap::Error);

impl Usage {
    /// Prints what is wrong, or the help that was asked for.
    pub fn print(&self) {
        // There is nowhere to report that the terminal is gone.
        drop(self.0.print());
    }

    /// Zero for help, else `EX_USAGE`.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.0.use_stderr() { USAGE } else { 0 }
    }
}

impl Plan {
    /// Reads a command line, the program's name included.
    ///
    /// # Errors
    ///
    /// It is no plan, or asks for help.
    pub fn from_command_line(
        line: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Self, Usage> {
        let args = Args::try_parse_from(line).map_err(Usage)?;
        let refused = |message| Usage(Args::command().error(ErrorKind::ValueValidation, message));
        Self::try_from(args).map_err(refused)
    }
}

impl TryFrom<Args> for Plan {
    type Error = String;

    fn try_from(args: Args) -> Result<Self, String> {
        let (connections, threads) = (args.connections.get(), args.threads.get());
        let accounts = u64::from(args.accounts.get());
        if connections < threads {
            return Err(format!("{connections} connections do not go round {threads} threads"));
        }
        if usize::try_from(accounts).is_ok_and(|accounts| accounts < connections) {
            return Err(format!(
                "{accounts} accounts are too few for {connections} connections: an account has one request in flight"
            ));
        }
        Ok(Self {
            paths: Paths::under(&args.base_path)?,
            mix: args.mix,
            time_to_live: args.time_to_live(),
            mode: args.mode(),
            network: target(&args.network, &args.header, args.api_key_network)?,
            operator: target(&args.operator, &args.header, args.api_key_operator)?,
            connections,
            threads,
            accounts,
            seed: args.seed,
            slo: args.slo,
            run: args.run.unwrap_or_else(|| format!("lg{:x}", wall_micros())),
            output: if args.json { Output::Json } else { Output::Text },
        })
    }
}

impl Args {
    fn time_to_live(&self) -> Option<Duration> {
        let default = (self.mix == Mix::Cycles).then_some(RESERVATION_TTL);
        self.reservation_ttl_s.map(|seconds| Duration::from_secs(seconds.into())).or(default)
    }

    fn mode(&self) -> Mode {
        let default = if self.requests.is_some() { SECONDS_WITH_REQUESTS } else { SECONDS };
        let seconds = self.seconds.map_or(default, NonZeroU32::get);
        let limit = Limit {
            after: Duration::from_secs(seconds.into()),
            requests: self.requests.unwrap_or(u64::MAX),
        };
        if self.closed {
            return Mode::Closed(limit);
        }
        let (arrivals, rate, seed) = (self.arrivals, self.rate, Seed::new(self.seed));
        Mode::Open(Schedule { arrivals, rate, limit, seed })
    }
}

fn target(url: &Uri, header: &HeaderName, key: Option<HeaderValue>) -> Result<Target, String> {
    let refused = |why: &str| format!("{url} {why}: write for example http://127.0.0.1:7480");
    let Some(authority) = url.authority().filter(|_| url.scheme_str() == Some("http")) else {
        return Err(refused("is no http URL"));
    };
    let host =
        HeaderValue::from_str(authority.as_str()).map_err(|_| refused("has no host name"))?;
    let address = resolve(authority.host(), authority.port_u16().unwrap_or(80));
    let address = address.ok_or_else(|| refused("does not resolve"))?;
    let key = key.map(|mut key| {
        key.set_sensitive(true);
        (header.clone(), key)
    });
    Ok(Target::new(address, host, key))
}

fn resolve(host: &str, port: u16) -> Option<SocketAddr> {
    (host.trim_matches(['[', ']']), port).to_socket_addrs().ok()?.next()
}

fn run_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
        return Err("a run's name is 1 to 32 letters, digits and hyphens".to_owned());
    }
    Ok(text.to_owned())
}
