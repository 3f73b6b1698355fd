//! A journal: what was answered, a line for each, in the order in which the answers came.
//!
//! Each line is one JSON object. The first says what the others are:
//!
//! | member | is |
//! | --- | --- |
//! | `holdfast_journal` | the format's version, 1 |
//! | `run` | the run's name |
//! | `seed` | the run's seed |
//! | `opened_with` | what each account was topped up with before the first line |
//! | `shared` | whether all lines are of one account that many asked at once |
//!
//! Every other line is one request that was answered for certain, be it with a refusal. A request
//! whose outcome was unknown has a line when it was asked again and the answer told. What was sent
//! in a form that is wrong has none: it did nothing.
//!
//! | member | is |
//! | --- | --- |
//! | `intended_us` | when it was meant to be sent, in microseconds since the first warm-up began |
//! | `sent_us`, `done_us` | when it was sent, and when its answer was complete |
//! | `operation` | its name on the wire: `debit_balance` … `credit_hold_balance`, `final_auth`, `pre_auth` |
//! | `body` | the request's body |
//! | `status` | the answer's HTTP status |
//! | `replayed` | whether it said that it repeats an earlier answer |
//! | `answer` | the answer's body, byte for byte; in a string if it is not JSON on one line |
//!
//! A later version may add members, which a reader leaves aside.

mod line;
mod reader;
mod writer;

pub use line::{Header, Line};
pub use reader::{JournalError, Recorded, lines, read_header};
pub use writer::{Journal, Pen, Written};

/// The version of the format.
pub const VERSION: u32 = 1;
