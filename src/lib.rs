//! The ledger in a card issuer's hot path.
