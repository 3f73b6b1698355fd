//! Reading a request's body: never more than its limit, never for longer than its deadline.

use std::fs::File;
use std::future::poll_fn;
use std::io::{self, Write};
use std::path::Path;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Bytes, Incoming};
use tokio::time::timeout;

use super::answer::Problem;
use super::worker::Worker;

/// What of a body is written at once.
const SPOOL_PIECE_BYTES: usize = 1 << 20;
/// So much of the disk is left to the log.
const SPOOL_LEAVES_BYTES: u64 = 512 << 20;

/// Reads the whole body.
///
/// # Errors
/// 413 before reading when it is announced as too large, or once it has become so; 408 when it does
/// not come in time; 400 when it is cut short.
pub async fn read(body: Incoming, limit: usize, deadline: Duration) -> Result<Bytes, Problem> {
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |bytes| bytes > limit) {
        return Err(too_large(limit));
    }
    let mut reading = pin!(collect(body, limit));
    // Nearly every body is there when it is asked for, and then needs no timer.
    let at_once = poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await;
    if let Poll::Ready(whole) = at_once {
        return whole;
    }
    Box::pin(timeout(deadline, reading)).await.unwrap_or_else(|_| Err(late()))
}

/// Takes a body of any length into `file`, piece by piece, each of which must come in time. `room` is
/// asked now and then, off this thread, whether there is room for more.
///
/// # Errors
/// 413 beyond `limit`, 408 when a piece does not come in time, 503 without room.
pub async fn spool(
    mut body: Incoming,
    limit: u64,
    patience: Duration,
    worker: &Worker,
    mut file: File,
) -> Result<File, Problem> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |bytes| bytes > limit) {
        return Err(too_large(limit));
    }
    let (mut taken, mut ended) = (0_usize, false);
    while !ended {
        let mut piece = Vec::with_capacity(SPOOL_PIECE_BYTES);
        while piece.len() < SPOOL_PIECE_BYTES {
            let held = taken.saturating_add(piece.len());
            let next = timeout(patience, next(&mut body, held, limit));
            match next.await.unwrap_or_else(|_| Err(late()))? {
                Some(data) => piece.extend_from_slice(&data),
                None => {
                    ended = true;
                    break;
                }
            }
        }
        taken = taken.saturating_add(piece.len());
        let written = worker.aside(move |shared| {
            has_room(&shared.config.data_dir)?;
            file.write_all(&piece).map(|()| file)
        });
        file = written.await?.map_err(|error| no_room(&error))?;
    }
    Ok(file)
}

/// Whether the log has enough room beside what is spooled.
fn has_room(directory: &Path) -> io::Result<()> {
    let disk = rustix::fs::statvfs(directory)?;
    if disk.f_bavail.saturating_mul(disk.f_frsize) < SPOOL_LEAVES_BYTES {
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

fn no_room(error: &io::Error) -> Problem {
    let message = format!("there is no room for the body beside the log: {error}");
    Problem::unavailable("STORAGE_LOW", message).and_close()
}

/// Nearly every body comes as one frame of the length that was announced, and is taken without
/// being copied.
async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, Problem> {
    let first = next(&mut body, 0, limit).await?.unwrap_or_default();
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = next(&mut body, first.len(), limit).await? else { return Ok(first) };
    let mut whole = [first, second].concat();
    while let Some(more) = next(&mut body, whole.len(), limit).await? {
        whole.extend_from_slice(&more);
    }
    Ok(whole.into())
}

/// The next piece of a body of which `held` bytes are there.
async fn next(body: &mut Incoming, held: usize, limit: usize) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| cut_short(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        let fits = held.saturating_add(data.len()) <= limit;
        return if fits { Ok(Some(data)) } else { Err(too_large(limit)) };
    }
    Ok(None)
}

fn too_large(limit: usize) -> Problem {
    let message = format!("the body is larger than the {limit} bytes that this path takes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", message).and_close()
}

pub(super) fn late() -> Problem {
    let message = "the body did not come in time";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", message).and_close()
}

pub(super) fn cut_short(error: &hyper::Error) -> Problem {
    Problem::invalid(format!("the body could not be read: {error}")).and_close()
}
