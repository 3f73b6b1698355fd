//! Bytes in, bytes out: a request read, an amount read, an answer written.

use std::hint::black_box;

use criterion::Criterion;
use holdfast::engine::{Currencies, Submitted};
use holdfast::http::request::OperationBody;
use holdfast::ledger::Operation::HoldBalance;
use holdfast::wire::{money, operation_answer};
use holdfast_bench::engine::world::World;
use holdfast_bench::requests::{Source, Spread, currency};
use holdfast_bench::socket::hold;

pub(crate) fn bench(criterion: &mut Criterion) {
    amount_parse(criterion);
    request_parse(criterion);
    answer_encode(criterion);
}

fn amount_parse(criterion: &mut Criterion) {
    let currency = currency();
    let mut group = criterion.benchmark_group("amount parse");
    for text in ["12.50", "1.25e1", "9999999999999.99"] {
        group.bench_function(text, |b| b.iter(|| money::parse(black_box(text), currency)));
    }
    group.finish();
}

fn request_parse(criterion: &mut Criterion) {
    let currencies = Currencies::iso();
    let request = hold(1).request(1).to_vec();
    let start = request.iter().position(|byte| *byte == b'{').expect("the body is an object");
    let body = &request[start..];
    criterion.bench_function("request parse", |b| {
        b.iter(|| OperationBody::parse(HoldBalance, black_box(body), &currencies).is_ok());
    });
}

fn answer_encode(criterion: &mut Criterion) {
    let world = World::with_accounts(1).expect("an engine opens");
    let [request] = Source::default().take_some([HoldBalance], Spread::Hot);
    let submitted = world.engine.submit(request.as_operation(), &[]);
    let Ok(Submitted::Decided(action, stamp)) = submitted else { panic!("a hold was not decided") };
    criterion.bench_function("answer encode", |b| {
        b.iter(|| operation_answer::body(black_box(&action), stamp.action()));
    });
}
