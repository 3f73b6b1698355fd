//! The report as one page: no script, nothing loaded from anywhere, readable in light and in dark.
//!
//! The template escapes all text that is put into it, so nothing that a server or a command line
//! says can become markup.

mod budget;
mod chart;
mod heat;
mod rate;
mod spectrum;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Report, text::in_millis};

/// The page's one style sheet.
const STYLE: &str = include_str!("style.css");

impl Report {
    /// The report as one HTML page.
    #[must_use]
    pub fn to_html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { "holdfast-loadgen: " (self.verdict) ", run " (self.run) }
                    style { (PreEscaped(STYLE)) }
                }
                body { (self.body()) }
            }
        };
        page.into_string()
    }

    fn body(&self) -> Markup {
        html! {
            (self.verdict_box())
            (figure("Response and service time by percentile", SPECTRUM, spectrum::draw(self)))
            (figure("Response time over the run", HEAT, heat::draw(self)))
            (figure("Offered and achieved rate", RATE, rate::draw(self)))
            (figure("Where the time of an operation went", BUDGET, budget::draw(self)))
            (self.tables())
        }
    }

    fn verdict_box(&self) -> Markup {
        html! {
            header class={ "verdict " (self.verdict) } {
                h1 { (self.verdict.to_uppercase()) }
                p { (self.summary()) }
                @if self.debug_build {
                    p { "A debug build of the generator measures mostly itself." }
                }
                dl class="numbers" {
                    (number(&self.achieved_per_s.to_string(), "answers/s"))
                    (number(&in_millis(self.response.p50_ns), "ms p50"))
                    (number(&in_millis(self.p99_ns), "ms p99"))
                    (number(&in_millis(self.response.max_ns), "ms max"))
                    (number(&(self.counts.failed + self.counts.unsent).to_string(), "errors"))
                }
                p { "SLO " code { (self.slo) } }
            }
        }
    }
}

const SPECTRUM: &str = "Response time counts from the moment a request was meant to be sent, \
    service time from the moment it was sent. Where they part, requests waited to be sent.";
const HEAT: &str = "Each column is a part of the run, by the moment requests were meant to be \
    sent; the stronger a cell's colour, the more of them took so long. The line is the 99th percentile.";
const RATE: &str = "Offered is what was due in each second, achieved what was answered in it. \
    The last falls where a run ends within a second.";
const BUDGET: &str = "Means of all answers. What waited to be sent waited for a free connection, \
    or for a generator that was late; the rest of the service time is network, kernel and \
    whatever the server does not tell.";

fn figure(title: &str, caption: &str, drawing: Markup) -> Markup {
    html! {
        figure {
            h2 { (title) }
            (drawing)
            figcaption { (caption) }
        }
    }
}

fn number(figure: &str, unit: &str) -> Markup {
    html! { div { dt { (unit) } dd { (figure) } } }
}
