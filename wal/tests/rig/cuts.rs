//! Files that are cut short, at each length.

use wal::{Name, OpenError, Options};

use super::{Answered, Seen, groups, sections};
use crate::support::{Log, short_segments, states};

#[test]
fn a_file_of_any_other_length_is_told() {
    let step = usize::try_from(1 + 2_000_000 / states(6_000)).unwrap();
    let (logs, mut tried) = (2 + states(6_000) / 100_000, 0);
    for answered in (0..logs).map(Answered::new) {
        for name in answered.names() {
            let bytes = answered.disk.bytes(name);
            let step = if matches!(name, Name::Segment(_)) { step } else { step / 64 + 1 };
            for length in (0..bytes.len()).step_by(step) {
                let damaged = answered.disk.kill();
                damaged.replace(name, bytes[..length].to_vec());
                let told = match name {
                    Name::Snapshot(from) => sections(&damaged, from).is_err(),
                    _ => matches!(answered.seen(&damaged), Seen::Told(c) if c.name == name),
                };
                assert!(told, "{name} is {length} bytes long, and it is not told");
                tried += 1;
            }
        }
    }
    println!("{tried} lengths told");
}

/// By design: what the end of the log has lost with all behind it looks as if it had never been.
/// What is left is a prefix, and is told to be too short where more is known to have been there.
#[test]
fn an_end_that_is_all_zeros_is_an_earlier_end() {
    let step = usize::try_from(1 + 2_000_000 / states(6_000)).unwrap();
    let mut tried = 0;
    for answered in (0..2 + states(6_000) / 100_000).map(Answered::new) {
        let holds = |number: &u64| !groups(&answered.disk.bytes(*number)).is_empty();
        let last = answered.disk.segments().into_iter().rfind(holds).unwrap();
        let bytes = answered.disk.bytes(last);
        for end in (4096..bytes.len()).step_by(step) {
            let damaged = answered.disk.kill();
            let zeros = vec![0; bytes.len() - end];
            damaged.replace(last, [&bytes[..end], &zeros].concat());
            tried += 1;
            let Seen::Part(_) = answered.seen(&damaged) else { continue };
            let at_least = answered.records.last().unwrap().lsn;
            let known = Log::open_with(&damaged, Options { at_least, ..short_segments() });
            assert!(matches!(known.map(drop), Err(OpenError::Corrupt(_))), "zeros from {end} on");
        }
    }
    println!("{tried} ends of zeros");
}
