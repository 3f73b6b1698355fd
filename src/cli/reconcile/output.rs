//! Where reports go, and in which form.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::cli::sending::closed;
use crate::reconcile::report::{self, Told};

/// How a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, on a terminal
    Table,
    /// The breaks, for spreadsheets
    Csv,
    /// As the server tells it
    Json,
    /// One page that needs nothing else
    Html,
}

/// Where reports go.
pub struct Output {
    format: Format,
    out: Box<dyn Write>,
    shown: u64,
}

impl Output {
    /// To that file, else to standard output.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn new(format: Format, path: Option<&Path>) -> io::Result<Self> {
        let out: Box<dyn Write> = match path {
            Some(path) => Box::new(BufWriter::new(File::create(path)?)),
            None => Box::new(BufWriter::new(io::stdout())),
        };
        Ok(Self { format, out, shown: 0 })
    }

    /// One report more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn show(&mut self, told: &Told, json: &[u8]) -> io::Result<()> {
        let first = self.shown == 0;
        self.shown += 1;
        let text = match self.format {
            Format::Table => {
                let above = if first { "" } else { "\n" };
                above.to_owned() + &report::table(told).join("\n") + "\n"
            }
            Format::Csv => report::csv(told, first),
            Format::Html => report::html(told),
            Format::Json => return closed(self.json(json)),
        };
        closed(self.out.write_all(text.as_bytes()))
    }

    fn json(&mut self, json: &[u8]) -> io::Result<()> {
        self.out.write_all(json)?;
        self.out.write_all(b"\n")
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// When not all could be written.
    pub fn finish(mut self) -> io::Result<()> {
        closed(self.out.flush())
    }
}
