//! From the text of one setting to what it means.

use std::net::SocketAddr;
use std::path::PathBuf;

use hyper::header::HeaderName;
use jiff::tz::TimeZone;

use super::keys::ApiKeys;
use super::problem::Fault;
use crate::engine::Currencies;

/// A path of a directory.
pub fn directory(text: &str) -> Result<PathBuf, Fault> {
    if text.is_empty() { Err(Fault::Empty) } else { Ok(PathBuf::from(text)) }
}

/// A path of a directory, or nothing.
pub fn optional_directory(text: &str) -> Result<Option<PathBuf>, Fault> {
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

/// An address to listen on.
pub fn address(text: &str) -> Result<SocketAddr, Fault> {
    text.parse().map_err(|_| Fault::NotAnAddress)
}

/// The name of a header.
pub fn header(text: &str) -> Result<HeaderName, Fault> {
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| Fault::NotAHeader)
}

/// The name of a time zone.
pub fn time_zone(text: &str) -> Result<TimeZone, Fault> {
    TimeZone::get(text).map_err(|_| Fault::NotATimeZone)
}

/// What paths begin with: one or more `/segment`, none of which is `.` or `..`.
pub fn base_path(text: &str) -> Result<String, Fault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let segment = |part: &str| !["", ".", ".."].contains(&part) && part.bytes().all(plain);
    let segments = text.strip_prefix('/').ok_or(Fault::NotABasePath)?;
    let valid = segments.split('/').all(segment);
    valid.then(|| text.to_owned()).ok_or(Fault::NotABasePath)
}

/// ISO 4217's currencies and those that `texts` add.
pub fn currencies(texts: &[String]) -> Result<Currencies, Vec<Fault>> {
    let mut currencies = Currencies::iso();
    let mut faults = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        match currencies.clone().with(text) {
            Ok(more) => currencies = more,
            Err(error) => faults.push(error.into()),
        }
        let code = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        if texts.iter().take(n).any(|earlier| code(earlier) == code(text)) {
            faults.push(Fault::CurrencyTwice(code(text)));
        }
    }
    if faults.is_empty() { Ok(currencies) } else { Err(faults) }
}

/// API keys.
pub fn api_keys(texts: &[String]) -> Result<ApiKeys, Vec<Fault>> {
    let fault = |(number, error)| Fault::Key { number, error };
    ApiKeys::parse(texts).map_err(|errors| errors.into_iter().map(fault).collect())
}
