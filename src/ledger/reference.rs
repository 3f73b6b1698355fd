//! The references that the ledger gives out, and the moments at which things happened.
//!
//! | reference | text | is |
//! | --- | --- | --- |
//! | [`ActionRef`] | `act_` and 16 hex digits | the position of the action in the order of all actions |
//! | [`AuthorizationRef`] | `auth_` and 16 hex digits | the position of the authorization in the same order |
//! | [`HoldRef`] | `hold_` and 16 hex digits | the action that opened the hold |
//! | [`BalanceRef`] | `bal_`, 16 hex digits, `_`, a decimal ordinal | the action that opened the account, and which of its balances |
//!
//! All are of fixed width, so an action's text sorts in the order in which actions were applied.
//! One value has one text: anything else is a reference to nothing.

use core::fmt;
use core::time::Duration;

/// The position of an action in the order in which all actions were applied; the engine gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionRef(u64);

impl ActionRef {
    /// The action at `position`.
    #[must_use]
    pub const fn new(position: u64) -> Self {
        Self(position)
    }

    /// Its position.
    #[must_use]
    pub const fn position(self) -> u64 {
        self.0
    }

    /// The action that `text` names, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text.strip_prefix("act_")?).map(Self)
    }
}

impl fmt::Display for ActionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, "act_", self.0)
    }
}

/// `tenant_reference_id`: names an authorization, approved or declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorizationRef(u64);

impl AuthorizationRef {
    /// The authorization that was decided as `action`.
    #[must_use]
    pub const fn decided_as(action: ActionRef) -> Self {
        Self(action.0)
    }

    /// Its position.
    #[must_use]
    pub const fn position(self) -> u64 {
        self.0
    }

    /// The authorization that `text` names, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text.strip_prefix("auth_")?).map(Self)
    }
}

impl fmt::Display for AuthorizationRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, "auth_", self.0)
    }
}

/// `tenant_hold_balance_ref`: names a hold for as long as its account lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldRef(u64);

impl HoldRef {
    /// The hold that `action` opened.
    #[must_use]
    pub const fn opened_by(action: ActionRef) -> Self {
        Self(action.0)
    }

    /// The position of the action that opened it.
    #[must_use]
    pub const fn position(self) -> u64 {
        self.0
    }

    /// The hold that `text` names, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_hex(text.strip_prefix("hold_")?).map(Self)
    }
}

impl fmt::Display for HoldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, "hold_", self.0)
    }
}

/// `tenant_balance_ref`: names one balance of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BalanceRef {
    account_opened: u64,
    ordinal: u8,
}

impl BalanceRef {
    /// Balance number `ordinal`, from zero, of the account that `opened` opened.
    #[must_use]
    pub const fn new(opened: ActionRef, ordinal: u8) -> Self {
        Self { account_opened: opened.0, ordinal }
    }

    /// Which balance it is, when it is one of the account that `opened` opened.
    #[must_use]
    pub fn ordinal_in(self, opened: ActionRef) -> Option<u8> {
        (self.account_opened == opened.0).then_some(self.ordinal)
    }

    /// The action that opened its account.
    #[must_use]
    pub const fn opened(self) -> ActionRef {
        ActionRef(self.account_opened)
    }

    /// The balance that `text` names, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (account, ordinal) = text.strip_prefix("bal_")?.split_once('_')?;
        let canonical = !ordinal.starts_with('+') && (ordinal == "0" || !ordinal.starts_with('0'));
        let ordinal = ordinal.parse().ok().filter(|_| canonical)?;
        Some(Self { account_opened: parse_hex(account)?, ordinal })
    }
}

impl fmt::Display for BalanceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, "bal_", self.account_opened)?;
        write!(f, "_{}", self.ordinal)
    }
}

/// The system's own accounts. They may go either way below or above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SystemAccount {
    /// `@settlement`: due to or from the network.
    Settlement,
    /// `@funding`: money from or to outside.
    Funding,
}

impl SystemAccount {
    /// Its name as an account.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settlement => "@settlement",
            Self::Funding => "@funding",
        }
    }

    /// The system account of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Settlement, Self::Funding].into_iter().find(|account| account.name() == name)
    }

    /// Whether `name` is of the kind that only the system may use.
    #[must_use]
    pub fn reserves(name: &str) -> bool {
        name.starts_with('@')
    }
}

/// A moment by the log's clock: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// So many microseconds after 1970 began, UTC.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// So much later, as late as a moment can be at the most.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// The moment before it.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Microseconds since 1970 began, UTC.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
}

/// Writes 16 hex digits, as `{:016x}` does, but in one piece: every answer has some.
fn write_hex(f: &mut fmt::Formatter<'_>, prefix: &str, mut number: u64) -> fmt::Result {
    let mut digits = [b'0'; 16];
    for digit in digits.iter_mut().rev() {
        let [nibble, ..] = (number & 0xf).to_le_bytes();
        *digit = b"0123456789abcdef".get(usize::from(nibble)).copied().unwrap_or_default();
        number >>= 4;
    }
    f.write_str(prefix)?;
    f.write_str(core::str::from_utf8(&digits).unwrap_or_default())
}

/// Exactly sixteen lower-case hex digits.
fn parse_hex(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if digits.len() == 16 && plain { u64::from_str_radix(digits, 16).ok() } else { None }
}
