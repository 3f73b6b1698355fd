//! Asking again: what was answered is told again, what was not is done once.

use hyper::StatusCode;
use tokio::task::JoinSet;

use super::asked::{Asked, Call, Heard, code, shown};
use super::fault::Fault;
use super::lines::{Lines, silent};
use super::pick;
use super::teller::Teller;
use crate::child::Listeners;
use crate::client::Reply;

/// How much is asked again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Extent {
    /// All that was answered.
    All,
    /// Of each teller so many of the newest, and so many of all.
    Sample(usize),
}

/// What asking again came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Testimony {
    /// Requests without an answer that were sent again, and are answered now.
    pub(super) settled: u64,
    /// Requests that were answered as they were at first.
    pub(super) again: u64,
    /// Keys that were used for something else, and refused.
    pub(super) misused: u64,
    /// The code of an answer that could not be told.
    pub(super) unavailable: Option<String>,
}

/// Lets all tellers ask again.
pub(super) fn begin(
    tellers: &mut Vec<Teller>,
    listeners: Listeners,
    extent: Extent,
) -> JoinSet<(Teller, Result<Testimony, Fault>)> {
    let mut asking = JoinSet::new();
    for mut teller in tellers.drain(..) {
        asking.spawn(async move {
            let testimony = teller.ask_again(listeners, extent).await;
            (teller, testimony)
        });
    }
    asking
}

impl Testimony {
    /// Adds another.
    pub(super) fn add(&mut self, other: Self) {
        self.settled += other.settled;
        self.again += other.again;
        self.misused += other.misused;
        self.unavailable = self.unavailable.take().or(other.unavailable);
    }
}

impl Teller {
    async fn ask_again(
        &mut self,
        listeners: Listeners,
        extent: Extent,
    ) -> Result<Testimony, Fault> {
        let connect = || async { Lines::connect(listeners).await.map_err(|it| silent(&it)) };
        let mut lines = [connect().await?, connect().await?];
        let mut testimony = Testimony::default();
        for n in self.chosen(extent) {
            let asked = &mut self.asked[n];
            let reply = lines[0].ask(asked).await.map_err(|it| silent(&it))?;
            match asked.hear(&reply)? {
                Heard::First | Heard::Again => testimony.again += 1,
                Heard::Unavailable(code) => {
                    testimony.unavailable = Some(code);
                    return Ok(testimony);
                }
            }
        }
        self.settle(&mut lines, &mut testimony).await?;
        self.misuse(&mut lines[0], &mut testimony).await?;
        Ok(testimony)
    }

    /// Which of the requests that were answered are asked again.
    fn chosen(&mut self, extent: Extent) -> Vec<usize> {
        let all = self.asked.iter().rposition(|asked| asked.told.is_some());
        let all = all.map_or(0, |last| last + 1);
        match extent {
            Extent::Sample(size) if 2 * size < all => {
                let newest = all - size..all;
                let any: Vec<_> =
                    (0..size).filter_map(|_| pick(&mut self.choices, all - size)).collect();
                any.into_iter().chain(newest).collect()
            }
            _ => (0..all).collect(),
        }
    }

    /// Sends again what was not answered, on two connections at once: it is done once.
    async fn settle(
        &mut self,
        [one, other]: &mut [Lines; 2],
        testimony: &mut Testimony,
    ) -> Result<(), Fault> {
        for n in 0..self.asked.len() {
            let asked = &mut self.asked[n];
            if asked.told.is_some() {
                continue;
            }
            let (one, other) = tokio::join!(one.ask(asked), other.ask(asked));
            let told = [one.map_err(|it| silent(&it))?, other.map_err(|it| silent(&it))?];
            if let Some(code) = both(asked, told)? {
                testimony.unavailable = Some(code);
                return Ok(());
            }
            testimony.settled += 1;
            self.note();
        }
        Ok(())
    }

    /// Uses some keys for something else: it is refused, and nothing moves.
    async fn misuse(&mut self, lines: &mut Lines, testimony: &mut Testimony) -> Result<(), Fault> {
        for _ in 0..2 {
            let Some(n) = pick(&mut self.choices, self.asked.len()) else { break };
            let asked = &self.asked[n];
            let Some(body) = asked.misused() else { continue };
            let reply = lines.ask_with(asked, body).await.map_err(|it| silent(&it))?;
            if reply.status == StatusCode::SERVICE_UNAVAILABLE {
                testimony.unavailable = Some(code(&reply));
                break;
            }
            if reply.status != StatusCode::CONFLICT || code(&reply) != "IDEMPOTENCY_KEY_REUSED" {
                let (body, told) = (&asked.body, shown(&reply));
                let what = format!("the key of {body} was taken for something else: {told}");
                return Err(Fault::Lost(what));
            }
            testimony.misused += 1;
        }
        Ok(())
    }
}

/// Hears two answers to one request, of which one is the other told again. The code of an answer
/// that could not be told.
fn both(asked: &mut Asked, mut told: [Reply; 2]) -> Result<Option<String>, Fault> {
    let firsts = told.iter().filter(|reply| !reply.replayed).count();
    if firsts == 2 && asked.call != Call::Open && told.iter().all(|it| it.status.is_success()) {
        let [one, other] = told.map(|reply| shown(&reply));
        let body = &asked.body;
        return Err(Fault::Wrong(format!("{body} was done twice: told {one} and {other}")));
    }
    told.sort_by_key(|reply| (reply.replayed, reply.status != StatusCode::CREATED));
    for reply in told {
        if let Heard::Unavailable(code) = asked.hear(&reply)? {
            return Ok(Some(code));
        }
    }
    Ok(None)
}
