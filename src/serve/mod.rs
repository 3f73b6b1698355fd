//! `holdfast serve`: everything started in order, watched, and stopped in order.
//!
//! | started | stopped |
//! | --- | --- |
//! | the log is opened and replayed | 5. the committer syncs what is left and ends |
//! | committer, filler, sealer, auditor, keeper, sweeper | 4. the engine takes no more |
//! | workers | 3. they answer what is in flight |
//! | listeners | 1. no connection is accepted, 2. those that are idle are closed |
//!
//! When the log fails there is nothing to save: what is in flight is told `OUTCOME_UNKNOWN`, and
//! the process ends with a status that makes its supervisor start it again.

mod auditor;
mod disk;
mod keeper;
mod logging;
mod storage;
mod sweeper;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use crossbeam::utils::CachePadded;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};

use crate::clearing::Clerk;
use crate::config::{Config, NETWORK_ROLES, OPERATOR_ROLES};
use crate::engine::{self, Running};
use crate::http::durable::Wakers;
use crate::http::listener::{Workers, bind};
use crate::http::metrics::Metrics;
use crate::http::route::Listener;
use crate::http::shared::Shared;

/// How long what is in flight may take to be told that the log failed.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// For how long a commit waits for more while every HTTP worker is busy: of 200, 400 and 800 µs none
/// was clearly better, and all were better than none.
const LINGER: Duration = Duration::from_micros(400);

/// Serves until told to stop, or until the log fails.
///
/// # Errors
/// Why the server could not start.
pub fn serve(config: Config) -> anyhow::Result<ExitCode> {
    logging::start(config.log_format);
    wal::directory::make_all(&config.data_dir)
        .with_context(|| format!("data directory {} cannot be made", config.data_dir.display()))?;
    disk::allow_many_files();
    let network = listen(&config, Listener::Network)?;
    let operator = listen(&config, Listener::Operator)?;
    let (shared, log) = start(config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(shared, log, network, operator))
}

fn listen(config: &Config, listener: Listener) -> anyhow::Result<std::net::TcpListener> {
    let (address, setting) = match listener {
        Listener::Network => (config.listen, "listen"),
        Listener::Operator => (config.operator_listen, "operator_listen"),
    };
    bind(address).with_context(|| {
        format!("{setting} {address} cannot be listened on; is another server there?")
    })
}

/// The threads of the log, and the news that it ended.
struct Log {
    ended: oneshot::Receiver<Result<(), wal::CommitError>>,
    committer: JoinHandle<()>,
}

/// Opens the log, replays it, and starts the threads that it needs.
fn start(config: Config) -> anyhow::Result<(Arc<Shared>, Log)> {
    let metrics = Metrics::new();
    let wakers = Arc::new(Wakers::new(config.threads));
    let running = open(&config, &metrics, Arc::clone(&wakers))?;
    let Running { engine, committer, filler, sealer, recovered, begun } = running;
    tell_recovered(&recovered, &begun);
    let approvals = engine.unposted_count();
    if approvals > 0 {
        let message = "approvals stand that were not posted when the last life ended, and are posted \
                       now; those that were not answered the network has to reverse";
        tracing::warn!(approvals, "{message}");
    }
    let shared = Arc::new(Shared {
        ledger: engine,
        clerk: Clerk::new(config.currencies.clone()),
        config,
        metrics,
        wakers,
        ready: AtomicBool::new(true),
        connections: Arc::default(),
        in_flight: CachePadded::default(),
        reconciling: AtomicBool::new(false),
    });
    let (tell, ended) = oneshot::channel();
    let thread = |name: &str| std::thread::Builder::new().name(name.into());
    let committer = thread("log-committer").spawn(move || {
        // Nobody listens any more only when the process is ending anyway.
        let _ = tell.send(committer.run());
    })?;
    thread("log-filler").spawn(move || filler.run())?;
    thread("log-sealer").spawn(move || sealer.run())?;
    let audited = Arc::clone(&shared);
    thread("auditor").spawn(move || auditor::run(&audited))?;
    let kept = Arc::clone(&shared);
    thread("log-keeper").spawn(move || keeper::run(&kept))?;
    let swept = Arc::clone(&shared);
    thread("sweeper").spawn(move || sweeper::run(&swept))?;
    Ok((shared, Log { ended, committer }))
}

fn tell_merged(merged: Result<wal::Merged, &std::io::Error>) {
    match merged {
        Ok(wal::Merged { name, files, bytes }) => {
            tracing::debug!(%name, files, bytes, "sealed files became one");
        }
        Err(error) => {
            tracing::error!(%error, "sealed files could not be merged: they stay as they are");
        }
    }
}

fn open(
    config: &Config,
    metrics: &Metrics,
    wakers: Arc<Wakers>,
) -> anyhow::Result<Running<wal::Mirrored<wal::Directory>>> {
    let path = config.data_dir.join("wal");
    let directory = storage::open(config, metrics.log())?;
    println!("{}", disk::measure(&config.data_dir)?);
    let counted = metrics.log();
    let bar = crate::print::bar("recovering", 0);
    let done = bar.clone();
    let defaults = wal::Options::default();
    let options = engine::Options {
        rules: config.rules,
        mode: config.integration_mode,
        time_zone: config.time_zone.clone(),
        currencies: config.currencies.clone(),
        max_keys: config.max_keys,
        snapshots: !config.keeping.ignore_snapshots,
        accept_clock_jump: config.accept_clock_jump,
        wal: wal::Options {
            segment_bytes: config.segment_bytes,
            // No life begins with a longer one than those that follow.
            first_segment_bytes: defaults.first_segment_bytes.min(config.segment_bytes),
            sync: config.sync,
            linger: LINGER,
            on_commit: Some(Box::new(move |commit| {
                counted.committed(commit);
                wakers.wake();
            })),
            on_shortage: Some(Arc::new(|error| {
                tracing::error!(%error, "no room for the log: writes are refused until there is");
            })),
            on_merge: Some(Box::new(tell_merged)),
            on_progress: Some(Box::new(move |progress| {
                bar.set_length(progress.bytes_total);
                bar.set_position(progress.bytes_done);
            })),
            ..defaults
        },
        ..engine::Options::default()
    };
    let running = engine::open(directory, options);
    done.finish_and_clear();
    running.map_err(|error| {
        let hint = way_out(config, &error).unwrap_or_default();
        let what = format!("log {} cannot be recovered{hint}", path.display());
        anyhow::Error::new(error).context(what)
    })
}

/// The commands that show what is wrong with a log, and that help.
fn way_out(config: &Config, error: &engine::OpenError) -> Option<String> {
    let engine::OpenError::Log(error) = error else { return None };
    let wal::OpenError::Visit { lsn, .. } = error else { return corrupt(config, error) };
    let flag = format!("--data-dir {}", config.data_dir.display());
    Some(format!(
        " (`holdfast verify --full {flag}` shows what is wrong, `holdfast wal cat --from {lsn} \
         --to {lsn} {flag}` the record; where only a snapshot is wrong, --ignore-snapshots starts \
         without)"
    ))
}

/// The same of a log that is corrupt, whoever found it.
fn corrupt<E>(config: &Config, error: &wal::OpenError<E>) -> Option<String> {
    let wal::OpenError::Corrupt(wal::Corruption { lsn, .. }) = error else { return None };
    let flag = format!("--data-dir {}", config.data_dir.display());
    Some(format!(
        " (`holdfast wal verify {flag}` shows what is wrong; where there is no copy to restore \
         from, `holdfast wal cut --at {lsn} {flag}` drops record {lsn} and all behind it)"
    ))
}

fn tell_recovered(recovered: &wal::Recovered, begun: &engine::Begun) {
    for passed_over in &begun.passed_over {
        tracing::error!(error = %passed_over, "a snapshot is not right; more of the log was read");
    }
    if let Some(snapshot) = begun.on {
        tracing::info!(from = snapshot.from.value(), bytes = snapshot.bytes, "began on a snapshot");
    }
    let (records, segments) = (recovered.records, recovered.segments);
    if recovered.fresh {
        tracing::info!("a new ledger: its data directory was empty");
    } else {
        tracing::info!(records, segments, "recovered from the log");
    }
    if let Some(torn) = &recovered.torn {
        tracing::info!(?torn, "the log ended in a torn tail, which was never answered: wiped");
    }
}

async fn run(
    shared: Arc<Shared>,
    mut log: Log,
    network: std::net::TcpListener,
    operator: std::net::TcpListener,
) -> anyhow::Result<ExitCode> {
    let (stop, stopping) = watch::channel(false);
    let workers = Workers::start(&shared, &stopping)?;
    let network = TcpListener::from_std(network)?;
    let operator = TcpListener::from_std(operator)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    announce(&shared.config, &network, &operator)?;
    let failed = tokio::select! {
        () = workers.accept(&network, Listener::Network, &shared) => None,
        () = workers.accept(&operator, Listener::Operator, &shared) => None,
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        ended = &mut log.ended => Some(why(ended)),
    };
    shared.ready.store(false, Ordering::Release);
    drop((network, operator));
    // A worker that has ended needs not be told.
    let _ = stop.send(true);
    match failed {
        Some(error) => {
            shared.wakers.wake();
            Ok(fail(workers, &error))
        }
        None => drain(workers, &shared, log).await,
    }
}

/// Prints what a supervisor waits for: a line for each listener, once it takes connections.
fn announce(config: &Config, network: &TcpListener, operator: &TcpListener) -> anyhow::Result<()> {
    for (listener, socket, roles) in [
        (Listener::Network, network, NETWORK_ROLES),
        (Listener::Operator, operator, OPERATOR_ROLES),
    ] {
        println!("{} listener on http://{}", listener.name(), socket.local_addr()?);
        if !config.api_keys.opens(roles) {
            let listener = listener.name();
            tracing::warn!(listener, "no key is configured: open to everyone on this machine");
        }
    }
    if config.sync == wal::Sync::Off {
        tracing::warn!("sync is off: a crash of the machine loses actions that were answered");
    }
    Ok(())
}

/// The log failed: whoever waits is told so, for as long as it takes to tell, and not longer.
fn fail(workers: Workers, error: &str) -> ExitCode {
    tracing::error!(error, "the log failed: stopping, so that a restart finds what is durable");
    if !workers.dismiss(LAST_WORDS) {
        tracing::warn!("not everyone who waited could be told");
    }
    ExitCode::FAILURE
}

/// Told to stop: what is in flight is answered, what was taken is synced.
async fn drain(workers: Workers, shared: &Arc<Shared>, log: Log) -> anyhow::Result<ExitCode> {
    tracing::info!("stopping: answering what is in flight");
    let patience = shared.config.drain_timeout;
    if !workers.dismiss(patience) {
        tracing::warn!(?patience, "requests were still open when patience ended");
    }
    shared.ledger.close();
    let synced = log.ended.await;
    // It has told its result, and ends.
    let _ = log.committer.join();
    match synced {
        Ok(Ok(())) => Ok(ExitCode::SUCCESS),
        ended => anyhow::bail!("the log failed while stopping: {}", why(ended)),
    }
}

/// Why the committer ended though nobody had told it to.
fn why(ended: Result<Result<(), wal::CommitError>, oneshot::error::RecvError>) -> String {
    match ended {
        Ok(Err(error)) => error.to_string(),
        Ok(Ok(())) => "its thread ended".into(),
        Err(_) => "its thread died".into(),
    }
}
