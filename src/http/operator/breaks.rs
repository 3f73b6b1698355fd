//! The breaks that reconciliations found: `GET /v1/breaks`, oldest first, and `POST /v1/breaks`, which
//! resolves one with a note.

use hyper::StatusCode;

use super::super::answer::{Answer, Problem};
use super::super::request::{self, text};
use super::super::worker::Worker;
use super::query::Query;
use crate::engine::record::{BreakRef, OpenedBreak, Record};
use crate::engine::{
    BreakView, BreaksAsked, HistoryError, Ledger, Lsn, Resolved, Stored, Unavailable,
};
use crate::reconcile::{Report, report};
use crate::wire::json::{self, Object};
use crate::wire::time;

/// The longest note, in bytes.
const NOTE_MAX: usize = 1_024;

/// Opens the breaks that a report lists and that were never opened before: how many, and the record
/// that must be durable before that is told.
pub(super) fn open(ledger: &Ledger, report: &Report) -> Result<(u64, Lsn), Unavailable> {
    let told: Vec<_> = report::named(report)
        .map(|(name, it)| (name, it.kind, json::object(|o| report::broken(o, name, it))))
        .collect();
    let breaks: Vec<_> = told
        .iter()
        .filter_map(|(name, kind, told)| {
            let told = std::str::from_utf8(told).ok()?;
            Some(OpenedBreak { name: *name, kind: kind.name(), told })
        })
        .collect();
    let (opened, last) = ledger.open_breaks(report.identity(), &breaks)?;
    let opened = u64::try_from(opened).unwrap_or(u64::MAX);
    Ok((opened, last.map_or(Lsn::ZERO, |stamp| stamp.lsn)))
}

/// `GET /v1/breaks`
pub(super) async fn list(worker: &Worker, query: Option<&str>) -> Result<Answer, Problem> {
    let asked = asked(&Query::parse(query, &["status", "kind", "limit", "cursor"])?)?;
    let limit = asked.limit;
    let page = worker.shared.ledger.breaks(&asked);
    let page = page.ok_or_else(|| Problem::invalid(BAD_CURSOR))?;
    let seen = page.iter().map(|it| it.opened.max(it.resolved)).max();
    worker.durable(seen.unwrap_or(Lsn::ZERO)).await?;
    let body = worker.history(move |ledger| told(ledger, &page, limit)).await?;
    Ok(Answer::json(StatusCode::OK, body))
}

const BAD_CURSOR: &str = "query member cursor is not one that a list gave";

fn asked(query: &Query<'_>) -> Result<BreaksAsked, Problem> {
    let open = match query.find("status") {
        None => None,
        Some("open") => Some(true),
        Some("resolved") => Some(false),
        Some(_) => return Err(Problem::invalid("query member status is not open or resolved")),
    };
    let after = query
        .find("cursor")
        .map(|it| BreakRef::parse(it).ok_or_else(|| Problem::invalid(BAD_CURSOR)));
    let kind = query.find("kind").map(str::to_owned);
    Ok(BreaksAsked { open, kind, after: after.transpose()?, limit: query.limit()? })
}

/// The records of many breaks are the same ones: each is read once.
fn told(ledger: &Ledger, page: &[BreakView], limit: usize) -> Result<Vec<u8>, HistoryError> {
    let mut opened: Option<Stored> = None;
    let mut members = Vec::with_capacity(page.len());
    for it in page {
        let known = opened.take().filter(|stored| stored.lsn() == it.opened);
        let stored = match known {
            Some(stored) => stored,
            None => ledger.stored(it.opened)?,
        };
        members.push(one(ledger, it, &stored)?);
        opened = Some(stored);
    }
    let last = page.last().filter(|_| page.len() == limit);
    Ok(json::object(|object| {
        object.list("data", &members, |object, it| it.write(object));
        match last {
            Some(last) => object.display("next_cursor", last.name),
            None => object.raw("next_cursor", "null"),
        }
    }))
}

/// A break as it is told.
struct Told {
    name: BreakRef,
    file: String,
    found: String,
    opened_at: String,
    resolved: Option<(String, String)>,
}

impl Told {
    fn write(&self, object: &mut Object<'_>) {
        object.display("break_ref", self.name);
        object.text("status", if self.resolved.is_some() { "resolved" } else { "open" });
        object.text("file", &self.file);
        object.text("opened_at", &self.opened_at);
        if let Some((at, note)) = &self.resolved {
            object.text("resolved_at", at);
            object.text("note", note);
        }
        object.raw("found", &self.found);
    }
}

fn one(ledger: &Ledger, it: &BreakView, stored: &Stored) -> Result<Told, HistoryError> {
    let astray = || HistoryError::Astray(it.opened);
    let (record, stamp) = stored.record()?;
    let Record::BreaksOpened(opened) = record else { return Err(astray()) };
    let place = usize::try_from(it.place).map_err(|_| astray())?;
    let found = opened.breaks.get(place).ok_or_else(astray)?;
    let resolved = match it.resolved {
        Lsn::ZERO => None,
        lsn => Some(resolution(&ledger.stored(lsn)?)?),
    };
    Ok(Told {
        name: it.name,
        file: opened.file.to_owned(),
        found: found.told.to_owned(),
        opened_at: time::write(stamp.at),
        resolved,
    })
}

/// When a break was resolved, and with what note.
fn resolution(stored: &Stored) -> Result<(String, String), HistoryError> {
    match stored.record()? {
        (Record::BreakResolved(it), stamp) => Ok((time::write(stamp.at), it.note.to_owned())),
        _ => Err(HistoryError::Astray(stored.lsn())),
    }
}

#[derive(serde::Deserialize)]
struct Wire {
    break_ref: String,
    note: String,
}

/// `POST /v1/breaks`
pub(super) async fn resolve(worker: &Worker, body: &[u8]) -> Result<Answer, Problem> {
    let wire: Wire = request::object(body)?;
    text("note", &wire.note, NOTE_MAX)?;
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such break");
    let name = BreakRef::parse(&wire.break_ref).ok_or_else(unknown)?;
    let ledger = &worker.shared.ledger;
    let lsn = match ledger.resolve_break(name, &wire.note)?.ok_or_else(unknown)? {
        Resolved::Now(stamp) => stamp.lsn,
        Resolved::Before(lsn) => lsn,
    };
    let (_, note) = resolution(&worker.stored(lsn).await?)?;
    if note != wire.note {
        let message = "this break was resolved with another note: nothing was done";
        return Err(Problem::new(StatusCode::CONFLICT, "BREAK_RESOLVED", message));
    }
    let view = ledger.find_break(name).ok_or_else(unknown)?;
    let told = worker.history(move |ledger| one(ledger, &view, &ledger.stored(view.opened)?));
    let told = told.await?;
    Ok(Answer::json(StatusCode::OK, json::object(|object| told.write(object))))
}
