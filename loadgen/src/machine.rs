//! What the machine did beside the run: time that the hypervisor gave to others, and the memory of
//! one process.
//!
//! | file | read | source |
//! | --- | --- | --- |
//! | `/proc/stat` | the line `cpu`: jiffies in user, nice, system, idle, iowait, irq, softirq, steal, and guest times, which user and nice contain already | proc_stat(5) |
//! | `/proc/PID/status` | the line `VmRSS`, in KiB | proc_pid_status(5) |

use std::{fs, path::Path};

/// Jiffies of all processors since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jiffies {
    all: u64,
    stolen: u64,
}

/// A share in hundredths of a percent, rounded up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PerTenThousand(pub u64);

impl Jiffies {
    /// The count of now; `None` where the kernel does not tell.
    #[must_use]
    pub fn now() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    fn parse(stat: &str) -> Option<Self> {
        let jiffies = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace();
        let jiffies: Vec<u64> = jiffies.take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Self { all: jiffies.iter().sum(), stolen: *jiffies.get(7)? })
    }

    /// Which share of the time since `earlier` was stolen from this machine.
    #[must_use]
    pub fn stolen_since(self, earlier: Self) -> PerTenThousand {
        let stolen = self.stolen.saturating_sub(earlier.stolen);
        let all = self.all.saturating_sub(earlier.all).max(1);
        PerTenThousand((stolen * 10_000).div_ceil(all))
    }
}

/// The memory in bytes that the process `pid` has resident; `None` where there is none.
#[must_use]
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let status =
        fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

impl std::fmt::Display for PerTenThousand {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::{Jiffies, resident_bytes};

    #[test]
    fn the_stolen_share_is_of_all_time_since() {
        let before = Jiffies::parse("cpu  10 0 10 80 0 0 0 0 5 5\ncpu0 1 2\n").unwrap();
        let after = Jiffies::parse("cpu  110 0 60 920 0 0 0 10 9 9\n").unwrap();
        assert_eq!(after.stolen_since(before).to_string(), "1.00");
        assert_eq!(before.stolen_since(before).to_string(), "0.00");
    }

    #[test]
    fn what_is_no_count_of_jiffies_is_none() {
        for text in ["", "cpu0 1 2 3 4 5 6 7 8", "cpu  1 2 3", "cpu  1 2 3 4 5 6 7 x"] {
            assert_eq!(Jiffies::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_process_that_runs_has_memory_and_one_that_does_not_has_none() {
        assert!(resident_bytes(std::process::id()).is_some_and(|bytes| bytes > 100_000));
        assert_eq!(resident_bytes(u32::MAX), None);
    }
}
