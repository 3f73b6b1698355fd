//! holdfast itself, durable or not.

use std::path::Path;

use anyhow::Context;

use super::Peer;
use crate::generator::Generator;
use crate::server;
use crate::socket::{Client, Holds, read};

/// A server of holdfast with accounts.
#[derive(Debug)]
pub struct Holdfast {
    server: server::Holdfast,
    accounts: u64,
    about: String,
}

impl Holdfast {
    /// Starts the server `binary` on `directory` with these flags, and opens so many accounts.
    ///
    /// # Errors
    /// When it does not start, or does not take them.
    pub fn start(
        binary: &Path,
        directory: &Path,
        flags: &[&str],
        accounts: u64,
    ) -> anyhow::Result<Self> {
        let server = server::Holdfast::with_accounts(binary, directory, flags, accounts)?;
        let about = format!("holdfast {} {}", env!("CARGO_PKG_VERSION"), flags.join(" "));
        Ok(Self { server, accounts, about })
    }
}

impl Peer for Holdfast {
    fn about(&self) -> String {
        self.about.clone()
    }

    fn generator(&self) -> Generator {
        Generator::new(Holds::on(self.server.network, self.accounts))
    }

    fn held(&mut self) -> anyhow::Result<Option<u64>> {
        let mut client = Client::connect(self.server.operator)?;
        let answer = client.exchange(&read("/v1/trial-balance"))?;
        Ok(Some(held(answer).context("the trial balance does not say what is held")?))
    }
}

/// What an answer to `GET /v1/trial-balance` says is held of its first currency, in minor units. It
/// is written with two decimals, and is read as text: a float may not be able to.
fn held(answer: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(answer).ok()?;
    let (_, value) = text.split_once(r#""held":{"value":"#)?;
    let (number, _) = value.split_once(',')?;
    let (whole, cents) = number.split_once('.')?;
    let digits = (cents.len() == 2).then(|| format!("{whole}{cents}"))?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_read_to_the_cent() {
        let of = |value| format!(r#"{{"held":{{"value":{value},"currency":"SGD"}}}}"#);
        assert_eq!(held(of("90071992547409.93").as_bytes()), Some(9_007_199_254_740_993));
        assert_eq!(held(of("0.00").as_bytes()), Some(0));
        assert_eq!(held(of("12.5").as_bytes()), None);
        assert_eq!(held(b"{}"), None);
    }
}
