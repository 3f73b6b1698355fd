//! Where the time went: for each operation a bar of its mean response time, in parts.
//!
//! The parts are the wait for a free connection, what the server tells in `Server-Timing`, and
//! what is left of the service time. A metric called `total` is the sum of others and is left out.
#![expect(clippy::float_arithmetic, reason = "coordinates of a picture")]

use std::time::Duration;

use maud::{Markup, html};

use super::chart::{LEFT, RIGHT, Scale, Tick, drawing, millis, nothing, number_ticks, time};
use crate::{measurement::Measured, report::Report};

/// The height of a bar, with the space to the next.
const ROW: f64 = 30.0;
/// Where the bars begin, which leaves room for the operations' names.
const BEGIN: f64 = LEFT + 90.0;
/// The classes of the server's parts, over and over when there are more.
const SHADES: [&str; 6] = ["s1", "s2", "s3", "s4", "s5", "s6"];
const WAIT: &str = "wait to be sent";
const SILENT: &str = "service time: the server does not tell more (see its setting server_timing)";
const REST: &str = "the rest of the service time";

/// A part of a bar: its class, its name, its mean.
type Part<'a> = (&'static str, &'a str, f64);

pub(super) fn draw(report: &Report) -> Markup {
    let mut bars: Vec<(&str, Vec<Part>)> = Vec::new();
    for (operation, measured) in report.whole.operations.iter() {
        bars.push((operation.name(), parts(report, measured)));
    }
    bars.sort_by_key(|(name, _)| *name);
    let total = |bar: &[Part]| bar.iter().map(|(.., mean)| mean).sum::<f64>();
    let high = bars.iter().map(|(_, bar)| total(bar)).fold(0.0, f64::max) * 1.02;
    if high <= 0.0 {
        return nothing("Nothing was answered.");
    }
    let x = Scale::linear(0.0, high, BEGIN, RIGHT);
    let bottom = 8.0 + f64::from(u32::try_from(bars.len()).unwrap_or(u32::MAX)) * ROW;
    let content = html! {
        @for Tick(value, _) in number_ticks(high) {
            @let at = format!("{:.1}", x.at(value));
            line class="grid" x1=(at) x2=(at) y1="4" y2=(bottom) {}
            text x=(at) y=(bottom + 16.0) text-anchor="middle" { (time(value)) }
        }
        @for (index, (name, bar)) in (0_u32..).zip(&bars) {
            (draw_bar(name, bar, x, 8.0 + f64::from(index) * ROW))
        }
    };
    html! {
        (drawing(bottom + 24.0, "mean response time of each operation, in parts", &content))
        (key(&bars))
    }
}

fn parts<'a>(report: &'a Report, measured: &'a Measured) -> Vec<Part<'a>> {
    let (response, service) = (measured.response.mean(), measured.service.mean());
    let answered = u32::try_from(measured.answered.max(1)).unwrap_or(u32::MAX);
    let mut parts = vec![("wait", WAIT, millis(response.saturating_sub(service)))];
    let mut told = Duration::ZERO;
    let names = report.whole.server_timing.iter().map(|(name, _)| name);
    for (name, shade) in names.zip(SHADES.iter().cycle()).filter(|(name, _)| *name != "total") {
        let sum = measured.server.iter().find(|(known, _)| *known == name);
        let mean = sum.map_or(Duration::ZERO, |(_, sum)| sum / answered);
        parts.push((shade, name, millis(mean)));
        told += mean;
    }
    let rest = if told.is_zero() { SILENT } else { REST };
    parts.push(("rest", rest, millis(service.saturating_sub(told))));
    parts
}

fn draw_bar(name: &str, bar: &[Part], x: Scale, y: f64) -> Markup {
    let mut begin = 0.0;
    let rectangles: Vec<_> = bar
        .iter()
        .map(|(class, part, mean)| {
            let (from, to) = (x.at(begin), x.at(begin + mean));
            begin += mean;
            (class, part, *mean, from, to - from)
        })
        .collect();
    html! {
        text x=(BEGIN - 8.0) y=(y + 10.0) dy="0.35em" text-anchor="end" { (name) }
        @for (class, part, mean, from, width) in rectangles {
            rect class={ "part " (class) } x=(format!("{from:.1}")) y=(y) height="20"
                width=(format!("{width:.1}")) { title { (part) ", " (time(mean)) } }
        }
    }
}

/// What each colour is. The names come from the server.
fn key(bars: &[(&str, Vec<Part>)]) -> Markup {
    let longest = bars.iter().max_by_key(|(_, bar)| bar.len());
    let told = |class: &str| bars.iter().flat_map(|(_, bar)| bar).any(|(it, ..)| *it == class);
    html! {
        ul class="key" {
            @for (class, name, _) in longest.into_iter().flat_map(|(_, bar)| bar) {
                @if told(class) {
                    li { span class={ "swatch " (class) } {} (name) }
                }
            }
        }
    }
}
