//! What is true: a run, in full and consistent, whatever was typed.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    num::NonZeroU32,
    path::PathBuf,
    time::{Duration, Instant},
};

use hyper::{
    Uri,
    header::{HeaderName, HeaderValue},
};

use super::{
    args::{LoadArgs, RunArgs, ServerArgs, WorkloadArgs},
    outputs::Outputs,
};
use crate::{
    client::Target,
    clock::wall_micros,
    live::Watched,
    load::hot::Hot,
    machine::PerTenThousand,
    schedule::{Limit, Schedule, Shape},
    seed::Seed,
    simulator::{mix::Mix, share::Shares},
    slo::Slo,
    wire::Paths,
};

/// How long a run lasts when only the number of requests is given.
const SECONDS_WITH_REQUESTS: u32 = 600;
const SECONDS: u32 = 10;
const SECONDS_OF_SOAK: u32 = 600;
const SECONDS_OF_STEP: u32 = 3;
/// How long a run warms up that ends by the clock.
const WARM_UP_SECONDS: u32 = 1;
/// How long a server sets aside what it approved, unless it was told otherwise.
const RESERVATION_TTL: Duration = Duration::from_secs(60);

/// A run, in full and consistent.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The network listener.
    pub network: Target,
    /// The operator listener.
    pub operator: Target,
    /// Who starts the server, if we do.
    pub server: Option<OwnServer>,
    /// The path of each operation.
    pub paths: Paths,
    /// Which life cycles are played.
    pub mix: Mix,
    /// What is asked beside them.
    pub shares: Shares,
    /// How much more some accounts are asked than others.
    pub hot: Hot,
    /// How long what was approved is set aside; `None` when longer than the run.
    pub time_to_live: Option<Duration>,
    /// What is done with it.
    pub play: Play,
    /// When to send.
    pub mode: Mode,
    /// How often is measured, one after the other.
    pub repeats: u32,
    /// Whether the begin is compared with the end.
    pub soak: bool,
    /// How long is sent before what counts.
    pub warm_up: Duration,
    /// Connections to the network listener, at least one per thread.
    pub connections: usize,
    /// Generator threads.
    pub threads: usize,
    /// Accounts, at least one per connection; cards where all are of one account.
    pub accounts: u64,
    /// What everything is drawn from.
    pub seed: u64,
    /// Where every certain answer is written.
    pub journal: Option<PathBuf>,
    /// How much of the machine's time may be stolen before the run is invalid.
    pub stolen_max: PerTenThousand,
    /// Whether the generator's own ceiling is measured first.
    pub calibrates: bool,
    /// What must be kept.
    pub slo: Slo,
    /// What accounts and keys begin with.
    pub run: String,
    /// Where the results go.
    pub outputs: Outputs,
}

/// What is done with a load.
#[derive(Debug, Clone)]
pub enum Play {
    /// It is played.
    Load,
    /// The highest rate is searched for, from this one on.
    Knee(NonZeroU32),
    /// A journal is played in its place.
    Replay(PathBuf),
}

/// A server of our own.
#[derive(Debug, Clone)]
pub struct OwnServer {
    /// What it is started by.
    pub command: String,
    /// How often it is killed.
    pub kill_every: Option<Duration>,
}

/// When to send.
#[derive(Debug, Clone)]
pub enum Mode {
    /// On a schedule.
    Open(Schedule),
    /// As soon as there is an answer.
    Closed(Limit),
}

impl TryFrom<RunArgs> for Plan {
    type Error = String;

    fn try_from(args: RunArgs) -> Result<Self, String> {
        let RunArgs { server, load, workload, verdict, outputs } = args;
        let (connections, threads) = (load.connections.get(), load.threads.get());
        let accounts = u64::from(workload.accounts.get());
        if connections < threads {
            return Err(format!("{connections} connections do not go round {threads} threads"));
        }
        if usize::try_from(accounts).is_ok_and(|accounts| accounts < connections) {
            return Err(format!(
                "{accounts} accounts are too few for {connections} connections: an account has one request in flight"
            ));
        }
        let time_to_live = server.time_to_live(workload.mix);
        if workload.hot == Hot::One && time_to_live.is_some() {
            return Err("--hot one does not go with reservations that lapse: play another mix than cycles, against a server whose --reservation-ttl-s is longer than the run".to_owned());
        }
        Ok(Self {
            paths: Paths::under(&server.base_path)?,
            mix: workload.mix,
            shares: workload.shares(),
            hot: workload.hot,
            time_to_live,
            play: load.play(),
            mode: load.mode(workload.seed)?,
            repeats: load.repeats.get(),
            soak: load.soak,
            journal: verdict.journal,
            stolen_max: PerTenThousand(u64::from(verdict.stolen_max) * 100),
            calibrates: !verdict.no_calibration,
            server: server.own(),
            warm_up: load.warm_up(),
            network: target(&server.network, &server.header, server.api_key_network)?,
            operator: target(&server.operator, &server.header, server.api_key_operator)?,
            connections,
            threads,
            accounts,
            seed: workload.seed,
            slo: verdict.slo,
            run: workload.run.unwrap_or_else(|| format!("lg{:x}", wall_micros())),
            outputs,
        })
    }
}

impl Plan {
    /// What there is to watch of a run whose measured part begins at `start`.
    #[must_use]
    pub fn watched(&self, start: Instant) -> Watched {
        let limit = match &self.mode {
            Mode::Open(schedule) => schedule.limit,
            Mode::Closed(limit) => *limit,
        };
        let offered_per_s = self.offered_per_s();
        let requests = offered_per_s.map(|rate| Duration::from_secs(limit.requests / rate.max(1)));
        let length = requests.map_or(limit.after, |requests| limit.after.min(requests));
        Watched { name: String::new(), start, length, offered_per_s }
    }

    /// Requests per second that a schedule asks for, on average; `None` where there is none.
    #[must_use]
    pub fn offered_per_s(&self) -> Option<u64> {
        match (&self.play, &self.mode) {
            (Play::Load | Play::Knee(_), Mode::Open(schedule)) => Some(schedule.offered_per_s()),
            (Play::Replay(_), _) | (_, Mode::Closed(_)) => None,
        }
    }

    /// The same load at another rate.
    #[must_use]
    pub fn at_rate(&self, rate: u32) -> Self {
        let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
        let mode = match &self.mode {
            Mode::Open(schedule) => {
                let shape = Shape::constant(rate, schedule.limit.after);
                Mode::Open(Schedule { shape, ..schedule.clone() })
            }
            closed @ Mode::Closed(_) => closed.clone(),
        };
        Self { mode, ..self.clone() }
    }
}

impl ServerArgs {
    fn own(&self) -> Option<OwnServer> {
        let seconds = |every: NonZeroU32| Duration::from_secs(every.get().into());
        let kill_every = self.kill_server_every.map(seconds);
        self.command.clone().map(|command| OwnServer { command, kill_every })
    }

    fn time_to_live(&self, mix: Mix) -> Option<Duration> {
        let default = (mix == Mix::Cycles).then_some(RESERVATION_TTL);
        self.reservation_ttl_s.map(|seconds| Duration::from_secs(seconds.into())).or(default)
    }
}

impl WorkloadArgs {
    fn shares(&self) -> Shares {
        let Shares { repeat, refuse, malformed } = Shares::default();
        Shares {
            repeat: self.repeat.unwrap_or(repeat),
            refuse: self.refuse.unwrap_or(refuse),
            malformed: self.malformed.unwrap_or(malformed),
        }
    }
}

impl LoadArgs {
    fn play(&self) -> Play {
        match &self.replay {
            Some(path) => Play::Replay(path.clone()),
            None if self.knee => Play::Knee(self.rate),
            None => Play::Load,
        }
    }

    fn mode(&self, seed: u64) -> Result<Mode, String> {
        let limit = self.limit();
        if self.closed {
            return Ok(Mode::Closed(limit));
        }
        let (arrivals, warm_up, seed) = (self.arrivals, self.warm_up(), Seed::new(seed));
        Ok(Mode::Open(Schedule { arrivals, shape: self.shape(limit)?, limit, warm_up, seed }))
    }

    fn limit(&self) -> Limit {
        let default = match self.requests {
            Some(_) => SECONDS_WITH_REQUESTS,
            None if self.soak => SECONDS_OF_SOAK,
            None if self.knee => SECONDS_OF_STEP,
            None => SECONDS,
        };
        let seconds = self.seconds.map_or(default, NonZeroU32::get);
        let after = Duration::from_secs(seconds.into());
        Limit { after, requests: self.requests.unwrap_or(u64::MAX) }
    }

    fn shape(&self, limit: Limit) -> Result<Shape, String> {
        let shape = match self.ramp {
            Some(ramp) => Shape::ramp(ramp, limit.after),
            None => Shape::constant(self.rate, limit.after),
        };
        let Some(spike) = self.spike else { return Ok(shape) };
        if spike.start >= limit.after {
            return Err(format!(
                "the spike begins after {} s, when the run is over: give more --seconds",
                spike.start.as_secs()
            ));
        }
        Ok(shape.with_spike(spike))
    }

    fn warm_up(&self) -> Duration {
        let default =
            if self.requests.is_some() || self.replay.is_some() { 0 } else { WARM_UP_SECONDS };
        Duration::from_secs(self.warm_up.unwrap_or(default).into())
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
