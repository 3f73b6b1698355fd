//! How long a settlement file takes against the ledger that it is of, and what memory that takes.
//!
//! The ledger is made without sync, sealed, and served by the server's binary; the file is sent as
//! `holdfast reconcile` sends it. The time is from the first byte sent to the report. Each record has
//! all members that the documents require; every fourth transaction is a hold and its capture.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use holdfast::client::{Address, Operator, Upload};
use holdfast::engine::record::OperationRequest;
use holdfast::engine::{Stamp, Submitted};
use holdfast::ledger::{HoldRef, Operation};
use holdfast::reconcile::report::Told;
use wal::{Directory, Filesystem};

use crate::cli::Subject;
use crate::engine::world::World;
use crate::memory::{peak_of, resident_of};
use crate::report::Table;
use crate::requests::{account, currency, money};
use crate::server::Holdfast;
use crate::statistics::Samples;
use crate::time::timed;

const PATIENCE: Duration = Duration::from_secs(600);
const ACCOUNTS: u64 = 100_000;

/// What `reconcile` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How many settled transactions there are, each with a record
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    records: u64,
    /// How often the file is sent
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: u32,
}

/// Measures and prints.
///
/// # Errors
/// When the ledger or the file cannot be made, or they do not agree.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (scratch, binary) = args.subject.begin()?;
    let (data, file) = (scratch.path().join("data"), scratch.path().join("PBA_EOS_bench.json"));
    std::fs::create_dir(&data)?;
    ledger(args, &data.join("wal"))?;
    write_file(args, &file)?;
    let server = Holdfast::start(&binary, &data, &[])?;
    let before = resident_of(server.process())?;
    let url = format!("http://{}", server.operator);
    let mut operator = Operator::new(Address::parse(&url)?)?.with_patience(PATIENCE);
    let mut times = Vec::new();
    for _ in 0..args.rounds {
        let opened = File::open(&file)?;
        let bytes = opened.metadata()?.len();
        let upload = Upload::new(opened, bytes, |_| {});
        let (body, time) = timed(|| operator.upload("/v1/reconciliations?name=bench", upload));
        let told: Told = serde_json::from_slice(&body?)?;
        let right = told.matched == args.records && told.breaks_found == 0;
        ensure!(right, "{} of {} matched", told.matched, args.records);
        times.push(time);
    }
    print(args, times, [before, peak_of(server.process())?], file.metadata()?.len())
}

fn print(args: &Args, times: Vec<Duration>, memory: [u64; 2], bytes: u64) -> anyhow::Result<()> {
    let times = Samples::new(times);
    let mut table = Table::new(&["", "median", "least", "most"]);
    let all = [times.median(), times.least(), times.most()];
    let seconds = all.map(|time| format!("{time:.2?}"));
    let [median, least, most] = seconds;
    table.row(["from the first byte to the report".into(), median, least, most]);
    let rate = |time: Duration| {
        let millis = u64::try_from(time.as_millis().max(1)).unwrap_or(u64::MAX);
        format!("{}", args.records.saturating_mul(1_000) / millis)
    };
    let [median, least, most] = all.map(rate);
    table.row(["records/s".into(), median, least, most]);
    table.print();
    let [before, peak] = memory.map(|bytes| bytes >> 20);
    println!("\n{} records, {} MiB of file, {ACCOUNTS} accounts", args.records, bytes >> 20);
    println!("resident memory of the server: {before} MiB before, {peak} MiB at the most");
    println!("figure: 1 M records in 10 s at the most");
    Ok(())
}

/// In minor units.
const fn amount_of(n: u64) -> u64 {
    100 + n % 9_000
}

fn ledger(args: &Args, path: &Path) -> anyhow::Result<()> {
    let mut world = World::open(Directory::open(path, Filesystem::Any)?)?;
    world.open_accounts(0..ACCOUNTS)?;
    for n in 0..args.records {
        let operation = |operation, leg, reference| (operation, leg, reference);
        if n.is_multiple_of(4) {
            let placed = submit(&world, n, operation(Operation::HoldBalance, 0, None))?;
            let hold = HoldRef::opened_by(placed.action()).to_string();
            submit(&world, n, operation(Operation::DebitHoldBalance, 1, Some(&hold)))?;
        } else {
            submit(&world, n, operation(Operation::DebitBalance, 0, None))?;
        }
        world.drain_seldom(n)?;
    }
    world.drain()?;
    world.seal()?;
    world.close()
}

fn submit(
    world: &World<Directory>,
    n: u64,
    (operation, leg, reference): (Operation, u8, Option<&str>),
) -> anyhow::Result<Stamp> {
    let (key, transaction, account) =
        (format!("key-{n}-{leg}"), transaction(n), account(n % ACCOUNTS));
    let request = OperationRequest {
        operation,
        idempotency_key: &key,
        transaction_id: &transaction,
        tenant_account_ref: &account,
        of_action_ref: &key,
        reference,
        money: Some(money(amount_of(n))),
    };
    match world.engine.submit(request, &[])? {
        Submitted::Decided(action, stamp) if action.outcome.is_ok() => Ok(stamp),
        other => anyhow::bail!("{request:?} was not done: {other:?}"),
    }
}

fn transaction(n: u64) -> String {
    format!("0b8c2e0e-5b1a-4f4e-9a38-{n:012x}")
}

fn write_file(args: &Args, path: &Path) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write!(out, "{{\"settlementRecordDetails\":[")?;
    for n in 0..args.records {
        let comma = if n == 0 { "" } else { ",\n" };
        out.write_all(comma.as_bytes())?;
        record(&mut out, n)?;
    }
    let sum = (0..args.records).map(amount_of).sum::<u64>();
    let (count, code) = (args.records, currency());
    let (net, fees) = (major(sum), major(args.records));
    write!(
        out,
        r#"],"reconciliationAndNetSettlementSummary":{{"network_settlement_file_ref":"{FILE}","settlement_currency_code":"{code}","total_net_recon_amount":-{net},"total_debit_txn_amount":{net},"total_debit_number_of_txn":{count},"total_debit_interchange_fee_amount":{fees}}}}}"#
    )?;
    out.flush().context("the file cannot be written")
}

const FILE: &str = "5f0c9c52-90e5-4b0e-9fb4-8a2a0a3f7e10";

fn record(out: &mut impl Write, n: u64) -> std::io::Result<()> {
    let of_type = if n.is_multiple_of(4) { "pre_auth_final" } else { "final_auth" };
    let (amount, code) = (major(amount_of(n)), currency());
    let (transaction, account) = (transaction(n), account(n % ACCOUNTS));
    write!(
        out,
        r#"{{"network_settlement_ref":"nsr-{n:012}","type":"{of_type}","transfer_type":"consumer_debit","is_potential_chargeback":false,"network_merchant_name":"MERCHANT NUMBER {n}","network_merchant_outlet_address":"1 LONG STREET, SINGAPORE 123456","network_merchant_id":"000000{n}","amount":{amount},"currency":"{code}","billing_amount":{amount},"billing_currency_code":"{code}","billing_exchange_rate":1,"settlement_amount":{amount},"settlement_currency_code":"{code}","settlement_exchange_rate":1,"interchange_fee_amount":0.01,"interchange_fee_currency_code":"{code}","network_settlement_file_ref":"{FILE}","network_settlement_file_name":"PBA_EOS_{FILE}_20251125_191000.json","network_settlement_timestamp":"2025-11-25T19:10:00Z","transaction_source":"ecommerce","network_posting_file_id":"gcms-000001","network_acquirer_id":"acq-0001","is_converted_pre_auth":false,"transaction_id":"{transaction}","tenant_account_ref":"{account}","network_merchant_category_code":"5411","network_merchant_country_code":"SG","network_merchant_city":"SINGAPORE"}}"#
    )
}

fn major(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}
