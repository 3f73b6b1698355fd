//! The payload of a record, read by the server and by the shadow auditor.

use holdfast::engine::record::{Record, mark};
use holdfast_auditor::record::{Event, Record as Shadow};

use super::story;

/// What can be read is written again as the same bytes; and two readers, neither of which knows of
/// the other, read the same payloads.
pub fn check(data: &[u8]) {
    let shadow = Shadow::read(data).ok();
    let Ok((record, at)) = Record::decode(data) else {
        // A transfer from an account to itself is no record to one, and a finding to the other.
        let to_itself = shadow.is_none_or(|shadow| match shadow.event {
            Event::Transfer(transfer) => transfer.ends[0] == transfer.ends[1],
            _ => false,
        });
        return assert!(to_itself, "only the shadow auditor reads this");
    };
    let shadow = shadow.expect("the shadow auditor reads what the server reads");
    let mut again = Vec::new();
    record.encode(at, &mut again);
    assert_eq!(again, data, "a value has one form");
    assert_eq!((shadow.at, shadow.key()), (at.micros(), record.idempotency_key()));
    assert_eq!(mark(data), u64::try_from(at.micros()).unwrap_or(0));
}

/// A record of each kind, as a real engine wrote it.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    story::records().iter().map(|record| record.payload.clone()).collect()
}
