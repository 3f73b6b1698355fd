//! The types of clearing and settlement records, and what each is counted as.

/// What a record is counted as in a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A purchase, a refund, a fee.
    Transaction,
    /// A step of a dispute.
    Chargeback,
    /// Something undone.
    Reversal,
    /// An authorization that ran out: nothing is settled.
    Expiry,
}

/// One of the documented types, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClearingType(u8);

/// The documented names, what each is counted as, and whether it gives where nothing else says so.
const TYPES: [(&str, Class, bool); 29] = {
    use Class::{Chargeback, Expiry, Reversal, Transaction};
    [
        ("", Transaction, false),
        ("final_auth", Transaction, false),
        ("final_auth_reversal", Reversal, true),
        ("final_auth_partial", Transaction, false),
        ("final_auth_partial_reversal", Reversal, true),
        ("final_auth_expiry", Expiry, true),
        ("pre_auth_partial", Transaction, false),
        ("pre_auth_partial_reversal", Reversal, true),
        ("pre_auth_final", Transaction, false),
        ("pre_auth_final_reversal", Reversal, true),
        ("pre_auth_expiry", Expiry, true),
        ("refund", Transaction, true),
        ("refund_reversal", Reversal, false),
        ("refund_expiry", Expiry, false),
        ("chargeback", Chargeback, true),
        ("chargeback_reversal", Reversal, false),
        ("chargeback_challenge", Chargeback, false),
        ("chargeback_challenge_reversal", Reversal, true),
        ("fee_collection_credit", Transaction, true),
        ("fee_collection_credit_reversal", Reversal, false),
        ("fee_collection_debit", Transaction, false),
        ("fee_collection_debit_reversal", Reversal, true),
        ("unlinked_auth_partial", Transaction, false),
        ("unlinked_auth_partial_reversal", Reversal, true),
        ("unlinked_auth_final", Transaction, false),
        ("unlinked_auth_final_reversal", Reversal, true),
        ("unlinked_refund", Transaction, true),
        ("unlinked_refund_reversal", Reversal, false),
        ("unlinked_chargeback", Chargeback, true),
    ]
};

impl ClearingType {
    /// None was given.
    pub const NONE: Self = Self(0);

    /// The type of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let place = TYPES.iter().skip(1).position(|(known, ..)| *known == name)?;
        u8::try_from(place.saturating_add(1)).ok().map(Self)
    }

    /// Its name; empty for none.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().map_or("", |(name, ..)| name)
    }

    /// Its number in a row, zero for none.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The inverse of [`number`](Self::number).
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        Self(number)
    }

    /// What it is counted as.
    #[must_use]
    pub fn class(self) -> Class {
        self.facts().map_or(Class::Transaction, |(_, class, _)| *class)
    }

    /// Whether it gives to the customer, where its `transfer_type` does not say.
    #[must_use]
    pub fn gives(self) -> bool {
        self.facts().is_some_and(|(.., gives)| *gives)
    }

    /// Whether it is between the network and the issuer alone, where its `transfer_type` does not
    /// say.
    #[must_use]
    pub fn spares_the_customer(self) -> bool {
        self.facts().is_some_and(|(name, ..)| {
            name.starts_with("fee_collection") || *name == "unlinked_chargeback"
        })
    }

    /// Whether it may be one part of what the ledger moved at once.
    #[must_use]
    pub fn is_part_of_a_debit(self) -> bool {
        self.facts().is_some_and(|(name, ..)| *name == "final_auth_partial")
    }

    /// Whether more of the same may rightly follow.
    #[must_use]
    pub fn is_partial(self) -> bool {
        self.facts().is_some_and(|(name, ..)| name.contains("_partial"))
    }

    fn facts(self) -> Option<&'static (&'static str, Class, bool)> {
        TYPES.get(usize::from(self.0))
    }
}
