//! One operation from its body to its answer: parse, submit, wait for the log, tell.

use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};

use super::answer::{Answer, Problem};
use super::body;
use super::request::OperationBody;
use super::timing::{Stage, Stopwatch};
use super::worker::Worker;
use crate::engine::record::{Action, OperationRequest};
use crate::engine::{IntegrationMode, Lsn, Repeat, Submitted};
use crate::ledger::{Operation, Refusal};
use crate::wire::operation_answer;

/// The largest body of an operation, in bytes.
pub(super) const OPERATION_BYTES_MAX: usize = 16 << 10;

/// Executes the operation that a body asks for, once, and answers as it was first answered.
///
/// While the log is waited for, nothing of the request is kept: what many requests hold at once is
/// what the processor has to fetch again for each.
///
/// # Errors
/// What is not an action: nothing was recorded and no key was used.
pub async fn operate(
    worker: &Worker,
    operation: Operation,
    incoming: Incoming,
) -> Result<Answer, Problem> {
    let config = &worker.shared.config;
    let mut watch = Stopwatch::start(config.server_timing);
    let body = body::read(incoming, OPERATION_BYTES_MAX, config.body_timeout).await?;
    let _in_flight = worker.shared.admit()?;
    let answer = match begin(worker, operation, &body, &[], &mut watch) {
        Ok(Begun::Decided(decided)) => {
            drop(body);
            decided.told(worker, &mut watch).await
        }
        Ok(Begun::Seen(lsn)) => Box::pin(repeat(worker, operation, body, lsn, &mut watch)).await,
        Err(problem) => Err(problem),
    };
    Ok(answer.unwrap_or_else(Answer::from).timed(&watch))
}

/// How far a request comes without waiting.
enum Begun {
    /// It was decided.
    Decided(Decided),
    /// Its key has the hash of one that the record at that position used.
    Seen(Lsn),
}

/// An action that is recorded, and its answer, which may not leave yet.
struct Decided {
    operation: Operation,
    refusal: Option<Refusal>,
    body: Vec<u8>,
    lsn: Lsn,
}

/// Submits what `body` asks for; `others` are records of other keys with the same hash.
fn begin(
    worker: &Worker,
    operation: Operation,
    body: &[u8],
    others: &[Lsn],
    watch: &mut Stopwatch,
) -> Result<Begun, Problem> {
    let parsed = OperationBody::parse(operation, body, &worker.shared.config.currencies);
    watch.lap(Stage::Read);
    let parsed = parsed?;
    let submitted = submit(worker, parsed.request(), others);
    watch.lap(Stage::Decide);
    Ok(match submitted? {
        Submitted::Seen(lsn) => Begun::Seen(lsn),
        Submitted::Decided(action, stamp) => {
            let body = operation_answer::body(&action, stamp.action());
            watch.lap(Stage::Encode);
            let refusal = action.refusal();
            Begun::Decided(Decided { operation, refusal, body, lsn: stamp.lsn })
        }
    })
}

impl Decided {
    /// The answer, once the log is durable as far as it reveals.
    async fn told(self, worker: &Worker, watch: &mut Stopwatch) -> Result<Answer, Problem> {
        let durable = worker.durable(self.lsn).await;
        watch.lap(Stage::Log);
        durable?;
        worker.shared.metrics.acted(self.operation, self.refusal);
        Ok(Answer::json(StatusCode::OK, self.body))
    }
}

/// Answers a request whose key the record at `lsn` seems to have used, as it was first answered.
async fn repeat(
    worker: &Worker,
    operation: Operation,
    body: Bytes,
    mut lsn: Lsn,
    watch: &mut Stopwatch,
) -> Result<Answer, Problem> {
    let shared = &worker.shared;
    let parsed = OperationBody::parse(operation, &body, &shared.config.currencies)?;
    let mut others = Vec::new();
    loop {
        let stored = worker.stored(lsn).await;
        watch.lap(Stage::Log);
        let stored = stored?;
        match stored.repeats(&parsed.request())? {
            Repeat::Same(action, stamp) => {
                shared.metrics.repeated();
                let body = operation_answer::body(&action, stamp.action());
                return Ok(Answer::json(StatusCode::OK, body).replayed());
            }
            Repeat::KeyReused => return Err(Problem::key_reused()),
            Repeat::OtherKey => others.push(lsn),
        }
        match begin(worker, operation, &body, &others, watch)? {
            Begun::Decided(decided) => return decided.told(worker, watch).await,
            Begun::Seen(next) => lsn = next,
        }
    }
}

/// Counts what was recorded.
pub(super) fn count(worker: &Worker, action: &Action<'_>) {
    worker.shared.metrics.acted(action.request.operation, action.refusal());
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
