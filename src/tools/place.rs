//! Where the data is: the directory as a server would find it, and its log to be looked at.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use wal::Directory;
use wal::directory::make_all;
use wal::inspect::Tail;

use crate::config::{Config, Keeping, Layer, Typed, setting};
use crate::engine::Currencies;

/// Which data directory.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DataArgs {
    /// The data directory, found as `holdfast serve` finds it: by this flag, else by
    /// HOLDFAST_DATA_DIR, else by the configuration file
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// Where sealed segments were archived, found likewise
    #[arg(long, value_name = "DIR")]
    pub archive_dir: Option<String>,
    /// The configuration file of the server, TOML [env: HOLDFAST_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// A data directory.
pub struct Place {
    /// Where it is.
    pub data_dir: PathBuf,
    /// The currencies that its ledger keeps.
    pub currencies: Currencies,
    /// Where else parts or copies of its log are.
    pub keeping: Keeping,
}

/// The files of a log, to be looked at.
pub struct Log {
    /// The files.
    pub directory: Directory,
    /// Whether a server may be writing to them.
    pub tail: Tail,
}

impl DataArgs {
    /// What these arguments, the environment and the configuration file come to.
    ///
    /// # Errors
    /// The configuration does not hold together.
    pub fn place(&self) -> anyhow::Result<Place> {
        let given = [
            (&setting::DATA_DIR, self.data_dir.as_deref()),
            (&setting::ARCHIVE_DIR, self.archive_dir.as_deref()),
        ];
        let given = given.into_iter().filter_map(|(setting, text)| Some((setting, text?)));
        let flags = given
            .fold(Layer::default(), |flags, (setting, text)| flags.with_flag(setting, &[text]));
        let typed = Typed { file: self.config.clone(), flags };
        let config = Config::resolve(&typed, &|name| std::env::var_os(name))?;
        let Config { data_dir, currencies, keeping, .. } = config;
        Ok(Place { data_dir, currencies, keeping })
    }
}

impl Place {
    /// Where its log is.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        log_in(&self.data_dir)
    }

    /// Its log, to be looked at.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn look(&self) -> anyhow::Result<Log> {
        let Log { directory, tail } = look(&self.data_dir)?;
        Ok(Log { directory: self.with_archive(directory)?, tail })
    }

    /// The same log with what was archived of it. Before anything was, there may be no archive.
    ///
    /// # Errors
    /// The archive cannot be opened.
    pub fn with_archive(&self, log: Directory) -> anyhow::Result<Directory> {
        match self.keeping.archive_dir.as_deref().filter(|path| path.is_dir()) {
            Some(path) => Ok(log.with_archive(path)?),
            None => Ok(log),
        }
    }

    /// The flag that names it, for a command that is shown.
    #[must_use]
    pub fn flag(&self) -> String {
        format!("--data-dir {}", self.data_dir.display())
    }
}

impl Log {
    /// Whether a server may be writing to it.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.tail == Tail::Moving
    }
}

/// Where the log of a data directory is.
#[must_use]
pub fn log_in(data_dir: &Path) -> PathBuf {
    data_dir.join("wal")
}

/// The log of a data directory, to be looked at.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn look(data_dir: &Path) -> anyhow::Result<Log> {
    let path = log_in(data_dir);
    exists(data_dir)?;
    if !path.is_dir() {
        bail!("there is no log in {}: it has no directory wal", data_dir.display());
    }
    let directory = Directory::look(&path)?;
    let running = directory.is_in_use().context("whether a server is running cannot be told")?;
    Ok(Log { directory, tail: if running { Tail::Moving } else { Tail::Still } })
}

/// Whether there is a directory.
///
/// # Errors
/// There is none of that name, or it is something else.
pub fn exists(data_dir: &Path) -> anyhow::Result<()> {
    let shown = data_dir.display();
    ensure!(data_dir.exists(), "there is no directory {shown}");
    ensure!(data_dir.is_dir(), "{shown} is not a directory");
    Ok(())
}

/// Makes the directory of a log in a data directory that is empty or not there yet.
///
/// # Errors
/// There is something in it, or it cannot be made.
pub fn make(data_dir: &Path) -> anyhow::Result<Directory> {
    if data_dir.exists() {
        exists(data_dir)?;
        ensure!(is_empty(data_dir)?, "{} is not empty", data_dir.display());
    }
    let path = log_in(data_dir);
    make_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    Ok(Directory::open(&path, wal::Filesystem::Any)?)
}

/// Whether nothing is in a directory, but for what a file system of its own begins with.
///
/// # Errors
/// It cannot be read.
pub fn is_empty(path: &Path) -> std::io::Result<bool> {
    for file in std::fs::read_dir(path)? {
        if file?.file_name() != "lost+found" {
            return Ok(false);
        }
    }
    Ok(true)
}
