//! The ledger is pure: it compiles without `std`, so it cannot reach a clock, a file, a thread, a
//! lock or a random seed.
#![no_std]
#![allow(dead_code, unreachable_pub, unused_imports, clippy::enum_variant_names)]

extern crate alloc;

#[path = "../src/ledger/mod.rs"]
mod ledger;

#[test]
fn the_law_needs_no_operating_system() {
    let decide: fn(_, &ledger::Command<'_>, &ledger::Rules) -> _ = ledger::decide;
    let nobody = ledger::Command {
        operation: ledger::Operation::CreditBalance,
        transaction_id: "t",
        money: None,
        reference: ledger::Reference::Absent,
        linked: false,
        grants: ledger::Grants::Oldest,
        limits: None,
    };
    let refused = decide(None, &nobody, &ledger::Rules::default()).unwrap_err();
    assert_eq!(refused.refusal, ledger::Refusal::AccountNotFound);
}
