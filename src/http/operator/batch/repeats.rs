//! Operations of a batch whose keys were used before: their records are read, many at once and off
//! the worker's thread, and tell what each is answered with.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::super::super::answer::Problem;
use super::super::super::operation;
use super::super::super::request::OperationBody;
use super::super::super::worker::Worker;
use super::told;
use super::window::{Seen, Window};
use crate::engine::{HistoryError, Lsn, Repeat, Stored, Submitted};

type Read = Vec<Result<Stored, Problem>>;

/// Operations whose records are being read.
pub struct Reading {
    seen: Vec<Seen>,
    read: Pin<Box<dyn Future<Output = Read>>>,
}

impl Reading {
    /// Begins to read the records of `seen`, once they are durable.
    pub fn begin(worker: &Rc<Worker>, seen: Vec<Seen>) -> Self {
        let lsns: Vec<Lsn> = seen.iter().map(|it| it.lsn).collect();
        let read = Box::pin(read(Rc::clone(worker), lsns));
        Self { seen, read }
    }

    /// Answers them when all are read.
    pub fn poll(&mut self, cx: &mut Context<'_>, worker: &Worker, window: &mut Window) -> Poll<()> {
        self.read.as_mut().poll(cx).map(|read| {
            let mut read = read.into_iter();
            window.answer(std::mem::take(&mut self.seen), |out, seen| {
                let stored = read.next().unwrap_or_else(|| Err(Problem::outcome_unknown()));
                answer(out, worker, seen, stored)
            });
        })
    }
}

async fn read(worker: Rc<Worker>, lsns: Vec<Lsn>) -> Read {
    let count = lsns.len();
    let newest = lsns.iter().copied().max().unwrap_or(Lsn::ZERO);
    if worker.durable(newest).await.is_err() {
        return (0..count).map(|_| Err(Problem::outcome_unknown())).collect();
    }
    let all = worker.aside(move |shared| {
        let read = |lsn| shared.ledger.stored(lsn).map_err(|why: HistoryError| why.into());
        lsns.into_iter().map(read).collect()
    });
    let stopping = || Problem::unavailable("OVERLOADED", "the server is stopping");
    all.await.unwrap_or_else(|_| (0..count).map(|_| Err(stopping())).collect())
}

/// Writes what an operation is answered with, and says what that reveals. Where its key only had the
/// hash of the record's, it is decided now, unless another record has that hash, too.
fn answer(
    out: &mut Vec<u8>,
    worker: &Worker,
    seen: &mut Seen,
    stored: Result<Stored, Problem>,
) -> Result<Lsn, ()> {
    let shared = &worker.shared;
    let told = stored.and_then(|stored| {
        let parsed = OperationBody::parse_item(&seen.item, &shared.config.currencies)?;
        let request = parsed.request();
        match stored.repeats(&request)? {
            Repeat::Same(action, stamp) => {
                shared.metrics.repeated();
                told::action(out, true, &action, stamp.action());
                return Ok(Some(stamp.lsn));
            }
            Repeat::KeyReused => return Err(Problem::key_reused()),
            Repeat::OtherKey => seen.others.push(seen.lsn),
        }
        match operation::submit(worker, request, &seen.others)? {
            Submitted::Decided(action, stamp) => {
                operation::count(worker, &action);
                told::action(out, false, &action, stamp.action());
                Ok(Some(stamp.lsn))
            }
            Submitted::Seen(lsn) => {
                seen.lsn = lsn;
                Ok(None)
            }
        }
    });
    match told {
        Ok(lsn) => lsn.ok_or(()),
        Err(problem) => {
            told::problem(out, problem);
            Ok(Lsn::ZERO)
        }
    }
}
