//! The heat map: a column for each part of the run, a row for each span of response times.
#![expect(clippy::float_arithmetic, reason = "coordinates of a picture")]

use std::{fmt::Write, time::Duration};

use maud::{Markup, html};

use super::chart::{
    BOTTOM, HEIGHT, LEFT, RIGHT, Scale, TOP, drawing, float, line, millis, nothing, rows,
    time_ticks,
};
use super::rate::second_marks;
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
    let slots: Vec<_> = report.measured.iter().flat_map(|it| it.series.slots()).collect();
    let columns: Vec<Column> =
        slots.chunks(slots.len().div_ceil(COLUMNS_MAX).max(1)).map(column).collect();
    let times = || columns.iter().flatten().map(|(time, _)| *time);
    let (low, high) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
    if high <= 0.0 {
        return nothing("No request took any time.");
    }
    let (low, high) = (low * 0.9, high * 1.1);
    let y = Scale::logarithmic(low, high, BOTTOM, TOP);
    let content = html! {
        (rows(y, &time_ticks(low, high)))
        (cells(&columns, y))
        (line("tail", tail(&columns, y)))
        (second_marks(report))
    };
    drawing(HEIGHT, "response time over the run, as a heat map", &content)
}

fn column(slots: &[&Slot]) -> Column {
    let recorded = slots.iter().flat_map(|slot| slot.recorded());
    let in_millis = |(nanos, count)| (millis(Duration::from_nanos(nanos)), u64::from(count));
    recorded.map(in_millis).collect()
}

fn cells(columns: &[Column], y: Scale) -> Markup {
    let counts: Vec<Vec<u64>> = columns.iter().map(|column| by_row(column, y)).collect();
    let most = counts.iter().flatten().max().copied().unwrap_or(0);
    let shade = Scale::logarithmic(1.0, float(most.max(2)), 1.0, f64::from(SHADES));
    html! {
        @for level in 1..=SHADES {
            path class={ "heat h" (level) } d=(shaded(&counts, shade, level)) {}
        }
    }
}

/// All cells of one shade, as one path.
fn shaded(counts: &[Vec<u64>], shade: Scale, level: u32) -> String {
    let (width, height) = (column_width(counts.len()), (BOTTOM - TOP) / f64::from(ROWS));
    let mut path = String::new();
    for (x, column) in positions(counts.len()).zip(counts) {
        for (row, count) in (1_u32..).zip(column) {
            if *count > 0 && (shade.at(float(*count)).round() - f64::from(level)).abs() < 0.5 {
                let y = BOTTOM - f64::from(row) * height;
                write!(path, "M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z")
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
fn tail(columns: &[Column], y: Scale) -> impl Iterator<Item = (f64, f64)> {
    let middle = column_width(columns.len()) / 2.0;
    let columns = positions(columns.len()).zip(columns);
    columns.filter_map(move |(x, column)| Some((x + middle, y.at(percentile_99(column)?))))
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

fn column_width(columns: usize) -> f64 {
    (RIGHT - LEFT) / f64::from(u32::try_from(columns.max(1)).unwrap_or(u32::MAX))
}

fn positions(columns: usize) -> impl Iterator<Item = f64> {
    let width = column_width(columns);
    (0_u32..).take(columns).map(move |index| LEFT + f64::from(index) * width)
}
