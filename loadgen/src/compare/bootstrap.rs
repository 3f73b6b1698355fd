//! How far a change may be chance: a bootstrap over what the two runs are made of.
//!
//! Where both have at least [`PIECES_MIN`] repeats, repeats are drawn again with replacement: they
//! are independent of each other. Else seconds are, in blocks of neighbours (the circular block
//! bootstrap of Politis and Romano, with blocks of the cube root of their number), because a second
//! resembles the one before it. The interval is from the 2.5th to the 97.5th percentile of the
//! changes of all draws. It is drawn from a fixed seed, so it is a function of the two reports.

use super::{
    figure::{Change, Figure},
    saved::{Repeat, Saved},
};
use crate::seed::Seed;

/// Of fewer repeats, or seconds, no interval is made.
pub const PIECES_MIN: usize = 5;
/// How often is drawn.
const DRAWS: usize = 1_000;
/// What the draws are drawn from.
const SEED: u64 = 0x686f_6c64;

/// What an interval is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Repeats of the whole run.
    Repeats,
    /// Seconds, or the longer slots of a long run.
    Seconds,
}

/// The pieces of one run, with the times of all of them in one table.
struct Pieces {
    pieces: Vec<Piece>,
    /// The times that occur, ascending.
    times: Vec<u64>,
    block: usize,
}

struct Piece {
    due: u64,
    answered: u64,
    errors: u64,
    span_ns: u64,
    /// The place of each time in the table, and how often it occurred.
    response: Vec<(usize, u64)>,
}

/// The 95 % interval of the change of each of [`Figure::ALL`], and what it is made of. `None` when
/// there is too little to say.
pub fn intervals(base: &Saved, new: &Saved) -> Option<(Basis, Vec<(Change, Change)>)> {
    let (basis, base, new) = pieces(base, new)?;
    let mut seed = Seed::new(SEED);
    let draws: Vec<Vec<Change>> =
        (0..DRAWS).map(|_| changes(&base.draw(&mut seed), &new.draw(&mut seed))).collect();
    let interval = |index: usize| {
        let mut changes: Vec<_> = draws.iter().map(|draw| draw[index]).collect();
        changes.sort_unstable();
        (changes[DRAWS * 25 / 1_000], changes[DRAWS - 1 - DRAWS * 25 / 1_000])
    };
    Some((basis, (0..Figure::ALL.len()).map(interval).collect()))
}

fn changes(base: &[u64], new: &[u64]) -> Vec<Change> {
    let pairs = base.iter().zip(new);
    Figure::ALL.iter().zip(pairs).map(|(figure, (base, new))| figure.change(*base, *new)).collect()
}

fn pieces(base: &Saved, new: &Saved) -> Option<(Basis, Pieces, Pieces)> {
    let seconds = |saved: &Saved| -> Vec<Repeat> {
        saved.repeats.iter().flat_map(|repeat| repeat.seconds.clone()).collect()
    };
    if base.repeats.len().min(new.repeats.len()) >= PIECES_MIN {
        let of = |saved: &Saved| Pieces::new(&saved.repeats, 1);
        return Some((Basis::Repeats, of(base), of(new)));
    }
    let (base, new) = (seconds(base), seconds(new));
    if base.len().min(new.len()) < PIECES_MIN {
        return None;
    }
    let of = |seconds: &[Repeat]| Pieces::new(seconds, cube_root(seconds.len()));
    Some((Basis::Seconds, of(&base), of(&new)))
}

/// Rounded up.
fn cube_root(number: usize) -> usize {
    (1..).find(|root: &usize| root.saturating_pow(3) >= number).unwrap_or(1)
}

/// Each of [`Figure::ALL`] of a whole run.
pub fn figures(repeats: &[Repeat]) -> Vec<u64> {
    let pieces = Pieces::new(repeats, 1);
    pieces.figures(pieces.pieces.iter())
}

impl Pieces {
    fn new(repeats: &[Repeat], block: usize) -> Self {
        let mut times: Vec<u64> =
            repeats.iter().flat_map(|it| it.response.iter().map(|(time, _)| *time)).collect();
        times.sort_unstable();
        times.dedup();
        let pieces = repeats.iter().map(|repeat| Piece::new(repeat, &times)).collect();
        Self { pieces, times, block }
    }

    fn draw(&self, seed: &mut Seed) -> Vec<u64> {
        let count = self.pieces.len();
        let bound = u32::try_from(count).unwrap_or(u32::MAX);
        let blocks = (0..count.div_ceil(self.block)).map(|_| {
            let begin = usize::try_from(seed.below(bound)).unwrap_or(0);
            (begin..begin + self.block).map(|index| &self.pieces[index % count])
        });
        let drawn: Vec<_> = blocks.flatten().take(count).collect();
        self.figures(drawn.into_iter())
    }

    fn figures<'a>(&self, drawn: impl Iterator<Item = &'a Piece>) -> Vec<u64> {
        let mut counts = vec![0_u64; self.times.len()];
        let (mut due, mut answered, mut errors, mut span_ns) = (0_u64, 0_u64, 0_u64, 0_u64);
        for piece in drawn {
            due = due.saturating_add(piece.due);
            answered = answered.saturating_add(piece.answered);
            errors = errors.saturating_add(piece.errors);
            span_ns = span_ns.saturating_add(piece.span_ns);
            for (place, count) in &piece.response {
                counts[*place] = counts[*place].saturating_add(*count);
            }
        }
        let figure = |figure: &Figure| match figure {
            Figure::Response(part) => self.at(&counts, *part),
            Figure::Throughput => ratio(answered, 1_000_000_000_000, span_ns),
            Figure::Errors => ratio(errors, 1_000_000, due),
        };
        Figure::ALL.iter().map(figure).collect()
    }

    /// The shortest time that this share of all did not exceed, as `HdrHistogram` has it.
    fn at(&self, counts: &[u64], per_ten_thousand: u64) -> u64 {
        let all = counts.iter().copied().map(u128::from).sum::<u128>();
        let wanted = (all * u128::from(per_ten_thousand)).div_ceil(10_000).max(1);
        let mut seen = 0_u128;
        let place = counts.iter().position(|count| {
            seen += u128::from(*count);
            seen >= wanted
        });
        place.map_or(0, |place| self.times[place])
    }
}

impl Piece {
    fn new(repeat: &Repeat, times: &[u64]) -> Self {
        let place = |time: u64| times.partition_point(|known| *known < time);
        let response = repeat.response.iter().map(|(time, count)| (place(*time), *count));
        Self {
            due: repeat.due,
            answered: repeat.answered,
            errors: repeat.errors,
            span_ns: repeat.span_ns,
            response: response.collect(),
        }
    }
}

fn ratio(part: u64, scale: u64, whole: u64) -> u64 {
    let ratio = u128::from(part) * u128::from(scale) / u128::from(whole.max(1));
    u64::try_from(ratio).unwrap_or(u64::MAX)
}
