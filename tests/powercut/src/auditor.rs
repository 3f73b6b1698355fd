//! The shadow auditor, which keeps books of its own: its verdict on the log of a ledger that was
//! played to its end, on every answer that was given, and on what the server tells.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::journal::{Asked, Journal};
use crate::machine::Machine;
use crate::workplace::Workplace;
use crate::wrong::Wrong;

/// The auditor's program.
#[derive(Clone, Debug)]
pub struct Auditor {
    /// Where it is.
    pub path: PathBuf,
}

/// How it says that it found something.
const FINDINGS: i32 = 1;

impl Auditor {
    /// Audits the log of a machine whose server is idle.
    ///
    /// # Errors
    /// [`Wrong`] when it finds something or cannot read the log, anything else when it cannot be run.
    pub fn audit(
        &self,
        workplace: &Workplace,
        machine: &Machine,
        journal: &Journal,
    ) -> anyhow::Result<()> {
        let answers = workplace.fresh("answers");
        let lines: Vec<String> = journal.0.iter().filter_map(line).collect();
        fs::write(&answers, lines.join("\n"))?;
        let mut command = Command::new(&self.path);
        command.arg(machine.mounted.path().join("data")).arg("--expect").arg(&answers);
        command.arg("--compare").arg(format!("http://{}", machine.server.listeners.operator));
        let ran = command.env_clear().stdin(Stdio::null()).output();
        let ran = ran.with_context(|| format!("{} cannot be run", self.path.display()))?;
        fs::remove_file(&answers)?;
        if ran.status.success() {
            return Ok(());
        }
        let found = ran.status.code() == Some(FINDINGS);
        let said = String::from_utf8_lossy(if found { &ran.stdout } else { &ran.stderr });
        Err(Wrong::new(format!("the auditor says, {}: {said}", ran.status)).into())
    }
}

/// An answer as the auditor reads it, with the key of the request.
fn line(asked: &Asked) -> Option<String> {
    let request = String::from_utf8_lossy(&asked.request).into_owned();
    let (_, rest) = request.split_once(r#""idempotency_key":""#)?;
    let (key, _) = rest.split_once('"')?;
    let answer = asked.answer.as_ref()?;
    Some(format!(r#"{{"key":"{key}","body":{answer}}}"#))
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::books::Books;
    use crate::http::{Listener, post};
    use crate::journal::Asked;

    #[test]
    fn what_was_answered_is_told_by_its_key() {
        let request = post("/x", r#"{"a":1,"idempotency_key":"k-1","b":2}"#).into();
        let (listener, effect) = (Listener::Network, Books::default());
        let mut asked = Asked { listener, request, effect, answer: None };
        assert_eq!(line(&asked), None);
        asked.answer = Some(r#"{"success":true}"#.into());
        assert_eq!(line(&asked).as_deref(), Some(r#"{"key":"k-1","body":{"success":true}}"#));
    }
}
