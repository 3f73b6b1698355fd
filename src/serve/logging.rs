//! Messages of the server, on standard error: for people on a terminal, else one JSON object each.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts telling, at `info` unless `RUST_LOG` says otherwise.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let terminal = io::stderr().is_terminal();
    let human = format == LogFormat::Human || (format == LogFormat::Auto && terminal);
    // A second start, in a test, keeps the first.
    let _ = if human {
        let colour = terminal && std::env::var_os("NO_COLOR").is_none();
        builder.with_ansi(colour).with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
}
