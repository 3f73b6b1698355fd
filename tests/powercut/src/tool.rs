//! The system's own tools, run as commands.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Runs a tool to its end; what it printed.
///
/// # Errors
/// When it is not there, or says that it failed.
pub fn run(tool: &str, arguments: &[&str]) -> anyhow::Result<String> {
    // A signal from the terminal is for the rig alone.
    let ran = Command::new(tool).args(arguments).stdin(Stdio::null()).process_group(0).output();
    let ran = ran.with_context(|| format!("{tool} cannot be run"))?;
    if !ran.status.success() {
        let message = String::from_utf8_lossy(&ran.stderr);
        bail!("{tool} {} failed: {}", arguments.join(" "), message.trim());
    }
    Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
}
