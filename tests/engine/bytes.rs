//! The counter as the network finds it: bodies in, answers out, byte for byte, and no socket.

use std::time::Duration;

use holdfast::engine::record::AuthorizationKind;
use holdfast::engine::{AuthorizationRequest, Currencies};
use holdfast::http::authorization_body::{AuthorizationBody, Denominated};
use holdfast::http::request::OperationBody;
use holdfast::ledger::Operation;
use holdfast_loadgen::simulator::step::Operation as Call;
use holdfast_loadgen::wire::Reply;
use hyper::StatusCode;

use super::counter::{Answered, BUDGET, Counter, TIME_TO_LIVE};

impl Counter {
    /// Answers one call of the network. An approval is durable, on a disk that is as slow as
    /// `stall`; what else was done need not be.
    pub(crate) fn post(&mut self, call: Call, body: &[u8], stall: Duration) -> Reply {
        match call {
            Call::FinalAuth => self.post_message(AuthorizationKind::Final, body, stall),
            Call::PreAuth => self.post_message(AuthorizationKind::Pre, body, stall),
            Call::DebitBalance => self.post_operation(Operation::DebitBalance, body),
            Call::CreditBalance => self.post_operation(Operation::CreditBalance, body),
            Call::HoldBalance => self.post_operation(Operation::HoldBalance, body),
            Call::RestoreBalance => self.post_operation(Operation::RestoreBalance, body),
            Call::DebitHoldBalance => self.post_operation(Operation::DebitHoldBalance, body),
            Call::CreditHoldBalance => self.post_operation(Operation::CreditHoldBalance, body),
        }
    }

    fn post_operation(&mut self, operation: Operation, body: &[u8]) -> Reply {
        let parsed = OperationBody::parse(operation, body, &Currencies::iso()).unwrap();
        reply(self.take_in(&parsed.request()))
    }

    fn post_message(&mut self, kind: AuthorizationKind, body: &[u8], stall: Duration) -> Reply {
        let parsed = AuthorizationBody::parse(body).unwrap();
        let Denominated::In(decided, merchant) = parsed.denominated(&Currencies::iso()) else {
            panic!("no currency in {}", String::from_utf8_lossy(body));
        };
        let named = self.world.engine.named(&parsed.names(), Some(decided));
        let account = named.map(|named| String::from(&*named.tenant_account_ref));
        let request = AuthorizationRequest {
            kind,
            message: parsed.message(),
            account: account.as_deref().map_err(|why| *why),
            asked: parsed.asked(decided, merchant).unwrap(),
            answer_by: self.world.engine.now().after(BUDGET),
            time_to_live: TIME_TO_LIVE,
            merchant: parsed.merchant(),
            content: std::str::from_utf8(body).unwrap(),
        };
        reply(self.decide(&request, stall))
    }
}

fn reply<T>(answered: Answered<T>) -> Reply {
    let Answered { body, replayed, .. } = answered;
    Reply { status: StatusCode::OK, replayed, body: body.into() }
}
