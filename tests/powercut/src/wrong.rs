//! The finding that the rig is there for: the server did what it must not do.

/// What the server did.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(String);

impl Wrong {
    /// A finding.
    #[must_use]
    pub const fn new(what: String) -> Self {
        Self(what)
    }
}
