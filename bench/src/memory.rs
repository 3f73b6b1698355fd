//! How much memory this process has.

use std::fs;

use anyhow::Context;

/// Resident memory, in bytes.
///
/// # Errors
/// When the kernel does not tell.
pub fn resident() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: u64 = number.context("/proc/self/status has no VmRSS")?.trim().parse()?;
    Ok(kilobytes * 1024)
}
