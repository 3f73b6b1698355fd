//! What the drawings share: a frame, two scales, ticks, a legend.
#![expect(clippy::float_arithmetic, reason = "coordinates of a picture")]

use std::{fmt::Write, time::Duration};

use maud::{Markup, html};
use rust_decimal::prelude::ToPrimitive;

/// The width of a drawing.
pub const WIDTH: f64 = 960.0;
/// The height of most of them.
pub const HEIGHT: f64 = 300.0;
/// Where the frame is.
pub const LEFT: f64 = 72.0;
/// Where the frame is.
pub const RIGHT: f64 = 944.0;
/// Where the frame is.
pub const TOP: f64 = 28.0;
/// Where the frame is.
pub const BOTTOM: f64 = 268.0;

/// How values become coordinates.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
}

/// A line of the grid: its value, and what stands at it.
pub struct Tick(pub f64, pub String);

impl Scale {
    /// Values from `low` to `high` at coordinates from `from` to `to`.
    pub fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, from, to, logarithmic: false }
    }

    /// The same by their logarithms; `low` is above zero.
    pub fn logarithmic(low: f64, high: f64, from: f64, to: f64) -> Self {
        Self { logarithmic: true, ..Self::linear(low.ln(), high.ln(), from, to) }
    }

    /// The coordinate of a value; of one beyond the ends that of the end.
    pub fn at(&self, value: f64) -> f64 {
        let value = if self.logarithmic { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let part = (value - self.low) / (self.high - self.low);
        self.from + part.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// The value at a part, from 0 to 1, of the way.
    pub fn value(&self, part: f64) -> f64 {
        let value = self.low + part * (self.high - self.low);
        if self.logarithmic { value.exp() } else { value }
    }
}

/// Ticks for times in milliseconds on a logarithmic scale: every power of ten between, and 2 and 5
/// times it where there are few.
pub fn time_ticks(low: f64, high: f64) -> Vec<Tick> {
    let decades = (high / low).log10();
    let multiples: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let powers = (-4..8).map(|power| 10_f64.powi(power));
    let values = powers.flat_map(|power| multiples.iter().map(move |multiple| power * multiple));
    let between = values.filter(|value| *value >= low * 0.999 && *value <= high * 1.001);
    between.map(|value| Tick(value, time(value))).collect()
}

/// Ticks for numbers from zero: about four, at 1, 2 or 5 times a power of ten.
pub fn number_ticks(high: f64) -> Vec<Tick> {
    let rough = (high / 4.0).max(0.001);
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|it| it * power).into_iter().find(|it| *it >= rough);
    let step = step.unwrap_or(rough);
    let values = (0_u32..12).map(|index| f64::from(index) * step);
    let within = values.take_while(|value| *value <= high * 1.001);
    within.map(|value| Tick(value, plain(value))).collect()
}

/// A time in milliseconds in the unit that reads best.
pub fn time(millis: f64) -> String {
    match millis {
        it if it >= 1_000.0 => format!("{} s", plain(it / 1_000.0)),
        it if it >= 1.0 => format!("{} ms", plain(it)),
        it => format!("{} µs", plain(it * 1_000.0)),
    }
}

/// A number without what is not needed of its fraction.
pub fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// A count as a coordinate.
pub fn float(count: u64) -> f64 {
    count.to_f64().unwrap_or(f64::MAX)
}

/// A drawing with what is said of it to those who do not see it.
pub fn drawing(height: f64, label: &str, content: &Markup) -> Markup {
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(label) { (content) }
    }
}

/// The grid's horizontal lines.
pub fn rows(scale: Scale, ticks: &[Tick]) -> Markup {
    html! {
        @for Tick(value, text) in ticks {
            @let y = format!("{:.1}", scale.at(*value));
            line class="grid" x1=(LEFT) x2=(RIGHT) y1=(y) y2=(y) {}
            text x=(LEFT - 8.0) y=(y) dy="0.35em" text-anchor="end" { (text) }
        }
    }
}

/// The grid's vertical lines.
pub fn columns(scale: Scale, ticks: &[Tick]) -> Markup {
    html! {
        @for Tick(value, text) in ticks {
            @let x = format!("{:.1}", scale.at(*value));
            line class="grid" x1=(x) x2=(x) y1=(TOP) y2=(BOTTOM) {}
            text x=(x) y=(BOTTOM + 18.0) text-anchor="middle" { (text) }
        }
    }
}

/// What each colour is: the class of a line, and its name.
pub fn legend(entries: &[(&str, &str)]) -> Markup {
    html! {
        @for (index, (class, name)) in (0_u32..).zip(entries) {
            @let x = LEFT + f64::from(index) * 150.0;
            line class={ "line " (class) } x1=(x) x2=(x + 24.0) y1="14" y2="14" {}
            text x=(x + 30.0) y="14" dy="0.35em" { (name) }
        }
    }
}

/// A line through points.
pub fn line(class: &str, points: impl Iterator<Item = (f64, f64)>) -> Markup {
    let mut path = String::new();
    for (index, (x, y)) in points.enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        write!(path, "{letter}{x:.1} {y:.1}").expect("a string takes all that is written to it");
    }
    html! { path class={ "line " (class) } d=(path) {} }
}

/// What stands in the place of a drawing of nothing.
pub fn nothing(why: &str) -> Markup {
    html! { p class="nothing" { (why) } }
}
