//! `holdfast demo`.

use std::process::ExitCode;

use crate::cli::DemoArgs;

/// Shows what the ledger does.
///
/// # Errors
/// Always, for now.
pub fn demo(_: DemoArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("the demonstration is being written")
}
