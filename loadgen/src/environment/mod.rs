//! Where a run was made: without it, its figures cannot be compared with any others.

mod disk;
mod machine;

pub use disk::{Disk, Sync};
pub use machine::Machine;

use std::{path::Path, rc::Rc};

use hyper::{Method, Uri, body::Bytes};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    client::{Client, Target},
    clock::wall_micros,
};

/// The machine, its disk, and the two programs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Environment {
    /// When it was looked at, before the run: RFC 3339, in UTC.
    pub at: String,
    /// The version of this program.
    pub generator_version: &'static str,
    /// The server's version, when its metrics tell.
    pub server_version: Option<String>,
    /// The machine of this program, which is the server's as well where it is asked by loopback.
    #[serde(flatten)]
    pub machine: Machine,
    /// The disk of one directory on it.
    pub disk: Disk,
}

impl Environment {
    /// Looks at this machine, and at the disk that `directory` lies on.
    #[must_use]
    pub fn look(directory: &Path) -> Self {
        let micros = i64::try_from(wall_micros()).unwrap_or(i64::MAX);
        Self {
            at: Timestamp::from_microsecond(micros).map_or(String::new(), |at| format!("{at:.0}")),
            generator_version: env!("CARGO_PKG_VERSION"),
            server_version: None,
            machine: Machine::look(),
            disk: Disk::measure(directory),
        }
    }

    /// Asks the operator listener what version the server has. A server that does not tell leaves
    /// it unknown, which is no reason not to make the run.
    pub async fn ask_server(&mut self, operator: &Target) {
        let mut client = Client::new(Rc::new(operator.clone()));
        let metrics = Uri::from_static("/metrics");
        let reply = client.exchange(Method::GET, metrics, Bytes::new()).await;
        let text = reply.as_ref().map_or("".into(), |it| String::from_utf8_lossy(&it.body));
        self.server_version = version(&text).map(str::to_owned);
    }
}

/// The version in `holdfast_build_info{version="…"} 1`.
fn version(metrics: &str) -> Option<&str> {
    let line = metrics.lines().find(|line| line.starts_with("holdfast_build_info{"))?;
    let (_, rest) = line.split_once("version=\"")?;
    rest.split_once('"').map(|(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_read_from_the_metrics_or_unknown() {
        let told = "# TYPE x info\nholdfast_build_info{commit=\"a\",version=\"0.1.0\"} 1\n# EOF\n";
        assert_eq!(version(told), Some("0.1.0"));
        for silent in ["", "holdfast_build_info{} 1", "other{version=\"1\"} 1"] {
            assert_eq!(version(silent), None, "{silent}");
        }
    }
}
