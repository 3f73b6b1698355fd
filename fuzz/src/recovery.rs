//! Records that were changed under checksums that are right: what a wrong program could have
//! written.

use std::convert::Infallible;

use holdfast::engine::{Disagreement, Engine, OpenError, Options, Running, open};
use holdfast::ledger::Moment;
use holdfast_auditor::books::{Books, Rules};
use holdfast_auditor::finding::{Findings, Margin};
use holdfast_auditor::record::Record as Shadow;
use wal::simulated::Disk;
use wal::{Lsn, Record};

use super::harm::Harm;
use super::story;

/// The server recovers them or refuses, and never panics. What the shadow auditor finds right it
/// recovers, and their books are the same.
pub fn check(data: &[u8]) {
    let mut records = story::records().to_vec();
    Harm::all(data).for_each(|harm| change(&mut records, harm));
    let (books, findings) = shadow(&records);
    let recovered = recover(&records);
    if !findings.is_clean() {
        return;
    }
    match recovered {
        Ok(engine) => same_books(&engine, &books),
        // The log does not say which currencies are configured.
        Err(why) => assert!(is_currency(&why), "only the shadow auditor takes these: {why}"),
    }
}

fn change(records: &mut Vec<Record>, harm: Harm) {
    let n = harm.file(records.len());
    let Some(record) = records.get_mut(n) else { return };
    match harm.kind % 6 {
        0 => harm.flip(&mut record.payload),
        1 => harm.put(&mut record.payload),
        2 => {
            let link = harm.at(record.links.len());
            if let Some(link) = record.links.get_mut(link) {
                *link = Lsn::new(u64::from(harm.value));
            }
        }
        3 => drop(records.remove(n)),
        4 => {
            let other = harm.at(records.len());
            records.swap(n, other);
        }
        _ => {
            let copy = records[n].clone();
            records.insert(harm.at(records.len()), copy);
        }
    }
}

fn shadow(records: &[Record]) -> (Books, Findings) {
    let rules = Rules { request_max: u64::MAX, ..Rules::default() };
    let (mut books, mut findings) = (Books::new(rules), Findings::new(1));
    for (lsn, record) in (1..).zip(records) {
        let mut margin = Margin::new(&mut findings, lsn, "");
        let links: Vec<u64> = record.links.iter().map(|link| link.value()).collect();
        match Shadow::read(&record.payload) {
            Ok(shadow) => books.fold(lsn, &links, &shadow, &mut margin),
            Err(error) => margin.note(error.to_string()),
        }
    }
    books.close(&mut findings);
    (books, findings)
}

fn recover(records: &[Record]) -> Result<Engine<Disk>, OpenError> {
    let disk = Disk::new();
    let opened = wal::open(disk.clone(), wal::Options::default(), |_| Ok::<_, Infallible>(()));
    let mut opened = opened.expect("an empty disk opens");
    for record in records {
        opened.wal.append(&record.links, &record.payload).expect("there is room");
    }
    opened.wal.close();
    while opened.committer.step().expect("the disk is whole") != wal::Step::Ended {}
    let wall = Some(Moment::from_micros(0));
    let options = Options { wall, accept_clock_jump: true, ..Options::default() };
    open(disk, options).map(|Running { engine, .. }| engine)
}

fn is_currency(why: &OpenError) -> bool {
    let OpenError::Log(wal::OpenError::Visit { error, .. }) = why else { return false };
    matches!(error.why, Disagreement::Currency(_))
}

fn same_books(engine: &Engine<Disk>, books: &Books) {
    let found = engine.audit(|| {});
    assert!(found.are_clean(), "{found:?}");
    for (currency, sums) in engine.trial_balance().currencies {
        let own = books.totals();
        let own = own.iter().find(|own| own.currency.code() == currency.code());
        let own = own.expect("the shadow auditor knows the currency");
        assert_eq!((own.posted, own.held, own.reserved), (sums.posted, sums.held, sums.reserved));
        assert_eq!((own.settlement, own.funding), (sums.settlement, sums.funding));
    }
}

/// No change, and one of each kind.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    Harm::seeds(6)
}
