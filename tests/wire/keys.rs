//! Who may do what: keys, roles, and listeners that would ask nobody.

use sha2::{Digest, Sha256};

use crate::support::desk::{Desk, OPERATIONS, body, path};
use crate::support::raw::{Client, Reply, get, with_body};
use crate::support::server::{Home, Server};

/// The flag that makes `key` one of `role`.
fn flag(role: &str, key: &str) -> [String; 2] {
    let hash: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    ["--api-key".into(), format!("{key}-name:{role}:{hash}")]
}

fn serve(home: &Home, keys: &[(&str, &str)], more: &[&str]) -> Server {
    let flags: Vec<String> = keys.iter().flat_map(|(role, key)| flag(role, key)).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).chain(more.iter().copied()).collect();
    home.serve(&flags)
}

const KEYS: &[(&str, &str)] =
    &[("network", "net"), ("network", "net2"), ("operator", "op"), ("reader", "read")];

/// An operation on an account that there is not: refused by the domain for who may ask.
fn operation(server: &Server, operation: &str, headers: &str) -> Reply {
    let key = format!("k-{operation}");
    let body = body(&key, "nobody", "1", "USD", "\"tenant_hold_balance_ref\":\"h\"");
    let request = with_body("POST", &path(operation), headers, body.as_bytes());
    Client::connect(server.network).ask(&request)
}

fn verdict(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code().unwrap_or_default())
}

#[test]
fn a_listener_opens_to_its_own_keys_and_to_no_other() {
    let home = Home::new();
    let server = serve(&home, KEYS, &[]);
    let unknown = (401, "UNAUTHENTICATED".to_owned());
    let forbidden = (403, "FORBIDDEN".to_owned());
    let done = (200, "ACCOUNT_NOT_FOUND".to_owned());
    let cases = [
        ("", &unknown),
        ("X-API-Key:\r\n", &unknown),
        ("X-API-Key: wrong\r\n", &unknown),
        ("X-API-Key: NET\r\n", &unknown),
        ("X-API-Key: net%20\r\n", &unknown),
        ("X-API-Key: net,net\r\n", &unknown),
        ("X-API-Key: \"net\"\r\n", &unknown),
        ("X-API-Key: Bearer net\r\n", &unknown),
        ("X-API-Key: n\u{e9}t\r\n", &unknown),
        ("X-API-Key: net\r\nX-API-Key: net\r\n", &unknown),
        ("X-API-Key: net\r\nX-API-Key: net2\r\n", &unknown),
        ("X-API-Key: net\r\nx-api-key:\r\n", &unknown),
        ("Authorization: Bearer net\r\n", &unknown),
        ("X-API-Key: op\r\n", &forbidden),
        ("X-API-Key: read\r\n", &forbidden),
        ("x-api-key: net\r\n", &done),
        ("X-API-Key: net2\r\n", &done),
    ];
    for (headers, expected) in cases {
        for asked in OPERATIONS {
            let reply = operation(&server, asked, headers);
            assert_eq!(&verdict(&reply), expected, "{asked} with {headers:?}");
        }
    }
    assert_eq!(operation(&server, OPERATIONS[0], "X-API-Key: net\0\r\n").status, 400);
}

#[test]
fn who_may_not_ask_changes_nothing_and_burns_no_key() {
    let home = Home::new();
    let server = serve(&home, KEYS, &[]);
    for headers in ["", "X-API-Key: wrong\r\n", "X-API-Key: op\r\n"] {
        assert!(operation(&server, "hold_balance", headers).status >= 401);
    }
    let reply = operation(&server, "hold_balance", "X-API-Key: net\r\n");
    assert!(reply.status == 200 && !reply.is_replayed(), "{}", reply.text());
    let wrong = operation(&server, "hold_balance", "X-API-Key: wrong\r\n");
    assert!(!wrong.text().contains("act_"), "an answer leaked: {}", wrong.text());
}

#[test]
fn a_role_may_do_its_own_and_no_more_on_the_operator_listener() {
    let home = Home::new();
    let server = serve(&home, KEYS, &[]);
    let ask = |method: &str, path: &str, key: &str, body: &str| {
        let headers = if key.is_empty() { String::new() } else { format!("X-API-Key: {key}\r\n") };
        let request = with_body(method, path, &headers, body.as_bytes());
        Client::connect(server.operator).ask(&request).status
    };
    let open = r#"{"tenant_account_ref":"a","currencies":["USD"]}"#;
    let transfer = r#"{"idempotency_key":"k","source":"@funding","destination":"a","amount":{"value":1,"currency":"USD"}}"#;
    let writes = [
        ("POST", "/v1/accounts", open, 201),
        ("PATCH", "/v1/accounts/a", "{}", 200),
        ("POST", "/v1/transfers", transfer, 201),
        ("PUT", "/v1/limits", r#"{"rules":[]}"#, 200),
        ("PUT", "/v1/accounts/a/limits", r#"{"rules":[]}"#, 200),
        ("DELETE", "/v1/accounts/a/limits", "", 200),
    ];
    for (method, path, body, done) in writes {
        for (key, status) in [("", 401), ("no", 401), ("net", 403), ("read", 403), ("op", done)] {
            assert_eq!(ask(method, path, key, body), status, "{method} {path} with {key:?}");
        }
    }
    let reads = [
        "/v1/accounts",
        "/v1/accounts/a",
        "/v1/accounts/a/holds",
        "/v1/accounts/a/limits",
        "/v1/limits",
        "/v1/transactions/t",
        "/v1/actions/act_0000000000000003",
        "/v1/trial-balance",
        "/metrics",
    ];
    for path in reads {
        for (key, status) in [("", 401), ("no", 401), ("net", 403), ("read", 200), ("op", 200)] {
            assert_eq!(ask("GET", path, key, ""), status, "{path} with {key:?}");
        }
    }
    for path in ["/health/live", "/health/ready"] {
        for key in ["", "no", "net", "read", "op"] {
            assert_eq!(ask("GET", path, key, ""), 200, "{path} with {key:?}");
        }
    }
}

#[test]
fn the_name_of_the_header_is_what_it_was_set_to() {
    let home = Home::new();
    let server = serve(&home, KEYS, &["--api-key-header", "X-Open-Sesame"]);
    let with = |headers: &str| operation(&server, "credit_balance", headers).status;
    assert_eq!(with("X-API-Key: net\r\n"), 401);
    assert_eq!(with("x-open-sesame: net\r\n"), 200);
    assert_eq!(with("X-Open-Sesame: net\r\nX-Open-Sesame: net\r\n"), 401);
}

#[test]
fn a_key_that_was_taken_out_opens_nothing_and_the_other_goes_on() {
    let home = Home::new();
    let server = serve(&home, KEYS, &[]);
    for key in ["net", "net2"] {
        assert_eq!(
            operation(&server, "debit_balance", &format!("X-API-Key: {key}\r\n")).status,
            200
        );
    }
    assert!(server.stop().success());
    let server = serve(&home, &KEYS[1..], &[]);
    assert_eq!(operation(&server, "debit_balance", "X-API-Key: net\r\n").status, 401);
    assert!(operation(&server, "debit_balance", "X-API-Key: net2\r\n").is_replayed());
}

#[test]
fn without_keys_loopback_is_open_on_both_listeners() {
    let home = Home::new();
    let server = home.serve(&[]);
    assert_eq!(operation(&server, "debit_balance", "").status, 200);
    assert_eq!(operation(&server, "debit_balance", "X-API-Key: any\r\n").status, 200);
    assert_eq!(Desk::at(&server).get("/v1/accounts").status, 200);
}

#[test]
fn a_listener_that_others_can_reach_needs_a_key_of_its_own() {
    let [api_key, op] = flag("operator", "op");
    let [_, net] = flag("network", "net");
    let cases: [&[&str]; 5] = [
        &["--listen", "0.0.0.0:0"],
        &["--operator-listen", "0.0.0.0:0"],
        &["--listen", "[::]:0"],
        &["--listen", "0.0.0.0:0", &api_key, &op],
        &["--operator-listen", "0.0.0.0:0", &api_key, &net],
    ];
    for flags in cases {
        let refused = Home::new().refuse(flags);
        assert!(!refused.status.success(), "{flags:?}");
        let told = refused.message;
        assert!(told.contains("can be reached from other machines"), "{flags:?}: {told}");
        assert!(
            told.contains("--api-key")
                && told.contains(flags[0].trim_start_matches('-').split('-').next().unwrap()),
            "{told}"
        );
    }
}

#[test]
fn with_its_key_a_listener_that_others_can_reach_asks_for_it() {
    let home = Home::new();
    let server = serve(&home, &[("network", "net")], &["--listen", "0.0.0.0:0"]);
    let address = format!("127.0.0.1:{}", server.network.port()).parse().unwrap();
    let request = |headers: &str| get(&path("hold_balance"), headers);
    assert_eq!(Client::connect(address).ask(&request("")).status, 405);
    let body = body("k", "nobody", "1", "USD", "");
    let post = |headers: &str| {
        let request = with_body("POST", &path("hold_balance"), headers, body.as_bytes());
        Client::connect(address).ask(&request).status
    };
    assert_eq!(post(""), 401);
    assert_eq!(post("X-API-Key: net\r\n"), 200);
}

#[test]
fn a_key_is_never_told() {
    let home = Home::new();
    let [api_key, _] = flag("operator", "op");
    let refused = home.refuse(&[&api_key, "name:operator:this-is-the-secret-itself"]);
    assert!(!refused.status.success());
    assert!(!refused.message.contains("this-is-the-secret"), "{}", refused.message);
}
