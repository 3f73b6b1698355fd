//! From a directory of segments to a running engine.

use std::sync::atomic::AtomicU64;

use jiff::tz::TimeZone;
use wal::{Committer, Filler, Recovered, Sealer, Storage};

use super::Engine;
use super::authorize::{IntegrationMode, Lapses, Unposted};
use super::clock::{Clock, ClockJump, Hand};
use super::currencies::Currencies;
use super::limits::Calendar;
use super::log::Log;
use super::record;
use super::recover::{Folders, RecoverError, replay};
use super::snapshot::{BadSnapshot, Base, Begun, Limits, Loader, newest};
use crate::ledger::{Moment, Rules};

/// What an engine may be told when it is opened.
pub struct Options {
    /// What the contract leaves to the tenant.
    pub rules: Rules,
    /// Who moves money for an authorization.
    pub mode: IntegrationMode,
    /// Where days begin, for spend limits.
    pub time_zone: TimeZone,
    /// The currencies that accounts may be in.
    pub currencies: Currencies,
    /// How many idempotency keys are remembered before new actions are refused.
    pub max_keys: u64,
    /// How many bits of a key's hash are used, at most 64: fewer make keys collide, for tests.
    pub key_bits: u32,
    /// Whether to begin on a snapshot where there is one. Without, every record is replayed.
    pub snapshots: bool,
    /// Who replays.
    pub folders: Folders,
    /// Whether the wall clock may be far ahead of the last record.
    pub accept_clock_jump: bool,
    /// The wall clock, where a test sets it.
    pub wall: Option<Moment>,
    /// What moves the clock, where a test does.
    pub hand: Option<Hand>,
    /// The log's own.
    pub wal: wal::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            mode: IntegrationMode::default(),
            time_zone: TimeZone::UTC,
            currencies: Currencies::iso(),
            max_keys: 200_000_000,
            key_bits: 64,
            snapshots: true,
            folders: Folders::default(),
            accept_clock_jump: false,
            wall: None,
            hand: None,
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
    /// What its records were replayed on.
    pub begun: Begun,
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
    /// The copy is not right.
    #[error(transparent)]
    Snapshot(#[from] BadSnapshot),
}

impl Options {
    pub(super) fn limits(&self) -> Limits<'_> {
        let Self { currencies, key_bits, max_keys, .. } = self;
        Limits { currencies, key_bits: *key_bits, max_keys: *max_keys }
    }
}

/// Opens the log in `storage` and replays it on the newest snapshot that is right, or on nothing.
///
/// # Errors
/// When the log is damaged, not ours, in use, of another version or configuration, or when the
/// machine's clock jumped.
pub fn open<S: Storage>(storage: S, options: Options) -> Result<Running<S>, OpenError> {
    let (base, begun) = if options.snapshots {
        newest(&storage, options.limits())
    } else {
        (Base::nothing(&options.limits()), Begun::default())
    };
    begin(storage, options, base, begun)
}

/// Opens the log in `storage` and replays it on a copy that has these sections and that somebody
/// kept elsewhere.
///
/// # Errors
/// As [`open`]; when the copy is not right, or the log ends before it.
pub fn open_on<'a, S: Storage>(
    storage: S,
    options: Options,
    mut sections: impl Iterator<Item = &'a [u8]>,
) -> Result<Running<S>, OpenError> {
    let mut loader = Loader::new(options.limits());
    sections.try_for_each(|section| loader.section(section))?;
    let base = loader.finish()?;
    begin(storage, options, base, Begun::default())
}

/// Replays on `base` what the log has behind it.
fn begin<S: Storage>(
    storage: S,
    options: Options,
    mut base: Base,
    begun: Begun,
) -> Result<Running<S>, OpenError> {
    let options_of_log = wal::Options {
        mark: Some(record::mark),
        from: base.from,
        at_least: base.upto,
        ..options.wal
    };
    let (replayed, folded) = replay(&mut base, &options.currencies, options.folders, |router| {
        wal::replay(storage, options_of_log, |record| router.record(&record))
    })?;
    let opened = replayed.begin().map_err(wal::OpenError::from)?;
    let last = folded.last.max(base.last);
    let clock = match options.wall {
        Some(wall) => Clock::start_at(wall, last, options.accept_clock_jump)?,
        None => Clock::start(last, options.accept_clock_jump)?,
    };
    let clock = match options.hand {
        Some(hand) => clock.by_hand(hand),
        None => clock,
    };
    let wal::Opened { wal, committer, filler, sealer, recovered } = opened;
    let mut undecided = folded.undecided;
    undecided.replayed();
    let (lapses, unposted) = match options.mode {
        IntegrationMode::Ledger => (Lapses::of(&base.state), Unposted::default()),
        IntegrationMode::Clearing => {
            (Lapses::default(), Unposted::of(&base.state, |approval| undecided.is_late(approval)))
        }
    };
    let engine = Engine {
        state: base.state,
        log: Log { wal, clock },
        rules: options.rules,
        calendar: Calendar::new(options.time_zone),
        posted_to_closed: AtomicU64::new(0),
        snapshotting: parking_lot::Mutex::new(()),
        records_read: AtomicU64::new(0),
        undone: AtomicU64::new(0),
        lapsed: AtomicU64::new(0),
        undecided: parking_lot::Mutex::new(undecided),
        mode: options.mode,
        unposted: parking_lot::Mutex::new(unposted),
        lapses: parking_lot::Mutex::new(lapses),
    };
    // What was provably late is undone, and what nobody used in time given back, before the first
    // answer, or as soon as there is room.
    engine.sweep();
    engine.lapse_due();
    Ok(Running { engine, committer, filler, sealer, recovered, begun })
}
