//! `holdfast config`: the configuration as people read it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use crate::config::{ApiKey, Config, NETWORK_ROLES, OPERATOR_ROLES, Role};

/// Prints that the configuration is right, and what a person wants to see of it.
///
/// # Errors
/// When standard output cannot be written.
pub fn check(config: &Config) -> anyhow::Result<ExitCode> {
    print(&summary(config))
}

/// Prints every setting, its value, and where the value came from.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(config: &Config) -> anyhow::Result<ExitCode> {
    print(&table(config))
}

fn print(text: &str) -> anyhow::Result<ExitCode> {
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn summary(config: &Config) -> String {
    let network = format!("{} under {}", config.listen, config.base_path);
    let mut lines = vec![
        "ok".to_owned(),
        format!("network listener   {network}, {}", access(config, config.listen, NETWORK_ROLES)),
        format!(
            "operator listener  {}, {}",
            config.operator_listen,
            access(config, config.operator_listen, OPERATOR_ROLES)
        ),
        format!("data directory     {}", config.data_dir.display()),
    ];
    if config.sync == wal::Sync::Off {
        lines.push("sync               off: a power cut loses answered actions".to_owned());
    }
    lines.join("\n") + "\n"
}

/// Who may call a listener. One without keys is on a loopback address, or the configuration
/// would not hold together.
fn access(config: &Config, address: SocketAddr, roles: &[Role]) -> String {
    let keys: Vec<String> = config.api_keys.of(roles).map(ApiKey::to_string).collect();
    if keys.is_empty() {
        return format!("no key: open to everyone on this machine ({})", address.ip());
    }
    format!("keys: {}", keys.join(", "))
}

fn table(config: &Config) -> String {
    let longest = |cell: fn(&str, &str) -> usize, least: usize| {
        let cells = config.settled.iter().map(|row| cell(row.key, &row.value));
        cells.fold(least, usize::max)
    };
    let key_width = longest(|key, _| key.len(), "SETTING".len());
    let value_width = longest(|_, value| value.chars().count(), "VALUE".len());
    let line = |key: &str, value: &str, source: &str| {
        format!("{key:key_width$}  {value:value_width$}  {source}\n")
    };
    let head = line("SETTING", "VALUE", "SOURCE");
    let rows = config.settled.iter().map(|row| {
        let value = if row.value.is_empty() { "-" } else { &row.value };
        line(row.key, value, &row.source.to_string())
    });
    [head].into_iter().chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layer, Typed, setting};

    const HASH: &str = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";

    fn config() -> Config {
        let key = format!("card-network:network:{HASH}");
        let flags = Layer::default()
            .with_flag(&setting::API_KEYS, &[&key])
            .with_flag(&setting::SYNC, &["off"]);
        Config::resolve(&Typed { file: None, flags }, &|_| None).unwrap()
    }

    #[test]
    fn the_summary_says_who_may_call() {
        let expected = "\
ok
network listener   127.0.0.1:7480 under /api/pba, keys: card-network (network)
operator listener  127.0.0.1:7481, no key: open to everyone on this machine (127.0.0.1)
data directory     ./holdfast-data
sync               off: a power cut loses answered actions
";
        assert_eq!(summary(&config()), expected);
    }

    #[test]
    fn the_table_shows_each_setting_and_no_secret() {
        let table = table(&config());
        assert!(!table.contains(&HASH[..8]), "{table}");
        for row in [
            "SETTING                  VALUE                   SOURCE\n",
            "api_keys                 card-network (network)  flag --api-key\n",
            "currencies               -                       default\n",
            "listen                   127.0.0.1:7480          default\n",
        ] {
            assert!(table.contains(row), "{row:?} is not in\n{table}");
        }
        assert_eq!(table.lines().count(), 1 + setting::ALL.len());
    }
}
