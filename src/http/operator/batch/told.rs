//! The answers of a batch as JSON; their table is [`super`]'s.

use hyper::StatusCode;

use super::super::super::answer::{Answer, Problem};
use crate::engine::record::Action;
use crate::ledger::ActionRef;
use crate::wire::{json, operation_answer};

/// What became of an operation, now or before.
pub fn action(out: &mut Vec<u8>, replayed: bool, action: &Action<'_>, at: ActionRef) {
    json::write_object(out, |item| {
        item.number("status", StatusCode::OK.as_u16());
        item.flag("replayed", replayed);
        item.written("body", |out| operation_answer::write(out, action, at));
    });
}

/// A refusal of the protocol in the place of an operation.
pub fn problem(out: &mut Vec<u8>, problem: Problem) {
    refused(out, problem, false);
}

/// Why the batch ends before its end.
pub fn end(out: &mut Vec<u8>, problem: Problem) {
    refused(out, problem, true);
}

fn refused(out: &mut Vec<u8>, problem: Problem, ends: bool) {
    let answer = Answer::from(problem);
    json::write_object(out, |item| {
        item.number("status", answer.status().as_u16());
        item.flag("replayed", false);
        item.written("body", |out| out.extend_from_slice(answer.body()));
        if ends {
            item.flag("ends_batch", true);
        }
    });
}
