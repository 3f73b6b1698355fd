//! A snapshot that is damaged is refused, and one that lies is never a panic.

use std::time::Duration;

use wal::Lsn;
use wal::simulated::{Choices, Disk};

use super::load::{BadSnapshot, Base, Loader};
use super::sections::{BODY_MAX, Cutter, Joiner};
use super::unit::{Shards, Unit};
use crate::engine::record::{
    Asked, AuthorizationKind, Ends, Message, Notification, NotificationName, OperationRequest,
    Profile, TransferRequest,
};
use crate::engine::{
    AuthorizationRequest, Earlier, Engine, Options, Running, Submitted, keys, open, open_on, state,
};
use crate::ledger::{
    ActionRef, Amendment, Amount, Currency, Merchant, Moment, Money, Opening, Operation,
};

const SHARDS: Shards = Shards { keys: keys::SHARDS, accounts: state::SHARDS };

fn money(minor: u64) -> Money {
    let currency = Currency::new(*b"SGD", 2).unwrap();
    Money { currency, amount: Amount::new(minor).unwrap() }
}

/// An engine in which there is something of everything.
fn running() -> Running<Disk> {
    let running = open(Disk::new(), Options::default()).unwrap();
    let engine = &running.engine;
    for name in ["a", "an account whose name is long enough to be elsewhere"] {
        let opening = Opening { balances: vec![(money(0).currency, Amount::ZERO)] };
        let profile = Profile { account_id: Some("id".into()), ..Profile::default() };
        engine.open_account(name, opening, profile).unwrap();
        engine.amend_account(name, Amendment::default(), Some("{\"since\": 2026}")).unwrap();
        transfer(engine, "@funding", name);
        approve(engine, name, "t", money(9));
    }
    for (n, name) in ["a", "a", "nobody"].into_iter().enumerate() {
        operate(engine, Operation::HoldBalance, name, &format!("hold {n}"));
        operate(engine, Operation::DebitBalance, name, &format!("debit {n}"));
    }
    transfer(engine, "@funding", "@settlement");
    ["1", "2"].into_iter().for_each(|id| notify(engine, id));
    running
}

/// An approval of so much.
fn approve(engine: &Engine<Disk>, account: &str, transaction_id: &str, money: Money) -> ActionRef {
    let request = AuthorizationRequest {
        kind: AuthorizationKind::Pre,
        message: Message { transaction_id, network_message_ref: None },
        account: Ok(account),
        asked: Asked { billing: money, amount: money, partial: false },
        answer_by: Moment::from_micros(i64::MAX),
        time_to_live: Duration::from_micros(1),
        merchant: Merchant::default(),
        content: "{}",
    };
    let mut earlier = Earlier::default();
    loop {
        match engine.authorize(request, &earlier) {
            Ok(Submitted::Decided(_, stamp)) => return stamp.action(),
            Ok(Submitted::Seen(seen)) => earlier.read.push(seen),
            Err(why) => panic!("{why}"),
        }
    }
}

fn notify(engine: &Engine<Disk>, id: &str) {
    let notification = Notification {
        name: NotificationName { id: id.into(), hashed: false },
        kind: "a type".into(),
        created_at: None,
        transaction_id: Some("t".into()),
        tenant_reference_id: None,
        data: "{}".into(),
    };
    engine.notify(&notification, &[]).unwrap();
}

fn transfer(engine: &Engine<Disk>, source: &str, destination: &str) {
    let request = TransferRequest {
        idempotency_key: destination,
        ends: Ends::new(source, destination).unwrap(),
        money: money(100),
        transaction_id: Some("t"),
        description: None,
        metadata: None,
    };
    engine.transfer(request, &[]).unwrap();
}

fn operate(engine: &Engine<Disk>, operation: Operation, account: &str, key: &str) {
    let request = OperationRequest {
        operation,
        idempotency_key: key,
        transaction_id: key,
        tenant_account_ref: account,
        of_action_ref: "of",
        reference: None,
        money: Some(money(4)),
    };
    engine.submit(request, &[]).unwrap();
}

fn copy(engine: &Engine<Disk>) -> Vec<Vec<u8>> {
    let (mut copying, mut sections) = (engine.begin_copy(), Vec::new());
    let mut copied = None;
    while copied.is_none() {
        let keep = |section: &[u8]| {
            sections.push(section.to_vec());
            Ok(())
        };
        copied = copying.step(engine, keep).unwrap();
    }
    sections
}

fn load(sections: &[Vec<u8>]) -> Result<Base, BadSnapshot> {
    let options = Options::default();
    let mut loader = Loader::new(options.limits());
    sections.iter().try_for_each(|section| loader.section(section))?;
    loader.finish()
}

#[test]
fn damage_of_any_kind_is_refused() {
    let sections = copy(&running().engine);
    assert!(load(&sections).is_ok());
    let mut choices = Choices::new(1);
    let refused = |place: usize, damage: &mut dyn FnMut(&mut Vec<Vec<u8>>, usize)| {
        let mut damaged = sections.clone();
        damage(&mut damaged, place);
        assert!(load(&damaged).is_err(), "section {place}");
    };
    for (place, section) in sections.iter().enumerate() {
        let every = if section.len() < 40 { 11 } else { 1 };
        for byte in (place % every..section.len()).step_by(every) {
            refused(place, &mut |it, place| it[place][byte] ^= 1 << choices.below(8));
        }
    }
    for place in (0..sections.len()).step_by(13) {
        refused(place, &mut |it, place| it.truncate(place));
        refused(place, &mut |it, place| drop(it.remove(place)));
        refused(place, &mut |it, place| it.insert(place, it[place].clone()));
        refused(place, &mut |it, place| {
            let shorter = it[place].len().saturating_sub(1);
            it[place].truncate(shorter);
        });
        refused(place, &mut |it, place| it[place].push(0));
    }
    for place in 1..sections.len() {
        refused(place, &mut |it, place| it.swap(place - 1, place));
    }
    refused(0, &mut |it, _| it.push(Vec::new()));
}

/// All sections check out, and what they say is not what was copied.
#[test]
fn what_a_lying_snapshot_says_is_never_a_panic() {
    let units = units(&copy(&running().engine));
    let mut choices = Choices::new(2);
    let (mut refused, mut taken) = (0, 0);
    for (n, (_, body)) in units.iter().enumerate().filter(|(_, (_, body))| body.len() > 12) {
        for byte in 0..body.len() {
            let mut lying = units.clone();
            match choices.below(4) {
                0 => lying[n].1.truncate(byte),
                1 => lying[n].1[byte] = 0xff,
                _ => lying[n].1[byte] ^= 1 << choices.below(8),
            }
            match load(&seal(&lying)) {
                Ok(base) => taken += usize::from(base.upto > Lsn::ZERO),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > taken, "{refused} lies were told from the truth, {taken} were not");
}

fn units(sections: &[Vec<u8>]) -> Vec<(Unit, Vec<u8>)> {
    let (mut joiner, mut unit, mut units) = (Joiner::default(), Some(Unit::Head), Vec::new());
    for section in sections {
        let of = unit.unwrap();
        if let Some(body) = joiner.join(of, section).unwrap() {
            units.push((of, body.into_owned()));
            unit = of.next(SHARDS);
        }
    }
    units
}

fn seal(units: &[(Unit, Vec<u8>)]) -> Vec<Vec<u8>> {
    let (mut cutter, mut sections) = (Cutter::default(), Vec::new());
    for (unit, body) in units {
        let keep = |section: &[u8]| {
            sections.push(section.to_vec());
            Ok(())
        };
        cutter.cut(*unit, body, keep).unwrap();
    }
    sections
}

#[test]
fn a_long_unit_is_cut_and_put_together_again() {
    for len in [0, 1, BODY_MAX, BODY_MAX + 1, 3 * BODY_MAX] {
        let body: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
        let long = vec![(Unit::Head, body), (Unit::Keys(0), vec![1])];
        let sections = seal(&long);
        assert!(sections.len() == 1 + len.div_ceil(BODY_MAX).max(1));
        let mut joiner = Joiner::default();
        let (last, of_long) = sections.split_last().unwrap();
        let joined: Vec<_> =
            of_long.iter().filter_map(|it| joiner.join(Unit::Head, it).unwrap()).collect();
        assert_eq!(joined, [long[0].1.as_slice()]);
        assert_eq!(joiner.join(Unit::Keys(0), last).unwrap().unwrap(), [1].as_slice());
    }
}

#[test]
fn a_copy_loads_to_what_was_copied_whatever_shards_that_lands_in() {
    let running = running();
    let sections = copy(&running.engine);
    let base = load(&sections).unwrap();
    assert_eq!(base.state.hash(), running.engine.state_hash());
    let mut units = units(&sections);
    let first = units.iter().position(|(unit, _)| *unit == Unit::Accounts(0)).unwrap();
    units[first..].rotate_left(1);
    units[first..].sort_by_key(|(unit, _)| *unit == Unit::Foot);
    for (n, (unit, _)) in units[first..].iter_mut().enumerate() {
        if let Unit::Accounts(number) = unit {
            *number = u16::try_from(n).unwrap();
        }
    }
    let elsewhere = load(&seal(&units)).unwrap();
    assert_eq!(elsewhere.state.hash(), running.engine.state_hash());
}

#[test]
fn a_copy_ahead_of_the_log_is_refused() {
    let running = running();
    let sections = copy(&running.engine);
    let on = open_on(Disk::new(), Options::default(), sections.iter().map(Vec::as_slice));
    assert!(on.is_err(), "its log holds nothing");
}
