//! `POST /v1/ledger/batch`: operations of any number, each answered in its order, streamed both ways.
//!
//! | `content-type` | a request is | an answer is |
//! | --- | --- | --- |
//! | `application/json` | one array | one array |
//! | `application/x-ndjson` | a value in each line; empty lines are passed | a value in each line |
//!
//! | member of an operation | is |
//! | --- | --- |
//! | `operation` | `hold_balance`, or another of the six |
//! | all others | as in the body of that operation |
//!
//! | member of its answer | is |
//! | --- | --- |
//! | `status` | the HTTP status of the single operation |
//! | `replayed` | whether it is the first answer told again: `Idempotency-Replayed` |
//! | `body` | the body of the single operation's answer |
//! | `ends_batch` | `true`, else absent: it answers no operation, but says why nothing behind the answers before it was read; the connection is closed |
//!
//! What is no operation is answered with 400 in its place, changes nothing, and the batch goes on.
//! Bytes of which nobody can tell where the next operation begins end it, and so does an operation
//! that is longer than a single one may be. Without its `[` an array is refused before anything is
//! answered. What is unavailable is told in the place of whom it befell.
//!
//! * Operations are decided in the order in which they come, and none waits for another to be
//!   durable. An answer leaves once the log is durable as far as it reveals, and all before it have
//!   left. A key that was used before is looked up while those behind it are decided. (Where a key
//!   only has the 64-bit hash of another's, it is decided once that is known.)
//! * What was decided and is not answered yet is bounded ([`window`]), and nothing is read while it
//!   is full. So whoever sends a long batch must read while writing.
//! * A batch is no transaction: cut off anywhere, it has done a prefix. Sent again, it is answered as
//!   it was, and the rest is done.
//! * A batch leaves its thread to others every [`some operations`](stream).

mod items;
mod repeats;
mod stream;
mod told;
mod window;

use std::rc::Rc;

use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};

use super::super::answer::{Answer, Problem};
use super::super::outgoing::Stream;
use super::super::pieces::Pieces;
use super::super::worker::Worker;
use items::{Form, Items};
use stream::Batch;

/// `POST /v1/ledger/batch`, each operation of which has at most so many bytes.
///
/// # Errors
/// 400 where it is no array; 408 where nothing comes; 503 where too much is in flight.
pub async fn batch(
    worker: &Rc<Worker>,
    headers: &HeaderMap,
    incoming: Incoming,
    item_bytes_max: usize,
) -> Result<Answer, Problem> {
    let admitted = worker.shared.admit_stream().map_err(Problem::and_close)?;
    let form = form(headers);
    let mut pieces = Pieces::new(incoming, worker.shared.config.body_timeout);
    let mut items = Items::new(form, item_bytes_max);
    while !items.begun().map_err(Problem::and_close)? {
        items.feed(pieces.next().await?);
    }
    worker.shared.metrics.batch_began();
    let batch = Batch::new(Rc::clone(worker), admitted, pieces, items);
    Ok(Answer::streamed(StatusCode::OK, form.name(), Stream::new(batch)))
}

/// The form that the content type names, which is one of the two.
fn form(headers: &HeaderMap) -> Form {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default();
    let in_lines = kind.trim().eq_ignore_ascii_case(Form::Lines.name());
    if in_lines { Form::Lines } else { Form::Array }
}
