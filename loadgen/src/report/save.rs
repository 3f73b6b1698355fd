//! The report as files in a directory.
//!
//! | file | is |
//! | --- | --- |
//! | `report.json` | the report, for `holdfast-loadgen compare` and other programs |
//! | `report.html` | one page that needs nothing else |
//! | `response.hgrm`, `service.hgrm` | the distributions, for whatever plots `HdrHistogram` |
//! | `seconds.csv` | the run second by second |

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Report;

/// Why the report could not be saved.
#[derive(Debug, thiserror::Error)]
#[error("the report could not be written to {}: {error}", path.display())]
pub struct SaveError {
    path: PathBuf,
    error: io::Error,
}

/// Makes the directory ahead of the run, so that none is made in vain.
///
/// # Errors
///
/// The directory cannot be made.
pub fn prepare(directory: &Path) -> Result<(), SaveError> {
    let path = directory.to_owned();
    fs::create_dir_all(directory).map_err(|error| SaveError { path, error })
}

impl Report {
    /// Writes all files to `directory`. Files of an earlier report are replaced.
    ///
    /// # Errors
    ///
    /// The directory or a file cannot be written.
    pub fn save(&self, directory: &Path) -> Result<(), SaveError> {
        prepare(directory)?;
        let files = [
            ("report.json", self.to_json()),
            ("report.html", self.to_html()),
            ("response.hgrm", self.response_hgrm()),
            ("service.hgrm", self.service_hgrm()),
            ("seconds.csv", self.to_csv()),
        ];
        for (name, text) in files {
            let path = directory.join(name);
            fs::write(&path, text).map_err(|error| SaveError { path, error })?;
        }
        Ok(())
    }
}
