//! Where a listener is, and the key that opens it.

use std::fmt;
use std::net::SocketAddr;

use hyper::Uri;
use hyper::header::{HeaderName, HeaderValue};

const HTTP_PORT: u16 = 80;

/// A listener of a server.
#[derive(Clone, Debug)]
pub struct Address {
    /// Host and port.
    authority: String,
    key: Option<(HeaderName, HeaderValue)>,
}

/// A URL that names no listener.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a URL of a listener, such as http://127.0.0.1:7481 (TLS ends in front of the server)")]
pub struct BadAddress;

impl Address {
    /// Reads `http://HOST` or `http://HOST:PORT`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(url: &str) -> Result<Self, BadAddress> {
        let uri: Uri = url.parse().map_err(|_| BadAddress)?;
        let plain = uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/");
        let authority = uri.authority().filter(|_| plain && uri.query().is_none());
        let authority = authority.filter(|it| !it.as_str().contains('@')).ok_or(BadAddress)?;
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str() == authority.host() => HTTP_PORT,
            None => return Err(BadAddress),
        };
        Ok(Self { authority: format!("{}:{port}", authority.host()), key: None })
    }

    /// The same, with the key that is sent in that header.
    #[must_use]
    pub fn with_key(self, header: HeaderName, mut key: HeaderValue) -> Self {
        key.set_sensitive(true);
        Self { key: Some((header, key)), ..self }
    }

    /// Host and port.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The header that opens it, where it wants one.
    #[must_use]
    pub fn key(&self) -> Option<&(HeaderName, HeaderValue)> {
        self.key.as_ref()
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self { authority: address.to_string(), key: None }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_listener_or_nothing() {
        let parse = |url| Address::parse(url).map(|address| address.to_string());
        for (url, expected) in [
            ("http://127.0.0.1:7481", "http://127.0.0.1:7481"),
            ("http://[::1]:7481/", "http://[::1]:7481"),
            ("http://ledger.internal", "http://ledger.internal:80"),
        ] {
            assert_eq!(parse(url).as_deref(), Ok(expected));
        }
        for url in [
            "",
            "127.0.0.1:7481",
            "localhost",
            "https://127.0.0.1:7481",
            "http://127.0.0.1:7481/v1",
            "http://127.0.0.1:7481?a",
            "http://me:secret@127.0.0.1:7481",
            "http://127.0.0.1:x",
            "http://127.0.0.1:70000",
            "http://",
        ] {
            assert_eq!(parse(url), Err(BadAddress), "{url}");
        }
    }
}
