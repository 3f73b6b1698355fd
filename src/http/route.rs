//! Which request is for what: a method and a path to a [`Route`]. Pure.

use hyper::Method;

use super::answer::Problem;
use super::questions::Question;
use crate::engine::record::AuthorizationKind;
use crate::ledger::Operation;

/// The two listeners: what one has, the other has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listener {
    /// What Open Fabric calls.
    Network,
    /// What the tenant's own systems and people call.
    Operator,
}

impl Listener {
    /// Its name in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Operator => "operator",
        }
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `POST {base}/ledger/{operation}`
    Operation(Operation),
    /// `POST {base}/transactions/{final-auth|pre-auth}/approval`
    Authorize(AuthorizationKind),
    /// `POST {base}/webhook`
    Webhook,
    /// `POST {base}/3ds/challenge/{oob|otp}`, `POST {base}/orchestrated/transactions`
    Ask(Question),
    /// `POST /v1/accounts`
    OpenAccount,
    /// `GET /v1/accounts`
    ListAccounts,
    /// `GET /v1/accounts/{ref}`
    Account(&'a str),
    /// `PATCH /v1/accounts/{ref}`
    AmendAccount(&'a str),
    /// `GET /v1/accounts/{ref}/holds`
    Holds(&'a str),
    /// `GET /v1/accounts/{ref}/statement`
    Statement(&'a str),
    /// `GET /v1/limits`
    DefaultLimits,
    /// `PUT /v1/limits`
    SetDefaultLimits,
    /// `GET /v1/accounts/{ref}/limits`
    Limits(&'a str),
    /// `PUT /v1/accounts/{ref}/limits`
    SetLimits(&'a str),
    /// `DELETE /v1/accounts/{ref}/limits`
    ClearLimits(&'a str),
    /// `POST /v1/transfers`
    Transfer,
    /// `POST /v1/snapshot`
    Snapshot,
    /// `GET /v1/breaks`
    ListBreaks,
    /// `POST /v1/breaks`
    ResolveBreak,
    /// `POST /v1/reconciliations`
    Reconcile,
    /// `POST /v1/clearings`
    Clear,
    /// `POST /v1/ledger/batch`
    Batch,
    /// `GET /v1/transactions/{transaction_id}`
    Transaction(&'a str),
    /// `GET /v1/transactions/{transaction_id}/explain`
    Explain(&'a str),
    /// `GET /v1/actions/{tenant_action_ref}`
    Action(&'a str),
    /// `GET /v1/notifications`
    Notifications,
    /// `GET /v1/trial-balance`
    TrialBalance,
    /// `GET /health/live`
    Live,
    /// `GET /health/ready`
    Ready,
    /// `GET /metrics`
    Metrics,
}

impl Route<'_> {
    /// Whether it changes something.
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(
            self,
            Self::Operation(_)
                | Self::Authorize(_)
                | Self::Webhook
                | Self::Ask(_)
                | Self::OpenAccount
                | Self::AmendAccount(_)
                | Self::SetDefaultLimits
                | Self::SetLimits(_)
                | Self::ClearLimits(_)
                | Self::Transfer
                | Self::Snapshot
                | Self::Reconcile
                | Self::Clear
                | Self::Batch
                | Self::ResolveBreak
        )
    }

    /// Whether it changes something and says in a body how.
    #[must_use]
    pub const fn has_body(self) -> bool {
        self.writes() && !matches!(self, Self::ClearLimits(_))
    }

    /// Whether its body may be a JSON value in each line.
    #[must_use]
    pub const fn takes_lines(self) -> bool {
        matches!(self, Self::Clear | Self::Batch)
    }

    /// Whether it is open without a key: a supervisor has none.
    #[must_use]
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Live | Self::Ready)
    }
}

/// Finds the route of a request on the network listener, whose paths are under `base`.
///
/// # Errors
/// 404, or 405 with the methods allowed.
pub fn network<'a>(base: &str, method: &Method, path: &'a str) -> Result<Route<'a>, Problem> {
    let path = path.strip_prefix(base).ok_or_else(Problem::no_such_path)?;
    let route = match path {
        "/transactions/final-auth/approval" => Some(Route::Authorize(AuthorizationKind::Final)),
        "/transactions/pre-auth/approval" => Some(Route::Authorize(AuthorizationKind::Pre)),
        "/webhook" => Some(Route::Webhook),
        "/3ds/challenge/oob" => Some(Route::Ask(Question::ChallengeOutOfBand)),
        "/3ds/challenge/otp" => Some(Route::Ask(Question::ChallengeByPassword)),
        "/orchestrated/transactions" => Some(Route::Ask(Question::CreateTransaction)),
        _ => path.strip_prefix("/ledger/").and_then(Operation::parse).map(Route::Operation),
    };
    allow(method, &[(Method::POST, route.ok_or_else(Problem::no_such_path)?)])
}

/// Finds the route of a request on the operator listener.
///
/// # Errors
/// 404, or 405 with the methods allowed.
pub fn operator<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, Problem> {
    let mut segments = path.split('/').skip(1);
    let mut next = || segments.next();
    let get = |route| allow(method, &[(Method::GET, route)]);
    match (next(), next(), next(), next(), next()) {
        (Some("health"), Some("live"), None, ..) => get(Route::Live),
        (Some("health"), Some("ready"), None, ..) => get(Route::Ready),
        (Some("metrics"), None, ..) => get(Route::Metrics),
        (Some("v1"), Some("accounts"), None, ..) => {
            allow(method, &[(Method::GET, Route::ListAccounts), (Method::POST, Route::OpenAccount)])
        }
        (Some("v1"), Some("accounts"), Some(name), None, _) => allow(
            method,
            &[(Method::GET, Route::Account(name)), (Method::PATCH, Route::AmendAccount(name))],
        ),
        (Some("v1"), Some("accounts"), Some(name), Some("holds"), None) => get(Route::Holds(name)),
        (Some("v1"), Some("accounts"), Some(name), Some("statement"), None) => {
            get(Route::Statement(name))
        }
        (Some("v1"), Some("accounts"), Some(name), Some("limits"), None) => allow(
            method,
            &[
                (Method::GET, Route::Limits(name)),
                (Method::PUT, Route::SetLimits(name)),
                (Method::DELETE, Route::ClearLimits(name)),
            ],
        ),
        (Some("v1"), Some("limits"), None, ..) => allow(
            method,
            &[(Method::GET, Route::DefaultLimits), (Method::PUT, Route::SetDefaultLimits)],
        ),
        (Some("v1"), Some("transfers"), None, ..) => {
            allow(method, &[(Method::POST, Route::Transfer)])
        }
        (Some("v1"), Some("snapshot"), None, ..) => {
            allow(method, &[(Method::POST, Route::Snapshot)])
        }
        (Some("v1"), Some("breaks"), None, ..) => {
            allow(method, &[(Method::GET, Route::ListBreaks), (Method::POST, Route::ResolveBreak)])
        }
        (Some("v1"), Some("reconciliations"), None, ..) => {
            allow(method, &[(Method::POST, Route::Reconcile)])
        }
        (Some("v1"), Some("clearings"), None, ..) => allow(method, &[(Method::POST, Route::Clear)]),
        (Some("v1"), Some("ledger"), Some("batch"), None, _) => {
            allow(method, &[(Method::POST, Route::Batch)])
        }
        (Some("v1"), Some("transactions"), Some(id), None, _) => get(Route::Transaction(id)),
        (Some("v1"), Some("transactions"), Some(id), Some("explain"), None) => {
            get(Route::Explain(id))
        }
        (Some("v1"), Some("actions"), Some(name), None, _) => get(Route::Action(name)),
        (Some("v1"), Some("notifications"), None, ..) => get(Route::Notifications),
        (Some("v1"), Some("trial-balance"), None, ..) => get(Route::TrialBalance),
        _ => Err(Problem::no_such_path()),
    }
}

/// The route of `method` among those of a path.
fn allow<'a>(method: &Method, routes: &[(Method, Route<'a>)]) -> Result<Route<'a>, Problem> {
    let found = routes.iter().find(|(allowed, _)| allowed == method);
    found.map(|(_, route)| *route).ok_or_else(|| {
        Problem::method_not_allowed(match routes {
            [(Method::GET, _), (Method::POST, _)] => "GET, POST",
            [(Method::GET, _), (Method::PATCH, _)] => "GET, PATCH",
            [(Method::GET, _), (Method::PUT, _)] => "GET, PUT",
            [(Method::GET, _), (Method::PUT, _), (Method::DELETE, _)] => "GET, PUT, DELETE",
            [(Method::POST, _)] => "POST",
            _ => "GET",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_has_only_its_own_paths() {
        let post = |path: &'static str| network("/api/pba", &Method::POST, path).ok();
        let hold = Some(Route::Operation(Operation::HoldBalance));
        assert_eq!(post("/api/pba/ledger/hold_balance"), hold);
        for path in ["/ledger/hold_balance", "/api/pba/ledger/", "/v1/accounts", "/api/pbaX", "/"] {
            assert_eq!(post(path), None, "{path}");
        }
        let get = |path: &'static str| operator(&Method::GET, path).ok();
        assert_eq!(get("/v1/accounts/a%2Fb/holds"), Some(Route::Holds("a%2Fb")));
        assert_eq!(get("/v1/accounts/a/statement"), Some(Route::Statement("a")));
        assert_eq!(get("/v1/trial-balance"), Some(Route::TrialBalance));
        for path in ["/api/pba/ledger/hold_balance", "/v1/transfers", "/v1", "/v1/accounts/a/b"] {
            assert_eq!(get(path), None, "{path}");
        }
    }
}
