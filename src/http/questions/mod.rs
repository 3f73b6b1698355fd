//! What Open Fabric asks and only the tenant can decide: 3-D Secure challenges, and transactions of
//! the online orchestration.
//!
//! ```text
//! question ─► recorded, durable ─► the tenant's hook ─► its answer recorded, durable ─► answer
//! ```
//!
//! Question and answer are notifications of types of their own. The first answer that is recorded is
//! the answer, to everyone who asks the same, in every life. Without a hook the answer is one that
//! approves nothing; where the hook does not answer the question may be asked again.

mod answer;
mod body;

use super::answer::{Answer, Problem};
use super::hook;
use super::webhook;
use super::worker::Worker;
use crate::engine::record::{Notification, NotificationName, Record};
use crate::engine::{Lsn, Stored};
use crate::wire::json;

use body::Asked;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The shopper is to be challenged in the tenant's own way.
    ChallengeOutOfBand,
    /// The shopper is to be sent a one-time password.
    ChallengeByPassword,
    /// A transaction is to be created.
    CreateTransaction,
}

impl Question {
    /// The type of the notification that it is kept as.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::ChallengeOutOfBand => "3ds:challenge:oob",
            Self::ChallengeByPassword => "3ds:challenge:otp",
            Self::CreateTransaction => "orchestration:transaction:create",
        }
    }

    /// The type of the notification that its answer is kept as.
    const fn answer_kind(self) -> &'static str {
        match self {
            Self::ChallengeOutOfBand => "3ds:challenge:oob:answer",
            Self::ChallengeByPassword => "3ds:challenge:otp:answer",
            Self::CreateTransaction => "orchestration:transaction:create:answer",
        }
    }

    /// The member that names it: the same again is the same question.
    const fn name(self) -> &'static str {
        match self {
            Self::ChallengeOutOfBand | Self::ChallengeByPassword => "three_ds_challenge_id",
            Self::CreateTransaction => "fabric_reference_id",
        }
    }
}

/// Answers the question that `body` is, as it was first answered.
///
/// # Errors
/// 400 where it is none; 503 where there is no answer now.
pub async fn receive(worker: &Worker, question: Question, body: &[u8]) -> Result<Answer, Problem> {
    let asked = Asked::read(question, body)?;
    let lsn = webhook::record(worker, &asked.notification()).await?;
    let name = asked.name(question.answer_kind());
    if let Some(known) = known(worker, &name).await? {
        worker.shared.metrics.repeated();
        return Ok(told(&asked, lsn, &known)?.replayed());
    }
    worker.durable(lsn).await?;
    let data = ask(worker, &asked, lsn).await?;
    let answer = Notification {
        name,
        kind: question.answer_kind().into(),
        created_at: None,
        transaction_id: asked.transaction_id(),
        tenant_reference_id: None,
        data: data.into(),
    };
    let first = webhook::record(worker, &answer).await?;
    told(&asked, lsn, &worker.stored(first).await?)
}

/// The answer that was recorded before.
async fn known(worker: &Worker, name: &NotificationName<'_>) -> Result<Option<Stored>, Problem> {
    let mut others = Vec::new();
    while let Some(lsn) = worker.shared.ledger.seen_notification(name, &others) {
        let stored = worker.stored(lsn).await?;
        if stored.is_notification(name)? {
            return Ok(Some(stored));
        }
        others.push(lsn);
    }
    Ok(None)
}

/// What the hook says; nothing where there is none.
async fn ask(worker: &Worker, asked: &Asked<'_>, lsn: Lsn) -> Result<String, Problem> {
    let shared = &worker.shared;
    let Some(hook) = &shared.config.hook else { return Ok("{}".to_owned()) };
    let name = asked.name(asked.question.kind());
    let question = json::object(|object| {
        object.text("notification_id", &name.id);
        object.text("type", asked.question.kind());
        object.number("lsn", lsn.value());
        object.raw("data", asked.content);
    });
    let answer = hook::ask(hook, &name.id, &question).await;
    shared.metrics.hooked(answer.is_ok());
    answer.map_err(|error| {
        tracing::error!(%error, question = asked.question.kind(), "the tenant's system has no answer");
        let message = "the tenant's own system does not answer: ask again later";
        Problem::unavailable("HOOK_FAILED", message)
    })
}

fn told(asked: &Asked<'_>, lsn: Lsn, answer: &Stored) -> Result<Answer, Problem> {
    match answer.record()?.0 {
        Record::Notification(it) => Ok(answer::of(asked, lsn, &it.data)),
        _ => Err(Problem::outcome_unknown()),
    }
}
