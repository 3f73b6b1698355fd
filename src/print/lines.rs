//! Lines to standard output, as many as there are, until whoever reads them has had enough.

use std::io::{self, BufWriter, StdoutLock, Write};

/// Standard output, a line at a time.
pub struct Lines {
    out: BufWriter<StdoutLock<'static>>,
}

/// Why no more lines can be written.
#[derive(Debug)]
pub enum Ended {
    /// Nobody reads any more, which is as good as the end.
    Closed,
    /// They cannot be written.
    Failed(io::Error),
}

impl Lines {
    /// Standard output, which nobody else writes to meanwhile.
    #[must_use]
    pub fn new() -> Self {
        Self { out: BufWriter::new(io::stdout().lock()) }
    }

    /// Writes a line.
    ///
    /// # Errors
    /// See [`Ended`].
    pub fn line(&mut self, line: &[u8]) -> Result<(), Ended> {
        self.out.write_all(line)?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Writes some lines.
    ///
    /// # Errors
    /// See [`Ended`].
    pub fn lines<L: AsRef<[u8]>>(
        &mut self,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<(), Ended> {
        lines.into_iter().try_for_each(|line| self.line(line.as_ref()))
    }

    /// Shows all that was written so far.
    ///
    /// # Errors
    /// See [`Ended`].
    pub fn show(&mut self) -> Result<(), Ended> {
        Ok(self.out.flush()?)
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Ended {
    /// What is wrong, where something is: that nobody reads any more is not.
    ///
    /// # Errors
    /// The lines could not be written.
    pub fn quietly(written: Result<(), Self>) -> anyhow::Result<()> {
        match written {
            Ok(()) | Err(Self::Closed) => Ok(()),
            Err(Self::Failed(error)) => {
                Err(anyhow::Error::new(error).context("standard output cannot be written"))
            }
        }
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}
