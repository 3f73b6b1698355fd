//! What ten spend limits cost: the same load with them and without, by turns.
//!
//! Two servers with a disk under them are asked for durable holds over HTTP, as by `http`: that is
//! the throughput that anybody sees. On a machine that is shared it is told best by the time for
//! which a server had a processor for each hold. Then the engine alone, as by `engine`: where a whole action
//! takes a microsecond, what counting takes is seen best.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use holdfast::ledger::{
    Frequency, MerchantFact, Mode, Operation::HoldBalance, Rule, Ruleset, Values, What,
};

use crate::cli::Subject;
use crate::engine::lane::{Lane, Work};
use crate::generator::{Generator, Round};
use crate::report::Table;
use crate::requests::{Spread, money};
use crate::rounds::{Rounds, cells, head};
use crate::server::Holdfast;
use crate::socket::{Client, Holds, put};
use crate::statistics::Ratio;

/// More than any bench spends.
const PLENTY: u64 = 1_000_000_000_000_000;

/// What `limits` may be told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// How many connections ask at once
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: usize,
    #[command(flatten)]
    rounds: Rounds,
    /// How many accounts there are
    #[arg(long, value_name = "N", default_value_t = 1000)]
    accounts: u64,
    /// How long to submit to each lane of the engine
    #[arg(long, value_name = "S", default_value_t = 3)]
    seconds: u64,
}

/// Measures and prints.
///
/// # Errors
/// When a process does not start or an action is not done.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (scratch, binary) = args.subject.begin()?;
    served(args, scratch.path(), &binary)?;
    alone(args)?;
    println!("figure: ten rules cost at most a twentieth of the throughput: 0.95, as it is served");
    Ok(())
}

fn served(args: &Args, scratch: &Path, binary: &Path) -> anyhow::Result<()> {
    let start = |name: &str| {
        Holdfast::with_accounts(binary, &scratch.join(name), &["--threads", "1"], args.accounts)
    };
    let (with, without) = (start("with")?, start("without")?);
    Client::connect(with.operator)?.exchange(&put("/v1/limits", &body()))?;
    let (rounds, each) = by_turns(args, [&with, &without])?;
    let name = format!("durable holds, {} connections", args.connections);
    let mut table = Table::new(&[&head(&name, "with is of it")[..], &["server ns each"]].concat());
    for (n, name) in ["ten rules", "none"].into_iter().enumerate() {
        let of = |round: &[Round; 2]| (round[n], round[0].of(&round[n]));
        let cells = cells(name, rounds.iter().map(of));
        table.row(cells.into_iter().chain([each[n].to_string()]));
    }
    table.print();
    println!("of the processor's time, with is {} of without\n", Ratio::of(each[1], each[0]));
    Ok(())
}

/// The rounds, and for how many nanoseconds each server had a processor for a hold.
fn by_turns(args: &Args, servers: [&Holdfast; 2]) -> anyhow::Result<(Vec<[Round; 2]>, [u64; 2])> {
    let load = args.rounds.load(args.connections);
    let mut generators =
        servers.map(|server| Generator::new(Holds::on(server.network, args.accounts)));
    let mut spent = [(0_u128, 0_u64); 2];
    let mut rounds = Vec::new();
    for _ in 0..args.rounds.count {
        let mut round = |n: usize| {
            let first = generators[n].sent();
            let (round, worked) = servers[n].worked(|| generators[n].round(load))?;
            spent[n].0 += worked.as_nanos();
            spent[n].1 += generators[n].sent() - first;
            anyhow::Ok(round)
        };
        rounds.push([round(0)?, round(1)?]);
    }
    let each = |(time, sent): (u128, u64)| u64::try_from(time / u128::from(sent.max(1)));
    Ok((rounds, [each(spent[0])?, each(spent[1])?]))
}

fn alone(args: &Args) -> anyhow::Result<()> {
    let spread = Spread::Over(args.accounts);
    let lane = |name, work, rules| Lane::new(name, work, spread)?.under(rules);
    let holds = Work::Operations(&[HoldBalance]);
    let mut lanes = [
        lane("authorization, debit; ten rules", Work::Cards, ten_rules()?)?,
        lane("authorization, debit", Work::Cards, Ruleset::default())?,
        lane("hold; ten rules", holds, ten_rules()?)?,
        lane("hold", holds, Ruleset::default())?,
    ];
    while lanes.iter().any(|lane| lane.submitting() < Duration::from_secs(args.seconds)) {
        lanes.iter_mut().try_for_each(Lane::burst)?;
    }
    let head = ["engine alone", "/s", "ns each", "p10..p90", "overall /s", "/s with grouping"];
    let mut table = Table::new(&head);
    lanes.iter().for_each(|lane| table.row(lane.row()));
    table.print();
    for pair in lanes.as_chunks::<2>().0 {
        let [with, without] = pair;
        println!("{}: {} of none", with.name(), Ratio::of(with.rate(), without.rate()));
    }
    Ok(())
}

/// Of every kind, and none that says no.
fn ten_rules() -> anyhow::Result<Ruleset> {
    let blocked = Values::new(["7995", "5993", "6051"].map(Box::from).into());
    let spent = |frequency| What::AccountBilling(money(PLENTY), frequency);
    let made = |frequency| What::AccountCount(PLENTY, frequency);
    let whats = [
        What::TransactionAmount(money(PLENTY)),
        What::TransactionBilling(money(PLENTY)),
        spent(Frequency::Daily),
        spent(Frequency::Weekly),
        spent(Frequency::Monthly),
        made(Frequency::Daily),
        made(Frequency::Weekly),
        made(Frequency::Monthly),
        What::Merchant(MerchantFact::Category, Mode::Block, blocked.clone()),
        What::Merchant(MerchantFact::Id, Mode::Block, blocked),
    ];
    let rule = |(n, what)| Rule { name: format!("rule {n}").into(), what };
    Ruleset::new(whats.into_iter().enumerate().map(rule).collect()).context("their names differ")
}

/// The same for the operator listener.
fn body() -> String {
    let money = r#""limit_amount":10000000000000.00,"currency":"SGD""#;
    let list = r#""mode":"block","values":["7995","5993","6051"]"#;
    let mut rules = vec![
        ("transaction_amount_limit", money.to_owned()),
        ("transaction_billing_limit", money.to_owned()),
        ("merchant_category_control", list.to_owned()),
        ("merchant_control", list.to_owned()),
    ];
    for frequency in ["daily", "weekly", "monthly"] {
        let frequency = format!(r#""frequency":"{frequency}""#);
        rules.push(("account_billing_amount_limit", format!("{money},{frequency}")));
        let count = format!(r#""limit_count":1000000000000000,{frequency}"#);
        rules.push(("account_transaction_count_limit", count));
    }
    let rules = rules.iter().enumerate().map(|(n, (template, parameters))| {
        format!(
            r#"{{"template_code":"{template}","description":"rule {n}","parameters":{{{parameters}}},"violation_policy":"decline"}}"#
        )
    });
    format!(r#"{{"rules":[{}]}}"#, rules.collect::<Vec<_>>().join(","))
}
