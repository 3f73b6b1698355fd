//! Who may do what: the key in a request's header, and the role that it has.

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName};

use super::answer::Problem;
use super::route::{Listener, Route};
use crate::config::{Config, NETWORK_ROLES, OPERATOR_ROLES, Role};

/// Checks that a request may take its route.
///
/// A listener that no configured key opens is open to all: it then listens on loopback only, which
/// the configuration sees to.
///
/// # Errors
/// 401 without a key that is known, 403 with one that has not this right.
pub fn check(
    config: &Config,
    headers: &HeaderMap,
    listener: Listener,
    route: Route<'_>,
) -> Result<(), Problem> {
    let roles = match listener {
        Listener::Network => NETWORK_ROLES,
        Listener::Operator => OPERATOR_ROLES,
    };
    if route.is_public() || !config.api_keys.opens(roles) {
        return Ok(());
    }
    let header = &config.api_key_header;
    let mut presented = headers.get_all(header).iter();
    let (Some(key), None) = (presented.next(), presented.next()) else {
        return Err(unauthenticated(header, "must be given, once"));
    };
    let role = config.api_keys.role_of(key.as_bytes());
    let role = role.ok_or_else(|| unauthenticated(header, "is not a key of this server"))?;
    let may = roles.contains(&role) && !(role == Role::Reader && route.writes());
    if may { Ok(()) } else { Err(forbidden(role)) }
}

fn unauthenticated(header: &HeaderName, what: &str) -> Problem {
    let message = format!("header {header} {what}");
    Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
}

fn forbidden(role: Role) -> Problem {
    let message = format!("a key of role {} may not do this", role.name());
    Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
}
