//! One request, the answer that it got first, and every later answer held to that.

use std::borrow::Cow;
use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Bytes;
use serde::Deserialize;

use super::fault::Fault;
use super::money::{Currency, Money};
use crate::client::Reply;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Opening an account.
    Open,
    /// One of the six operations, by the wire's name.
    Operation(&'static str),
    /// A transfer.
    Transfer,
}

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// It is done.
    Done,
    /// It is refused with this code.
    Refused(&'static str),
    /// It is done if others left funds for it.
    AsFundsAllow,
}

/// What a success must tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing that is known here: others move the same account.
    Anything,
    /// `available_balance`
    Available(i64),
    /// `hold_balance`
    Hold(i64),
}

/// What a success moves in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// The account.
    pub(super) account: Arc<str>,
    /// By how much its posted sum changes.
    pub(super) posted: i64,
    /// And its held sum.
    pub(super) held: i64,
}

/// A request that was sent at least once.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// What is asked.
    pub(super) call: Call,
    /// As JSON.
    pub(super) body: String,
    /// The currency of the amount.
    pub(super) currency: Currency,
    /// What must come of it.
    pub(super) expected: Expected,
    /// What a success must tell.
    pub(super) shown: Shown,
    /// What a success moves.
    pub(super) effects: Vec<Effect>,
    /// What came of it.
    pub(super) told: Option<Told>,
}

/// The first answer.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// Its bytes.
    pub(super) body: Bytes,
    /// Whether it was done.
    pub(super) done: bool,
    /// The hold that it names.
    pub(super) hold: Option<String>,
}

/// What an answer was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The first.
    First,
    /// The first, told again.
    Again,
    /// None: 503, with this code.
    Unavailable(String),
}

#[derive(Deserialize)]
struct Answer<'a> {
    success: bool,
    #[serde(borrow, default)]
    tenant_hold_balance_ref: Option<Cow<'a, str>>,
    available_balance: Option<Money>,
    hold_balance: Option<Money>,
    #[serde(borrow, default)]
    error: Option<Refusal<'a>>,
}

#[derive(Deserialize)]
struct Refusal<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
}

impl Asked {
    /// Where it is asked.
    pub(super) fn path(&self) -> Cow<'static, str> {
        match self.call {
            Call::Open => "/v1/accounts".into(),
            Call::Operation(name) => format!("/api/pba/ledger/{name}").into(),
            Call::Transfer => "/v1/transfers".into(),
        }
    }

    /// Whether it was done.
    pub(super) fn is_done(&self) -> bool {
        self.told.as_ref().is_some_and(|told| told.done)
    }

    /// The same key for something else, where that can be made of it.
    pub(super) fn misused(&self) -> Option<String> {
        let other = self.body.replacen(r#""of_action_ref":"a-"#, r#""of_action_ref":"other-"#, 1);
        (other != self.body).then_some(other)
    }

    /// Hears an answer: the first is held to what was expected, a later one to the first.
    ///
    /// # Errors
    /// When it is not that.
    pub(super) fn hear(&mut self, reply: &Reply) -> Result<Heard, Fault> {
        if reply.status == StatusCode::SERVICE_UNAVAILABLE {
            return Ok(Heard::Unavailable(code(reply)));
        }
        match &self.told {
            Some(first) => self.hear_again(first, reply).map(|()| Heard::Again),
            None => {
                self.told = Some(self.hear_first(reply)?);
                Ok(Heard::First)
            }
        }
    }

    fn hear_again(&self, first: &Told, reply: &Reply) -> Result<(), Fault> {
        // An account is told as it is now.
        let same = self.call == Call::Open || (reply.replayed && reply.body == first.body);
        if reply.status == StatusCode::OK && same {
            return Ok(());
        }
        let (first, again) = (String::from_utf8_lossy(&first.body), shown(reply));
        Err(Fault::Lost(format!("{} was first told {first}, asked again {again}", self.body)))
    }

    fn hear_first(&self, reply: &Reply) -> Result<Told, Fault> {
        if self.call == Call::Open {
            let opened = [StatusCode::CREATED, StatusCode::OK].contains(&reply.status);
            return opened.then(|| told(reply, true, None)).ok_or_else(|| self.wrong(reply));
        }
        let answer: Answer<'_> =
            serde_json::from_slice(&reply.body).map_err(|_| self.wrong(reply))?;
        let first = self.call == Call::Transfer && answer.success && !reply.replayed;
        let status = if first { StatusCode::CREATED } else { StatusCode::OK };
        if reply.status != status || !self.is_expected(&answer) {
            return Err(self.wrong(reply));
        }
        let hold = answer.tenant_hold_balance_ref.map(Cow::into_owned);
        Ok(told(reply, answer.success, hold))
    }

    fn is_expected(&self, answer: &Answer<'_>) -> bool {
        let code = answer.error.as_ref().map(|error| error.code.as_ref());
        let outcome = match self.expected {
            Expected::Done => code.is_none(),
            Expected::Refused(expected) => code == Some(expected),
            Expected::AsFundsAllow => matches!(code, None | Some("INSUFFICIENT_FUNDS")),
        };
        let money = |minor| Some(Money { minor, currency: self.currency });
        let shown = match self.shown {
            Shown::Anything => true,
            Shown::Available(minor) => answer.available_balance == money(minor),
            Shown::Hold(minor) => answer.hold_balance == money(minor),
        };
        answer.success == code.is_none() && outcome && (shown || !answer.success)
    }

    fn wrong(&self, reply: &Reply) -> Fault {
        let Self { body, expected, shown: figure, .. } = self;
        let told = shown(reply);
        Fault::Wrong(format!("{body} was told {told}; expected were {expected:?}, {figure:?}"))
    }
}

fn told(reply: &Reply, done: bool, hold: Option<String>) -> Told {
    Told { body: reply.body.clone(), done, hold }
}

/// The code of an answer that has one.
pub(super) fn code(reply: &Reply) -> String {
    let answer = serde_json::from_slice::<Answer<'_>>(&reply.body).ok();
    let code = answer.and_then(|answer| Some(answer.error?.code.into_owned()));
    code.unwrap_or_else(|| shown(reply))
}

/// An answer, for a message about it.
pub(super) fn shown(reply: &Reply) -> String {
    format!("{} {}", reply.status.as_u16(), String::from_utf8_lossy(&reply.body))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: &str =
        r#"{"success":true,"available_balance":{"value":1.50,"currency":"SGD"},"n":1}"#;

    fn asked() -> Asked {
        Asked {
            call: Call::Operation("credit_balance"),
            body: r#"{"of_action_ref":"a-k"}"#.into(),
            currency: Currency::Sgd,
            expected: Expected::Done,
            shown: Shown::Available(150),
            effects: Vec::new(),
            told: None,
        }
    }

    fn reply(status: StatusCode, replayed: bool, body: &'static str) -> Reply {
        Reply { status, replayed, body: Bytes::from_static(body.as_bytes()) }
    }

    fn answered() -> Asked {
        let mut asked = asked();
        assert_eq!(asked.hear(&reply(StatusCode::OK, false, DONE)).unwrap(), Heard::First);
        asked
    }

    #[test]
    fn the_same_bytes_again_are_right() {
        let mut asked = answered();
        assert!(asked.is_done());
        assert_eq!(asked.hear(&reply(StatusCode::OK, true, DONE)).unwrap(), Heard::Again);
    }

    #[test]
    fn anything_else_again_is_lost() {
        let other = r#"{"success":true,"available_balance":{"value":1.50,"currency":"SGD"},"n":2}"#;
        for again in [
            reply(StatusCode::OK, true, other),
            reply(StatusCode::OK, false, DONE),
            reply(StatusCode::CREATED, true, DONE),
            reply(StatusCode::NOT_FOUND, false, "{}"),
        ] {
            assert!(matches!(answered().hear(&again), Err(Fault::Lost(_))), "{again:?}");
        }
    }

    #[test]
    fn a_first_answer_that_was_not_expected_is_wrong() {
        for first in [
            r#"{"success":true,"available_balance":{"value":1.49,"currency":"SGD"}}"#,
            r#"{"success":true,"available_balance":{"value":1.50,"currency":"KWD"}}"#,
            r#"{"success":false,"error":{"code":"INSUFFICIENT_FUNDS","message":""}}"#,
            r#"{"success":true,"error":{"code":"INSUFFICIENT_FUNDS","message":""}}"#,
            r#"{"success":true}"#,
            "[]",
        ] {
            let heard = asked().hear(&reply(StatusCode::OK, false, first));
            assert!(matches!(heard, Err(Fault::Wrong(_))), "{first}");
        }
    }

    #[test]
    fn an_answer_that_is_none_leaves_it_unanswered() {
        let body = r#"{"success":false,"error":{"code":"OUTCOME_UNKNOWN","message":""}}"#;
        let mut asked = asked();
        let heard = asked.hear(&reply(StatusCode::SERVICE_UNAVAILABLE, false, body)).unwrap();
        assert_eq!(heard, Heard::Unavailable("OUTCOME_UNKNOWN".into()));
        assert!(asked.told.is_none());
    }
}
