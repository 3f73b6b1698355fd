//! The log leads from each account's newest record to all of them, and lists whole transactions.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use holdfast::engine::record::Record;
use wal::{Lsn, simulated::Disk};

use crate::engine::desk::Desk;
use crate::engine::model::{Ask, Model, Rules};
use crate::engine::script::Script;
use crate::support::engine::{World, short_segments};

/// A random life, and what the model knows of it.
fn life(seed: u64) -> (Desk, Model) {
    let (mut desk, mut model) = (Desk::new(), Model::new(Rules::default()));
    let mut script = Script::new(seed);
    for _ in 0..1_500 {
        let ask = script.next(&model);
        assert_eq!(desk.ask(&ask), model.ask(&ask), "seed {seed}");
    }
    (desk, model)
}

/// The records of each account, by name, and where in the record its links are.
fn records_of_accounts(disk: &Disk) -> BTreeMap<String, Vec<(u64, [u64; 2])>> {
    let mut found: BTreeMap<String, Vec<_>> = BTreeMap::new();
    let visit = |stored: wal::RecordRef<'_>| {
        let (record, _) = Record::decode(stored.payload).unwrap();
        for (end, name) in accounts(&record).into_iter().enumerate() {
            let link = |n| stored.links.at(end * 3 + n).unwrap().value();
            let links = [link(0), link(1)];
            found.entry(name.to_owned()).or_default().push((stored.lsn.value(), links));
        }
        Ok::<_, Infallible>(())
    };
    drop(wal::open(disk.clone(), short_segments().wal, visit).unwrap());
    found
}

fn accounts<'a>(record: &Record<'a>) -> Vec<&'a str> {
    match record {
        Record::Action(it) => vec![it.request.tenant_account_ref],
        Record::Transfer(it) => vec![it.request.ends.source(), it.request.ends.destination()],
        Record::AccountOpened(it) => vec![it.tenant_account_ref],
        Record::AccountAmended(it) => vec![it.tenant_account_ref],
        Record::Authorization(it) => it.tenant_account_ref.into_iter().collect(),
        Record::AuthorizationUndone(it) => vec![it.tenant_account_ref],
        Record::ReservationLapsed(it) => vec![it.tenant_account_ref],
        Record::Notification(_) => Vec::new(),
        Record::LimitsSet(it) => it.tenant_account_ref.into_iter().collect(),
        Record::BreaksOpened(_) | Record::BreakResolved(_) => vec![],
    }
}

#[test]
fn from_the_newest_record_of_an_account_the_links_lead_to_all_of_them() {
    for seed in 0..4 {
        let (desk, model) = life(seed);
        let newest: BTreeMap<_, _> = model
            .views()
            .into_iter()
            .map(|view| {
                let seen = desk.subject.world.engine.account(&view.name).unwrap().seen.value();
                (view.name, seen)
            })
            .collect();
        let records = records_of_accounts(&desk.subject.world.close());
        for (name, newest) in newest {
            // Those from before it was opened are of nobody.
            let opened = records[&name].iter().position(|(_, links)| links[0] != 0).unwrap_or(1);
            let own = &records[&name][opened - 1..];
            let all: BTreeSet<u64> = own.iter().map(|(lsn, _)| *lsn).collect();
            assert_eq!(all.last(), Some(&newest), "seed {seed} {name}");
            for (older, newer) in own.iter().zip(&own[1..]) {
                assert_eq!(newer.1[0], older.0, "seed {seed}: the record before, of {name}");
                let skip = newer.1[1];
                let known = skip == 0 || all.contains(&skip);
                assert!(known && skip <= older.0, "seed {seed}: {name} skips to {skip}");
            }
        }
    }
}

/// What was asked under each transaction, oldest first.
fn transactions(model: &Model) -> BTreeMap<String, Vec<u64>> {
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (n, (ask, _)) in (1..).zip(model.log()) {
        let transaction = match ask {
            Ask::Operate(it) => Some(&it.transaction),
            Ask::Transfer(it) => it.transaction.as_ref(),
            Ask::Reserve { transaction, .. } => Some(transaction),
            _ => None,
        };
        transaction.into_iter().for_each(|it| found.entry(it.clone()).or_default().push(n));
    }
    found
}

/// The transaction's records as the engine lists them.
fn listed(world: &World, transaction: &str) -> Vec<u64> {
    let heads: Vec<Lsn> = world.engine.transaction_heads(transaction);
    let listed = world.engine.transaction(transaction, &heads, |_| true).unwrap();
    listed.iter().map(|lsn| lsn.value()).collect()
}

#[test]
fn a_transaction_lists_all_that_was_asked_under_it_in_every_life() {
    for seed in 0..4 {
        let (mut desk, model) = life(seed);
        desk.subject.world.commit_all().unwrap();
        let expected = transactions(&model);
        let mut world = desk.subject.world;
        for _ in 0..2 {
            for (transaction, records) in &expected {
                assert_eq!(listed(&world, transaction), *records, "seed {seed} {transaction}");
            }
            assert!(listed(&world, "never heard of").is_empty());
            world = World::open(&world.close(), short_segments()).unwrap();
        }
    }
}

/// Names fall into other shards in each life, and so do those of accounts that there are not.
#[test]
fn refusals_of_unknown_accounts_do_not_keep_the_next_life_from_starting() {
    let mut desk = Desk::new();
    for n in 0..300 {
        let (name, other) = (format!("stranger {n}"), format!("stranger {}", n + 7));
        assert_eq!(desk.sgd("hold_balance", &name, "t", 1).code(), "ACCOUNT_NOT_FOUND");
        assert_eq!(desk.transfer(&name, &other, ("SGD", 1)).code(), "ACCOUNT_NOT_FOUND");
    }
    let mut world = desk.subject.world;
    for _ in 0..4 {
        world = World::open(&world.close(), short_segments()).unwrap();
        assert_eq!(listed(&world, "t").len(), 300);
    }
}
