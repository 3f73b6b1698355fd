//! A stand-in for Open Fabric: the network plays card life cycles, keeps books of its own, and knows
//! what every answer and every balance must be.
//!
//! ```text
//! seed ► cycle (what is sent, and when) ► network (what is next) ► expected (what must be answered) ► books
//! ```
//!
//! * [`cycle`] draws random but legal life cycles of cards; [`mix`] those of the other workloads.
//! * [`network`] has the transactions of one account under way, many at once, on a virtual clock
//!   that jumps to what is due next: weeks pass in no time.
//! * [`transaction`] and [`books`] are what the network knows; [`expected`] is what the ledger must
//!   answer therefore; [`crowd`] where many ask one account at once.
//! * [`share`] is how much is asked beside the cycles; [`weights`] draws accounts that differ in heat.
//!
//! Nothing here sends, waits or reads a clock. Whoever drives it brings the answers and says when
//! they were given: the load generator over HTTP by the machine's clock, and the server's own tests
//! in one process by a clock that is moved by hand, with answers lost, a disk that stalls, and power
//! cuts.

pub mod books;
pub mod crowd;
pub mod cycle;
pub mod expected;
pub mod member;
pub mod mix;
pub mod network;
pub mod share;
pub mod step;
pub mod transaction;
pub mod weights;
