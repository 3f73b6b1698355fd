//! The tenant's own system, which is asked what only it can decide.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use hyper::Uri;

use super::problem::Fault;
use super::reader::Reader;
use super::{limits, setting};

/// Where the tenant's own system is, and how long it is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Where it listens: on this machine, or in a private network.
    pub address: SocketAddr,
    /// The same as a request's header `Host` has it.
    pub host: String,
    /// The path and query that it is asked at.
    pub target: String,
    /// How long one call may take.
    pub timeout: Duration,
    /// How often it is called again where it does not answer.
    pub retries: u32,
}

impl Hook {
    /// The hook, where there is one.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Option<Self>> {
        let url = reader.one(&setting::HOOK_URL, place);
        let timeout = reader.milliseconds(&setting::HOOK_TIMEOUT_MS, &limits::HOOK_TIMEOUT);
        let retries = reader.number(&setting::HOOK_RETRIES, &limits::HOOK_RETRIES);
        let (url, timeout, retries) = (url?, timeout?, retries?);
        Some(url.map(|(address, host, target)| Self { address, host, target, timeout, retries }))
    }
}

type Place = (SocketAddr, String, String);

/// What a URL names, or nothing.
fn place(text: &str) -> Result<Option<Place>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let uri: Uri = text.parse().map_err(|_| Fault::NotAHook)?;
    let plain = uri.scheme_str() == Some("http");
    let authority = uri.authority().filter(|it| plain && !it.as_str().contains('@'));
    let authority = authority.ok_or(Fault::NotAHook)?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let ip = match host {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        host => host.parse().map_err(|_| Fault::NotAHook)?,
    };
    if !is_near(ip) {
        return Err(Fault::NotAHook);
    }
    let address = SocketAddr::new(ip, authority.port_u16().unwrap_or(80));
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    Ok(Some((address, authority.to_string(), target.to_owned())))
}

/// Whether what is said to it in the clear stays on this machine or in a private network.
const fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_plain_http_to_somewhere_near() {
        let found = |text| place(text).ok().flatten();
        let local = found("http://localhost:8080/hooks?a=b").unwrap();
        let there = ("127.0.0.1:8080".parse().unwrap(), "localhost:8080".into());
        assert_eq!(local, (there.0, there.1, "/hooks?a=b".into()));
        assert_eq!(found("http://10.1.2.3").unwrap().0, "10.1.2.3:80".parse().unwrap());
        assert_eq!(found("http://[::1]:9/x").unwrap().0, "[::1]:9".parse().unwrap());
        assert!(place("").unwrap().is_none());
        for text in [
            "https://localhost/",
            "http://8.8.8.8/",
            "http://tenant.example/",
            "http://a@127.0.0.1/",
            "127.0.0.1:8080",
            "/hooks",
            "http://",
        ] {
            assert!(place(text).is_err(), "{text}");
        }
    }
}
