//! The percentile spectrum: how long the slowest hundredth, thousandth, … took.
#![expect(clippy::float_arithmetic, reason = "coordinates of a picture")]

use maud::{Markup, html};

use super::chart::{
    BOTTOM, HEIGHT, LEFT, RIGHT, Scale, TOP, Tick, columns, drawing, float, legend, line, millis,
    nothing, rows, time_ticks,
};
use crate::{measurement::Times, report::Report, slo::Point};

/// Steps in each half of what is left to 100 %: enough for a smooth line.
const STEPS: u32 = 10;

pub(super) fn draw(report: &Report) -> Markup {
    let (response, service) = (&report.whole.response, &report.whole.service);
    if response.count() == 0 {
        return nothing("No request took any time.");
    }
    let low = response.shortest().min(service.shortest());
    let (low, high) = (millis(low) * 0.8, millis(response.at(Point::Max)) * 1.2);
    let y = Scale::logarithmic(low, high, BOTTOM, TOP);
    let one_in = float(response.count()).max(10.0);
    let x = Scale::logarithmic(1.0, one_in, LEFT, RIGHT);
    let content = html! {
        (rows(y, &time_ticks(low, high)))
        (columns(x, &percent_ticks(one_in)))
        (spectrum("service", service, x, y))
        (spectrum("response", response, x, y))
        (legend(&[("response", "response time"), ("service", "service time")]))
    };
    drawing(HEIGHT, "response and service time by percentile", &content)
}

/// By the reciprocal of what is left to 100 %; what is left of the last step is one request.
fn spectrum(class: &str, times: &Times, x: Scale, y: Scale) -> Markup {
    let points = times.steps(STEPS).map(|step| {
        let one_in = 1.0 / (1.0 - step.quantile).max(f64::MIN_POSITIVE);
        (x.at(one_in), y.at(millis(step.time)))
    });
    line(class, points)
}

fn percent_ticks(one_in: f64) -> Vec<Tick> {
    let names = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"];
    let ticks = (0..).zip(names).map(|(power, name)| Tick(10_f64.powi(power), name.to_owned()));
    let mut ticks: Vec<_> = ticks.take_while(|Tick(value, _)| *value <= one_in).collect();
    ticks.insert(1, Tick(2.0, "50 %".to_owned()));
    ticks
}
