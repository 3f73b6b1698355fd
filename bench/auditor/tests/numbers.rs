//! Numbers that are wrong though every checksum is right: the books find them, at their record.

use crate::forge::{Forge, Layout, Raw, first_finding, own_key};
use holdfast_auditor::finding::Finding;

/// What is found when the last of a right log's records is changed so.
fn found(last: impl FnOnce(&mut Forge) -> u64, change: impl FnOnce(&mut Raw)) -> Finding {
    let mut forge = Forge::some();
    let lsn = last(&mut forge);
    let raw = &mut forge.records[lsn as usize - 1];
    change(raw);
    let finding = first_finding(Layout::SMALL.write(&forge.records).path());
    assert_eq!(finding.lsn, lsn, "{finding:?}");
    finding
}

fn says(finding: &Finding, what: &str) {
    assert!(finding.what.contains(what), "{finding:?}");
}

/// The last bytes of a credit: posted, held, reserved, limit, no hold, not counted, how the account
/// stands.
const POSTED: usize = 35;
const RESERVED: usize = 19;

#[test]
fn a_forged_balance_is_found() {
    says(&found(|it| it.credit("ann", 5), |raw| raw.shift(POSTED, 1)), "balance after");
    says(&found(|it| it.credit("ann", 5), |raw| raw.shift(RESERVED, 1)), "balance after");
    says(&found(|it| it.reserve("bob", "q", 5), |raw| raw.shift(22, -1)), "balance after");
}

#[test]
fn a_forged_hold_is_found() {
    says(&found(|it| it.hold("ann", 5), |raw| raw.shift(26, 1)), "hold after");
}

/// The amount that moved is not the one that was asked, and the balance after fits it.
#[test]
fn a_forged_posting_is_found() {
    let finding = found(
        |it| it.credit("ann", 5),
        |raw| {
            raw.shift(POSTED, 1);
            raw.shift(51, 1);
        },
    );
    says(&finding, "postings");
}

#[test]
fn a_forged_link_is_found() {
    for n in 0..3 {
        says(&found(|it| it.credit("ann", 5), |raw| raw.links[n] -= 1), "links");
    }
}

#[test]
fn a_forged_standing_is_found() {
    let unsaid = |raw: &mut Raw| *raw.payload.last_mut().unwrap() = 0;
    says(&found(|it| it.credit("ann", 5), unsaid), "standing");
}

#[test]
fn what_counts_for_a_limit_that_is_not_in_force_is_found() {
    let counted = |raw: &mut Raw| {
        let at = raw.payload.len() - 2;
        raw.payload.splice(at..=at, [1, 0, 80, 0, 0]);
    };
    says(&found(|it| it.debit("bob", 5), counted), "a limit that is not in force");
}

#[test]
fn a_key_used_twice_is_found() {
    let key = |raw: &mut Raw| {
        let at = raw.payload.windows(4).position(|it| it == b"key-").unwrap();
        let len = usize::from(raw.payload[at - 1]);
        raw.payload[at..at + len].copy_from_slice(&b"key-100"[..len]);
    };
    says(&found(|it| it.credit("ann", 5), key), "was used by record");
}

#[test]
fn a_forged_notification_is_found() {
    for n in 0..3 {
        says(&found(|it| it.told("n"), |raw| raw.links[n] += 1), "links");
    }
    says(&found(|it| it.told("n-3"), |_| ()), "was recorded before");
    let unsaid = |raw: &mut Raw| *raw.payload.last_mut().unwrap() = b'{';
    says(&found(|it| it.told("n"), unsaid), "no JSON");
}

#[test]
fn what_the_ledger_posts_by_itself_is_all_of_an_approval_once() {
    let approved = |it: &mut Forge| it.reserve("bob", "p", 7);
    let in_part = |it: &mut Forge| {
        let approval = approved(it);
        it.post(&own_key(approval), approval, 7, 6)
    };
    says(&found(in_part, |_| ()), "not all that was granted");
    let another = |it: &mut Forge| {
        let (first, second) = (approved(it), approved(it));
        it.post(&own_key(second), first, 7, 7)
    };
    says(&found(another, |_| ()), "draws");
    let no_name = |it: &mut Forge| {
        let approval = approved(it);
        it.post("\u{3}k", approval, 7, 7)
    };
    says(&found(no_name, |_| ()), "none that the ledger gives itself");
}

#[test]
fn a_moment_that_goes_back_is_found() {
    let back = |raw: &mut Raw| raw.payload[8..16].copy_from_slice(&1_i64.to_le_bytes());
    says(&found(|it| it.credit("ann", 5), back), "moment");
}

#[test]
fn money_that_was_spent_twice_is_found() {
    says(&found(|it| it.hold("ann", 100_000_000), |_| ()), "INSUFFICIENT_FUNDS");
    let lapsed_twice = |it: &mut Forge| {
        let approval = it.reserve("bob", "q", 5);
        it.lapse("bob", approval, 5);
        it.lapse("bob", approval, 5)
    };
    says(&found(lapsed_twice, |_| ()), "nothing is set aside");
    let restored_twice = |it: &mut Forge| {
        let hold = it.hold("ann", 9);
        it.restore("ann", hold, 9);
        it.restore("ann", hold, 9)
    };
    says(&found(restored_twice, |_| ()), "HOLD_AMOUNT_EXCEEDED");
}

#[test]
fn a_refusal_without_reason_is_found() {
    says(&found(|it| it.refuse_debit("ann", 1), |_| ()), "is to be done");
}

#[test]
fn an_account_opened_twice_is_found() {
    says(&found(|it| it.open("ann", 0), |_| ()), "was opened before");
}

#[test]
fn bytes_that_are_no_record_are_found() {
    says(&found(|it| it.credit("ann", 5), |raw| raw.payload.push(0)), "no record");
    says(&found(|it| it.credit("ann", 5), |raw| raw.payload[1] = 99), "no record");
}
