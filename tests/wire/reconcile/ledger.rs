//! A ledger that many cards have used, and the records of a network that saw the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wal::simulated::Choices;

use crate::support::desk::{Desk, of_hold};

const ACCOUNTS: u64 = 24;
const CURRENCIES: [(&str, usize); 3] = [("SGD", 2), ("JPY", 0), ("KWD", 3)];
/// What every file here is called by the network.
pub(super) const FILE: &str = "file-1";

/// A ledger and the true file of it.
pub(super) struct Ledger {
    pub(super) desk: Desk,
    pub(super) choices: Choices,
    /// The records of the file, each with the amount that it bills in minor units.
    pub(super) records: Vec<Value>,
    /// Of each transaction its action that moved money last.
    pub(super) actions: BTreeMap<String, String>,
    asked: u64,
}

/// An account and its currency.
#[derive(Clone)]
pub(super) struct Card {
    pub(super) account: String,
    pub(super) currency: &'static str,
    pub(super) digits: usize,
}

/// Minor units as a number of JSON.
pub(super) fn number(minor: u64, digits: usize) -> Value {
    let unit = 10_u64.pow(u32::try_from(digits).unwrap());
    let text = format!("{}.{:0digits$}", minor / unit, minor % unit);
    serde_json::from_str(text.trim_end_matches('.')).unwrap()
}

pub(super) fn minor(value: &Value, digits: usize) -> u64 {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{fraction:0<digits$}").parse().unwrap()
}

impl Ledger {
    pub(super) fn new(desk: Desk, seed: u64) -> Self {
        let (records, actions) = (Vec::new(), BTreeMap::new());
        let mut ledger = Self { desk, choices: Choices::new(seed), records, actions, asked: 0 };
        for n in 0..ACCOUNTS {
            let account = format!("card-{n}");
            ledger.desk.open(&account, &["SGD", "JPY", "KWD"]);
            for (currency, _) in CURRENCIES {
                let body = json!({"idempotency_key": format!("top-up-{n}-{currency}"),
                    "source": "@funding", "destination": account,
                    "amount": {"value": 1_000_000, "currency": currency}});
                assert_eq!(ledger.desk.post("/v1/transfers", &body.to_string()).status, 201);
            }
        }
        ledger
    }

    pub(super) fn card(&mut self) -> Card {
        let account = format!("card-{}", self.choices.below(ACCOUNTS));
        let n = usize::try_from(self.choices.below(3)).unwrap();
        let (currency, digits) = CURRENCIES[n];
        Card { account, currency, digits }
    }

    pub(super) fn amount(&mut self) -> u64 {
        100 + self.choices.below(90_000)
    }

    /// An operation that must be done; what it answers.
    pub(super) fn operate(
        &mut self,
        operation: &str,
        transaction: &str,
        card: &Card,
        minor: u64,
        more: &str,
    ) -> Value {
        self.asked += 1;
        let more = if more.is_empty() { String::new() } else { format!(",{more}") };
        let (key, value) = (format!("k-{}", self.asked), number(minor, card.digits));
        let body = format!(
            r#"{{"transaction_id":"{transaction}","tenant_account_ref":"{}","idempotency_key":"{key}","of_action_ref":"a-{key}","amount":{{"value":{value},"currency":"{}"}}{more}}}"#,
            card.account, card.currency
        );
        let reply = self.desk.operate(operation, &body).json();
        if reply["success"] == true && operation.starts_with("debit") {
            let action = reply["tenant_action_ref"].as_str().unwrap().to_owned();
            self.actions.insert(transaction.to_owned(), action);
        }
        reply
    }

    /// A record as the documents have it, `more` over what is usual.
    pub(super) fn record(&mut self, of_type: &str, gives: bool, card: &Card, minor: u64) -> Value {
        let n = self.records.len() + 1;
        let billed = number(minor, card.digits);
        json!({
            "network_settlement_ref": format!("net-{n}-{}", self.choices.below(1_000_000)),
            "type": of_type,
            "transfer_type": if gives { "consumer_credit" } else { "consumer_debit" },
            "is_potential_chargeback": false,
            "network_merchant_name": "Café \"Zum {Bär}]\"\n", "network_merchant_id": "m-1",
            "network_merchant_outlet_address": "1 Long Street",
            "amount": billed, "currency": card.currency,
            "billing_amount": billed, "billing_currency_code": card.currency,
            "billing_exchange_rate": 1,
            "settlement_amount": number(minor % 7_919, 2), "settlement_currency_code": "USD",
            "settlement_exchange_rate": 0.75,
            "interchange_fee_amount": number(minor % 97, 2), "interchange_fee_currency_code": "USD",
            "network_settlement_file_ref": FILE, "network_settlement_file_name": "PBA_EOS_1.json",
            "network_settlement_timestamp": "2025-11-25T19:10:00Z",
            "transaction_source": "ecommerce", "tenant_account_ref": card.account,
        })
    }

    pub(super) fn push(&mut self, mut record: Value, names: &[(&str, &str)]) {
        for (name, value) in names {
            record[*name] = (*value).into();
        }
        self.records.push(record);
    }

    /// A card life cycle of those that a network has, with its records.
    pub(super) fn life(&mut self, transaction: &str) {
        let (card, amount) = (self.card(), self.amount());
        let named = [("transaction_id", transaction)];
        match self.choices.below(9) {
            0 | 1 => self.purchase(transaction, &card, amount),
            2 => {
                self.operate("debit_balance", transaction, &card, amount, "");
                self.operate("credit_balance", transaction, &card, amount / 3, "");
                let record = self.record("final_auth", false, &card, amount - amount / 3);
                let action = self.actions[transaction].clone();
                self.push(record, &[named[0], ("original_tenant_transaction_ref", &action)]);
            }
            3 => {
                let hold = self.hold(transaction, &card, amount);
                self.operate("debit_hold_balance", transaction, &card, amount, &hold);
                let record = self.record("pre_auth_final", false, &card, amount);
                // The network has a name of its own for what it clears.
                let own = format!("clearing-of-{transaction}");
                self.push(
                    record,
                    &[("transaction_id", &own), ("original_transaction_id", transaction)],
                );
            }
            4 => {
                let hold = self.hold(transaction, &card, amount);
                for part in [amount / 2, amount / 4] {
                    self.operate("debit_hold_balance", transaction, &card, part, &hold);
                    let record = self.record("pre_auth_partial", false, &card, part);
                    self.push(record, &named);
                }
            }
            5 => {
                self.operate("credit_balance", transaction, &card, amount, "");
                let record = self.record("refund", true, &card, amount);
                self.push(record, &named);
            }
            6 => {
                // Undone before it was cleared: no file has it.
                self.operate("debit_balance", transaction, &card, amount, "");
                self.operate("credit_balance", transaction, &card, amount, "");
            }
            7 => {
                self.operate("debit_balance", transaction, &card, amount, "");
                let record = self.record("final_auth_partial", false, &card, amount / 2);
                self.push(record, &named);
            }
            _ => {
                let record = self.record("fee_collection_debit", false, &card, amount);
                self.push(record, &[("transfer_type", "ahi_debit")]);
                self.hold(transaction, &card, amount);
                let expired = self.record("pre_auth_expiry", true, &card, amount);
                self.push(expired, &named);
            }
        }
    }

    /// The plainest of them: one debit, one record.
    pub(super) fn purchase(&mut self, transaction: &str, card: &Card, amount: u64) {
        self.operate("debit_balance", transaction, card, amount, "");
        let record = self.record("final_auth", false, card, amount);
        self.push(record, &[("transaction_id", transaction)]);
    }

    pub(super) fn hold(&mut self, transaction: &str, card: &Card, amount: u64) -> String {
        let placed = self.operate("hold_balance", transaction, card, amount, "");
        of_hold(placed["tenant_hold_balance_ref"].as_str().unwrap())
    }

    /// The file: the records in this order, under the summary that they have.
    pub(super) fn file(&self) -> Value {
        json!({
            "reconciliationAndNetSettlementSummary": summary(&self.records),
            "settlementRecordDetails": self.records,
        })
    }
}

/// What the records add up to, counted by other code than the product's.
fn summary(records: &[Value]) -> Value {
    let mut summary = json!({
        "network_settlement_file_ref": FILE, "network_settlement_file_name": "PBA_EOS_1.json",
        "settlement_currency_code": "USD", "network_settlement_timestamp": "2025-11-25T19:10:00Z",
    });
    let mut net = 0_i128;
    for side in ["credit", "debit"] {
        let of_side = |record: &&Value| record["transfer_type"].as_str().unwrap().ends_with(side);
        let of_side: Vec<&Value> = records.iter().filter(of_side).collect();
        let mut fees = 0;
        for (class, amount_name, number_name) in [
            ("txn", "txn_amount", "number_of_txn"),
            ("chargeback", "chargeback_amount", "number_of_chargeback"),
            ("reversal", "reversal_amount", "number_of_reversal"),
        ] {
            let of_class = |record: &&&Value| class_of(record["type"].as_str().unwrap()) == class;
            let of_class: Vec<_> = of_side.iter().filter(of_class).collect();
            let sum: u64 = of_class.iter().map(|it| minor(&it["settlement_amount"], 2)).sum();
            fees += of_class.iter().map(|it| minor(&it["interchange_fee_amount"], 2)).sum::<u64>();
            summary[format!("total_{side}_{amount_name}")] = number(sum, 2);
            summary[format!("total_{side}_{number_name}")] = of_class.len().into();
            net += if side == "credit" { i128::from(sum) } else { -i128::from(sum) };
        }
        summary[format!("total_{side}_interchange_fee_amount")] = number(fees, 2);
    }
    summary["total_net_recon_amount"] = number(u64::try_from(net.unsigned_abs()).unwrap(), 2);
    summary
}

fn class_of(of_type: &str) -> &'static str {
    match of_type {
        it if it.ends_with("_expiry") => "none",
        it if it.ends_with("_reversal") => "reversal",
        it if it.contains("chargeback") => "chargeback",
        _ => "txn",
    }
}
