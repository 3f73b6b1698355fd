//! The verdict: what was done, in numbers, and what came of it.

use std::fmt::Write;
use std::time::Duration;

use super::fault::Fault;
use super::moment::Moment;
use super::rig::Rig;
use super::tally::Tally;
use crate::print;

/// What is printed at the end.
pub(super) fn verdict(rig: &Rig, round: u64, ended: &Result<(), Fault>) -> String {
    let mut text = String::new();
    for (name, value) in rows(&rig.tally) {
        // A string takes everything.
        let _ = writeln!(text, "{name:<36}{value:>12}");
    }
    text.push('\n');
    match ended {
        Ok(()) => text.push_str("verdict: nothing was lost\n"),
        Err(fault) => {
            let _ = writeln!(text, "verdict: {fault}");
            if fault.is_of_the_server() {
                text.push_str(&evidence(rig, round));
            }
        }
    }
    text
}

/// Where to look, and what to type to see it again.
fn evidence(rig: &Rig, round: u64) -> String {
    let place = rig.place.path().display();
    let seconds = rig.clock.length().as_secs();
    format!(
        "evidence: {place} (the log, what the servers said, and all requests and answers in \
         journal.ndjson)\n\
         to repeat: move that elsewhere, and\n  \
         holdfast torture --dir {place} --seconds {seconds} --seed {} --round {round}\n",
        rig.seed
    )
}

fn rows(tally: &Tally) -> Vec<(String, String)> {
    let count = |name: &str, value: u64| (name.to_owned(), print::count(value));
    let ends = Moment::ALL.iter().zip(tally.ends);
    let ends = ends.map(|(moment, count)| (format!("  {}", moment.name()), print::count(count)));
    let mut rows = vec![
        count("ledgers", tally.rounds),
        count("  of these, in two copies", tally.mirrored),
        count("lives ended", tally.lives()),
    ];
    rows.extend(ends);
    rows.extend([
        count("requests", tally.work.requests),
        count("  acknowledged", tally.work.acknowledged),
        count("  of these, refused", tally.work.refused),
        count("  unanswered, then done once", tally.testimony.settled),
        count("asked again, answered the same", tally.testimony.again),
        count("keys used again, refused", tally.testimony.misused),
        count("ends of the log torn", tally.torn),
        count("left-over and foreign files", tally.litter),
        count("damaged copies told", tally.told),
        count("damaged copies, no harm done", tally.harmless),
        count("power cuts on a simulated disk", tally.states),
        count("segments seen", tally.segments),
        count("sealed files seen", tally.dense),
        count("snapshots seen", tally.snapshots),
        ("fdatasync, median".to_owned(), time(tally.sync(500))),
        ("fdatasync, worst".to_owned(), time(tally.sync(1000))),
    ]);
    rows
}

/// How long, in microseconds.
pub(super) fn time(time: Duration) -> String {
    format!("{} µs", print::count(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)))
}
