//! Every limit that can be set, with its name, its unit and its reason, and those that cannot.

use std::fmt;
use std::thread::available_parallelism;

use super::problem::Fault;

/// The whole numbers that a setting may be.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What it is when nobody says.
    pub default: Preset,
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
    /// Of which it is a multiple; 1 for any number.
    pub step: u64,
    /// What is counted.
    pub unit: &'static str,
    /// Why these are its ends: completes "because".
    pub reason: &'static str,
}

/// A default number.
#[derive(Clone, Copy, Debug)]
pub enum Preset {
    /// The same on every machine.
    Fixed(u64),
    /// One less than this machine has cores, which leaves one for the log, and at least one.
    CoresLessOne,
}

impl Preset {
    /// The number on this machine.
    #[must_use]
    pub fn value(self) -> u64 {
        match self {
            Self::Fixed(value) => value,
            Self::CoresLessOne => {
                let cores = available_parallelism().map_or(1, |cores| cores.get());
                u64::try_from(cores).unwrap_or(1).saturating_sub(1).clamp(1, THREADS.max)
            }
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(value) => write!(f, "{value}"),
            Self::CoresLessOne => f.write_str("one less than there are cores"),
        }
    }
}

impl Limit {
    /// The number that `text` is.
    ///
    /// # Errors
    /// When it is not a whole number, or not one of these.
    pub fn parse<N: TryFrom<u64>>(&'static self, text: &str) -> Result<N, Fault> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = match text.parse() {
            Ok(number) if digits => number,
            Err(_) if digits => return Err(Fault::OutOfRange(self)),
            _ => return Err(Fault::NotANumber(self)),
        };
        let fits = self.min <= number && number <= self.max && number.is_multiple_of(self.step);
        let number = fits.then_some(number).ok_or(Fault::OutOfRange(self))?;
        N::try_from(number).map_err(|_| Fault::OutOfRange(self))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} {}", self.min, self.max, self.unit)?;
        if self.step > 1 {
            write!(f, ", a multiple of {}", self.step)?;
        }
        Ok(())
    }
}

/// HTTP workers.
pub const THREADS: Limit = Limit {
    default: Preset::CoresLessOne,
    min: 1,
    max: 256,
    step: 1,
    unit: "threads",
    reason: "more workers than cores only wait for one another",
};

/// Remembered idempotency keys.
pub const MAX_KEYS: Limit = Limit {
    default: Preset::Fixed(200_000_000),
    min: 1,
    max: 10_000_000_000,
    step: 1,
    unit: "keys",
    reason: "each takes some 40 bytes of memory and none is forgotten early",
};

/// Open connections.
pub const MAX_CONNECTIONS: Limit = Limit {
    default: Preset::Fixed(4096),
    min: 1,
    max: 1_000_000,
    step: 1,
    unit: "connections",
    reason: "each takes a file descriptor and its buffers",
};

/// Actions that are taken and not yet answered.
pub const MAX_IN_FLIGHT: Limit = Limit {
    default: Preset::Fixed(65_536),
    min: 1,
    max: 1_048_576,
    step: 1,
    unit: "actions",
    reason: "each is an answer that waits for the disk, and a longer queue only answers later",
};

/// How long an authorization's answer may take.
pub const AUTHORIZATION_BUDGET: Limit = Limit {
    default: Preset::Fixed(800),
    min: 1,
    max: 60_000,
    step: 1,
    unit: "milliseconds",
    reason: "the network declines by itself what is answered later than it waits",
};

/// How long what was approved is set aside.
pub const RESERVATION_TTL: Limit = Limit {
    default: Preset::Fixed(60),
    min: 1,
    max: 31_536_000,
    step: 1,
    unit: "seconds",
    reason: "the operation that uses an approval follows it within moments",
};

/// How long one call of the tenant's own system may take.
pub const HOOK_TIMEOUT: Limit = Limit {
    default: Preset::Fixed(2_000),
    min: 1,
    max: 60_000,
    step: 1,
    unit: "milliseconds",
    reason: "whoever asks waits for the answer, and asks again by himself",
};

/// How often the tenant's own system is called again.
pub const HOOK_RETRIES: Limit = Limit {
    default: Preset::Fixed(2),
    min: 0,
    max: 10,
    step: 1,
    unit: "retries",
    reason: "whoever asks waits for the answer, and asks again by himself",
};

/// The length of a segment of the log.
pub const SEGMENT_BYTES: Limit = Limit {
    default: Preset::Fixed(64 << 20),
    min: wal::SEGMENT_BYTES_MIN,
    max: 1 << 30,
    step: 4096,
    unit: "bytes",
    reason: "a segment is written full of zeros in whole pages ahead of need",
};

/// How old a sealed segment is when it is archived.
pub const ARCHIVE_AFTER_DAYS: Limit = Limit {
    default: Preset::Fixed(30),
    min: 0,
    max: 36_500,
    step: 1,
    unit: "days",
    reason: "what is archived is read from a slower disk",
};

/// How long after a snapshot the next one is taken.
pub const SNAPSHOT_INTERVAL_S: Limit = Limit {
    default: Preset::Fixed(900),
    min: 0,
    max: 31_536_000,
    step: 1,
    unit: "seconds",
    reason: "a start replays what came after the last snapshot, and each writes all accounts",
};

/// How long the head of a request may take.
pub const HEAD_TIMEOUT: Limit = timeout(10_000, 1, "a silent client holds a connection so long");

/// How long the body of a request may take.
pub const BODY_TIMEOUT: Limit = timeout(10_000, 1, "a slow client holds a connection so long");

/// How long a client may take to read an answer.
pub const WRITE_TIMEOUT: Limit =
    timeout(30_000, 1, "a client that does not read holds a connection so long");

/// How long open requests may take once the server was told to stop.
pub const DRAIN_TIMEOUT: Limit = timeout(30_000, 0, "stopping takes at most so long");

/// How many API keys there may be: each request compares its key with every one of them.
pub const API_KEYS_MAX: usize = 64;

/// The longest name of an API key, in bytes: it must fit in a line of a table.
pub const API_KEY_NAME_BYTES_MAX: usize = 64;

const fn timeout(default: u64, min: u64, reason: &'static str) -> Limit {
    let unit = "milliseconds";
    Limit { default: Preset::Fixed(default), min, max: 600_000, step: 1, unit, reason }
}
