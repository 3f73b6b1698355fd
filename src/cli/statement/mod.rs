//! `holdfast statement`: what moved an account, or what it came to at a moment, asked of a running
//! server.

mod time;
mod wire;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::value::RawValue;

use super::args::StatementArgs;
use crate::client::Operator;
use crate::print::Table;
pub use time::Time;
use wire::{Account, Action, COLUMNS, Page};

/// How many actions are asked for at once.
const PAGE: &str = "500";

/// Prints the statement, or the account at a moment.
///
/// # Errors
/// When the server cannot be asked, says no, or says what is not understood.
pub fn statement(args: StatementArgs) -> anyhow::Result<ExitCode> {
    let StatementArgs { account, at, from, to, json, server } = args;
    let path = format!("/v1/accounts/{}", utf8_percent_encode(&account, NON_ALPHANUMERIC));
    let mut asked = Asked { operator: server.operator()?, path, json };
    let done = match at {
        Some(at) => asked.account(at),
        None => asked.actions(&account, from, to),
    };
    match done {
        // Who reads has read enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done.map(|()| ExitCode::SUCCESS),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|it: &io::Error| it.kind() == io::ErrorKind::BrokenPipe)
}

struct Asked {
    operator: Operator,
    /// Of the account.
    path: String,
    json: bool,
}

impl Asked {
    /// What the account came to.
    fn account(&mut self, at: Time) -> anyhow::Result<()> {
        let query = query([("at", Some(&*at.to_string()))]);
        let body = self.operator.get(&format!("{}?{query}", self.path))?;
        if self.json {
            let text = std::str::from_utf8(&body)?;
            return print([text.to_owned()]);
        }
        let account: Account<'_> = serde_json::from_slice(&body).context(MISUNDERSTOOD)?;
        print([account.title()])?;
        print(Table::new(Account::HEAD, 2).whole(&account.rows()))
    }

    /// What moved it, newest first, page by page.
    fn actions(
        &mut self,
        account: &str,
        from: Option<Time>,
        to: Option<Time>,
    ) -> anyhow::Result<()> {
        let (from, to) = (from.map(|it| it.to_string()), to.map(|it| it.to_string()));
        let (mut cursor, mut table) = (None, None);
        loop {
            let query = query([
                ("limit", Some(PAGE)),
                ("from", from.as_deref()),
                ("to", to.as_deref()),
                ("cursor", cursor.as_deref()),
            ]);
            let body = self.operator.get(&format!("{}/statement?{query}", self.path))?;
            let page: Page<'_> = serde_json::from_slice(&body).context(MISUNDERSTOOD)?;
            if self.json {
                print(page.data.iter().map(|action| action.get().to_owned()))?;
            } else {
                print_rows(&mut table, account, &page.data)?;
            }
            let Some(next) = page.next_cursor else { return Ok(()) };
            cursor = Some(next);
        }
    }
}

const MISUNDERSTOOD: &str = "the answer is not what this command understands";

/// The members that have a value, as a query.
fn query<'a>(members: impl IntoIterator<Item = (&'static str, Option<&'a str>)>) -> String {
    let given = members.into_iter().filter_map(|(name, value)| Some((name, value?)));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

/// Prints some actions more; above the first of them the head, as wide as its page.
fn print_rows(
    table: &mut Option<Table<COLUMNS>>,
    account: &str,
    actions: &[&RawValue],
) -> anyhow::Result<()> {
    let row = |action: &&RawValue| serde_json::from_str::<Action<'_>>(action.get())?.row(account);
    let rows = actions.iter().map(row).collect::<Result<Vec<_>, _>>().context(MISUNDERSTOOD)?;
    let first = table.is_none();
    let table = table.get_or_insert_with(|| Table::new(Action::HEAD, Action::NAMES));
    let lines = table.rows(&rows);
    print(first.then(|| table.head()).into_iter().chain(lines))
}

fn print(lines: impl IntoIterator<Item = String>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
