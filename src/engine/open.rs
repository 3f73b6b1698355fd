//! From a directory of segments to a running engine.

use std::sync::atomic::AtomicU64;

use wal::{Committer, Filler, Recovered, Sealer, Storage};

use super::Engine;
use super::clock::{Clock, ClockJump};
use super::currencies::Currencies;
use super::keys::Keys;
use super::log::Log;
use super::record;
use super::recover::{RecoverError, Replay};
use super::secret::Secret;
use super::state::State;
use crate::ledger::{Moment, Rules};

/// What an engine may be told when it is opened.
pub struct Options {
    /// What the contract leaves to the tenant.
    pub rules: Rules,
    /// The currencies that accounts may be in.
    pub currencies: Currencies,
    /// How many idempotency keys are remembered before new actions are refused.
    pub max_keys: u64,
    /// How many bits of a key's hash are used, at most 64: fewer make keys collide, for tests.
    pub key_bits: u32,
    /// Whether the wall clock may be far ahead of the last record.
    pub accept_clock_jump: bool,
    /// The wall clock, where a test sets it.
    pub wall: Option<Moment>,
    /// The log's own.
    pub wal: wal::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            currencies: Currencies::iso(),
            max_keys: 200_000_000,
            key_bits: 64,
            accept_clock_jump: false,
            wall: None,
            wal: wal::Options::default(),
        }
    }
}

/// An engine and the loops that its log needs: each wants a thread, or to be stepped.
pub struct Running<S: Storage> {
    /// The engine.
    pub engine: Engine<S>,
    /// Makes what was appended durable.
    pub committer: Committer<S>,
    /// Prepares segments ahead of need.
    pub filler: Filler<S>,
    /// Rewrites finished segments without padding.
    pub sealer: Sealer<S>,
    /// What the log held.
    pub recovered: Recovered,
}

/// Why an engine did not open. Nothing in the log was changed, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log cannot be opened, or a record of it does not fit.
    #[error(transparent)]
    Log(#[from] wal::OpenError<RecoverError>),
    /// The machine's clock may be wrong.
    #[error(transparent)]
    Clock(#[from] ClockJump),
}

/// Opens the log in `storage` and replays it.
///
/// # Errors
/// When the log is damaged, not ours, in use, of another version or configuration, or when the
/// machine's clock jumped.
pub fn open<S: Storage>(storage: S, options: Options) -> Result<Running<S>, OpenError> {
    let secret = Secret::random();
    let keys = Keys::new(secret, options.key_bits, options.max_keys);
    let state = State::new(keys, secret);
    let mut replay = Replay::new(&state, &options.currencies);
    let options_of_log = wal::Options { mark: Some(record::mark), ..options.wal };
    let opened = wal::open(storage, options_of_log, |record| replay.record(&record))?;
    let last = replay.last;
    let clock = match options.wall {
        Some(wall) => Clock::start_at(wall, last, options.accept_clock_jump)?,
        None => Clock::start(last, options.accept_clock_jump)?,
    };
    let log = Log { wal: opened.wal.clone(), clock };
    let engine = Engine {
        state,
        log,
        rules: options.rules,
        posted_to_closed: AtomicU64::new(0),
        records_read: AtomicU64::new(0),
    };
    let wal::Opened { committer, filler, sealer, recovered, .. } = opened;
    Ok(Running { engine, committer, filler, sealer, recovered })
}
