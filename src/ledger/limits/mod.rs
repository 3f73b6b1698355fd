//! Spend limits: rules that say no to what the funds would cover, and what each account has spent.
//!
//! ```text
//! Ruleset ─┐
//!          ├─► Limits ─► check(Spend, Spending) ─► the rule that says no
//! Day ─────┘
//! ```
//!
//! # What is checked
//!
//! An authorization, and an operation that is checked for funds and whose transaction this account
//! neither approved nor moved money under: what was approved is not checked again, and what must
//! post is not checked at all. The funds come first: a spend limit is asked only about what they
//! cover. Of an operation only amount and count are known, so rules on merchants let it through. A
//! transfer is no card's spending: it is neither checked nor counted.
//!
//! * Rules on one transaction compare what the message asks for; rules on a period add what would be
//!   granted to what was spent.
//! * An amount is compared with limits in its own currency. Nothing is converted.
//! * A zero amount spends nothing: only rules on merchants are asked about it.
//! * A merchant that a message does not name is none of those blocked, and none of those allowed.
//!
//! # What is counted
//!
//! While a rule on a period applies to an account, what it spends is counted, whatever the rules
//! say when the period ends. Counting begins with the first such rule: what was spent before is not
//! known to it.
//!
//! | what happens | adds | takes back |
//! | --- | --- | --- |
//! | an authorization is approved | what it grants, on its day | |
//! | an operation uses a grant | what it uses | what the grant still set aside |
//! | a debit, hold or capture takes more from available than was granted | that much, on its day | |
//! | a reservation lapses or is undone | | what it still set aside |
//! | `restore_balance`; `credit_balance` under the same transaction | | so much, at most what its transaction still counts on this balance, the newest first |
//!
//! What a grant adds counts on the approval's day, whenever it is used. What is taken back is taken
//! out of the day, the week and the month that it was counted in, as long as they last; each is in
//! its window alone. A transaction counts once, with its first day, however many messages it has,
//! and gives its count back with the last of its amount. Weeks begin on Monday.

mod counting;
mod day;
mod rules;
mod spending;

pub use day::{Day, Frequency};
pub use rules::{Limits, Merchant, MerchantFact, Mode, Rule, Ruleset, Spend, Values, What};
pub use spending::{Counted, Id, Part, Spending};
