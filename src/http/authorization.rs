//! An authorization message from its body to its answer, within its budget.
//!
//! Whatever is waited for is waited for until the budget ends, and then the answer is a decline: what
//! was decided is undone, and of what was not decided nothing was recorded. The answer is 200
//! whatever was decided; 400 is for what is no authorization, and 503 for a log that failed
//! meanwhile.

use std::rc::Rc;

use hyper::StatusCode;
use hyper::body::Incoming;
use tokio::time::{Instant, sleep, timeout_at};

use super::answer::{Answer, Problem};
use super::authorization_body::{AuthorizationBody, Denominated};
use super::body;
use super::metrics::Outcome;
use super::operation::OPERATION_BYTES_MAX;
use super::settling::settle;
use super::timing::{Stage, Stopwatch};
use super::worker::Worker;
use crate::engine::record::{Asked, Authorization, AuthorizationKind};
use crate::engine::{
    AuthorizationRequest, Earlier, Lsn, Settled, Stamp, Stored, Submitted, Told, Unavailable,
};
use crate::ledger::{ActionRef, AuthorizationRef, Decline, Refusal};
use crate::wire::authorization as wire;

/// The clock of a budget ticks so often.
const TICK: std::time::Duration = std::time::Duration::from_millis(1);

/// Answers the authorization of a body, whose request's first byte came at `received`.
///
/// # Errors
/// What is no message at all.
pub async fn authorize(
    worker: Rc<Worker>,
    kind: AuthorizationKind,
    incoming: Incoming,
    received: Instant,
) -> Result<Answer, Problem> {
    let config = &worker.shared.config;
    let mut watch = Stopwatch::start(config.server_timing);
    let body = body::read(incoming, OPERATION_BYTES_MAX, config.body_timeout).await?;
    let answer = answer(&worker, kind, &body, received, &mut watch).await;
    Ok(answer.unwrap_or_else(Answer::from).timed(&watch))
}

/// The same of a body that is there: 400 where it is no authorization, 503 where the log failed
/// meanwhile.
async fn answer(
    worker: &Worker,
    kind: AuthorizationKind,
    body: &[u8],
    received: Instant,
    watch: &mut Stopwatch,
) -> Result<Answer, Problem> {
    let parsed = AuthorizationBody::parse(body);
    watch.lap(Stage::Read);
    let parsed = parsed?;
    let ends = received.checked_add(worker.shared.config.authorizations.budget);
    let desk = Desk { worker, kind, parsed: &parsed, ends: ends.unwrap_or(received) };
    // Too much in flight is a decline, too.
    let Ok(_in_flight) = worker.shared.admit() else { return Ok(desk.undecided("OVERLOADED")) };
    match desk.question()? {
        Ok((account, asked)) => {
            let account = account.as_deref().map_err(|why| *why);
            let answer = desk.answer(account, asked, watch).await;
            watch.lap(Stage::Log);
            answer
        }
        Err(reason) => Ok(desk.undecided(reason)),
    }
}

/// One message and the budget for its answer.
struct Desk<'a> {
    worker: &'a Worker,
    kind: AuthorizationKind,
    parsed: &'a AuthorizationBody<'a>,
    ends: Instant,
}

/// The account that was named, or why none was; and how much is asked of it.
type Question = (Result<String, Decline>, Asked);

impl Desk<'_> {
    /// What is to be decided; a reason to decline where the amounts are in no currency.
    fn question(&self) -> Result<Result<Question, &'static str>, Problem> {
        let shared = &self.worker.shared;
        let denominated = self.parsed.denominated(&shared.config.currencies);
        let wanted = if let Denominated::In(it, _) = denominated { Some(it) } else { None };
        let named = shared.ledger.named(&self.parsed.names(), wanted);
        let (decided, merchant) = match (denominated, &named) {
            (Denominated::In(decided, merchant), _) => (decided, merchant),
            (Denominated::AsTheAccount, Ok(named)) => match named.currency {
                Some(currency) => (currency, currency),
                None => return Ok(Err(Refusal::CurrencyMismatch.code())),
            },
            (Denominated::AsTheAccount, Err(decline)) => return Ok(Err(decline.code())),
            (Denominated::Unknown, _) => return Ok(Err("UNKNOWN_CURRENCY")),
        };
        let account = named.map(|named| named.tenant_account_ref.into());
        Ok(Ok((account, self.parsed.asked(decided, merchant)?)))
    }

    async fn answer(
        &self,
        account: Result<&str, Decline>,
        asked: Asked,
        watch: &mut Stopwatch,
    ) -> Result<Answer, Problem> {
        let (mut earlier, mut undone) = (Earlier::default(), Vec::new());
        loop {
            let request = self.request(account, asked);
            let submitted = self.worker.shared.ledger.authorize(request, &earlier);
            watch.lap(Stage::Decide);
            let seen = match submitted {
                Ok(Submitted::Decided(authorization, stamp)) => {
                    return self.decided(&authorization, stamp).await;
                }
                Ok(Submitted::Seen(lsn)) => lsn,
                Err(why) => return Ok(self.undecided(reason(why))),
            };
            let Some(stored) = self.stored(seen).await? else {
                return Ok(self.undecided(wire::TOO_LATE));
            };
            watch.lap(Stage::Log);
            earlier.read.push(seen);
            match self.told(&stored)? {
                Told::Same(first, stamp) => {
                    return self.again(&first, stamp, earlier, undone).await;
                }
                Told::Undoes(approval) => undone.push(approval),
                Told::SameTransaction => earlier.known = true,
                Told::Other => {}
            }
        }
    }

    fn request<'a>(
        &'a self,
        account: Result<&'a str, Decline>,
        asked: Asked,
    ) -> AuthorizationRequest<'a> {
        let shared = &self.worker.shared;
        let left = self.ends.saturating_duration_since(Instant::now());
        AuthorizationRequest {
            kind: self.kind,
            message: self.parsed.message(),
            account,
            asked,
            answer_by: shared.ledger.now().after(left),
            time_to_live: shared.config.authorizations.time_to_live,
            merchant: self.parsed.merchant(),
            content: self.parsed.content,
        }
    }

    fn told<'s>(&self, stored: &'s Stored) -> Result<Told<'s>, Problem> {
        Ok(stored.tells_of(self.kind, &self.parsed.message(), self.parsed.content)?)
    }

    /// The record at `lsn`, unless the budget ends first.
    async fn stored(&self, lsn: Lsn) -> Result<Option<Stored>, Problem> {
        timeout_at(self.ends, self.worker.stored(lsn)).await.ok().transpose()
    }

    /// Answers what was decided now. A decline promises nothing, and need not be durable when the
    /// budget ends.
    async fn decided(
        &self,
        authorization: &Authorization<'_>,
        stamp: Stamp,
    ) -> Result<Answer, Problem> {
        if authorization.outcome.is_ok() {
            let in_time = match self.settled(stamp.lsn).await? {
                Settled::Before => !self.is_undone(stamp, Earlier::default(), Vec::new()).await?,
                settled => settled == Settled::InTime,
            };
            if in_time {
                self.posted(stamp).await;
            }
            return Ok(self.told_of(authorization, stamp.action(), in_time));
        }
        timeout_at(self.ends, self.worker.durable(stamp.lsn)).await.unwrap_or(Ok(()))?;
        Ok(self.told_of(authorization, stamp.action(), true))
    }

    /// Sees to it that an approval is posted which could not be at once, as far as the budget lasts:
    /// what stands is set aside until it is.
    async fn posted(&self, approval: Stamp) {
        let ledger = &self.worker.shared.ledger;
        let transaction_id = self.parsed.message().transaction_id;
        if ledger.unposted_of(transaction_id).is_empty() {
            return;
        }
        let name = AuthorizationRef::decided_as(approval.action()).to_string();
        let settled = settle(self.worker, transaction_id, approval.lsn, &name);
        // What is not done by then, or cannot be now, is tried again by the sweeper.
        let _ = timeout_at(self.ends, settled).await;
    }

    /// Answers as the message was answered before.
    async fn again(
        &self,
        first: &Authorization<'_>,
        stamp: Stamp,
        earlier: Earlier,
        undone: Vec<ActionRef>,
    ) -> Result<Answer, Problem> {
        self.worker.shared.metrics.repeated();
        let in_time =
            match first.outcome.is_ok().then(|| self.worker.shared.ledger.settle(stamp.lsn)) {
                Some(Settled::Late | Settled::NotYet) => false,
                Some(Settled::Before) => !self.is_undone(stamp, earlier, undone).await?,
                Some(Settled::InTime) | None => true,
            };
        Ok(self.told_of(first, stamp.action(), in_time).replayed())
    }

    /// Waits until an approval is settled.
    async fn settled(&self, approval: Lsn) -> Result<Settled, Problem> {
        let waited = timeout_at(self.ends, self.worker.durable(approval)).await;
        waited.unwrap_or(Ok(()))?;
        loop {
            match self.worker.shared.ledger.settle(approval) {
                Settled::NotYet => sleep(TICK).await,
                settled => return Ok(settled),
            }
        }
    }

    /// Whether the log has an undoing of an approval that was settled before.
    async fn is_undone(
        &self,
        approval: Stamp,
        mut earlier: Earlier,
        undone: Vec<ActionRef>,
    ) -> Result<bool, Problem> {
        if undone.contains(&approval.action()) {
            return Ok(true);
        }
        let transaction_id = self.parsed.message().transaction_id;
        while let Some(lsn) = self.worker.shared.ledger.seen_under(transaction_id, &earlier) {
            // What cannot be read in time is taken for an undoing: a decline is the safe answer.
            let Some(stored) = self.stored(lsn).await? else { return Ok(true) };
            if matches!(self.told(&stored)?, Told::Undoes(undone) if undone == approval.action()) {
                return Ok(true);
            }
            earlier.read.push(lsn);
        }
        Ok(false)
    }

    fn told_of(&self, it: &Authorization<'_>, at: ActionRef, in_time: bool) -> Answer {
        let metrics = &self.worker.shared.metrics;
        let body = match &it.outcome {
            Ok(_) if !in_time => {
                metrics.authorized(self.kind, Outcome::Late);
                wire::declined_body(at, it.asked.amount.currency, wire::TOO_LATE)
            }
            outcome => {
                metrics.authorized(self.kind, Outcome::of(outcome.is_ok()));
                wire::body(it, at)
            }
        };
        Answer::json(StatusCode::OK, body)
    }

    /// Declines what was not decided.
    fn undecided(&self, reason: &str) -> Answer {
        self.worker.shared.metrics.authorized(self.kind, Outcome::Undecided);
        Answer::json(StatusCode::OK, wire::undecided_body(reason))
    }
}

/// Why nothing could be decided now.
const fn reason(why: Unavailable) -> &'static str {
    match why {
        Unavailable::StorageLow => "STORAGE_LOW",
        Unavailable::Overloaded | Unavailable::Stopping => "OVERLOADED",
        Unavailable::TooLarge => "BODY_TOO_LARGE",
    }
}
