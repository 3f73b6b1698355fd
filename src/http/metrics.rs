//! What is counted, and how Prometheus is told.
//!
//! Counters are made once and kept by index, so that counting on the hot path is one atomic
//! addition. No label ever holds a reference, a name or a key.

use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::answer::Answer;
use super::route::Listener;
use super::shared::Shared;
use crate::engine::record::AuthorizationKind;
use crate::ledger::{Operation, Refusal};
use crate::wire::notification::kinds;

/// Edges of the buckets for a sync of the disk, in seconds.
const SYNC_EDGES: [f64; 14] = [
    0.000_05, 0.000_1, 0.000_2, 0.000_4, 0.000_8, 0.001_6, 0.003_2, 0.006_4, 0.025, 0.1, 0.25, 0.5,
    0.8, 1.0,
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ActionLabels {
    operation: &'static str,
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct NotificationLabels {
    kind: &'static str,
}

/// What a type is called that the documents do not have.
const UNKNOWN: &str = "unknown";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AuthorizationLabels {
    kind: &'static str,
    outcome: &'static str,
}

/// How an authorization was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Approved.
    Approved,
    /// Declined for a reason of the account.
    Declined,
    /// Declined because it could not be made durable in time, and undone.
    Late,
    /// Declined without having been decided.
    Undecided,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Approved, Self::Declined, Self::Late, Self::Undecided];

    /// Approved or declined.
    #[must_use]
    pub const fn of(approved: bool) -> Self {
        if approved { Self::Approved } else { Self::Declined }
    }

    /// Its place in [`ALL`](Self::ALL).
    const fn place(self) -> usize {
        match self {
            Self::Approved => 0,
            Self::Declined => 1,
            Self::Late => 2,
            Self::Undecided => 3,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Late => "late",
            Self::Undecided => "undecided",
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AnswerLabels {
    listener: &'static str,
    status: u16,
}

impl AnswerLabels {
    fn of(listener: Listener, status: StatusCode) -> Self {
        Self { listener: listener.name(), status: status.as_u16() }
    }
}

/// The counters of a server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    actions: Vec<[Counter; Refusal::ALL.len() + 1]>,
    transfers: [Counter; Refusal::ALL.len() + 1],
    /// Of each kind, by outcome.
    authorizations: [[Counter; Outcome::ALL.len()]; AuthorizationKind::ALL.len()],
    notifications: Notifications,
    repeats: Counter,
    batches: Counter,
    batch_items: Counter,
    answers: Family<AnswerLabels, Counter>,
    /// Those of `answers` with status 200, of the network's listener and of the operator's: nearly
    /// all, and found without looking.
    succeeded: [Counter; 2],
    refused_connections: Counter,
    log: LogMetrics,
    gauges: Gauges,
}

/// What the log's own thread counts.
#[derive(Clone, Debug)]
pub struct LogMetrics {
    commits: Counter,
    records: Counter,
    bytes: Counter,
    sync: Histogram,
    from_copy: Counter,
}

#[derive(Debug, Default)]
struct Gauges {
    keys: Gauge,
    accounts: Gauge,
    connections: Gauge,
    in_flight: Gauge,
    durable: Gauge,
    closed: Gauge,
    undecided: Gauge,
    undone: Gauge,
    unposted: Gauge,
    lapsed: Gauge,
    records_read: Gauge,
    storage_low: Gauge,
    unbalanced: Gauge,
    audits: Counter,
    snapshots: Counter,
    snapshot_locked: Gauge<f64, std::sync::atomic::AtomicU64>,
}

impl Metrics {
    /// All counters at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("holdfast");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What answers here", build);
        let actions: Family<ActionLabels, Counter> = Family::default();
        registry.register("actions", "Actions recorded, by what became of them", actions.clone());
        let of = |operation| {
            let code = |n: usize| n.checked_sub(1).map_or("OK", |n| Refusal::ALL[n].code());
            std::array::from_fn(|n| {
                actions.get_or_create(&ActionLabels { operation, code: code(n) }).clone()
            })
        };
        let authorizations: Family<AuthorizationLabels, Counter> = Family::default();
        let help = "Authorizations, by how they were answered";
        registry.register("authorizations", help, authorizations.clone());
        let authorized = AuthorizationKind::ALL.map(|kind| {
            Outcome::ALL.map(|outcome| {
                let labels = AuthorizationLabels { kind: kind.name(), outcome: outcome.name() };
                authorizations.get_or_create(&labels).clone()
            })
        });
        let repeats = Counter::default();
        registry.register("repeats", "Requests answered as they were before", repeats.clone());
        let (batches, batch_items) = (Counter::default(), Counter::default());
        registry.register("batches", "Batches of operations begun", batches.clone());
        let help = "Operations and what was none that came in batches";
        registry.register("batch_items", help, batch_items.clone());
        let answers: Family<AnswerLabels, Counter> = Family::default();
        registry.register("answers", "Answers, by status", answers.clone());
        let succeeded = [Listener::Network, Listener::Operator].map(|listener| {
            answers.get_or_create(&AnswerLabels::of(listener, StatusCode::OK)).clone()
        });
        let refused_connections = Counter::default();
        let help = "Connections closed because there were too many";
        registry.register("refused_connections", help, refused_connections.clone());
        Self {
            actions: Operation::ALL.iter().map(|operation| of(operation.name())).collect(),
            transfers: of("transfer"),
            authorizations: authorized,
            notifications: Notifications::new(&mut registry),
            repeats,
            batches,
            batch_items,
            answers,
            succeeded,
            refused_connections,
            log: LogMetrics::new(&mut registry),
            gauges: Gauges::new(&mut registry),
            registry,
        }
    }

    /// An operation was recorded.
    pub fn acted(&self, operation: Operation, refusal: Option<Refusal>) {
        let n = usize::from(operation.number()).saturating_sub(1);
        self.actions[n][outcome(refusal)].inc();
    }

    /// A transfer was recorded.
    pub fn transferred(&self, refusal: Option<Refusal>) {
        self.transfers[outcome(refusal)].inc();
    }

    /// An authorization was answered.
    pub fn authorized(&self, kind: AuthorizationKind, outcome: Outcome) {
        let [of_final, of_pre] = &self.authorizations;
        let counters = match kind {
            AuthorizationKind::Final => of_final,
            AuthorizationKind::Pre => of_pre,
        };
        counters[outcome.place()].inc();
    }

    /// A notification of that type was recorded, as the documents say or not.
    pub fn notified(&self, kind: &str, as_documented: bool) {
        let kind = kinds::find(kind).map_or(UNKNOWN, |kind| kind.name);
        self.notifications.all.get_or_create(&NotificationLabels { kind }).inc();
        if !as_documented {
            self.notifications.with_problems.inc();
        }
    }

    /// The tenant's own system was asked something, and answered or not.
    pub fn hooked(&self, answered: bool) {
        self.notifications.answers[usize::from(answered)].inc();
    }

    /// A request was answered as it was before.
    pub fn repeated(&self) {
        self.repeats.inc();
    }

    /// A batch of operations began.
    pub fn batch_began(&self) {
        self.batches.inc();
    }

    /// Something came in a batch.
    pub fn batch_item(&self) {
        self.batch_items.inc();
    }

    /// An answer was given.
    pub fn answered(&self, listener: Listener, status: StatusCode) {
        let [network, operator] = &self.succeeded;
        match (status, listener) {
            (StatusCode::OK, Listener::Network) => network.inc(),
            (StatusCode::OK, Listener::Operator) => operator.inc(),
            _ => self.answers.get_or_create(&AnswerLabels::of(listener, status)).inc(),
        };
    }

    /// A connection was closed because there were too many.
    pub fn refused_connection(&self) {
        self.refused_connections.inc();
    }

    /// What the log's own thread counts.
    #[must_use]
    pub fn log(&self) -> LogMetrics {
        self.log.clone()
    }

    /// A snapshot was taken, for which nothing was locked longer than this.
    pub fn snapshot_taken(&self, locked_max: Duration) {
        self.gauges.snapshots.inc();
        self.gauges.snapshot_locked.set(locked_max.as_secs_f64());
    }

    /// An audit of the books ended, with so many findings.
    pub fn audited(&self, findings: usize) {
        self.gauges.audits.inc();
        self.gauges.unbalanced.set(i64::try_from(findings).unwrap_or(i64::MAX));
    }

    /// All of it in Prometheus' text format.
    #[must_use]
    pub fn exposition(&self, shared: &Shared) -> Answer {
        self.gauges.read(shared);
        let mut text = String::new();
        // Writing to a text in memory does not fail.
        let _ = encode(&mut text, &self.registry);
        Answer::text("application/openmetrics-text; version=1.0.0; charset=utf-8", text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// What is counted of notifications.
#[derive(Debug, Default)]
struct Notifications {
    all: Family<NotificationLabels, Counter>,
    with_problems: Counter,
    answers: [Counter; 2],
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HookLabels {
    outcome: &'static str,
}

impl Notifications {
    fn new(registry: &mut Registry) -> Self {
        let new = Self::default();
        registry.register("notifications", "Notifications recorded, by type", new.all.clone());
        for kind in kinds::ALL.iter().map(|kind| kind.name).chain([UNKNOWN]) {
            let _ = new.all.get_or_create(&NotificationLabels { kind });
        }
        let help = "Notifications recorded that were not as the documents say";
        registry.register("notifications_with_problems", help, new.with_problems.clone());
        let hooked: Family<HookLabels, Counter> = Family::default();
        let help = "Questions that the tenant's own system was asked, by whether it answered";
        registry.register("hook_questions", help, hooked.clone());
        let answers = ["failed", "answered"]
            .map(|outcome| hooked.get_or_create(&HookLabels { outcome }).clone());
        Self { answers, ..new }
    }
}

impl LogMetrics {
    fn new(registry: &mut Registry) -> Self {
        let commits = Counter::default();
        registry.register("log_commits", "Group commits", commits.clone());
        let records = Counter::default();
        registry.register("log_records", "Records made durable", records.clone());
        let bytes = Counter::default();
        let help = "Bytes written to the log, with padding";
        registry.register_with_unit("log_written", help, Unit::Bytes, bytes.clone());
        let sync = Histogram::new(SYNC_EDGES);
        let help = "How long the disk took to make a group durable";
        registry.register_with_unit("log_sync", help, Unit::Seconds, sync.clone());
        let from_copy = Counter::default();
        let help = "Reads of the log that were wrong in one copy and right in the other";
        registry.register("log_read_from_copy", help, from_copy.clone());
        Self { commits, records, bytes, sync, from_copy }
    }

    /// What was read was wrong in one copy of the log.
    pub fn read_from_copy(&self) {
        self.from_copy.inc();
    }

    /// A group was made durable.
    pub fn committed(&self, commit: &crate::engine::Commit) {
        self.commits.inc();
        self.records.inc_by(commit.records);
        self.bytes.inc_by(commit.bytes);
        self.sync.observe(commit.sync.as_secs_f64());
    }
}

impl Gauges {
    fn new(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        let mut gauge = |name: &str, help: &str, gauge: &Gauge| {
            registry.register(name, help, gauge.clone());
        };
        gauge("keys", "Idempotency keys remembered", &gauges.keys);
        gauge("accounts", "Accounts", &gauges.accounts);
        gauge("connections", "Connections open", &gauges.connections);
        gauge("in_flight", "Requests being served", &gauges.in_flight);
        gauge("log_durable_lsn", "The newest durable record", &gauges.durable);
        gauge(
            "posted_to_closed",
            "Operations that had to post to a closed account",
            &gauges.closed,
        );
        gauge("authorizations_undecided", "Approvals not answered yet", &gauges.undecided);
        let help = "Approvals undone because they were not answered in time";
        gauge("authorizations_undone", help, &gauges.undone);
        gauge("approvals_unposted", "Approvals to be posted yet", &gauges.unposted);
        gauge("reservations_lapsed", "Reservations that lapsed", &gauges.lapsed);
        gauge("log_records_read", "Records read back to tell the past", &gauges.records_read);
        gauge("storage_low", "1 while writes are refused for want of storage", &gauges.storage_low);
        gauge("books_findings", "What the last audit found wrong: 0", &gauges.unbalanced);
        registry.register("snapshots", "Snapshots taken", gauges.snapshots.clone());
        let help = "The longest that anything was locked for the last snapshot";
        registry.register("snapshot_locked_max_seconds", help, gauges.snapshot_locked.clone());
        registry.register("books_audits", "Audits of the books", gauges.audits.clone());
        gauges
    }

    fn read(&self, shared: &Shared) {
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let ledger = &shared.ledger;
        set(&self.keys, ledger.keys());
        set(&self.accounts, count(ledger.account_count()));
        set(&self.connections, count(shared.connections.load(Ordering::Relaxed)));
        set(&self.in_flight, count(shared.in_flight.load(Ordering::Relaxed)));
        set(&self.durable, ledger.durable().value());
        set(&self.closed, ledger.posted_to_closed());
        set(&self.undecided, count(ledger.undecided()));
        set(&self.undone, ledger.undone());
        set(&self.unposted, count(ledger.unposted_count()));
        set(&self.lapsed, ledger.lapsed());
        set(&self.records_read, ledger.records_read());
        set(&self.storage_low, u64::from(ledger.storage_low()));
    }
}

fn outcome(refusal: Option<Refusal>) -> usize {
    refusal.map_or(0, |refusal| usize::from(refusal.number()))
}
