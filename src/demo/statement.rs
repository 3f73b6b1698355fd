//! What the demonstration prints: a line for each step, the books as tables, and what was shown.

use std::io::{self, Write};
use std::path::Path;

use super::books::Books;
use super::paint::Paint;
use super::story::{self, CURRENCY, Step};
use super::teller::{Figures, Settled};
use crate::child::Server;
use crate::print::Table;

/// Writes on standard output.
#[derive(Debug)]
pub(super) struct Statement {
    paint: Paint,
    /// The columns of a step's line.
    happened: usize,
    operation: usize,
}

impl Statement {
    /// As wide as the story needs.
    pub(super) fn new() -> Self {
        let widest = |text: fn(&Step) -> &str| story::steps().map(|it| text(it).len()).max();
        Self {
            paint: Paint::of_stdout(),
            happened: widest(|step| step.happened).unwrap_or_default(),
            operation: widest(|step| step.ask.name()).unwrap_or_default(),
        }
    }

    /// What this is, and the heads of the columns.
    pub(super) fn opening(&self, server: &Server, directory: &Path) -> io::Result<()> {
        let listeners = server.listeners();
        say(&format!(
            "{}\n\nThe card network tells the issuer's ledger what happens to a card, as calls of six \
             operations.\nThe ledger answers each once its action is on the disk, and does it once \
             however often it is asked.\n\n\
             server     process {}, log in {}\n\
             listeners  http://{} for the card network, http://{} for the issuer\n\
             amounts    {CURRENCY}; beside each step: what the customer may spend after it, and \
             what is on hold",
            self.paint.bold("holdfast: a card issuer's ledger, shown by two cards on one day"),
            server.id(),
            directory.display(),
            listeners.network,
            listeners.operator,
        ))?;
        let (happened, operation) = (self.happened, self.operation);
        let head = format!(
            "\n     {:happened$}  {:operation$}  {:>8}  {:>9}  {:>9}  answer",
            "what happens", "operation", "amount", "available", "on hold"
        );
        say(&self.paint.bold(&head))
    }

    /// The title of a chapter.
    pub(super) fn chapter(&self, title: &str) -> io::Result<()> {
        say(&format!("\n{}", self.paint.bold(title)))
    }

    /// One step, and what it came to.
    pub(super) fn step(&self, step: &Step, settled: &Settled) -> io::Result<()> {
        let (happened, operation) = (self.happened, self.operation);
        let answer = match step.refusal {
            Some(code) => format!("refused: {code}"),
            None => self.paint.green("done"),
        };
        say(&format!(
            "{:>3}  {:happened$}  {:operation$}  {:>8}  {:>9}  {:>9}  {answer}",
            settled.number,
            step.happened,
            step.ask.name(),
            step.amount.unwrap_or("the rest"),
            settled.balance.available.to_string(),
            settled.balance.held.to_string(),
        ))
    }

    /// Something that is no step.
    pub(super) fn note(&self, text: &str) -> io::Result<()> {
        say(&format!("     {text}"))
    }

    /// How the server ended.
    pub(super) fn cut_short(&self, answered: bool) -> io::Result<()> {
        self.note(if answered {
            "the capture was sent and answered; then SIGKILL, with no time to tidy up"
        } else {
            "the capture was sent, then SIGKILL: no answer came, and nobody knows if it was done"
        })
    }

    /// What became of the step that was under way when the server ended.
    pub(super) fn outcome_known(&self, replayed: bool) -> io::Result<()> {
        self.note(if replayed {
            "the same key tells: it had been done before the kill, and this is its first answer"
        } else {
            "the same key tells: it had not been done before the kill, and so it was done now"
        })
    }

    /// Every key so far was asked again.
    pub(super) fn repeated(&self, repeats: usize) -> io::Result<()> {
        let same = self.paint.green("each answer is the first one, byte for byte");
        self.note(&format!("asked again with the same {repeats} keys: {same}; nothing moved"))
    }

    /// Every key so far was asked for something else.
    pub(super) fn reused(&self, keys: usize) -> io::Result<()> {
        let conflict = self.paint.green("409 IDEMPOTENCY_KEY_REUSED each time");
        self.note(&format!(
            "asked for another amount with those {keys} keys: {conflict}; nothing moved"
        ))
    }

    /// The books, and what was shown.
    pub(super) fn closing(&self, books: &Books, figures: &Figures) -> io::Result<()> {
        self.tables(books)?;
        let Figures { actions, refused, repeats, median } = figures;
        let done = actions.saturating_sub(*refused);
        let build = if cfg!(debug_assertions) { " (a debug build)" } else { "" };
        say(&format!(
            "\n{actions} actions ({done} done, {refused} refused) were each decided once: \
             {repeats} repeats, after a SIGKILL too,\ngot the same answers byte for byte, and the \
             books add up to {sum}.\n\
             No answer left before its action was on the disk: from the request sent to the answer \
             read,\nan action took {micros} µs at the median{build}.",
            sum = books.totals.sum,
            micros = median.as_micros(),
        ))
    }

    /// Where the log was left.
    pub(super) fn kept(&self, directory: &Path) -> io::Result<()> {
        let directory = directory.display();
        say(&format!(
            "\nThe log is kept, and another server can go on with it:\n  \
             holdfast serve --allow-any-filesystem --data-dir {directory}"
        ))
    }

    fn tables(&self, books: &Books) -> io::Result<()> {
        let accounts = books.accounts.iter().map(|(account, balance)| {
            let sums = [balance.posted, balance.held, balance.available];
            let [posted, held, available] = sums.map(|sum| sum.to_string());
            [(*account).to_owned(), posted, held, available]
        });
        let accounts: Vec<_> = accounts.collect();
        self.table(
            "Accounts",
            &Table::new(["account", "posted", "on hold", "available"], 1).whole(&accounts),
        )?;
        let holds = books.holds.iter().map(|(account, hold)| {
            let sums = [hold.placed, hold.captured, hold.restored, hold.held];
            let [placed, captured, restored, held] = sums.map(|sum| sum.to_string());
            [(*account).to_owned(), hold.transaction_id.clone(), placed, captured, restored, held]
        });
        let holds: Vec<_> = holds.collect();
        let head = ["account", "transaction", "placed", "captured", "restored", "on hold"];
        self.table("Holds", &Table::new(head, 2).whole(&holds))?;
        let totals = &books.totals;
        let sums = [totals.posted, totals.settlement, totals.funding, totals.sum];
        let [customers, settlement, funding, sum] = sums.map(|sum| sum.to_string());
        let totals = [[totals.currency.clone(), customers, settlement, funding, sum]];
        let head = ["currency", "customers", "@settlement", "@funding", "sum"];
        self.table("Trial balance", &Table::new(head, 1).whole(&totals))
    }

    fn table(&self, title: &str, lines: &[String]) -> io::Result<()> {
        say(&format!("\n{}\n{}", self.paint.bold(title), lines.join("\n")))
    }
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
