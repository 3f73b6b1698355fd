//! Each fuzz target for a moment: its seeds, and seeds that were changed at random.
//!
//! `HOLDFAST_ROUNDS` says how often each is tried, `HOLDFAST_SEED` repeats one run, and
//! `HOLDFAST_CORPUS` names a folder that the seeds are written to, where libFuzzer begins.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use wal::simulated::Choices;

const ROUNDS_DEFAULT: u64 = 2_000;

#[test]
fn no_number_is_another_amount() {
    run("amount", 4);
}

#[test]
fn no_body_means_something_else() {
    run("operation", 1);
}

#[test]
fn no_payload_is_read_in_two_ways() {
    run("record", 4);
}

#[test]
fn no_changed_record_is_recovered_to_other_books() {
    run("recovery", 1);
}

#[test]
fn no_snapshot_changes_the_ledger() {
    run("snapshot", 1);
}

#[test]
fn no_harmed_log_is_opened_as_another() {
    run("log", 1);
}

/// Tries a target, so many times the usual number of rounds.
fn run(name: &str, times: u64) {
    let number = |name| std::env::var(name).ok().and_then(|text: String| text.parse().ok());
    let rounds = times * number("HOLDFAST_ROUNDS").unwrap_or(ROUNDS_DEFAULT);
    let seed = number("HOLDFAST_SEED").unwrap_or(1);
    let mut targets = targets::TARGETS.into_iter();
    let (_, check, seeds) = targets.find(|(known, ..)| *known == name).unwrap();
    let (seeds, mut choices) = (seeds(), Choices::new(seed));
    if let Ok(folder) = std::env::var("HOLDFAST_CORPUS") {
        write_out(&Path::new(&folder).join(name), &seeds);
    }
    for data in &seeds {
        try_one(check, data);
    }
    for _ in 0..rounds {
        try_one(check, &mutated(&seeds, &mut choices));
    }
}

fn write_out(folder: &Path, seeds: &[Vec<u8>]) {
    fs::create_dir_all(folder).unwrap();
    for (n, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{n:03}")), seed).unwrap();
    }
}

fn try_one(check: fn(&[u8]), data: &[u8]) {
    if let Err(panic) = catch_unwind(|| check(data)) {
        eprintln!("this is what broke it: {data:?}");
        std::panic::resume_unwind(panic);
    }
}

/// A seed with a few bytes flipped, put, left out, or taken from another seed.
fn mutated(seeds: &[Vec<u8>], choices: &mut Choices) -> Vec<u8> {
    let pick = |choices: &mut Choices, of: usize| {
        usize::try_from(choices.below(u64::try_from(of).unwrap())).unwrap()
    };
    let mut data = seeds[pick(choices, seeds.len())].clone();
    for _ in 0..=choices.below(6) {
        let at = pick(choices, data.len() + 1);
        let byte = choices.number().to_le_bytes()[0];
        match choices.below(6) {
            0 => data.insert(at, byte),
            1 if at < data.len() => drop(data.remove(at)),
            2 if at < data.len() => data[at] ^= 1 << (byte % 8),
            3 => data.extend((0..8).map(|_| choices.number().to_le_bytes()[0])),
            4 => {
                let other = &seeds[pick(choices, seeds.len())];
                data.truncate(at);
                data.extend_from_slice(&other[pick(choices, other.len() + 1)..]);
            }
            _ if at < data.len() => data[at] = byte,
            _ => data.push(byte),
        }
    }
    data
}
