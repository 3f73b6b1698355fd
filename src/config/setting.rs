//! The table of settings: the flags, the environment, the file, the help and `config show` are all
//! read from it.
//!
//! | | written | example |
//! | --- | --- | --- |
//! | file | the key | `max_keys = 1000` |
//! | environment | `HOLDFAST_` and the key in upper case | `HOLDFAST_MAX_KEYS=1000` |
//! | flag | the key with dashes; `--api-key` once for each key | `--max-keys 1000` |
//!
//! A list is an array in the file, separated by commas elsewhere, and a flag may be repeated. The
//! strongest place that gives a list gives all of it. A switch is `true` or `false`; its flag alone
//! is `true`. An empty variable is as if it were not set.

use super::limits::{self, Limit};

/// One thing that can be set.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the file, in snake case.
    pub key: &'static str,
    /// Its flag, without the dashes.
    pub flag: &'static str,
    /// What kind of value it has, and the default.
    pub kind: Kind,
    /// What a value looks like.
    pub form: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
}

/// What a value is in the file, and what it is when nobody says.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string.
    Text(&'static str),
    /// A whole number.
    Integer(&'static Limit),
    /// `true` or `false`; `false` when nobody says.
    Switch,
    /// An array of strings; empty when nobody says.
    List,
    /// An array of tables, `[[api_keys]]`; empty when nobody says.
    Keys,
}

impl Setting {
    /// Its environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("HOLDFAST_{}", self.key.to_ascii_uppercase())
    }

    /// Whether it has any number of values.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List | Kind::Keys)
    }

    /// What it is on this machine when nobody says.
    #[must_use]
    pub fn default_texts(&self) -> Vec<String> {
        match self.kind {
            Kind::Text(text) => vec![text.to_owned()],
            Kind::Integer(limit) => vec![limit.default.value().to_string()],
            Kind::Switch => vec!["false".to_owned()],
            Kind::List | Kind::Keys => Vec::new(),
        }
    }

    /// What the help says that it is when nobody says.
    #[must_use]
    pub fn default_in_words(&self) -> String {
        match self.kind {
            Kind::Text("") | Kind::List | Kind::Keys => "none".to_owned(),
            Kind::Text(text) => text.to_owned(),
            Kind::Integer(limit) => limit.default.to_string(),
            Kind::Switch => "false".to_owned(),
        }
    }
}

/// Rows of the table: `NAME: key, flag, kind, form, help`.
macro_rules! settings {
    ($($name:ident: $key:literal, $flag:literal, $kind:expr, $form:literal, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $name: Setting =
                Setting { key: $key, flag: $flag, kind: $kind, form: $form, help: $help };
        )*

        /// Every setting, in the order in which people are told of them.
        pub const ALL: &[&Setting] = &[$(&$name),*];
    };
}

settings! {
    DATA_DIR: "data_dir", "data-dir", Kind::Text("./holdfast-data"), "DIR",
        "The directory of the log; created if missing";
    LISTEN: "listen", "listen", Kind::Text("127.0.0.1:7480"), "IP:PORT",
        "The network listener: what the card network calls";
    OPERATOR_LISTEN: "operator_listen", "operator-listen", Kind::Text("127.0.0.1:7481"), "IP:PORT",
        "The operator listener: accounts, transfers, health and metrics";
    BASE_PATH: "base_path", "base-path", Kind::Text("/api/pba"), "PATH",
        "What the paths of the network listener begin with";
    API_KEY_HEADER: "api_key_header", "api-key-header", Kind::Text("X-API-Key"), "NAME",
        "The header that carries a client's key";
    API_KEYS: "api_keys", "api-key", Kind::Keys, "NAME:ROLE:SHA256HEX",
        "A key that opens a listener; ROLE is network, operator or reader, and \
         printf %s \"$KEY\" | sha256sum prints SHA256HEX";
    CURRENCIES: "currencies", "currencies", Kind::List, "CODE:DIGITS",
        "Currencies beside those of ISO 4217, with their fraction digits";
    INTEGRATION_MODE: "integration_mode", "integration-mode", Kind::Text("ledger"),
        "ledger|clearing",
        "Who moves money: the card network, by ledger operations, or this ledger, by approvals, \
         reversals and clearing records";
    UNLINKED_DEBITS: "unlinked_debits", "unlinked-debits", Kind::Text("refuse"), "refuse|post",
        "A debit that nothing announced: refuse it for want of funds, or post it whatever there is";
    OVER_CAPTURE: "over_capture", "over-capture", Kind::Text("post"), "post|refuse",
        "A capture of more than its hold: post the excess to the balance, or refuse it";
    TIME_ZONE: "time_zone", "time-zone", Kind::Text("UTC"), "NAME",
        "Where the days, weeks and months of spend limits begin, such as Asia/Singapore";
    AUTHORIZATION_BUDGET_MS: "authorization_budget_ms", "authorization-budget-ms",
        Kind::Integer(&limits::AUTHORIZATION_BUDGET), "MS",
        "How long an authorization's answer may take, from its first byte on; then it is a decline";
    RESERVATION_TTL_S: "reservation_ttl_s", "reservation-ttl-s",
        Kind::Integer(&limits::RESERVATION_TTL), "SECONDS",
        "How long what was approved is set aside for the operation that uses it";
    HOOK_URL: "hook_url", "hook-url", Kind::Text(""), "URL",
        "The tenant's own system, asked what only it can decide (3-D Secure challenges, transactions \
         to create); plain http to a loopback or private address, because https is not here yet";
    HOOK_TIMEOUT_MS: "hook_timeout_ms", "hook-timeout-ms", Kind::Integer(&limits::HOOK_TIMEOUT), "MS",
        "How long one call of it may take";
    HOOK_RETRIES: "hook_retries", "hook-retries", Kind::Integer(&limits::HOOK_RETRIES), "N",
        "How often it is called again where it does not answer";
    THREADS: "threads", "threads", Kind::Integer(&limits::THREADS), "N",
        "HTTP workers";
    MAX_CONNECTIONS: "max_connections", "max-connections",
        Kind::Integer(&limits::MAX_CONNECTIONS), "N",
        "Connections open at once";
    MAX_IN_FLIGHT: "max_in_flight", "max-in-flight", Kind::Integer(&limits::MAX_IN_FLIGHT), "N",
        "Actions waiting for the disk before new ones are refused as overload";
    MAX_KEYS: "max_keys", "max-keys", Kind::Integer(&limits::MAX_KEYS), "N",
        "Idempotency keys remembered before new actions are refused";
    HEAD_TIMEOUT_MS: "head_timeout_ms", "head-timeout-ms",
        Kind::Integer(&limits::HEAD_TIMEOUT), "MS",
        "How long the head of a request may take";
    BODY_TIMEOUT_MS: "body_timeout_ms", "body-timeout-ms",
        Kind::Integer(&limits::BODY_TIMEOUT), "MS",
        "How long the body of a request may take";
    WRITE_TIMEOUT_MS: "write_timeout_ms", "write-timeout-ms",
        Kind::Integer(&limits::WRITE_TIMEOUT), "MS",
        "How long a client may take to read an answer";
    DRAIN_TIMEOUT_MS: "drain_timeout_ms", "drain-timeout-ms",
        Kind::Integer(&limits::DRAIN_TIMEOUT), "MS",
        "How long open requests may take once the server was told to stop";
    SYNC: "sync", "sync", Kind::Text("group"), "group|off",
        "Whether an answer waits until its action is on the disk; off is for measurements, \
         and loses answered actions";
    SEGMENT_BYTES: "segment_bytes", "segment-bytes", Kind::Integer(&limits::SEGMENT_BYTES), "BYTES",
        "The length of a segment of the log";
    WAL_MIRROR: "wal_mirror", "wal-mirror", Kind::Text(""), "DIR",
        "A second directory for the log, on another disk: each answer waits for both, and a start \
         repairs one from the other";
    ON_MIRROR_LOSS: "on_mirror_loss", "on-mirror-loss", Kind::Text("stop"), "stop|continue",
        "When the second copy can no longer be written: stop, or continue without it and say so";
    ARCHIVE_DIR: "archive_dir", "archive-dir", Kind::Text(""), "DIR",
        "Where sealed segments of the log go that are old; they are read from there as before";
    ARCHIVE_AFTER_DAYS: "archive_after_days", "archive-after-days",
        Kind::Integer(&limits::ARCHIVE_AFTER_DAYS), "DAYS",
        "How old a sealed segment is when it goes there";
    SNAPSHOT_INTERVAL_S: "snapshot_interval_s", "snapshot-interval-s",
        Kind::Integer(&limits::SNAPSHOT_INTERVAL_S), "SECONDS",
        "How long after a snapshot the next one is taken; 0 takes none unless asked";
    IGNORE_SNAPSHOTS: "ignore_snapshots", "ignore-snapshots", Kind::Switch, "true|false",
        "Start from the first record, whatever snapshots there are: slower, and the way out where \
         a snapshot and the log do not agree";
    ALLOW_ANY_FILESYSTEM: "allow_any_filesystem", "allow-any-filesystem", Kind::Switch,
        "true|false",
        "Keep the log on a file system other than ext4 and XFS";
    ACCEPT_CLOCK_JUMP: "accept_clock_jump", "accept-clock-jump", Kind::Switch, "true|false",
        "Start although the machine's clock is far ahead of the last action";
    SERVER_TIMING: "server_timing", "server-timing", Kind::Switch, "true|false",
        "Whether answers of the network listener's operations and authorizations say in a header, \
         Server-Timing, how long reading, deciding, writing and the log took";
    LOG_FORMAT: "log_format", "log-format", Kind::Text("auto"), "auto|human|json",
        "What the server's messages look like; auto is human on a terminal, else json";
}
