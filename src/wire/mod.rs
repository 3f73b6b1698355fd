//! What is recorded as the contract writes it: names, amounts and times, in JSON.
//!
//! Pure functions of what is recorded. The server answers with them and the tools print with them,
//! so that an action looks the same wherever it is seen.

pub mod action;
pub mod authorization;
pub mod explained;
pub mod json;
pub mod limits;
pub mod money;
pub mod notification;
pub mod operation_answer;
pub mod parts;
pub mod record;
pub mod time;
pub mod transfer_answer;
