//! What each of the types of clearing records does to an authorization, beside what it moves.
//!
//! A record moves its amount, to or from the customer by its `transfer_type`, else by its type; one
//! between the network and the issuer (`ahi_…`) moves nothing here. What expired moves nothing by
//! itself.
//!
//! | type | and the authorization, as far as it is not cleared |
//! | --- | --- |
//! | `final_auth`, `final_auth_expiry`, `pre_auth_final`, `pre_auth_expiry` | is over: the rest goes back |
//! | `final_auth_partial`, `pre_auth_partial` | is less by so much |
//! | `pre_auth_partial_reversal` | is more by so much, on hold again |
//! | `refund_expiry` | is not touched: what refunds gave so far is taken back, up to so much |
//! | `final_auth_reversal`, `final_auth_partial_reversal`, `pre_auth_final_reversal` | is not touched |
//! | `refund`, `refund_reversal` | is not touched |
//! | `chargeback`, `chargeback_challenge`, and the reversals of both; `unlinked_…`, `fee_collection_…` | is not touched |

use crate::reconcile::clearing_type::{Class, ClearingType};

/// What a type does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but what it moves.
    Moves,
    /// The authorization is over.
    Closes,
    /// A part of the authorization is cleared, or its clearing undone.
    Part,
    /// It gives to the customer, or takes that back, and may expire.
    Refund,
    /// A refund ran out.
    RefundExpires,
}

impl Effect {
    /// That of a type.
    #[must_use]
    pub fn of(of_type: ClearingType) -> Self {
        match of_type.name() {
            "final_auth" | "final_auth_expiry" | "pre_auth_final" | "pre_auth_expiry" => {
                Self::Closes
            }
            "final_auth_partial" | "pre_auth_partial" | "pre_auth_partial_reversal" => Self::Part,
            "refund" | "refund_reversal" => Self::Refund,
            "refund_expiry" => Self::RefundExpires,
            _ => Self::Moves,
        }
    }
}

/// Whether a type settles nothing.
#[must_use]
pub fn expires(of_type: ClearingType) -> bool {
    of_type.class() == Class::Expiry
}
