//! Where the server of the demonstration keeps its log: a directory that nothing else is in, and
//! that goes away at the end, unless it is to be kept.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::cli::DemoArgs;

/// A directory for the demonstration alone.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// What is removed at the end: only what was not there at the start.
    remove: Option<PathBuf>,
}

impl Directory {
    /// Makes the directory asked for, or takes it when it is there and empty.
    ///
    /// # Errors
    /// When it cannot be made, or has something in it.
    pub(super) fn new(options: DemoArgs) -> anyhow::Result<Self> {
        let (path, remove) = match options.data_dir {
            Some(path) => given(path)?,
            None => {
                let made = tempfile::Builder::new().prefix("holdfast-demo-").tempdir();
                let path = made.context("no temporary directory can be made")?.keep();
                (path.clone(), path)
            }
        };
        Ok(Self { path, remove: (!options.keep).then_some(remove) })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it will be when the demonstration is over.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.remove.is_none().then_some(&self.path)
    }
}

/// The directory, and what is to be removed of it.
fn given(path: PathBuf) -> anyhow::Result<(PathBuf, PathBuf)> {
    let shown = path.display();
    if path.exists() {
        let mut entries = fs::read_dir(&path).with_context(|| format!("{shown} cannot be read"))?;
        ensure!(
            entries.next().is_none(),
            "{shown} is not empty: give the demonstration a directory of its own"
        );
        let log = path.join("wal");
        return Ok((path, log));
    }
    fs::create_dir_all(&path).with_context(|| format!("{shown} cannot be made"))?;
    Ok((path.clone(), path))
}

impl Drop for Directory {
    fn drop(&mut self) {
        let Some(path) = &self.remove else { return };
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                eprintln!("holdfast: {} was not removed: {error}", path.display());
            }
            _ => {}
        }
    }
}
