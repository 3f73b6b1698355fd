//! Bytes in, bytes out: a request read, an amount read, an answer written.

use std::hint::black_box;

use anyhow::{Context, bail};
use holdfast::engine::{Currencies, Submitted};
use holdfast::http::request::OperationBody;
use holdfast::ledger::Operation::HoldBalance;
use holdfast::wire::{money, operation_answer};

use super::{Stage, Work, repeat};
use crate::engine::world::World;
use crate::requests::{Source, Spread, currency};
use crate::socket::hold;

pub(super) const STAGES: [Stage; 5] = [
    stage("amount parse 12.50", || amount_parse("12.50")),
    stage("amount parse 1.25e1", || amount_parse("1.25e1")),
    stage("amount parse 9999999999999.99", || amount_parse("9999999999999.99")),
    stage("request parse", request_parse),
    stage("answer encode", answer_encode),
];

const fn stage(name: &'static str, prepare: fn() -> anyhow::Result<Box<dyn Work>>) -> Stage {
    Stage { name, most: u64::MAX, counted: 10_000, prepare }
}

fn amount_parse(text: &'static str) -> anyhow::Result<Box<dyn Work>> {
    let currency = currency();
    repeat(move || {
        let _ = black_box(money::parse(black_box(text), currency));
    })
}

fn request_parse() -> anyhow::Result<Box<dyn Work>> {
    let currencies = Currencies::iso();
    let request = hold(1).request(1).to_vec();
    let start = request.iter().position(|byte| *byte == b'{').context("the body is an object")?;
    let body = request[start..].to_vec();
    repeat(move || {
        black_box(OperationBody::parse(HoldBalance, black_box(&body), &currencies).is_ok());
    })
}

fn answer_encode() -> anyhow::Result<Box<dyn Work>> {
    let world = World::with_accounts(1)?;
    let [request] = Source::default().take_some([HoldBalance], Spread::Hot);
    // What was decided borrows from it, and both last as long as the process.
    let request = Box::leak(Box::new(request));
    let submitted = world.engine.submit(request.as_operation(), &[]);
    let Ok(Submitted::Decided(action, stamp)) = submitted else { bail!("a hold was not decided") };
    repeat(move || {
        black_box(operation_answer::body(black_box(&action), stamp.action()));
    })
}
