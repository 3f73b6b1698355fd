//! `verify --full`: what the records say, replayed and added up, on logs that are right and forged.

use std::path::Path;
use std::thread;

use holdfast::engine::record::Record;
use holdfast::ledger::Moment;
use wal::{Directory, Filesystem, Lsn, Options};

use super::{live, lived_in, tool};
use crate::support::desk::Desk;
use crate::support::server::Home;

#[test]
fn a_log_that_is_right_is_told_so() {
    let home = lived_in();
    let words =
        ["12 records up to 12", "accounts   2", "9, looked for", "2 of 2 accounts", "right"];
    tool("verify --full", home.path()).exits(0).says(&words).says(&["59.50 USD", "-500 JPY"]);
    tool("verify", home.path()).exits(0).says(&["12 records up to 12", "right"]);
}

#[test]
fn while_a_server_runs_the_end_is_not_judged_and_that_is_said() {
    let home = Home::new();
    let server = home.serve(&[]);
    live(&mut Desk::at(&server));
    let words = ["not judged behind record 12", "a server is running"];
    tool("verify --full", home.path()).exits(0).says(&words);
    tool("wal verify", home.path()).exits(0).says(&words);
}

/// Appends a record with right checksums to a log, later than all that is in it.
fn forge(data_dir: &Path, like: u64, links: &[Lsn], change: impl Fn(&mut Vec<u8>)) {
    let mut payload = Vec::new();
    let mut last = Moment::default();
    let directory = Directory::open(&data_dir.join("wal"), Filesystem::Any).unwrap();
    let opened = wal::open(directory, Options::default(), |record| {
        if record.lsn.value() == like {
            payload = record.payload.to_vec();
        }
        last = Record::decode(record.payload).unwrap().1;
        Ok::<_, ()>(())
    });
    let opened = opened.unwrap();
    let mut forged = Vec::new();
    let (record, _) = Record::decode(&payload).unwrap();
    record.encode(Moment::from_micros(last.micros() + 1), &mut forged);
    change(&mut forged);
    let committer = thread::spawn(|| opened.committer.run());
    let wal = opened.wal;
    let lsn = wal.append(links, &forged).unwrap();
    wal.wait_durable(lsn).unwrap();
    wal.close();
    committer.join().unwrap().unwrap();
}

/// The bytes are as they were written; what they say cannot be.
#[test]
fn a_forged_balance_is_found() {
    let home = lived_in();
    forge(home.path(), 12, &[Lsn::new(12), Lsn::new(11), Lsn::ZERO], |_| {});
    tool("wal verify", home.path()).exits(0);
    let words = ["record 13 does not fit those before it", "holdfast wal cat --from 13 --to 13"];
    tool("verify --full", home.path()).exits(1).says(&words);
    let refused = home.refuse(&[]);
    assert!(refused.message.contains("holdfast verify --full"), "{}", refused.message);
}

/// The refusal of an account that there is not, recorded a second time under its key: every balance
/// and every link is right.
#[test]
fn a_key_that_was_used_twice_is_found() {
    let home = lived_in();
    forge(home.path(), 7, &[Lsn::ZERO, Lsn::ZERO, Lsn::new(7)], |_| {});
    let words = ["the key of record 7 was used again by record 13", "WRONG"];
    tool("verify --full", home.path()).exits(1).says(&words);
}

#[test]
fn a_record_out_of_its_time_is_found_without_a_replay() {
    let home = lived_in();
    forge(home.path(), 7, &[], |payload| payload[8..16].fill(0));
    tool("wal verify", home.path()).exits(1).says(&["record 13 is not later"]);
    tool("verify --full", home.path()).exits(1).says(&["record 13"]);
}
