//! The body of an operation, read as a request.

use holdfast::engine::Currencies;
use holdfast::engine::record::OperationRequest;
use holdfast::http::request::{ACCOUNT_MAX, OperationBody, TEXT_MAX};
use holdfast::ledger::{Amount, Operation};
use holdfast::wire::money;
use serde_json::json;
use serde_json::value::RawValue;

/// What is accepted is within its limits, and means the same when it is written again.
pub fn check(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let operation = Operation::ALL[usize::from(*first) % Operation::ALL.len()];
    let currencies = Currencies::iso();
    let Ok(read) = OperationBody::parse(operation, body, &currencies) else { return };
    let request = read.request();
    let any = serde_json::from_slice::<&RawValue>(body).expect("what is accepted is JSON");
    assert!(any.get().starts_with('{'), "what is accepted is an object");
    is_within_limits(&request);
    let again = written(&request);
    let again = OperationBody::parse(operation, again.as_bytes(), &currencies);
    assert_eq!(again.expect("it is accepted again").request(), request);
}

fn is_within_limits(request: &OperationRequest<'_>) {
    let texts = [request.idempotency_key, request.transaction_id, request.of_action_ref];
    let names = texts.into_iter().chain(request.reference).map(|text| (text, TEXT_MAX));
    for (text, at_most) in names.chain([(request.tenant_account_ref, ACCOUNT_MAX)]) {
        assert!((1..=at_most).contains(&text.len()), "{text:?}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    assert!(request.money.is_none_or(|money| money.amount <= Amount::REQUEST_MAX));
    assert!(request.reference.is_some() || !request.operation.needs_its_reference());
}

fn written(request: &OperationRequest<'_>) -> String {
    let mut body = json!({
        "idempotency_key": request.idempotency_key,
        "transaction_id": request.transaction_id,
        "tenant_account_ref": request.tenant_account_ref,
        "of_action_ref": request.of_action_ref,
    });
    let name = match request.operation.names_a_hold() {
        true => "tenant_hold_balance_ref",
        false => "tenant_balance_ref",
    };
    if let Some(reference) = request.reference {
        body[name] = reference.into();
    }
    let mut text = body.to_string();
    if let Some(money) = request.money {
        let mut value = Vec::new();
        money::write(&mut value, money.amount.minor().into(), money.currency);
        let value = String::from_utf8(value).expect("it is a number");
        text.pop();
        text += &format!(r#","amount":{{"value":{value},"currency":"{}"}}}}"#, money.currency);
    }
    text
}

/// A body of each operation, and some that are written strangely, before a byte that chooses it.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let plain = r#"{"transaction_id":"t","tenant_account_ref":"a","idempotency_key":"k","of_action_ref":"o","amount":{"value":12.5,"currency":"USD"},"tenant_hold_balance_ref":"hold_0000000000000001","tenant_balance_ref":"bal_0000000000000001_0"}"#;
    let strange = r#" {"of_action_ref":"\u00e9\ud83d\ude00","idempotency_key":"k\"","transaction_id":"t","tenant_account_ref":"a","amount":{"currency":"JPY","value":1e3},"tenant_balance_ref":null,"x":[{"y":null}]} "#;
    let bodies = [plain, strange];
    let all = (0_u8..6).flat_map(|n| bodies.map(|body| [&[n], body.as_bytes()].concat()));
    all.collect()
}
