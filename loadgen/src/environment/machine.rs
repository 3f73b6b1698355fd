//! The machine, as the kernel describes it in `/proc`. What it does not tell is left out.

use std::{fs, thread};

use serde::Serialize;

/// What the figures depend on, of the machine.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: usize,
    /// The processor's own name.
    pub cpu_model: Option<String>,
    /// Main memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// The kernel's name and release.
    pub kernel: String,
    /// Processes that ran or waited to run, on average over the last 1, 5 and 15 minutes.
    pub load_average: Option<[f64; 3]>,
}

impl Machine {
    /// Looks at this machine.
    #[must_use]
    pub fn look() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let system = rustix::system::uname();
        let named = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
        Self {
            cores: thread::available_parallelism().map_or(1, std::num::NonZero::get),
            cpu_model: field(&read("/proc/cpuinfo"), "model name").map(str::to_owned),
            memory_bytes: field(&read("/proc/meminfo"), "MemTotal").and_then(kibibytes),
            kernel: format!("{} {}", named(system.sysname()), named(system.release())),
            load_average: load_average(&read("/proc/loadavg")),
        }
    }
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.trim() == name).map(|(_, value)| value.trim())
}

fn kibibytes(text: &str) -> Option<u64> {
    text.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
}

fn load_average(text: &str) -> Option<[f64; 3]> {
    let mut averages = text.split_ascii_whitespace().map(|average| average.parse().ok());
    Some([averages.next()??, averages.next()??, averages.next()??])
}

#[cfg(test)]
mod tests {
    use super::{field, kibibytes, load_average};

    #[test]
    fn what_the_kernel_tells_is_read_and_nothing_made_up() {
        let cpu = "processor\t: 0\nmodel name\t: A CPU @ 2: fast\nmodel name\t: other\n";
        assert_eq!(field(cpu, "model name"), Some("A CPU @ 2: fast"));
        assert_eq!(field(cpu, "model"), None);
        assert_eq!(kibibytes("24689 kB"), Some(24_689 * 1_024));
        assert_eq!(kibibytes("24689"), None);
        assert_eq!(load_average("0.40 0.81 1.46 1/265 9051\n"), Some([0.40, 0.81, 1.46]));
        assert_eq!(load_average("0.40 0.81"), None);
    }
}
