//! Two hundred breaks of twenty kinds in a file of a ledger that is otherwise right: each is found,
//! and nothing else is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ledger::{FILE, Ledger, minor, number};
use super::run;
use crate::support::desk::Desk;
use crate::support::server::Home;

/// A kind, and the transaction or the member that it is about.
type Found = (String, String);

/// Kinds that are planted into a transaction of their own, so many of each.
const PLANTS: [(&str, u32); 15] = [
    ("amount_differs", 14),
    ("direction_differs", 13),
    ("in_file_only", 13),
    ("in_ledger_only", 13),
    ("twice_in_file", 13),
    ("twice_in_ledger", 13),
    ("wrong_account", 13),
    ("wrong_currency", 13),
    ("held_not_posted", 13),
    ("refused_by_ledger", 12),
    ("reference_reused", 13),
    ("references_disagree", 13),
    ("foreign_record", 13),
    ("settlement_currency_differs", 13),
    ("unusable_record", 13),
];

/// And so are these, into the summary.
const SUMMARY_PLANTS: [(&str, &str); 5] = [
    ("total_differs", "total_debit_txn_amount"),
    ("count_differs", "total_credit_number_of_txn"),
    ("interchange_differs", "total_debit_interchange_fee_amount"),
    ("net_differs", "total_net_recon_amount"),
    ("unusable_summary", "total_credit_reversal_amount"),
];

impl Ledger {
    /// Plants a break into a purchase of its own.
    fn plant(&mut self, kind: &str, transaction: &str) {
        let (card, amount) = (self.card(), self.amount());
        match kind {
            "in_file_only" => {
                let record = self.record("final_auth", false, &card, amount);
                return self.push(record, &[("transaction_id", transaction)]);
            }
            "held_not_posted" => {
                self.hold(transaction, &card, amount);
                let record = self.record("pre_auth_final", false, &card, amount);
                return self.push(record, &[("transaction_id", transaction)]);
            }
            "refused_by_ledger" => {
                let far_too_much = 1_000_000_000_000_000;
                let reply = self.operate("debit_balance", transaction, &card, far_too_much, "");
                assert_eq!(reply["error"]["code"], "INSUFFICIENT_FUNDS");
                let record = self.record("final_auth", false, &card, amount);
                return self.push(record, &[("transaction_id", transaction)]);
            }
            _ => self.purchase(transaction, &card, amount),
        }
        let mut record = self.records.pop().unwrap();
        match kind {
            "in_ledger_only" => return,
            "twice_in_ledger" => {
                self.operate("debit_balance", transaction, &card, amount, "");
            }
            "twice_in_file" => self.records.push(record.clone()),
            "amount_differs" => record["billing_amount"] = number(amount + 1, card.digits),
            "direction_differs" => record["transfer_type"] = "consumer_credit".into(),
            "wrong_account" => record["tenant_account_ref"] = "card-of-nobody".into(),
            "wrong_currency" => {
                record["billing_currency_code"] = "EUR".into();
                record["billing_amount"] = number(amount, 2);
            }
            "reference_reused" => {
                let of_type = |it: &&Value| it["type"] == "final_auth";
                let other = self.records.iter().find(of_type).unwrap();
                record["network_settlement_ref"] = other["network_settlement_ref"].clone();
            }
            "references_disagree" => {
                let other = self.actions.iter().find(|(other, _)| *other != transaction);
                record["original_tenant_transaction_ref"] = other.unwrap().1.as_str().into();
            }
            "foreign_record" => record["network_settlement_file_ref"] = "file-2".into(),
            "settlement_currency_differs" => record["settlement_currency_code"] = "EUR".into(),
            "unusable_record" => {
                let wrong = [json!("12.50"), json!(null), json!(-1), json!([])];
                let n = usize::try_from(self.choices.below(4)).unwrap();
                record["billing_amount"] = wrong[n].clone();
            }
            other => panic!("nobody knows how to plant {other}"),
        }
        self.records.push(record);
    }

    fn shuffle(&mut self) {
        // The first record stays: others are held against it.
        for n in (2..self.records.len()).rev() {
            let other = 1 + usize::try_from(self.choices.below(n as u64)).unwrap();
            self.records.swap(n, other);
        }
    }
}

/// Changes a figure of the summary.
fn spoil(summary: &mut Value, member: &str) {
    summary[member] = match &summary[member] {
        _ if member == "total_credit_reversal_amount" => "none".into(),
        count if count.is_u64() => (count.as_u64().unwrap() + 1).into(),
        amount => number(minor(amount, 2) + 1, 2),
    };
}

fn found(report: &Value) -> Vec<Found> {
    let breaks = report["breaks"].as_array().unwrap().iter();
    breaks
        .map(|it| {
            let about = it["transaction_id"].as_str().or(it["member"].as_str()).unwrap();
            (it["kind"].as_str().unwrap().to_owned(), about.to_owned())
        })
        .collect()
}

#[test]
fn two_hundred_planted_breaks_are_found_and_no_others() {
    let seed = std::env::var("HOLDFAST_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
    eprintln!("HOLDFAST_SEED={seed} repeats it");
    let home = Home::new();
    let server = home.serve(&["--sync", "off"]);
    let mut ledger = Ledger::new(Desk::at(&server), seed);
    let card = ledger.card();
    ledger.purchase("first", &card, 4_200);
    (0..400).for_each(|n| ledger.life(&format!("right-{n}")));
    let path = home.path().join("eos.json");
    std::fs::write(&path, ledger.file().to_string()).unwrap();
    let right = run(&server, &[path.to_str().unwrap(), "--format", "json"]);
    let report = right.report(0);
    assert_eq!((found(&report), &report["breaks_found"]), (vec![], &json!(0)));

    let mut planted = BTreeSet::new();
    for (kind, times) in PLANTS {
        for n in 0..times {
            let transaction = format!("{kind}-{n}");
            ledger.plant(kind, &transaction);
            planted.insert((kind.to_owned(), transaction));
        }
    }
    ledger.life("last");
    ledger.shuffle();
    let mut file = ledger.file();
    for (kind, member) in SUMMARY_PLANTS {
        spoil(&mut file["reconciliationAndNetSettlementSummary"], member);
        planted.insert((kind.to_owned(), member.to_owned()));
    }
    assert_eq!(
        (planted.len(), file["settlementRecordDetails"][0]["network_settlement_file_ref"].as_str()),
        (200, Some(FILE))
    );
    std::fs::write(&path, file.to_string()).unwrap();
    let report = run(&server, &[path.to_str().unwrap(), "--format", "json"]).report(1);
    let found = found(&report);
    let all: BTreeSet<Found> = found.iter().cloned().collect();
    let (missed, wrong): (Vec<_>, Vec<_>) =
        (planted.difference(&all).collect(), all.difference(&planted).collect());
    assert_eq!((missed, wrong), (vec![], vec![]), "seed {seed}");
    assert_eq!((found.len(), &report["breaks_found"]), (200, &json!(200)));
    let records = file["settlementRecordDetails"].as_array().unwrap().len();
    assert_eq!(report["records"], json!(records));
}
