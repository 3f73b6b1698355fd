//! In clearing mode approvals, reversals and clearing records reach one end state in whatever order and
//! however often they arrive, an approval behind its own clearing too.

use std::time::Duration;

use holdfast::engine::HoldsAsked;
use holdfast::engine::record::AuthorizationKind;
use wal::simulated::Choices;

use super::orders::permutations;
use crate::engine::clearings::Message;
use crate::engine::counter::{Card, Counter, Reply};

/// A message of one card transaction.
#[derive(Clone, Copy, Debug)]
enum Said {
    Final(u64),
    Pre(u64),
    Told(Message),
}

use AuthorizationKind::{Final as FinalAuth, Pre as PreAuth};
use Said::{Final, Pre, Told};

/// Funds enough that nothing is declined in any order.
const FUNDS: u64 = 10_000;

const fn takes(of_type: &'static str, minor: u64) -> Said {
    Told(Message::Clear(of_type, false, minor))
}

const fn gives(of_type: &'static str, minor: u64) -> Said {
    Told(Message::Clear(of_type, true, minor))
}

const fn reversed(kind: &'static str, minor: u64) -> Said {
    Told(Message::Reverse(kind, minor))
}

/// Life cycles, and what the account then owns less and holds.
const CYCLES: &[(&[Said], i64, i64)] = &[
    (
        &[Final(100), takes("final_auth", 90), gives("refund", 30), takes("refund_reversal", 10)],
        70,
        0,
    ),
    (&[Final(100), reversed("final", 100), takes("final_auth", 90)], 90, 0),
    (
        &[
            Final(100),
            takes("final_auth_partial", 40),
            gives("final_auth_partial_reversal", 40),
            takes("final_auth_partial", 25),
            gives("final_auth_expiry", 100),
        ],
        25,
        0,
    ),
    (
        &[
            Pre(100),
            Pre(50),
            reversed("pre", 30),
            takes("pre_auth_partial", 60),
            gives("pre_auth_partial_reversal", 20),
        ],
        40,
        80,
    ),
    (&[Pre(100), Pre(50), takes("pre_auth_partial", 130), reversed("pre", 10)], 130, 10),
    (
        &[
            Pre(100),
            takes("pre_auth_partial", 60),
            takes("pre_auth_final", 70),
            gives("pre_auth_partial_reversal", 60),
            reversed("pre", 10),
        ],
        70,
        0,
    ),
    (&[Pre(100), gives("pre_auth_expiry", 100), takes("unlinked_auth_final", 5)], 5, 0),
    (
        &[
            Final(100),
            gives("chargeback", 100),
            takes("chargeback_challenge", 100),
            gives("chargeback_challenge_reversal", 100),
            gives("refund", 20),
            takes("refund_expiry", 50),
        ],
        0,
        0,
    ),
];

#[test]
fn in_whatever_order_and_however_often_clearings_arrive_the_end_is_one() {
    let mut counter = Counter::in_clearing_mode();
    let mut choices = Choices::new(1);
    for (n, (cycle, taken, held)) in CYCLES.iter().enumerate() {
        for (m, order) in permutations(cycle.len()).into_iter().enumerate() {
            let account = format!("account-{n}-{m}");
            counter.open(&account, FUNDS);
            for (place, at) in order.iter().enumerate() {
                say(&mut counter, &account, *at, cycle[*at]);
                if choices.once_in(3) {
                    let before = u64::try_from(place).unwrap() + 1;
                    let again = order[usize::try_from(choices.below(before)).unwrap()];
                    say(&mut counter, &account, again, cycle[again]);
                }
            }
            let posted = i64::try_from(FUNDS).unwrap() - taken;
            assert_eq!(end(&counter, &account), [posted, *held, 0], "{order:?} of {cycle:?}");
        }
    }
    assert!(counter.world.engine.audit(|| {}).are_clean());
}

/// Says something of the account's only transaction.
fn say(counter: &mut Counter, account: &str, at: usize, said: Said) {
    let (transaction, name) = (format!("t-{account}"), format!("n-{account}-{at}"));
    let (kind, minor) = match said {
        Told(message) => {
            counter.tell(message, &name, account, &transaction);
            return;
        }
        Final(minor) => (FinalAuth, minor),
        Pre(minor) => (PreAuth, minor),
    };
    let card = Card { kind, ..Card::pre(account, &name, minor).of(&transaction) };
    let reply = counter.ask(&card, Duration::ZERO);
    assert!(matches!(reply, Reply::Approved(..)), "{reply:?} to {card:?}");
    counter.post_due();
}

/// What an account owns, holds and has set aside; what it holds is on one hold.
fn end(counter: &Counter, account: &str) -> [i64; 3] {
    let pocket = counter.world.engine.account(account).unwrap().balances[0].1;
    let asked = HoldsAsked { all: true, after: None, limit: 10 };
    assert!(counter.world.engine.holds(account, asked).unwrap().holds.len() <= 1);
    [pocket.posted.minor(), pocket.held.minor(), pocket.reserved.minor()]
}
