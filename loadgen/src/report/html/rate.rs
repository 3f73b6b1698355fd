//! The rates: what was due in each second, what was answered in it, what was not.
#![expect(clippy::float_arithmetic, reason = "coordinates of a picture")]

use maud::{Markup, html};

use super::chart::{
    BOTTOM, HEIGHT, LEFT, RIGHT, Scale, TOP, drawing, float, legend, line, nothing, number_ticks,
    plain, rows,
};
use crate::{measurement::Slot, report::Report};

/// One slot of one repeat, and how long it is.
pub(super) struct Piece<'a> {
    pub(super) slot: &'a Slot,
    second: u64,
    seconds: u64,
}

pub(super) fn draw(report: &Report) -> Markup {
    let pieces = pieces(report);
    if pieces.is_empty() {
        return nothing("Nothing was due.");
    }
    let rate = |piece: &Piece, count: u64| float(count) / float(piece.seconds);
    let rates =
        pieces.iter().flat_map(|it| [it.slot.offered, it.slot.answered].map(|n| rate(it, n)));
    let high = rates.fold(1.0, f64::max) * 1.1;
    let y = Scale::linear(0.0, high, BOTTOM, TOP);
    let x = Scale::linear(0.0, float(length(&pieces)), LEFT, RIGHT);
    let curve = |class, count: fn(&Slot) -> u64| {
        let points = (0_u32..).zip(&pieces).flat_map(|(index, piece)| {
            let y = y.at(rate(piece, count(piece.slot)));
            [(x.at(f64::from(index)), y), (x.at(f64::from(index) + 1.0), y)]
        });
        line(class, points)
    };
    let content = html! {
        (rows(y, &number_ticks(high)))
        (curve("offered", |slot| slot.offered))
        (curve("achieved", |slot| slot.answered))
        (curve("failed", |slot| slot.failed))
        (legend(&[("offered", "offered/s"), ("achieved", "achieved/s"), ("failed", "failed/s")]))
        (second_marks(report))
    };
    drawing(HEIGHT, "offered and achieved rate over the run", &content)
}

/// The time below a drawing whose columns are the slots of all repeats, and a line where one
/// repeat ends and the next begins.
pub(super) fn second_marks(report: &Report) -> Markup {
    let pieces = pieces(report);
    let x = Scale::linear(0.0, float(length(&pieces)), LEFT, RIGHT);
    let every = pieces.len().div_ceil(10).max(1);
    html! {
        @for (index, piece) in (0_u32..).zip(&pieces) {
            @let at = format!("{:.1}", x.at(f64::from(index)));
            @if piece.second == 0 && index > 0 {
                line class="repeat" x1=(at) x2=(at) y1=(TOP) y2=(BOTTOM) {}
            }
            @if usize::try_from(index).is_ok_and(|index| index % every == 0) {
                text x=(at) y=(BOTTOM + 18.0) text-anchor="middle" {
                    (plain(float(piece.second))) " s"
                }
            }
        }
    }
}

/// The slots of all repeats, up to the last in which something was due.
pub(super) fn pieces(report: &Report) -> Vec<Piece<'_>> {
    let repeats = report.measured.iter().map(|repeat| &repeat.series);
    let pieces = repeats.flat_map(|series| {
        let seconds = series.interval_s();
        let slots = series.slots();
        let due = slots.iter().rposition(|slot| slot.offered > 0).map_or(0, |last| last + 1);
        let slots = (0..).zip(&slots[..due]);
        slots.map(move |(index, slot)| Piece { slot, second: index * seconds, seconds })
    });
    pieces.collect()
}

fn length(pieces: &[Piece]) -> u64 {
    u64::try_from(pieces.len()).unwrap_or(u64::MAX)
}
