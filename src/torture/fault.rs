//! What ends the torture before its time.

use std::fmt;
use std::io;

/// Why it ended.
#[derive(Debug)]
pub(super) enum Fault {
    /// What was acknowledged is not there any more, or not as it was told.
    Lost(String),
    /// The server did something else that it must never do.
    Wrong(String),
    /// It could not go on, for a reason that is not the server's.
    Unable(anyhow::Error),
}

impl Fault {
    /// The same, with where it was found.
    pub(super) fn at(self, place: &str) -> Self {
        match self {
            Self::Lost(what) => Self::Lost(format!("{place}: {what}")),
            Self::Wrong(what) => Self::Wrong(format!("{place}: {what}")),
            Self::Unable(error) => Self::Unable(error.context(place.to_owned())),
        }
    }

    /// The graver of two: what was lost tells more than what came of it.
    pub(super) fn graver(one: Option<Self>, other: Self) -> Self {
        match one {
            Some(one) if matches!(one, Self::Lost(_)) || !matches!(other, Self::Lost(_)) => one,
            _ => other,
        }
    }

    /// Whether the server is to blame, and not what it was tried on.
    pub(super) const fn is_of_the_server(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Wrong(_))
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Unable(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Unable(error.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(what) => write!(f, "LOST: {what}"),
            Self::Wrong(what) => write!(f, "WRONG: {what}"),
            Self::Unable(error) => write!(f, "none: {error:#}"),
        }
    }
}
