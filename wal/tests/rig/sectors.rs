//! Pages and sectors: lost, filled with something else, written to the wrong place.

use wal::Name;
use wal::simulated::Disk;

use super::Answered;
use crate::support::states;

/// A piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    name: Name,
    offset: usize,
}

/// One log for each two thousand states. All pieces are tried by themselves, and some of the pairs.
#[test]
fn a_piece_that_is_lost_or_misplaced_is_told_or_harmless() {
    let (mut tried, mut told) = (0, 0);
    for seed in 0..(states(6_000) / 2_000).max(1) {
        let answered = Answered::new(seed);
        for bytes in [4096, 512] {
            let pieces = pieces(&answered, bytes);
            let mut count = |is_told: bool| {
                tried += 1;
                told += u64::from(is_told);
            };
            pieces.iter().for_each(|piece| fill(&answered, *piece, bytes, &mut count));
            let pairs = pieces.len() * pieces.len();
            let step = pairs / usize::try_from(states(6_000) / 12).unwrap() + 1;
            for pair in (usize::try_from(seed).unwrap() % step..pairs).step_by(step) {
                let (a, b) = (pieces[pair / pieces.len()], pieces[pair % pieces.len()]);
                misplace(&answered, [a, b], bytes, &mut count);
            }
        }
        tried += older(&answered);
    }
    println!("{tried} pages and sectors lost or misplaced, {told} told");
    assert!(told > 0);
}

/// The last group and the one that vouches for it may swap their places: a header tells, wherever
/// it lies.
#[test]
fn two_pages_of_the_end_that_swap_their_places_are_told() {
    for seed in 0..40 {
        let answered = Answered::new(seed);
        let last = answered.names().into_iter().filter(|name| matches!(name, Name::Segment(_)));
        let pages = |name: Name| {
            let groups = super::groups(&answered.disk.bytes(name));
            groups.into_iter().map(move |group| Piece { name, offset: group.start })
        };
        let ends: Vec<Piece> = last.flat_map(pages).collect();
        for pair in ends.windows(2) {
            let damaged = answered.disk.kill();
            swap(&damaged, [pair[0], pair[1]], 4096);
            let told = answered.is_told_or_whole(&damaged, &|| format!("{pair:?} of {seed}"));
            assert!(told, "{pair:?} of {seed}");
        }
    }
}

fn pieces(answered: &Answered, bytes: usize) -> Vec<Piece> {
    let of_file = |name: Name| {
        let offsets = (0..answered.disk.bytes(name).len()).step_by(bytes);
        offsets.map(move |offset| Piece { name, offset })
    };
    answered.names().into_iter().flat_map(of_file).collect()
}

/// It is lost, or holds something that was never written.
fn fill(answered: &Answered, piece: Piece, bytes: usize, count: &mut impl FnMut(bool)) {
    for filling in [0, 0xff, 0xa5] {
        let damaged = answered.disk.kill();
        let filling = vec![filling; bytes];
        put(&damaged, piece, &filling);
        count(is_told(answered, &damaged, &[piece], &format!("filled with {}", filling[0])));
    }
}

/// It is written over another one, or they swap their places.
fn misplace(answered: &Answered, pair: [Piece; 2], bytes: usize, count: &mut impl FnMut(bool)) {
    let damaged = answered.disk.kill();
    put(&damaged, pair[1], &take(&damaged, pair[0], bytes));
    count(is_told(answered, &damaged, &pair, "copied"));
    let damaged = answered.disk.kill();
    swap(&damaged, pair, bytes);
    count(is_told(answered, &damaged, &pair, "swapped"));
}

/// A write of a piece was lost: it is as it was after an earlier life. Says how many were tried.
fn older(answered: &Answered) -> u64 {
    let mut tried = 0;
    for before in &answered.before {
        for bytes in [4096, 512] {
            for piece in pieces(answered, bytes) {
                let old = take(before, piece, bytes);
                if old.is_empty() || old == take(&answered.disk, piece, bytes) {
                    continue;
                }
                let damaged = answered.disk.kill();
                put(&damaged, piece, &old);
                is_told(answered, &damaged, &[piece], "as it was before");
                tried += 1;
            }
        }
    }
    tried
}

/// Whether damage of these pieces is told where their files are read.
fn is_told(answered: &Answered, damaged: &Disk, pieces: &[Piece], what: &str) -> bool {
    let case = || format!("{pieces:?} {what}");
    let mut told = answered.is_told_or_whole(damaged, &case);
    for piece in pieces {
        if let Name::Snapshot(from) = piece.name {
            told |= answered.snapshot_is_told_or_whole(damaged, from, &case);
        }
    }
    told
}

fn take(disk: &Disk, piece: Piece, bytes: usize) -> Vec<u8> {
    let file = disk.bytes(piece.name);
    let rest = file.get(piece.offset..).unwrap_or_default();
    rest[..rest.len().min(bytes)].to_vec()
}

fn put(disk: &Disk, piece: Piece, bytes: &[u8]) {
    let mut file = disk.bytes(piece.name);
    let place = &mut file[piece.offset..];
    let length = place.len().min(bytes.len());
    place[..length].copy_from_slice(&bytes[..length]);
    disk.replace(piece.name, file);
}

fn swap(disk: &Disk, [a, b]: [Piece; 2], bytes: usize) {
    let (of_a, of_b) = (take(disk, a, bytes), take(disk, b, bytes));
    put(disk, a, &of_b);
    put(disk, b, &of_a);
}
