//! Files that are sent to a running server, and why one of them came to nothing.

use std::fmt::Display;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::client::{Operator, OperatorError, ServerArgs, Upload};
use crate::print::bar;

/// How long a file may take to be sent and looked at.
const PATIENCE: Duration = Duration::from_secs(6 * 3_600);

/// A file of which nothing can be made.
#[derive(Debug, thiserror::Error)]
#[error("{file} is unusable: {why}")]
pub struct Unusable {
    file: String,
    why: String,
}

/// Why nothing is known of a file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoReport(String);

impl NoReport {
    /// For that reason.
    pub fn why(why: impl Display) -> Self {
        Self(why.to_string())
    }
}

/// Who is sent files, and has time for them.
///
/// # Errors
/// [`NoReport`] where it cannot be asked.
pub fn patient(server: ServerArgs) -> Result<Operator, NoReport> {
    Ok(server.operator().map_err(NoReport::why)?.with_patience(PATIENCE))
}

/// Sends a file to `route`, and shows how far that is; the report of it, as it was told.
///
/// # Errors
/// [`Unusable`] where the file is; else [`NoReport`].
pub fn send(
    operator: &mut Operator,
    path: &Path,
    route: &str,
    query: &[(&'static str, String)],
) -> anyhow::Result<Vec<u8>> {
    let unusable = |why: String| Unusable { file: path.display().to_string(), why };
    let file = File::open(path).map_err(|error| unusable(error.to_string()))?;
    let bytes = file.metadata().map_err(|error| unusable(error.to_string()))?.len();
    let bar = bar("sending", bytes);
    let sent = bar.clone();
    let upload = Upload::new(file, bytes, move |bytes| sent.inc(bytes));
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("name", &name)
        .extend_pairs(query)
        .finish();
    let answer = operator.upload(&format!("{route}?{query}"), upload);
    bar.finish_and_clear();
    match answer {
        Ok(body) => Ok(body.to_vec()),
        Err(OperatorError::Refused { code, message, .. }) if code == "UNUSABLE_FILE" => {
            Err(unusable(message).into())
        }
        Err(error) => Err(NoReport::why(format!("{:#}", anyhow::Error::new(error))).into()),
    }
}

/// What a report says.
///
/// # Errors
/// When it is none.
pub fn understood<T: DeserializeOwned>(report: &[u8]) -> Result<T, NoReport> {
    let why = |why| NoReport::why(format!("the answer is not understood: {why}"));
    serde_json::from_slice(report).map_err(why)
}

/// Who reads has read enough.
pub fn closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
