//! The heat map: a column for each part of the run, a row for each span of response times.
#![expect(clippy::float_arithmetic, reason = "coordinates of a picture")]

use std::{fmt::Write, time::Duration};

use maud::{Markup, html};

use super::chart::{
    BOTTOM, HEIGHT, LEFT, RIGHT, Scale, TOP, drawing, float, line, millis, nothing, rows,
    time_ticks,
};
use super::rate::{pieces, second_marks};
use crate::{measurement::Slot, report::Report};

/// The most columns; more slots than that share them.
const COLUMNS_MAX: usize = 120;
/// The rows of the whole height.
const ROWS: u32 = 48;
/// How many shades there are.
const SHADES: u32 = 8;

/// How many requests took how long, in milliseconds.
type Column = Vec<(f64, u64)>;

pub(super) fn draw(report: &Report) -> Markup {
    let slots: Vec<_> = pieces(report).into_iter().map(|piece| piece.slot).collect();
    let shared = slots.len().div_ceil(COLUMNS_MAX).max(1);
    let columns: Vec<Column> = slots.chunks(shared).map(column).collect();
    let width = (RIGHT - LEFT) / count(slots.len()) * count(shared);
    let times = || columns.iter().flatten().map(|(time, _)| *time);
    let (low, high) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
    if high <= 0.0 {
        return nothing("No request took any time.");
    }
    let (low, high) = (low * 0.9, high * 1.1);
    let y = Scale::logarithmic(low, high, BOTTOM, TOP);
    let content = html! {
        (rows(y, &time_ticks(low, high)))
        (cells(&columns, width, y))
        (line("tail", tail(&columns, width, y)))
        (second_marks(report))
    };
    drawing(HEIGHT, "response time over the run, as a heat map", &content)
}

fn column(slots: &[&Slot]) -> Column {
    let recorded = slots.iter().flat_map(|slot| slot.recorded());
    let in_millis = |(nanos, count)| (millis(Duration::from_nanos(nanos)), u64::from(count));
    recorded.map(in_millis).collect()
}

fn cells(columns: &[Column], width: f64, y: Scale) -> Markup {
    let counts: Vec<Vec<u64>> = columns.iter().map(|column| by_row(column, y)).collect();
    let most = counts.iter().flatten().max().copied().unwrap_or(0);
    let shade = Scale::logarithmic(1.0, float(most.max(2)), 1.0, f64::from(SHADES));
    html! {
        @for level in 1..=SHADES {
            path class={ "heat h" (level) } d=(shaded(&counts, width, shade, level)) {}
        }
    }
}

/// All cells of one shade, as one path.
fn shaded(counts: &[Vec<u64>], width: f64, shade: Scale, level: u32) -> String {
    let height = (BOTTOM - TOP) / f64::from(ROWS);
    let mut path = String::new();
    for (x, column) in positions(width).zip(counts) {
        for (row, count) in (1_u32..).zip(column) {
            if *count > 0 && (shade.at(float(*count)).round() - f64::from(level)).abs() < 0.5 {
                let y = BOTTOM - f64::from(row) * height;
                let wide = width.min(RIGHT - x);
                write!(path, "M{x:.1} {y:.1}h{wide:.1}v{height:.1}h-{wide:.1}z")
                    .expect("a string takes all that is written to it");
            }
        }
    }
    path
}

fn by_row(column: &Column, y: Scale) -> Vec<u64> {
    let bounds: Vec<f64> =
        (1..=ROWS).map(|row| y.value(f64::from(row) / f64::from(ROWS))).collect();
    let mut counts = vec![0; bounds.len()];
    for (time, count) in column {
        let row = bounds.partition_point(|bound| bound < time);
        if let Some(sum) = counts.get_mut(row) {
            *sum += count;
        }
    }
    counts
}

/// The 99th percentile of each column that has requests.
fn tail(columns: &[Column], width: f64, y: Scale) -> impl Iterator<Item = (f64, f64)> {
    let columns = positions(width).zip(columns);
    columns.filter_map(move |(x, column)| {
        let middle = (x + width / 2.0).min(RIGHT);
        Some((middle, y.at(percentile_99(column)?)))
    })
}

fn percentile_99(column: &Column) -> Option<f64> {
    let mut sorted = column.clone();
    sorted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let wanted = (sorted.iter().map(|(_, count)| count).sum::<u64>() * 99).div_ceil(100);
    let mut seen = 0;
    sorted.into_iter().find_map(|(time, count)| {
        seen += count;
        (seen >= wanted).then_some(time)
    })
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number.max(1)).unwrap_or(u32::MAX))
}

fn positions(width: f64) -> impl Iterator<Item = f64> {
    (0_u32..).map(move |index| LEFT + f64::from(index) * width)
}
