//! The names of operations that the ledger asks of itself, where it moves money by what it was told.
//!
//! | key | of |
//! | --- | --- |
//! | U+0003 and `auth_` with 16 hex digits | the one that posts or holds what that authorization granted |
//! | U+0003 and 16 hex digits, `-`, a number | the one of that number under its transaction, wanted by the notification at that position |
//!
//! No key of a sender has a control character, so none of these is ever one of a sender's. What is
//! asked so was settled by the network: it posts, whatever is available. The one that posts an
//! approval uses what that approval granted, and the others use none, so that each grant is posted
//! once.

use super::OperationRequest;
use crate::engine::Lsn;
use crate::ledger::{ActionRef, AuthorizationRef, Grants};

const MARK: char = '\u{3}';

/// The key of the operation that posts or holds what `approval` granted.
#[must_use]
pub fn key_of_approval(approval: ActionRef) -> String {
    format!("{MARK}{}", AuthorizationRef::decided_as(approval))
}

/// The key of the operation of that number under its transaction, which the notification at `told`
/// wants.
#[must_use]
pub fn key_of_told(told: Lsn, number: u64) -> String {
    format!("{MARK}{:016x}-{number}", told.value())
}

impl OperationRequest<'_> {
    /// Whether the ledger asks it of itself.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.idempotency_key.starts_with(MARK)
    }

    /// The approval that it posts, where it posts one.
    #[must_use]
    pub fn posts(&self) -> Option<ActionRef> {
        let name = self.idempotency_key.strip_prefix(MARK)?;
        AuthorizationRef::parse(name).map(|it| ActionRef::new(it.position()))
    }

    /// What it may use of what was granted to its transaction.
    #[must_use]
    pub fn grants(&self) -> Grants {
        match self.posts() {
            Some(approval) => Grants::Of(approval),
            None if self.is_own() => Grants::Unused,
            None => Grants::Oldest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Operation;

    fn asked(key: &str) -> OperationRequest<'_> {
        OperationRequest {
            operation: Operation::DebitBalance,
            idempotency_key: key,
            transaction_id: "t",
            tenant_account_ref: "a",
            of_action_ref: "of",
            reference: None,
            money: None,
        }
    }

    #[test]
    fn own_keys_are_no_sender_s_and_tell_what_they_post() {
        let approval = ActionRef::new(9);
        let (posts, told) = (key_of_approval(approval), key_of_told(Lsn::new(12), 3));
        assert_eq!(asked(&posts).posts(), Some(approval));
        assert_eq!(asked(&told).posts(), None);
        assert_eq!(asked(&posts).grants(), Grants::Of(approval));
        assert_eq!(asked(&told).grants(), Grants::Unused);
        assert!(asked(&posts).is_own() && asked(&told).is_own());
        for theirs in ["auth_0000000000000009", "000000000000000c-3", "3"] {
            assert!(!asked(theirs).is_own() && asked(theirs).posts().is_none(), "{theirs}");
        }
    }
}
