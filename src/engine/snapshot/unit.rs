//! What a snapshot consists of, and in what order.

/// One unit of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// What the others are read with.
    Head,
    /// The keys of one shard, from zero.
    Keys(u16),
    /// What happened at no customer's account.
    Strays,
    /// The accounts of one shard, from zero.
    Accounts(u16),
    /// What there was in all.
    Foot,
}

/// How many shards there are of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards {
    /// Of keys.
    pub keys: u16,
    /// Of accounts.
    pub accounts: u16,
}

impl Unit {
    /// What tells the kind of unit in a section.
    pub const fn kind(self) -> u8 {
        match self {
            Self::Head => 1,
            Self::Keys(_) => 2,
            Self::Strays => 3,
            Self::Accounts(_) => 4,
            Self::Foot => 5,
        }
    }

    /// What comes behind it.
    pub const fn next(self, shards: Shards) -> Option<Self> {
        match self {
            Self::Head if shards.keys > 0 => Some(Self::Keys(0)),
            Self::Head => Some(Self::Strays),
            Self::Keys(n) if n.saturating_add(1) < shards.keys => Some(Self::Keys(n + 1)),
            Self::Keys(_) => Some(Self::Strays),
            Self::Strays if shards.accounts > 0 => Some(Self::Accounts(0)),
            Self::Accounts(n) if n.saturating_add(1) < shards.accounts => {
                Some(Self::Accounts(n + 1))
            }
            Self::Strays | Self::Accounts(_) => Some(Self::Foot),
            Self::Foot => None,
        }
    }
}
