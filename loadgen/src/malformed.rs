//! Requests that must be refused: each an account's next request with one thing wrong with it.
//!
//! | wrong | answered with |
//! | --- | --- |
//! | cut off; empty; followed by more; a list; a member twice | 400 `INVALID_REQUEST` |
//! | a member missing, empty, a number, or too long | 400 `INVALID_REQUEST` |
//! | an amount in quotes; `null` for an amount | 400 `INVALID_REQUEST` |
//! | an amount with too many fraction digits; below zero | 400 `INVALID_AMOUNT` |
//! | a currency in small letters (of an operation: an authorization is declined then) | 400 `UNKNOWN_CURRENCY` |
//! | more than any request may have | 413 `BODY_TOO_LARGE` |
//! | not said to be JSON | 415 `UNSUPPORTED_MEDIA_TYPE` |
//!
//! The answer has the shape of a refusal, and nothing is done: the right request follows with the
//! same key and must be done then, for the first time.

use hyper::{StatusCode, body::Bytes};

use crate::{
    seed::Seed,
    simulator::{expected::same, step::Operation},
    wire::{Answer, CURRENCY, Reply},
};

/// What one request may have at most, by the server's documents, and some more.
const TOO_LONG: usize = 20 << 10;

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It ends in its midst.
    CutOff,
    /// There is nothing.
    Empty,
    /// Something follows it.
    FollowedByMore,
    /// It is a list of what it should be.
    List,
    /// A member is there twice.
    MemberTwice,
    /// A member is missing.
    MemberMissing,
    /// A member is a number in place of a string.
    MemberIsNumber,
    /// A string is longer than it may be.
    MemberTooLong,
    /// A string is empty.
    MemberEmpty,
    /// The amount is in quotes.
    AmountInQuotes,
    /// The amount is `null`.
    AmountIsNull,
    /// The amount has more fraction digits than its currency.
    AmountTooFine,
    /// The amount is below zero.
    AmountNegative,
    /// The currency is in small letters.
    CurrencyUnknown,
    /// The body is longer than it may be.
    TooLong,
    /// The content is not said to be JSON.
    NotJson,
}

impl Malformed {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::CutOff,
        Self::Empty,
        Self::FollowedByMore,
        Self::List,
        Self::MemberTwice,
        Self::MemberMissing,
        Self::MemberIsNumber,
        Self::MemberTooLong,
        Self::MemberEmpty,
        Self::AmountInQuotes,
        Self::AmountIsNull,
        Self::AmountTooFine,
        Self::AmountNegative,
        Self::CurrencyUnknown,
        Self::TooLong,
        Self::NotJson,
    ];

    /// Draws what is wrong with the well-formed `body` of `operation`, and makes it so.
    pub fn draw(seed: &mut Seed, operation: Operation, body: &[u8]) -> (Self, Bytes) {
        let count = u32::try_from(Self::ALL.len()).unwrap_or(u32::MAX);
        loop {
            let index = usize::try_from(seed.below(count)).unwrap_or_default();
            let spoilt = Self::ALL[index].spoil(operation, &String::from_utf8_lossy(body));
            if let Some(spoilt) = spoilt {
                return (Self::ALL[index], Bytes::from(spoilt));
            }
        }
    }

    /// The body made wrong; `None` where it has nothing that could be wrong in this way.
    fn spoil(self, operation: Operation, body: &str) -> Option<String> {
        let first = r#"{"transaction_id":""#;
        let rest = body.strip_prefix(first)?;
        let (id, others) = rest.split_once(r#"","#)?;
        Some(match self {
            Self::CutOff => body.get(..body.len() / 2)?.to_owned(),
            Self::Empty => String::new(),
            Self::FollowedByMore => format!("{body}x"),
            Self::List => format!("[{body}]"),
            Self::MemberTwice => format!(r#"{first}{id}","transaction_id":"{id}",{others}"#),
            Self::MemberMissing => format!("{{{others}"),
            Self::MemberIsNumber => format!(r#"{{"transaction_id":7,{others}"#),
            Self::MemberTooLong => format!(r#"{first}{}",{others}"#, "x".repeat(129)),
            Self::MemberEmpty => format!(r#"{first}",{others}"#),
            Self::AmountInQuotes => with_amount(body, |amount| format!("\"{amount}\""))?,
            Self::AmountIsNull => with_amount(body, |_| "null".to_owned())?,
            Self::AmountTooFine => with_amount(body, too_fine)?,
            Self::AmountNegative => with_amount(body, |_| "-0.01".to_owned())?,
            Self::CurrencyUnknown if operation.is_authorization() => return None,
            Self::CurrencyUnknown => {
                let quoted = format!("\"{CURRENCY}\"");
                body.contains(&quoted).then(|| body.replace(&quoted, &quoted.to_lowercase()))?
            }
            Self::TooLong => format!(r#"{first}{id}","more":"{}",{others}"#, "x".repeat(TOO_LONG)),
            Self::NotJson => body.to_owned(),
        })
    }

    /// What the content is said to be.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        if self == Self::NotJson { "text/plain" } else { "application/json" }
    }

    fn refusal(self) -> (StatusCode, &'static str) {
        match self {
            Self::AmountTooFine | Self::AmountNegative => {
                (StatusCode::BAD_REQUEST, "INVALID_AMOUNT")
            }
            Self::CurrencyUnknown => (StatusCode::BAD_REQUEST, "UNKNOWN_CURRENCY"),
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
            _ => (StatusCode::BAD_REQUEST, "INVALID_REQUEST"),
        }
    }

    /// Compares the answer with the refusal that it must be.
    ///
    /// # Errors
    ///
    /// The first thing that is not what it must be.
    pub fn compare(self, reply: &Reply) -> Result<(), String> {
        let (status, code) = self.refusal();
        let within = |difference| format!("of a malformed request ({self:?}) the {difference}");
        same("status", reply.status, status).map_err(within)?;
        let answer =
            Answer::parse(&reply.body).map_err(|error| within(format!("body: {error}")))?;
        same("success", answer.success, false).map_err(within)?;
        same("error.code", answer.error_code.as_deref(), Some(code)).map_err(within)?;
        same("tenant_action_ref", &*answer.action_ref, "").map_err(within)
    }
}

/// The body with another text in the place of its amount.
fn with_amount(body: &str, change: impl Fn(&str) -> String) -> Option<String> {
    let names = [r#""value":"#, r#""amount":"#];
    let start = names.iter().find_map(|name| Some(body.find(name)? + name.len()))?;
    let (before, rest) = body.split_at(start);
    let (amount, after) = rest.split_at(rest.find([',', '}'])?);
    Some(format!("{before}{}{after}", change(amount)))
}

fn too_fine(amount: &str) -> String {
    if amount.contains('.') { format!("{amount}1") } else { format!("{amount}.001") }
}

#[cfg(test)]
mod tests {
    use super::Malformed;
    use crate::{
        seed::Seed,
        simulator::step::Operation,
        wire::{Reply, Request},
    };
    use hyper::{StatusCode, body::Bytes};
    use rust_decimal::Decimal;

    fn request(amount: Option<Decimal>) -> Request<'static> {
        let (balance_ref, hold_ref) = (None, None);
        Request { transaction_id: "t", account: "a", key: "k", amount, balance_ref, hold_ref }
    }

    #[test]
    fn every_way_to_be_wrong_changes_the_request() {
        let body = request(Some(Decimal::new(5_750, 2))).encode();
        let text = std::str::from_utf8(&body).unwrap();
        for malformed in Malformed::ALL {
            let spoilt = malformed.spoil(Operation::DebitBalance, text).unwrap();
            assert!(spoilt != text || malformed == Malformed::NotJson, "{malformed:?}");
        }
        let fine = Malformed::AmountTooFine.spoil(Operation::DebitBalance, text).unwrap();
        assert!(fine.contains(r#""value":57.501,"#), "{fine}");
    }

    #[test]
    fn a_request_without_an_amount_gets_no_wrong_one() {
        let body = request(None).encode();
        for number in 0..200 {
            let (malformed, _) =
                Malformed::draw(&mut Seed::new(number), Operation::RestoreBalance, &body);
            assert!(!format!("{malformed:?}").starts_with("Amount"), "seed {number}");
        }
    }

    #[test]
    fn only_the_documented_refusal_is_right() {
        let reply = |status, body: &str| Reply {
            status: StatusCode::from_u16(status).unwrap(),
            replayed: false,
            body: Bytes::from(body.to_owned()),
        };
        let refusal = |code: &str| {
            format!(r#"{{"success":false,"error":{{"code":"{code}","message":"it is wrong"}}}}"#)
        };
        let rows = [
            (400, refusal("INVALID_REQUEST"), true),
            (400, refusal("INVALID_AMOUNT"), false),
            (415, refusal("INVALID_REQUEST"), false),
            (200, r#"{"success":true,"tenant_action_ref":"act_1"}"#.to_owned(), false),
            (400, "no".to_owned(), false),
        ];
        for (status, body, right) in rows {
            let compared = Malformed::CutOff.compare(&reply(status, &body));
            assert_eq!(compared.is_ok(), right, "{status} {body}: {compared:?}");
        }
    }
}
