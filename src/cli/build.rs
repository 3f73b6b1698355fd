//! What this program was built from and for.

use std::env::consts::{ARCH, OS};
use std::sync::LazyLock;

/// The version of the log's format that this program reads and writes.
const LOG_FORMAT_VERSION: u32 = 1;

/// The version, and what a report of a fault should say: a line each. The commit is known when
/// `HOLDFAST_COMMIT` was set while the program was built.
pub fn facts() -> &'static str {
    static FACTS: LazyLock<String> = LazyLock::new(|| {
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        let commit = option_env!("HOLDFAST_COMMIT").unwrap_or("unknown");
        format!(
            "{version}\ncommit: {commit}\ntarget: {ARCH}-{OS}\nprofile: {profile}\n\
             log format: {LOG_FORMAT_VERSION}",
            version = env!("CARGO_PKG_VERSION"),
        )
    });
    &FACTS
}
