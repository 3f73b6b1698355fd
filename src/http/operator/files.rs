//! Files that operators send to be looked at: kept without a name in the data directory as long as
//! the log has room beside them, then read by a thread of their own.

use std::fs::File;

use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::super::answer::Problem;
use super::super::body;
use super::super::worker::Worker;
use super::query::Query;

/// The longest file.
const FILE_BYTES_MAX: u64 = 64 << 30;
const LISTED_DEFAULT: usize = 10_000;
const LISTED_MAX: usize = 100_000;

/// How many lines of its report are listed, by the query.
pub(super) fn listed(query: &Query<'_>) -> Result<usize, Problem> {
    let limit = query.find("limit").map_or(Some(LISTED_DEFAULT), |text| text.parse().ok());
    limit.filter(|limit| *limit <= LISTED_MAX).ok_or_else(|| {
        Problem::invalid(format!("query member limit is not from 0 to {LISTED_MAX}"))
    })
}

/// The file, once all of it is there.
///
/// # Errors
/// 408, 413; 503 when there is no room.
pub(super) async fn keep(worker: &Worker, incoming: Incoming) -> Result<File, Problem> {
    let config = &worker.shared.config;
    let spool = tempfile::tempfile_in(&config.data_dir);
    let spool = spool.map_err(|error| {
        let message = format!("there is no room for the file: {error}");
        Problem::unavailable("STORAGE_LOW", message).and_close()
    })?;
    body::spool(incoming, FILE_BYTES_MAX, config.body_timeout, worker, spool).await
}

/// What comes of `work`, on a thread of that name, which goes on whether anybody waits or not.
///
/// # Errors
/// Those of `work`; 503 when there is no thread for it.
pub(super) async fn beside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name(name.into());
    // Whoever asked may have hung up.
    let started = thread.spawn(move || tell.send(work()).ok());
    started.map_err(|error| Problem::unavailable("OVERLOADED", error.to_string()))?;
    told.await.map_err(|_| Problem::unavailable("OVERLOADED", "it broke off"))?
}
