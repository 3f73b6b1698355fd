//! Authorizations as they are answered and shown, version 1: a pure function of the record, so that
//! the first answer and every repeat of it are the same bytes.
//!
//! | member of the answer | is |
//! | --- | --- |
//! | `tenant_reference_id` | the authorization's name; `auth_` and zeros where nothing was decided |
//! | `status` | `approved` or `declined` |
//! | `approved_amount` | a number in the currency of `amount`; 0 when declined |
//! | `authorization_code` | six of `A`–`Z` and `0`–`9`, another one for each of two thousand million in a row |
//! | `reason` | when declined: a code of [`Decline`](crate::ledger::Decline) |
//! | `rule` | when `LIMIT_EXCEEDED`: the name of the spend limit that says no |

use super::json::{self, Object};
use super::{money, parts, time};
use crate::engine::record::{Authorization, Declined};
use crate::ledger::{ActionRef, Amount, AuthorizationRef, Currency};

/// The reason of an approval whose budget ended before it could be answered.
pub const TOO_LATE: &str = "TOO_LATE";

/// The digits of an authorization code.
const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// How many codes there are: 36^6.
const CODES: u64 = 2_176_782_336;
/// Has no factor in common with [`CODES`], so that positions in a row have different codes.
const STRIDE: u64 = 1_299_709_931;

/// The body that answers `authorization`, which was recorded as `at`.
#[must_use]
pub fn body(authorization: &Authorization<'_>, at: ActionRef) -> Vec<u8> {
    let asked = &authorization.asked;
    match &authorization.outcome {
        Ok(reserved) => json::object(|answer| {
            let approved = asked.approved(reserved.granted);
            status(answer, at, "approved", approved, asked.amount.currency);
        }),
        Err(declined) => json::object(|answer| {
            status(answer, at, "declined", Amount::ZERO, asked.amount.currency);
            reason(answer, declined);
        }),
    }
}

/// The body that declines the authorization that was recorded as `at`, for a reason that may not be
/// that record's.
#[must_use]
pub fn declined_body(at: ActionRef, currency: Currency, reason: &str) -> Vec<u8> {
    json::object(|answer| {
        status(answer, at, "declined", Amount::ZERO, currency);
        answer.text("reason", reason);
    })
}

/// The body that declines what was not decided: no record was made.
#[must_use]
pub fn undecided_body(reason: &str) -> Vec<u8> {
    json::object(|answer| {
        head(answer, ActionRef::new(0), "declined", "0");
        answer.text("reason", reason);
    })
}

fn reason(object: &mut Object<'_>, declined: &Declined) {
    object.text("reason", declined.decline.code());
    if let Some(rule) = &declined.rule {
        object.text("rule", rule);
    }
}

fn status(
    answer: &mut Object<'_>,
    at: ActionRef,
    status: &str,
    approved: Amount,
    currency: Currency,
) {
    let mut number = Vec::new();
    money::write(&mut number, approved.minor().into(), currency);
    head(answer, at, status, &String::from_utf8(number).unwrap_or_default());
}

fn head(answer: &mut Object<'_>, at: ActionRef, status: &str, approved: &str) {
    answer.display("tenant_reference_id", AuthorizationRef::decided_as(at));
    answer.text("status", status);
    answer.raw("approved_amount", approved);
    answer.text("authorization_code", &code(at));
}

/// The code of the authorization that was recorded as `at`.
#[must_use]
pub fn code(at: ActionRef) -> String {
    let mut rest = at.position() % CODES * STRIDE % CODES;
    let mut code = [b'0'; 6];
    for digit in code.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(rest % 36).unwrap_or(0)];
        rest /= 36;
    }
    String::from_utf8_lossy(&code).into_owned()
}

/// The members that show the record of an authorization.
pub fn members(object: &mut Object<'_>, it: &Authorization<'_>, at: ActionRef) {
    object.text("operation", it.kind.name());
    object.display("tenant_reference_id", AuthorizationRef::decided_as(at));
    if let Some(account) = it.tenant_account_ref {
        object.text("tenant_account_ref", account);
    }
    object.text("transaction_id", it.message.transaction_id);
    if let Some(name) = it.message.network_message_ref {
        object.text("network_message_ref", name);
    }
    let asked = &it.asked;
    object.money("amount", asked.amount.amount.minor().into(), asked.amount.currency);
    object.money("billing_amount", asked.billing.amount.minor().into(), asked.billing.currency);
    object.flag("is_partial_approval", asked.partial);
    object.text("answer_by", &time::write(it.answer_by));
    match &it.outcome {
        Ok(reserved) => {
            object.text("status", "approved");
            let approved = asked.approved(reserved.granted).minor();
            object.money("approved_amount", approved.into(), asked.amount.currency);
            let granted = reserved.granted.minor();
            object.money("reserved_amount", granted.into(), reserved.after.currency);
            object.text("expires_at", &time::write(reserved.deadline));
        }
        Err(declined) => {
            object.text("status", "declined");
            reason(object, declined);
        }
    }
    object.text("authorization_code", &code(at));
    if let Some((_, pocket)) = it.tells() {
        object.object("balances_after", |object| parts::sums(object, pocket));
    }
    object.raw("message", it.content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_a_row_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for at in 1..=20_000 {
            let code = code(ActionRef::new(at));
            assert!(code.len() == 6 && code.bytes().all(|it| DIGITS.contains(&it)), "{code}");
            assert!(seen.insert(code));
        }
        let common = |mut a: u64, mut b: u64| {
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        assert_eq!(common(CODES, STRIDE), 1);
        assert_eq!(CODES, 36_u64.pow(6));
    }
}
