//! One operation from its body to its answer: parse, submit, wait for the log, tell.

use hyper::StatusCode;

use super::answer::{Answer, Problem};
use super::request::OperationBody;
use super::timing::{Stage, Stopwatch};
use super::worker::Worker;
use crate::engine::record::{Action, OperationRequest};
use crate::engine::{IntegrationMode, Lsn, Repeat, Submitted};
use crate::ledger::Operation;
use crate::wire::operation_answer;

/// Executes the operation that `body` asks for, once, and answers as it was first answered.
///
/// # Errors
/// What is not an action: nothing was recorded and no key was used.
pub async fn operate(
    worker: &Worker,
    operation: Operation,
    body: &[u8],
    watch: &mut Stopwatch,
) -> Result<Answer, Problem> {
    let shared = &worker.shared;
    let parsed = OperationBody::parse(operation, body, &shared.config.currencies);
    watch.lap(Stage::Read);
    let parsed = parsed?;
    let request = parsed.request();
    let mut others = Vec::new();
    loop {
        let submitted = submit(worker, request, &others);
        watch.lap(Stage::Decide);
        match submitted? {
            Submitted::Decided(action, stamp) => {
                let body = operation_answer::body(&action, stamp.action());
                watch.lap(Stage::Encode);
                let durable = worker.durable(stamp.lsn).await;
                watch.lap(Stage::Log);
                durable?;
                count(worker, &action);
                return Ok(Answer::json(StatusCode::OK, body));
            }
            Submitted::Seen(lsn) => {
                let stored = worker.stored(lsn).await;
                watch.lap(Stage::Log);
                let stored = stored?;
                match stored.repeats(&request)? {
                    Repeat::Same(action, stamp) => {
                        shared.metrics.repeated();
                        let body = operation_answer::body(&action, stamp.action());
                        return Ok(Answer::json(StatusCode::OK, body).replayed());
                    }
                    Repeat::KeyReused => return Err(Problem::key_reused()),
                    Repeat::OtherKey => others.push(lsn),
                }
            }
        }
    }
}

/// Counts what was recorded.
pub(super) fn count(worker: &Worker, action: &Action<'_>) {
    let refusal = action.outcome.as_ref().err().map(|refused| refused.refusal);
    worker.shared.metrics.acted(action.request.operation, refusal);
}

/// Submits it, unless this ledger moves money by itself: then only what was asked before is answered.
pub(super) fn submit<'a>(
    worker: &Worker,
    request: OperationRequest<'a>,
    others: &[Lsn],
) -> Result<Submitted<Action<'a>>, Problem> {
    let ledger = &worker.shared.ledger;
    if ledger.integration_mode() == IntegrationMode::Ledger {
        return Ok(ledger.submit(request, others)?);
    }
    let seen = ledger.seen_key(request.idempotency_key, others);
    seen.map(Submitted::Seen).ok_or_else(|| {
        let message = "integration_mode is \"clearing\": approvals, reversals and clearing records \
                       move money here, and ledger operations are refused; where the network is \
                       to send them, start with --integration-mode ledger";
        Problem::new(StatusCode::CONFLICT, "WRONG_MODE", message)
    })
}
