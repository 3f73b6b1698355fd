//! How much memory a process has.

use std::fs;

use anyhow::Context;

/// Resident memory, in bytes.
///
/// # Errors
/// When the kernel does not tell.
pub fn resident() -> anyhow::Result<u64> {
    of("self", "VmRSS:")
}

/// Resident memory of another process, in bytes; what it had at the most is counted anew from now
/// on.
///
/// # Errors
/// When the kernel does not tell.
pub fn resident_of(process: u32) -> anyhow::Result<u64> {
    fs::write(format!("/proc/{process}/clear_refs"), "5")?;
    of(&process.to_string(), "VmRSS:")
}

/// The most resident memory that another process had since [`resident_of`], in bytes.
///
/// # Errors
/// When the kernel does not tell.
pub fn peak_of(process: u32) -> anyhow::Result<u64> {
    of(&process.to_string(), "VmHWM:")
}

fn of(process: &str, figure: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let number = number.with_context(|| format!("/proc/{process}/status has no {figure}"))?;
    let kilobytes: u64 = number.trim().parse()?;
    Ok(kilobytes * 1024)
}
