//! How authorizations are answered.

use std::time::Duration;

use super::reader::Reader;
use super::{limits, setting};

/// How authorizations are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorizations {
    /// How long an answer may take from the first byte of the request on.
    pub budget: Duration,
    /// How long what was approved is set aside for the operation that uses it.
    pub time_to_live: Duration,
}

impl Authorizations {
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let budget =
            reader.milliseconds(&setting::AUTHORIZATION_BUDGET_MS, &limits::AUTHORIZATION_BUDGET);
        let seconds: Option<u64> =
            reader.number(&setting::RESERVATION_TTL_S, &limits::RESERVATION_TTL);
        Some(Self { budget: budget?, time_to_live: Duration::from_secs(seconds?) })
    }
}
