//! Asking until the server is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::asked::Heard;
use super::fault::Fault;
use super::lines::Lines;
use super::pick;
use super::teller::Teller;
use crate::child::Listeners;

/// What the tellers of a life tell meanwhile, and are told.
#[derive(Debug, Default)]
pub(super) struct News {
    answers: AtomicU64,
    /// How many tellers still ask.
    asking: AtomicUsize,
    changed: Notify,
    enough: AtomicBool,
}

/// What asking came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Work {
    /// Requests sent for the first time.
    pub(super) requests: u64,
    /// Those that were answered.
    pub(super) acknowledged: u64,
    /// Those of them that were refused.
    pub(super) refused: u64,
    /// Requests sent again, and answered as they were at first.
    pub(super) again: u64,
}

/// A teller, and how its work ended.
pub(super) type Worked = (Teller, Result<Work, Fault>);

impl News {
    /// Waits until so many were answered, or nobody asks any more.
    pub(super) async fn answered(&self, count: u64) {
        let more = || {
            self.answers.load(Ordering::Relaxed) < count && self.asking.load(Ordering::Relaxed) > 0
        };
        while more() {
            self.changed.notified().await;
        }
    }

    /// Tells the tellers to ask no more.
    pub(super) fn enough(&self) {
        self.enough.store(true, Ordering::Relaxed);
    }

    fn leave(&self) {
        self.asking.fetch_sub(1, Ordering::Relaxed);
        self.changed.notify_one();
    }

    fn tell(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
    }
}

/// Lets all tellers work.
pub(super) fn begin(
    tellers: &mut Vec<Teller>,
    listeners: Listeners,
    news: &Arc<News>,
) -> JoinSet<Worked> {
    let mut working = JoinSet::new();
    news.asking.store(tellers.len(), Ordering::Relaxed);
    for mut teller in tellers.drain(..) {
        let news = Arc::clone(news);
        working.spawn(async move {
            let mut work = Work::default();
            let worked = teller.work(listeners, &news, &mut work).await;
            news.leave();
            (teller, worked.map(|()| work))
        });
    }
    working
}

/// Takes the tellers back once their work has ended, and adds it up.
///
/// # Errors
/// The gravest fault that one of them found.
pub(super) async fn end<T: Default + 'static>(
    tellers: &mut Vec<Teller>,
    mut working: JoinSet<(Teller, Result<T, Fault>)>,
    mut add: impl FnMut(T),
) -> Result<(), Fault> {
    let mut gravest = None;
    while let Some(ended) = working.join_next().await {
        let (teller, worked) = ended.map_err(anyhow::Error::new)?;
        tellers.push(teller);
        match worked {
            Ok(work) => add(work),
            Err(fault) => gravest = Some(Fault::graver(gravest, fault)),
        }
    }
    // They end in any order, and the next round is to be the same for the same seed.
    tellers.sort_by_key(Teller::number);
    gravest.map_or(Ok(()), Err)
}

impl Teller {
    /// Asks until the connection breaks or it is enough.
    async fn work(
        &mut self,
        listeners: Listeners,
        news: &News,
        work: &mut Work,
    ) -> Result<(), Fault> {
        // The server may be gone already, or go at any moment: that is no fault.
        let Ok(mut lines) = Lines::connect(listeners).await else { return Ok(()) };
        while !news.enough.load(Ordering::Relaxed) {
            let answered = match self.choices.below(400) {
                0..2 => lines.operator.post("/v1/snapshot", "{}".into()).await.is_ok(),
                2..50 if !self.asked.is_empty() => self.ask_earlier(&mut lines, work).await?,
                _ => self.ask_next(&mut lines, work).await?,
            };
            if !answered {
                break;
            }
            news.tell();
        }
        Ok(())
    }

    /// Asks for something new; says whether there was an answer.
    async fn ask_next(&mut self, lines: &mut Lines, work: &mut Work) -> Result<bool, Fault> {
        let mut asked = self.next();
        work.requests += 1;
        let reply = lines.ask(&asked).await;
        let heard = reply.ok().map(|reply| asked.hear(&reply));
        self.asked.push(asked);
        let first = matches!(heard.transpose()?, Some(Heard::First));
        if first {
            self.note();
            work.acknowledged += 1;
            let done = self.asked.last().is_some_and(super::asked::Asked::is_done);
            work.refused += u64::from(!done);
        }
        Ok(first)
    }

    /// Asks something again that was answered; says whether there was an answer.
    async fn ask_earlier(&mut self, lines: &mut Lines, work: &mut Work) -> Result<bool, Fault> {
        let Some(n) = pick(&mut self.choices, self.asked.len()) else { return Ok(true) };
        let asked = &mut self.asked[n];
        let Ok(reply) = lines.ask(asked).await else { return Ok(false) };
        match asked.hear(&reply)? {
            Heard::First => Err(Fault::Wrong(format!("{} was forgotten", asked.body))),
            Heard::Again => {
                work.again += 1;
                Ok(true)
            }
            Heard::Unavailable(_) => Ok(false),
        }
    }
}
