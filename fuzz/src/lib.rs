//! What nobody would send, sent to everything that reads bytes.
//!
//! Each target is a function of bytes that panics when a promise is broken, and some bytes to begin
//! with. libFuzzer runs them for hours (`fuzz_targets/`), the server's tests for a moment each, so
//! that none can rot (`tests/fuzz.rs`, which compiles this very file).
//!
//! | target | reads | promise |
//! | --- | --- | --- |
//! | [`amount`] | the text of a number | the amount is what the digits say, by another way of reading them |
//! | [`operation`] | the body of an operation | what is accepted is within its limits, and means the same written again |
//! | [`record`] | the payload of a record | one value has one form, and two readers agree on it |
//! | [`recovery`] | records that were changed | what the shadow auditor finds right, the server recovers to the same books |
//! | [`snapshot`] | snapshots that were changed | with one or without, the ledger is the same |
//! | [`log`] | the files of a log that were harmed | no opening panics, invents a record, or loses one that was answered |

pub mod amount;
mod harm;
pub mod log;
mod mend;
pub mod operation;
pub mod record;
pub mod recovery;
pub mod snapshot;
mod story;

/// A target: its name, what it does with bytes, and bytes to begin with.
pub type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

/// All of them.
pub const TARGETS: [Target; 6] = [
    ("amount", amount::check, amount::seeds),
    ("operation", operation::check, operation::seeds),
    ("record", record::check, record::seeds),
    ("recovery", recovery::check, recovery::seeds),
    ("snapshot", snapshot::check, snapshot::seeds),
    ("log", log::check, log::seeds),
];
