//! An operation's body is read in two ways, which are one.

use proptest::prelude::*;

use super::*;

const NAMES: [&str; 7] = [
    "idempotency_key",
    "transaction_id",
    "tenant_account_ref",
    "of_action_ref",
    "tenant_balance_ref",
    "tenant_hold_balance_ref",
    "memo",
];

fn currencies() -> Currencies {
    Currencies::iso()
}

fn quickly<'a>(
    operation: Operation,
    body: &'a [u8],
    currencies: &Currencies,
) -> Option<OperationBody<'a>> {
    OperationBody::of_members(operation, quick::members(body)?, currencies)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => "[!#-Z^-~]{1,40}",
        1 => Just(String::new()),
        1 => "[a-z]{60,130}",
        1 => Just("t\\u0078n \\\"1\\\"".to_owned()),
        1 => Just("zażółć".to_owned()),
        1 => Just("a\u{7f}b".to_owned()),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "(0|[1-9][0-9]{0,5})(\\.[0-9]{1,2})?",
        1 => prop::sample::select(vec!["-1", "01", "1.", ".5", "1e2", "1.25E1", "\"1\"", "1.005", "99999999999999999"]).prop_map(str::to_owned),
    ]
}

fn member() -> impl Strategy<Value = String> {
    let named = (prop::sample::select(&NAMES[..]), text());
    let named = named.prop_map(|(name, text)| format!("\"{name}\":\"{text}\""));
    prop_oneof![
        20 => named,
        1 => prop::sample::select(&NAMES[..]).prop_map(|name| format!("\"{name}\":null")),
        1 => Just("\"memo\": [1, {\"a\": 2}]".to_owned()),
    ]
}

/// A body with all that it needs, in any order, and now and then something amiss.
fn body() -> impl Strategy<Value = String> {
    let needed: Vec<_> = NAMES
        .iter()
        .take(4)
        .map(|name| text().prop_map(move |text| format!("\"{name}\": \"{text}\"")))
        .collect();
    let amount = (number(), prop::sample::select(vec!["SGD", "JPY", "XXX", "S"])).prop_map(
        |(number, currency)| {
            format!("\"amount\":{{\"value\":{number} ,\"currency\":\"{currency}\"}}")
        },
    );
    let more = prop::collection::vec(member(), 0..2);
    let members = (needed, prop::option::of(amount), more).prop_map(|(needed, amount, more)| {
        needed.into_iter().chain(amount).chain(more).collect::<Vec<_>>()
    });
    let ends = prop::sample::select(vec!["}", "}", "}", "} ", "}\n", "}}", ",}", ""]);
    (members.prop_shuffle(), ends)
        .prop_map(|(members, end)| format!("{{{}{end}", members.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn what_is_read_quickly_is_what_serde_reads(
        operation in prop::sample::select(&Operation::ALL[..]),
        body in body(),
    ) {
        let (body, currencies) = (body.as_bytes(), currencies());
        if let Some(quick) = quickly(operation, body, &currencies) {
            let full = OperationBody::parse_fully(operation, body, &currencies);
            prop_assert_eq!(quick, full.unwrap());
        }
    }

    #[test]
    fn an_operation_of_a_batch_is_the_same_operation(
        operation in prop::sample::select(&Operation::ALL[..]),
        body in body(),
    ) {
        let item = body.replacen('{', &format!("{{\"operation\":\"{}\",", operation.name()), 1);
        let (body, item, currencies) = (body.as_bytes(), item.as_bytes(), currencies());
        let full = OperationBody::parse_item_fully(item, &currencies).ok();
        prop_assert_eq!(OperationBody::parse_fully(operation, body, &currencies).ok(), full);
        prop_assert_eq!(
            OperationBody::parse(operation, body, &currencies).ok(),
            OperationBody::parse_item(item, &currencies).ok()
        );
        // To a single operation the member is like any unknown one.
        prop_assert_eq!(
            OperationBody::parse(operation, item, &currencies).ok(),
            OperationBody::parse(operation, body, &currencies).ok()
        );
    }

    #[test]
    fn what_clients_send_is_read_quickly(
        operation in prop::sample::select(&Operation::ALL[..]),
        texts in prop::array::uniform6("[a-z0-9-]{1,40}"),
        value in "[1-9][0-9]{0,5}\\.[0-9]{2}",
    ) {
        let [key, transaction, account, action, balance, hold] = texts;
        let body = serde_json::json!({
            "idempotency_key": key,
            "transaction_id": transaction,
            "tenant_account_ref": account,
            "of_action_ref": action,
            "tenant_balance_ref": balance,
            "tenant_hold_balance_ref": hold,
            "amount": { "value": "VALUE", "currency": "SGD" },
        });
        let body = body.to_string().replace("\"VALUE\"", &value);
        let (body, currencies) = (body.as_bytes(), currencies());
        let quick = quickly(operation, body, &currencies);
        prop_assert_eq!(quick, OperationBody::parse_fully(operation, body, &currencies).ok());
    }
}
