//! The tables of a comparison, and what must be known to read them.

use super::Field;
use crate::generator::Round;
use crate::peer::LeftOut;
use crate::peer::tigerbeetle::{LOADS, Measured};
use crate::report::Table;
use crate::rounds::{cells, head};
use crate::statistics::Samples;

/// Who takes part, and who does not.
pub(super) fn about(field: &Field) {
    for candidate in &field.candidates {
        println!("{}: {}", candidate.name, candidate.peer.about());
    }
    for (name, LeftOut(why)) in &field.left_out {
        println!("{name}: left out: {why}");
    }
    println!();
}

/// What they came to at so many connections.
pub(super) fn rates(connections: usize, field: &Field, rounds: &[Vec<Round>]) {
    let name = format!("{connections} connections");
    let mut table = Table::new(&head(&name, "holdfast is of it"));
    for (n, candidate) in field.candidates.iter().enumerate() {
        let of = |round: &Vec<Round>| (round[n], round[0].of(&round[n]));
        table.row(cells(candidate.name, rounds.iter().map(of)));
    }
    for &(name, _) in &field.left_out {
        table.row([name, "left out", "", "", "", "", ""].map(str::to_owned));
    }
    table.print();
    println!();
}

/// What the tables do not say by themselves.
pub(super) fn foot() {
    println!(
        "Medians of the rounds; a ratio is of two figures of one round. After each round each server
held what it had answered. One request in flight on each connection, nothing pipelined.
The generator has one thread, on the same cores. Each server has what threads it likes: holdfast
one that answers and those of its log, bare hyper one, Redis one and those that help it,
PostgreSQL a process for each connection. Keys count up, which an index that is sorted likes.
holdfast and bare hyper speak HTTP with JSON, which costs more than Redis' and PostgreSQL's
protocols do; holdfast also checks more of a request and tells more in its answer.
figures: of bare hyper at 256 / 64 at least 0.7 / 0.6; of Redis at 64 at least 2.5, of PostgreSQL 5
"
    );
}

/// What its own benchmark came to.
pub(super) fn tigerbeetle(version: &str, measured: &[(&str, Measured)]) {
    let head = ["TigerBeetle's own benchmark", "in a batch", "transfers/s", "range", "p50", "p99"];
    let mut table = Table::new(&head);
    for load in LOADS {
        let runs: Vec<Measured> =
            measured.iter().filter(|(name, _)| *name == load.name).map(|(_, run)| *run).collect();
        let of = |figure: fn(&Measured) -> u64| Samples::new(runs.iter().map(figure));
        let rates = of(|run| run.per_second);
        table.row([
            load.name.to_owned(),
            of(|run| run.batch).median().to_string(),
            rates.median().to_string(),
            format!("{}..{}", rates.least(), rates.most()),
            format!("{} ms", of(|run| run.p50_ms).median()),
            format!("{} ms", of(|run| run.p99_ms).median()),
        ]);
    }
    table.print();
    println!("\n{version}; one replica, one client, latencies of whole batches, at most 3 runs.");
    println!("Its one by one has one in flight: compare it with 1 connection.");
}
