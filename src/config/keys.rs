//! The API keys: who may call, known by the SHA-256 of a key and never by the key itself.
//!
//! Several keys may have one role, so that a key can be replaced while the old one still opens.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::limits;

/// The command that prints the hash of a key.
pub const HASH_COMMAND: &str = "`printf %s \"$KEY\" | sha256sum`";

/// What the holder of a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Call the network listener, and nothing on the operator listener.
    Network,
    /// Call everything on the operator listener.
    Operator,
    /// Read on the operator listener.
    Reader,
}

/// The keys that open a listener.
#[derive(Clone, Debug, Default)]
pub struct ApiKeys(Vec<ApiKey>);

/// One key.
#[derive(Clone)]
pub struct ApiKey {
    name: String,
    role: Role,
    hash: [u8; 32],
}

/// Why a key cannot be taken. It never holds what was given: that may be the key itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not three parts.
    #[error("it is not NAME:ROLE:SHA256HEX")]
    Form,
    /// A name that is empty, too long or not plain.
    #[error(
        "its name is not 1 to {max} letters, digits or -_.",
        max = limits::API_KEY_NAME_BYTES_MAX
    )]
    Name,
    /// No such role.
    #[error("its role is not one of network, operator, reader")]
    Role,
    /// Not a SHA-256 in hexadecimal.
    #[error("its hash is not 64 hexadecimal digits; {HASH_COMMAND} prints it")]
    Hash,
    /// The hash of no bytes at all.
    #[error("its hash is that of an empty key; set KEY before {HASH_COMMAND}")]
    Empty,
    /// A name that an earlier key has.
    #[error("the name {0} is taken by an earlier key; give each its own")]
    SameName(String),
    /// A key that is there under another name.
    #[error("it is the same key as {0}; give each its own")]
    SameKey(String),
    /// One more than there may be.
    #[error("there may be only {max} keys; remove old ones", max = limits::API_KEYS_MAX)]
    TooMany,
}

impl Role {
    const ALL: [Self; 3] = [Self::Network, Self::Operator, Self::Reader];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Operator => "operator",
            Self::Reader => "reader",
        }
    }

    /// A number for it that can be selected in constant time; 0 is nobody's.
    const fn code(self) -> u8 {
        match self {
            Self::Network => 1,
            Self::Operator => 2,
            Self::Reader => 3,
        }
    }
}

impl ApiKeys {
    /// Keys from texts `NAME:ROLE:SHA256HEX`.
    ///
    /// # Errors
    /// All that is wrong, each with the number of its key, from 1.
    pub fn parse(texts: &[String]) -> Result<Self, Vec<(usize, KeyError)>> {
        let mut keys = Self::default();
        let mut errors = Vec::new();
        for (number, text) in (1..).zip(texts) {
            match ApiKey::parse(text).and_then(|key| keys.admit(key)) {
                Ok(key) => keys.0.push(key),
                Err(error) => errors.push((number, error)),
            }
        }
        if errors.is_empty() { Ok(keys) } else { Err(errors) }
    }

    /// The role of the key that a client presented, `None` when it is no key.
    ///
    /// How long it takes depends on the length of `presented` and on how many keys there are, and
    /// not on what they are.
    #[must_use]
    pub fn role_of(&self, presented: &[u8]) -> Option<Role> {
        let hash: [u8; 32] = Sha256::digest(presented).into();
        let mut code = 0;
        for key in &self.0 {
            code.conditional_assign(&key.role.code(), key.hash.ct_eq(&hash));
        }
        Role::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether a key has one of `roles`.
    #[must_use]
    pub fn opens(&self, roles: &[Role]) -> bool {
        self.of(roles).next().is_some()
    }

    /// The keys that have one of `roles`.
    pub fn of(&self, roles: &[Role]) -> impl Iterator<Item = &ApiKey> {
        self.0.iter().filter(|key| roles.contains(&key.role))
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `key`, if it can stand beside those that are there.
    fn admit(&self, key: ApiKey) -> Result<ApiKey, KeyError> {
        if self.0.iter().any(|other| other.name == key.name) {
            return Err(KeyError::SameName(key.name));
        }
        if let Some(other) = self.0.iter().find(|other| other.hash == key.hash) {
            return Err(KeyError::SameKey(other.name.clone()));
        }
        if self.0.len() == limits::API_KEYS_MAX { Err(KeyError::TooMany) } else { Ok(key) }
    }
}

impl ApiKey {
    fn parse(text: &str) -> Result<Self, KeyError> {
        let parts: Vec<&str> = text.split(':').collect();
        let [name, role, hash] = parts[..] else { return Err(KeyError::Form) };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let length = 1..=limits::API_KEY_NAME_BYTES_MAX;
        if !length.contains(&name.len()) || !name.bytes().all(plain) {
            return Err(KeyError::Name);
        }
        let role = Role::ALL.into_iter().find(|known| known.name() == role);
        let role = role.ok_or(KeyError::Role)?;
        let hash = sha256(hash).ok_or(KeyError::Hash)?;
        if hash[..] == Sha256::digest([])[..] {
            return Err(KeyError::Empty);
        }
        Ok(Self { name: name.to_owned(), role, hash })
    }
}

/// Its name and role: the hash of a weak key is as good as the key.
impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.role.name())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(ApiKey::to_string).collect();
        f.write_str(&names.join(", "))
    }
}

fn sha256(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}
