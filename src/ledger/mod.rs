//! The pure law: what an account is, what may happen to it, and what a movement does.
//!
//! ```text
//! Command ─► decide(&Account, …) ─► Ok(Movement) ─► account.apply(&Movement)    cannot fail
//!                               └─► Err(Refused)                               changes nothing
//! ```
//!
//! **Invariant: nothing here can reach a clock, a lock, a file, a thread, a float or a random
//! number.** The module compiles without `std` (`tests/pure.rs` compiles it so), and the same
//! commands on the same account always give the same answer. [`decide`](decide()) reads and never
//! writes; [`Account::apply`] writes and never refuses. Every movement is a list of
//! [`Posting`]s, each of which takes from one place exactly what it puts into another, so money
//! is neither made nor lost by construction.

#![warn(clippy::arithmetic_side_effects)]

mod account;
mod amount;
mod authorization;
mod command;
mod currency;
mod decide;
mod decline;
mod limits;
mod movement;
mod open;
mod parts;
mod pockets;
mod reference;
mod refusal;
mod transfer;

pub use account::{Account, Hold, Place, Pocket, Reservation, Status};
pub use amount::{Amount, Balance, Money};
pub use authorization::{Ask, Denied, Reserved, lapse, reserve, undo};
pub use command::{Command, Grants, Operation, OverCapture, Reference, Rules, UnlinkedDebits};
pub use currency::Currency;
pub use decide::{Refused, decide};
pub use decline::Decline;
pub use limits::{
    Counted, Day, Frequency, Id, Limits, Merchant, MerchantFact, Mode, Part, Rule, Ruleset, Spend,
    Spending, Values, What,
};
pub use movement::{Bucket, Draw, Movement, Posting, Target};
pub use open::{Amendment, Opening};
pub use parts::Parts;
pub use pockets::Pockets;
pub use reference::{ActionRef, AuthorizationRef, BalanceRef, HoldRef, Moment, SystemAccount};
pub use refusal::Refusal;
pub use transfer::{End, Side, Transfer, TransferRefused, transfer};
