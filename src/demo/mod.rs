//! `holdfast demo`: a server of its own, a day in the life of two cards over HTTP, and the books
//! at the end.
//!
//! What the server should answer is written beside each step of the `story`: the first surprise
//! ends the demonstration with an error. Whatever ends it, the server is killed and the directory
//! of the log is removed, unless it is to be kept.

mod books;
mod directory;
mod lines;
mod paint;
mod request;
mod statement;
mod story;
mod teller;
mod wire;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::child::{Plan, Server, ServerError};
use crate::cli::DemoArgs;
use directory::Directory;
use statement::Statement;
use story::Chapters;
use teller::Teller;

/// Enough for the whole story, and little to write ahead of need.
const SEGMENT_BYTES: &str = "4194304";

/// Shows what the ledger does.
///
/// # Errors
/// The first thing that was not as it should be.
pub fn demo(options: DemoArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            shown = show(options) => shown,
            _ = terminate.recv() => bail!("the demonstration was told to stop"),
            _ = interrupt.recv() => bail!("the demonstration was interrupted"),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The frame of the story. The directory is the first to be made, and so the last to go.
async fn show(options: DemoArgs) -> anyhow::Result<()> {
    let directory = Directory::new(options)?;
    let statement = Statement::new();
    let server = start(directory.path()).await?;
    statement.opening(&server, directory.path())?;
    let mut teller = Teller::new(&server).await?;
    teller.open_accounts().await?;
    tell(&mut teller, &statement, story::MORNING).await?;
    ask_everything_again(&mut teller, &statement).await?;

    let bill = &story::CUT_SHORT;
    statement.chapter("The server is killed while the hotel's bill is under way")?;
    let early = teller.begin(bill).await?;
    server.kill()?;
    statement.cut_short(early.is_some())?;
    let server = start(directory.path()).await?;
    teller.reach(&server).await?;
    statement.note("a new server was started on the same directory: it has read the log")?;
    let settled = teller.finish(bill, early).await?;
    statement.step(bill, &settled)?;
    statement.outcome_known(settled.replayed)?;
    ask_everything_again(&mut teller, &statement).await?;

    tell(&mut teller, &statement, story::AFTERNOON).await?;
    statement.chapter("Everything is asked once more")?;
    ask_everything_again(&mut teller, &statement).await?;
    let reused = teller.reuse_every_key().await?;
    statement.reused(reused)?;
    statement.closing(&teller.books().await?, &teller.figures())?;
    if let Some(path) = directory.kept() {
        statement.kept(path)?;
    }
    Ok(())
}

/// Starts a server on that directory.
async fn start(directory: &Path) -> Result<Server, ServerError> {
    let flags = ["--allow-any-filesystem", "--segment-bytes", SEGMENT_BYTES];
    Plan::new(directory)?.flags(flags).start().await
}

/// Takes the steps of each chapter, one line each.
async fn tell(
    teller: &mut Teller,
    statement: &Statement,
    chapters: Chapters,
) -> anyhow::Result<()> {
    for (title, steps) in chapters {
        statement.chapter(title)?;
        for step in *steps {
            let settled = teller.take(step).await;
            let settled = settled.with_context(|| format!("when {}", step.happened))?;
            statement.step(step, &settled)?;
        }
    }
    Ok(())
}

/// Asks every key so far again.
async fn ask_everything_again(teller: &mut Teller, statement: &Statement) -> anyhow::Result<()> {
    let repeats = teller.ask_everything_again().await?;
    statement.repeated(repeats)?;
    Ok(())
}
