//! When, and how, a life is ended.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::fault::Fault;
use super::home::{Home, files};
use super::load::News;
use crate::child::{Server, ServerError};
use wal::simulated::Choices;

/// How the life of a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// SIGKILL after some answers.
    Load,
    /// SIGKILL while a segment is begun, sealed or removed.
    Rotation,
    /// SIGKILL at the first answers.
    FirstAnswers,
    /// SIGKILL before it takes connections, or as it begins to.
    Start,
    /// SIGSTOP under load, and then SIGKILL.
    Freeze,
    /// SIGTERM under load.
    Term,
}

/// The most answers before a life ends.
const ANSWERS_MAX: u64 = 1_500;
/// How long files may take to change.
const ROTATION_MAX: Duration = Duration::from_millis(1_500);
/// How often it is looked whether files have changed.
const LOOK: Duration = Duration::from_micros(300);

impl Moment {
    /// All of them.
    pub(super) const ALL: [Self; 6] =
        [Self::Load, Self::Rotation, Self::FirstAnswers, Self::Start, Self::Freeze, Self::Term];

    /// What it is called in the verdict.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Load => "killed under load",
            Self::Rotation => "killed while files changed",
            Self::FirstAnswers => "killed at the first answers",
            Self::Start => "killed while it started",
            Self::Freeze => "frozen, then killed",
            Self::Term => "told to stop under load",
        }
    }

    /// Waits for it.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub(super) async fn wait(
        self,
        choices: &mut Choices,
        news: &News,
        home: &Home,
    ) -> Result<(), Fault> {
        match self {
            Self::Load | Self::Freeze | Self::Term => {
                news.answered(1 + choices.below(ANSWERS_MAX)).await;
            }
            Self::FirstAnswers => news.answered(choices.below(4)).await,
            Self::Start => {}
            Self::Rotation => {
                news.answered(1 + choices.below(ANSWERS_MAX / 4)).await;
                let (before, changed) = (files(&home.log())?, 1 + choices.below(3));
                // Where nothing changes in time it is as good a moment as any.
                let _ = timeout(ROTATION_MAX, changes(home, before, changed)).await;
            }
        }
        Ok(())
    }

    /// Ends a server.
    ///
    /// # Errors
    /// When it had ended by itself, or ends as it must not.
    pub(super) async fn end(self, choices: &mut Choices, server: Server) -> Result<(), Fault> {
        let wrong = |error: ServerError| match error {
            ServerError::Run(error) => Fault::from(error),
            error => Fault::Wrong(error.to_string()),
        };
        match self {
            Self::Term => {
                let status = server.stop().await.map_err(wrong)?;
                let told = || Fault::Wrong(format!("the server was told to stop: {status}"));
                status.success().then_some(()).ok_or_else(told)
            }
            Self::Freeze => {
                server.freeze()?;
                sleep(Duration::from_millis(choices.below(80))).await;
                server.kill().map_err(wrong)
            }
            _ => server.kill().map_err(wrong),
        }
    }
}

/// Waits until the names of the files have changed so often.
async fn changes(home: &Home, mut before: Vec<String>, count: u64) {
    for _ in 0..count {
        loop {
            sleep(LOOK).await;
            match files(&home.log()) {
                Ok(now) if now == before => {}
                Ok(now) => break before = now,
                // A file that goes while the directory is read is a change.
                Err(_) => break,
            }
        }
    }
}
