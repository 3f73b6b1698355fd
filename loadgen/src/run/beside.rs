//! What a run found beside its measurements and its differences.

use std::fmt::{self, Write};

use serde::{Serialize, Serializer};

use super::knee::Knee;
use crate::{
    journal::Written,
    load::{drift::Soak, outages::Kills, replay::Replayed},
    machine::PerTenThousand,
};

/// All of it. What a run was not asked for is absent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Beside {
    /// The generator itself, and its machine.
    pub generator: Generator,
    /// How the server was killed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kills: Option<Kills>,
    /// How many acknowledged answers were asked for again at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_again: Option<u64>,
    /// The journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<Written>,
    /// The begin and the end of a soak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soak: Option<Soak>,
    /// The steps of a search for the knee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knee: Option<Knee>,
    /// How much of a replay was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<Replayed>,
}

/// How far the generator can be believed.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Generator {
    /// The share of the time, in percent, in which its busiest thread had work to do.
    pub busy_percent: u64,
    /// What it can send against a server that does nothing; absent when it was not asked to try.
    pub ceiling_per_s: Option<u64>,
    /// The share of the machine's time that was stolen from it, in percent.
    #[serde(serialize_with = "as_percent")]
    pub stolen_percent: PerTenThousand,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it out so")]
fn as_percent<S: Serializer>(share: &PerTenThousand, to: S) -> Result<S::Ok, S::Error> {
    let text = share.to_string();
    to.serialize_some(&serde_json::value::RawValue::from_string(text).expect("it is a number"))
}

impl Beside {
    /// Why the figures say nothing of the server, where so much of the machine's time may be stolen.
    #[must_use]
    pub fn invalid(&self, stolen_max: PerTenThousand) -> Vec<String> {
        let stolen = self.generator.stolen_percent;
        let stolen = (stolen > stolen_max)
            .then(|| format!("{stolen} % of the machine's time was stolen from it"));
        let missing = self.journal.map_or(0, |written| written.missing);
        let missing = (missing > 0).then(|| {
            format!("{missing} answers are missing from the journal: its disk is too slow")
        });
        stolen.into_iter().chain(missing).collect()
    }

    /// What was missed beside the SLO.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        self.soak.iter().flat_map(Soak::missed).collect()
    }

    /// Writes it for people, a line for each, when the run had so many answers per second.
    ///
    /// # Errors
    ///
    /// None but those of `out`.
    pub fn write(&self, achieved_per_s: u64, out: &mut impl Write) -> fmt::Result {
        let Generator { busy_percent, ceiling_per_s, stolen_percent } = self.generator;
        write!(out, "generator   busy {busy_percent} % of the time")?;
        if let Some(ceiling) = ceiling_per_s {
            let part = achieved_per_s * 100 / ceiling.max(1);
            write!(out, "; its own ceiling is {ceiling}/s, and this was {part} % of it")?;
        }
        writeln!(out, "; {stolen_percent} % stolen from the machine")?;
        if let Some(kills) = self.kills {
            let recovery = kills.longest_recovery_ns.unwrap_or_default() / 1_000_000;
            let Kills { kills, while_down, .. } = kills;
            writeln!(
                out,
                "kills       {kills}, {while_down} requests while it was down, longest recovery {recovery} ms"
            )?;
        }
        if let Some(asked) = self.asked_again {
            writeln!(out, "asked again {asked} acknowledged answers")?;
        }
        if let Some(Written { lines, missing }) = self.journal {
            writeln!(out, "journal     {lines} answers, {missing} missing")?;
        }
        if let Some(Replayed { compared, undetermined }) = self.replay {
            writeln!(
                out,
                "replay      {compared} answers as recorded, {undetermined} undetermined"
            )?;
        }
        self.soak.iter().try_for_each(|soak| write_soak(soak, out))?;
        self.knee.iter().try_for_each(|knee| knee.write(out))
    }
}

fn write_soak(soak: &Soak, out: &mut impl Write) -> fmt::Result {
    for (name, tenth) in [("first", soak.first), ("last", soak.last)] {
        let p99 = tenth.p99_ns / 1_000;
        writeln!(out, "{name:11} tenth: {}/s, p99 {p99} us", tenth.answered_per_s)?;
    }
    match soak.resident_bytes {
        Some((first, last)) => {
            writeln!(
                out,
                "memory      {} MiB at the begin, {} MiB at the end",
                first >> 20,
                last >> 20
            )
        }
        None => writeln!(out, "memory      unknown: start the server with --server"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Beside, Generator};
    use crate::{journal::Written, machine::PerTenThousand};

    #[test]
    fn stolen_time_and_a_journal_with_gaps_make_a_run_invalid() {
        let rows = [(100, 0, 0), (101, 0, 1), (0, 1, 1), (101, 1, 2)];
        for (stolen, missing, reasons) in rows {
            let stolen_percent = PerTenThousand(stolen);
            let generator = Generator { stolen_percent, ..Generator::default() };
            let journal = Some(Written { lines: 1, missing });
            let beside = Beside { generator, journal, ..Beside::default() };
            assert_eq!(
                beside.invalid(PerTenThousand(100)).len(),
                reasons,
                "{stolen} stolen, {missing} missing"
            );
        }
    }
}
