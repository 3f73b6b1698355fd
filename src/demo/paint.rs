//! Bold and green, on a terminal only and never where `NO_COLOR` is set.

use std::io::{self, IsTerminal};

/// Whether to paint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint(bool);

impl Paint {
    /// As standard output wants it.
    pub(super) fn of_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        Self(io::stdout().is_terminal() && !refused)
    }

    /// A headline.
    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Something that went as it should.
    pub(super) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
