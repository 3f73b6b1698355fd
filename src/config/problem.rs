//! What is wrong with a configuration, told to the person who can mend it.

use std::fmt;
use std::io;

use super::keys::{HASH_COMMAND, KeyError};
use super::layer::Source;
use super::limits::Limit;
use super::setting::Setting;
use crate::engine::BadCurrency;

/// What a problem with the file as a whole is about.
pub(super) const FILE: &str = "config";

/// One thing that is wrong: with which setting, with what value, and where that was said.
#[derive(Debug)]
pub struct Problem {
    setting: String,
    value: Option<String>,
    source: Source,
    fault: Fault,
}

/// All that is wrong; never empty.
#[derive(Debug, thiserror::Error)]
pub struct Problems(pub(super) Vec<Problem>);

/// What is wrong with a value, what is allowed, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Not a number, or one with a sign, a fraction or an exponent.
    #[error("is not a whole number: give {0}")]
    NotANumber(&'static Limit),
    /// A number that is too small, too large or between two steps.
    #[error("is out of range: give {0}, because {reason}", reason = .0.reason)]
    OutOfRange(&'static Limit),
    /// None of the words that are allowed.
    #[error("is none of the choices: give {0}")]
    NotAChoice(&'static str),
    /// Not an address and a port.
    #[error(
        "is not an address: give IP:PORT, such as 127.0.0.1:7480 or [::1]:7480, \
         because names of hosts are not looked up"
    )]
    NotAnAddress,
    /// Not something that a path can begin with.
    #[error(
        "is not a base path: give one that begins with '/', does not end with '/', and has only \
         letters, digits and -._~ between single '/', such as /api/pba"
    )]
    NotABasePath,
    /// Not the name of a header.
    #[error("is not the name of a header: give letters, digits and '-', such as X-API-Key")]
    NotAHeader,
    /// Not the URL of a system that may be asked.
    #[error(
        "is not the URL of a hook: give http://IP:PORT/path with a loopback or private address, or \
         http://localhost:PORT/path, because what is said to it is not encrypted yet"
    )]
    NotAHook,
    /// Not the name of a time zone.
    #[error("is not a time zone: give a name of the IANA's, such as Asia/Singapore or UTC")]
    NotATimeZone,
    /// An empty text where something is needed.
    #[error("is empty: give the path of a directory")]
    Empty,
    /// Bytes that are no text.
    #[error("is not UTF-8: give it as text, or remove it")]
    NotUtf8,
    /// A currency that cannot be added.
    #[error(transparent)]
    Currency(#[from] BadCurrency),
    /// A currency that is added twice.
    #[error("currency {0} is there twice: keep one of them, because a currency has one exponent")]
    CurrencyTwice(String),
    /// A key that cannot be taken.
    #[error("key number {number}: {error}")]
    Key {
        /// Which of the keys, from 1.
        number: usize,
        /// What is wrong with it.
        error: KeyError,
    },
    /// Two listeners on one address.
    #[error(
        "is the address of the network listener: give the operator listener another port, \
         because a client of one must not reach the other"
    )]
    SameAddress,
    /// A listener that other machines can reach, and that would ask nobody for a key.
    #[error(
        "can be reached from other machines, and there is no key that opens it: add one with \
         --api-key NAME:{role}:SHA256HEX (or [[api_keys]] in the file), where {HASH_COMMAND} \
         prints SHA256HEX, or listen on 127.0.0.1"
    )]
    Exposed {
        /// The role of the key that is missing.
        role: &'static str,
    },
    /// A file that cannot be read.
    #[error("cannot be read: {0}; give the path of a TOML file with --config")]
    Unreadable(#[source] io::Error),
    /// A file that is not TOML.
    #[error("is not TOML: line {line}: {message}")]
    NotToml {
        /// Where, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A key of the file that is no setting.
    #[error("is not a setting: remove it, or correct its name; `holdfast serve --help` lists all")]
    UnknownKey,
    /// A value of the file of the wrong type.
    #[error("is of type {found}: give {wanted}")]
    WrongType {
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A table of `[[api_keys]]` that lacks something.
    #[error("table number {number} has no {part}, or it is no string: give name, role and sha256")]
    KeyPart {
        /// Which of the tables, from 1.
        number: usize,
        /// What is missing.
        part: &'static str,
    },
    /// A table of `[[api_keys]]` with something else in it.
    #[error("table number {number} has {extra:?}: give name, role and sha256, and nothing else")]
    KeyExtra {
        /// Which of the tables, from 1.
        number: usize,
        /// What is too much.
        extra: String,
    },
}

impl Problem {
    /// Something wrong with `setting`, whose value need not or must not be shown.
    pub(super) fn new(setting: &str, source: Source, fault: Fault) -> Self {
        Self { setting: setting.to_owned(), value: None, source, fault }
    }

    /// Whether it is about `setting`, or about everything that a file would have said.
    pub(super) fn touches(&self, setting: &Setting) -> bool {
        self.setting == setting.key || self.setting == FILE
    }

    /// The same, with the value that it is about.
    pub(super) fn with_value(self, value: &str) -> Self {
        Self { value: Some(value.to_owned()), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.setting)?;
        if let Some(value) = &self.value {
            write!(f, " = {value:?}")?;
        }
        write!(f, " ({}): {}", self.source, self.fault)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        write!(f, "the configuration has {} problem{plural}", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
