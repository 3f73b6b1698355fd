//! What was typed.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
};

use clap::{ArgAction, Args, Parser, Subcommand};
use hyper::{
    Uri,
    header::{HeaderName, HeaderValue},
};

use super::{compare::CompareArgs, outputs::Outputs};
use crate::{
    load::hot::Hot,
    schedule::{Arrivals, Ramp, Spike},
    simulator::{mix::Mix, share::Share},
    slo::Slo,
};

/// What the process ends with.
const EXIT_STATUS: &str = "Exit status: 0 passed, 2 the SLO was missed, 3 the run is invalid (the \
generator was late, or its machine stolen from), 4 THE SERVER ANSWERED INCORRECTLY, 64 usage, 69 the \
run could not be made";

/// Sends card life cycles to a holdfast server on a schedule fixed in advance, checks every answer
/// and every balance, and says how long the answers took
#[derive(Debug, Parser)]
#[command(name = "holdfast-loadgen", version, disable_help_flag = true, after_help = EXIT_STATUS)]
#[command(args_override_self = true, args_conflicts_with_subcommands = true)]
pub(super) struct CommandLine {
    /// Print help
    #[arg(long, short, action = ArgAction::HelpShort, global = true)]
    help: Option<bool>,
    #[command(subcommand)]
    pub(super) other: Option<Other>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// What is not a run.
#[derive(Debug, Subcommand)]
pub(super) enum Other {
    /// Compare two saved reports; exit status 0 compared, 2 a figure is worse than
    /// --fail-on-regression allows, 64 usage, 69 they cannot be compared
    Compare(CompareArgs),
    /// Print the JSON schema of a report
    Schema,
    /// Measure the generator itself against a server built in that does nothing
    Calibrate(CalibrateArgs),
}

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// How long the closed loop takes, and how long the open one
    #[arg(long, default_value = "3")]
    pub(super) seconds: NonZeroU32,
    /// Connections
    #[arg(long, short, default_value = "64")]
    pub(super) connections: NonZeroUsize,
    /// Generator threads
    #[arg(long, default_value = "1")]
    pub(super) threads: NonZeroUsize,
    /// Which life cycles are played
    #[arg(long, value_enum, default_value = "ledger")]
    pub(super) mix: Mix,
    /// Print one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) server: ServerArgs,
    #[command(flatten)]
    pub(super) load: LoadArgs,
    #[command(flatten)]
    pub(super) workload: WorkloadArgs,
    #[command(flatten)]
    pub(super) verdict: VerdictArgs,
    #[command(flatten)]
    pub(super) outputs: Outputs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The server")]
pub(super) struct ServerArgs {
    /// The network listener
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7480")]
    pub(super) network: Uri,
    /// The operator listener
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7481")]
    pub(super) operator: Uri,
    /// What the network listener's paths begin with
    #[arg(long, value_name = "PATH", default_value = "/api/pba")]
    pub(super) base_path: String,
    /// The header that carries the key
    #[arg(long, value_name = "NAME", default_value = "X-API-Key")]
    pub(super) header: HeaderName,
    /// The key for the network listener
    #[arg(long, value_name = "KEY", env = "HOLDFAST_API_KEY_NETWORK", hide_env_values = true)]
    pub(super) api_key_network: Option<HeaderValue>,
    /// The key for the operator listener
    #[arg(long, value_name = "KEY", env = "HOLDFAST_API_KEY_OPERATOR", hide_env_values = true)]
    pub(super) api_key_operator: Option<HeaderValue>,
    /// Start this server, wait until it says where its listeners are, and stop it at the end
    #[arg(long = "server", value_name = "COMMAND LINE", conflicts_with_all = ["network", "operator"])]
    pub(super) command: Option<String>,
    /// Kill it so often and start it again; at the end all that was acknowledged must be there
    #[arg(long, value_name = "SECONDS", requires = "command")]
    pub(super) kill_server_every: Option<NonZeroU32>,
    /// How long the server sets aside what it approved and no operation used
    /// [default: 60 with --mix cycles, else longer than the run]
    #[arg(long, value_name = "SECONDS")]
    pub(super) reservation_ttl_s: Option<u32>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The load")]
pub(super) struct LoadArgs {
    /// Requests per second, on average
    #[arg(long, default_value = "2000", conflicts_with = "closed")]
    pub(super) rate: NonZeroU32,
    /// From one rate to another in a straight line over the run, in place of --rate
    #[arg(long, value_name = "FROM..TO", conflicts_with_all = ["closed", "rate"])]
    pub(super) ramp: Option<Ramp>,
    /// So many requests per second more, from a second of the run on, for so many seconds
    #[arg(long, value_name = "RATE@START+LENGTH", conflicts_with = "closed")]
    pub(super) spike: Option<Spike>,
    /// Run long, at one rate, and hold the last tenth of the time against the first
    /// [default of --seconds: 600]
    #[arg(long, conflicts_with_all = ["closed", "ramp", "spike"])]
    pub(super) soak: bool,
    /// Search for the highest rate whose runs of --seconds [default: 3] are valid and meet the SLO,
    /// from --rate on
    #[arg(long, conflicts_with_all = ["closed", "ramp", "spike", "soak", "repeats", "requests"])]
    pub(super) knee: bool,
    /// Send what a journal has, at the times at which it was meant to be sent then
    #[arg(long, value_name = "FILE", conflicts_with_all = ["closed", "rate", "ramp", "spike", "soak", "knee", "repeats", "requests", "seconds", "warm_up", "journal"])]
    pub(super) replay: Option<PathBuf>,
    /// How the gaps between requests are drawn
    #[arg(long, value_enum, default_value = "poisson", conflicts_with = "closed")]
    pub(super) arrivals: Arrivals,
    /// Measure capacity: each connection sends as soon as it has its answer
    #[arg(long)]
    pub(super) closed: bool,
    /// Ends the run after so long [default: 10, with --requests 600]
    #[arg(long)]
    pub(super) seconds: Option<NonZeroU32>,
    /// Ends the run after so many requests
    #[arg(long)]
    pub(super) requests: Option<u64>,
    /// Load before that, which counts in no figure [default: 1, with --requests 0]
    #[arg(long, value_name = "SECONDS")]
    pub(super) warm_up: Option<u32>,
    /// Measure so often, one after the other, each time with a warm-up
    #[arg(long, default_value = "1")]
    pub(super) repeats: NonZeroU32,
    /// Connections to the network listener
    #[arg(long, short, default_value = "64")]
    pub(super) connections: NonZeroUsize,
    /// Generator threads
    #[arg(long, default_value = "1")]
    pub(super) threads: NonZeroUsize,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The workload")]
pub(super) struct WorkloadArgs {
    /// Which life cycles are played
    #[arg(long, value_enum, default_value = "ledger")]
    pub(super) mix: Mix,
    /// Accounts to create and play; at least one per connection
    #[arg(long, default_value = "1000")]
    pub(super) accounts: NonZeroU32,
    /// How much more some accounts are asked than others: even; zipf:1.1; one, which has all the
    /// cards that --accounts would be
    #[arg(long, value_name = "HOW", default_value = "even")]
    pub(super) hot: Hot,
    /// The share of requests that repeat an earlier one [default: 8.33]
    #[arg(long, value_name = "PERCENT")]
    pub(super) repeat: Option<Share>,
    /// The share of life cycles that ask for more than there is, beside those of the mix
    #[arg(long, value_name = "PERCENT")]
    pub(super) refuse: Option<Share>,
    /// The share of requests that are first sent in a form that is wrong and must be refused
    #[arg(long, value_name = "PERCENT")]
    pub(super) malformed: Option<Share>,
    /// What the schedule and every account's life are drawn from
    #[arg(long, default_value = "1")]
    pub(super) seed: u64,
    /// What the run's accounts and keys begin with, new for each run against one server
    /// [default: from the clock]
    #[arg(long, value_name = "NAME", value_parser = run_name)]
    pub(super) run: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "The verdict")]
pub(super) struct VerdictArgs {
    /// What the run must keep: p50, p90, p95, p99, p99.9, p99.99, max, error with < or <= and us,
    /// ms, s or %; invariant=0
    #[arg(long, default_value = "max<1s,error<0.01%,invariant=0")]
    pub(super) slo: Slo,
    /// Write every certain answer to a file, a line for each
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// How much of the machine's time may be stolen from it before a run is invalid
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = clap::value_parser!(u8).range(..=100))]
    pub(super) stolen_max: u8,
    /// Do not try first, for a fraction of a second, what the generator itself can send
    #[arg(long)]
    pub(super) no_calibration: bool,
}

fn run_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
        return Err("a run's name is 1 to 32 letters, digits and hyphens".to_owned());
    }
    Ok(text.to_owned())
}
