//! `holdfast explain`: everything that happened to one card transaction, asked of a running server.

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::ServerArgs;
use crate::print::Table;

/// What is below the help.
pub const HELP: &str = "\
Exit status: 0 every decision comes out again as it was answered, 1 one does not, or it could not be \
asked.";

/// Which transaction, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct ExplainArgs {
    /// The card transaction, by its `transaction_id`
    pub transaction: String,
    /// As the server tells it: JSON, one record in each line
    #[arg(long)]
    pub json: bool,
    /// Who is asked.
    #[command(flatten)]
    pub server: ServerArgs,
}

#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

/// One record, as far as a line has room for it.
#[derive(Deserialize)]
struct Record<'a> {
    at: &'a str,
    operation: &'a str,
    #[serde(borrow, default)]
    tenant_account_ref: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    amount: Option<Money<'a>>,
    #[serde(default)]
    success: Option<bool>,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    error: Option<Error<'a>>,
    #[serde(borrow, default)]
    saw: Option<Saw<'a>>,
    #[serde(borrow, default)]
    balances_after: Option<&'a RawValue>,
    verdict: &'a str,
    #[serde(borrow, default)]
    verdict_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Error<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Saw<'a> {
    #[serde(borrow)]
    balances: Vec<After<'a>>,
}

#[derive(Deserialize)]
struct After<'a> {
    #[serde(borrow)]
    available: Money<'a>,
}

#[derive(Clone, Copy, Deserialize)]
struct Money<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    currency: &'a str,
}

const HEAD: [&str; 8] =
    ["time", "what", "account", "answered", "comes out again", "amount", "available", "after"];
/// How many of the columns are names.
const NAMES: usize = 5;
const MISUNDERSTOOD: &str = "the answer is not what this command understands";

/// Prints the transaction.
///
/// # Errors
/// When the server cannot be asked, says no, or says what is not understood.
pub fn explain(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let name = utf8_percent_encode(&args.transaction, NON_ALPHANUMERIC);
    let body = args.server.operator()?.get(&format!("/v1/transactions/{name}/explain"))?;
    let told: Told<'_> = serde_json::from_slice(&body).context(MISUNDERSTOOD)?;
    anyhow::ensure!(!told.data.is_empty(), "there is no transaction {}", args.transaction);
    let records = told.data.iter().map(|it| serde_json::from_str::<Record<'_>>(it.get()));
    let records = records.collect::<Result<Vec<_>, _>>().context(MISUNDERSTOOD)?;
    if args.json {
        print(told.data.iter().map(|it| it.get().to_owned()))?;
    } else {
        let rows: Vec<_> = records.iter().map(Record::row).collect();
        print(Table::new(HEAD, NAMES).whole(&rows))?;
    }
    let differs = records.iter().any(|record| record.verdict == "differs");
    Ok(if differs { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Record<'_> {
    fn row(&self) -> [String; HEAD.len()] {
        let text = |given: Option<&Cow<'_, str>>| given.map_or("-".into(), |it| it.to_string());
        let after = self.balances_after.map(|raw| serde_json::from_str::<After<'_>>(raw.get()));
        let after = after.and_then(Result::ok).map(|it| it.available);
        let before = self.saw.as_ref().and_then(|saw| {
            let mut balances = saw.balances.iter().map(|it| it.available);
            let currency = after.or(self.amount).map(|it| it.currency);
            balances.find(|it| currency.is_none_or(|currency| it.currency == currency))
        });
        let money = |money: Option<Money<'_>>| {
            money.map_or("-".into(), |it| format!("{} {}", it.value.get(), it.currency))
        };
        [
            self.at.to_owned(),
            self.operation.to_owned(),
            text(self.tenant_account_ref.as_ref()),
            self.answer(),
            self.verdict(),
            money(self.amount),
            money(before),
            money(after),
        ]
    }

    fn answer(&self) -> String {
        let code = self.error.as_ref().map(|error| &error.code).or(self.reason.as_ref());
        match (code, &self.status, self.success) {
            (Some(code), ..) => code.to_string(),
            (None, Some(status), _) => status.to_string(),
            (None, None, Some(true)) => "done".to_owned(),
            _ => "-".to_owned(),
        }
    }

    fn verdict(&self) -> String {
        let reason = self.verdict_reason.as_deref().unwrap_or_default();
        match self.verdict {
            "agrees" => "yes".to_owned(),
            "differs" => format!("NO: {reason}"),
            _ => format!("-: {reason}"),
        }
    }
}

fn print(lines: impl IntoIterator<Item = String>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    lines.into_iter().try_for_each(|line| writeln!(out, "{line}"))?;
    Ok(())
}
