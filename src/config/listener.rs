//! What the two listeners may not be: one, or open to anyone who can reach the machine.

use std::net::SocketAddr;

use super::keys::{ApiKeys, Role};
use super::problem::Fault;
use super::reader::Reader;
use super::setting;

/// The roles that may call the network listener.
pub const NETWORK_ROLES: &[Role] = &[Role::Network];

/// The roles that may call the operator listener.
pub const OPERATOR_ROLES: &[Role] = &[Role::Operator, Role::Reader];

/// Notes what is wrong with the addresses that could be read.
pub fn check(
    reader: &mut Reader<'_>,
    network: Option<SocketAddr>,
    operator: Option<SocketAddr>,
    keys: Option<&ApiKeys>,
) {
    if network.zip(operator).is_some_and(|(network, operator)| collide(network, operator)) {
        reader.reject(&setting::OPERATOR_LISTEN, Fault::SameAddress);
    }
    let keys = keys.filter(|_| !reader.doubts(&setting::API_KEYS));
    let exposed = |address: Option<SocketAddr>, roles| {
        let reachable = address.is_some_and(|at| !at.ip().to_canonical().is_loopback());
        reachable && keys.is_some_and(|keys| !keys.opens(roles))
    };
    if exposed(network, NETWORK_ROLES) {
        reader.reject(&setting::LISTEN, Fault::Exposed { role: "network" });
    }
    if exposed(operator, OPERATOR_ROLES) {
        reader.reject(&setting::OPERATOR_LISTEN, Fault::Exposed { role: "operator" });
    }
}

/// Whether one of two sockets would take the other's connections. Port 0 is a free port.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let everywhere = a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() == b.port() && a.port() != 0 && (everywhere || a.ip() == b.ip())
}
