//! The page's tables: times, operations, repeats, counts, the workload, the environment.

use maud::{Markup, html};
use serde_json::Value;

use crate::report::{Percentiles, Report, figures::HEADS, text::in_millis};

/// How many differences are shown.
const DIFFERENCES_SHOWN: usize = 100;

impl Report {
    pub(super) fn tables(&self) -> Markup {
        let operations = self.operations.iter().map(|it| (it.operation.to_owned(), &it.response));
        let metrics = self.server_timing.iter().map(|it| (it.metric.clone(), &it.times));
        let repeats = (1..).zip(&self.repeats);
        let repeats =
            repeats.map(|(n, it)| (format!("{n}: {}/s", it.achieved_per_s), &it.response));
        html! {
            (self.differences_list())
            (self.beside_lines())
            (times("Times, ms", self.times()))
            (times("Response time of each operation, ms", operations.collect()))
            @if !self.server_timing.is_empty() {
                (times("Server-Timing, ms", metrics.collect()))
            }
            @if self.repeats.len() > 1 {
                (times("Response time of each repeat, ms", repeats.collect()))
            }
            div class="facts" {
                (facts("Requests", &self.count_facts()))
                (facts("Workload", &self.workload_facts()))
                (facts("Environment", &self.environment_facts()))
            }
        }
    }

    fn times(&self) -> Vec<(String, &Percentiles)> {
        vec![
            ("response".to_owned(), &self.response),
            ("service".to_owned(), &self.service),
            ("lateness of the generator".to_owned(), &self.lateness),
        ]
    }

    fn differences_list(&self) -> Markup {
        html! {
            @if !self.differences.is_empty() {
                section {
                    h2 { "What the server said that is not so" }
                    @for difference in self.differences.iter().take(DIFFERENCES_SHOWN) {
                        pre { (difference) }
                    }
                    p { (self.differences.len()) " in all" }
                }
            }
        }
    }

    /// What the run found beside its measurements, as people at a terminal read it.
    fn beside_lines(&self) -> Markup {
        let mut lines = String::new();
        let written = self.beside.write(self.achieved_per_s, &mut lines);
        written.expect("a string takes all that is written to it");
        html! {
            section {
                h2 { "Beside" }
                pre { (lines) }
            }
        }
    }

    fn count_facts(&self) -> Vec<(String, String)> {
        let counts = [
            ("sent", self.counts.sent.to_string()),
            ("answered", self.counts.answered.to_string()),
            ("without an answer", self.counts.failed.to_string()),
            ("due and never sent", self.counts.unsent.to_string()),
            ("sent late", self.counts.late.to_string()),
            ("accounts checked", self.accounts_checked.to_string()),
            ("accounts unknown", self.accounts_unknown.len().to_string()),
            ("differences", self.differences.len().to_string()),
            ("transactions over", self.transactions.to_string()),
        ];
        counts.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    fn workload_facts(&self) -> Vec<(String, String)> {
        let Ok(Value::Object(workload)) = serde_json::to_value(&self.workload) else {
            return Vec::new();
        };
        let told = workload.into_iter().filter(|(_, value)| !value.is_null());
        let plain = |value: Value| value.as_str().map_or(value.to_string(), str::to_owned);
        let mut facts: Vec<_> = told.map(|(name, value)| (name, plain(value))).collect();
        facts.push(("seed".to_owned(), self.seed.to_string()));
        facts.push(("run".to_owned(), self.run.clone()));
        facts
    }

    fn environment_facts(&self) -> Vec<(String, String)> {
        let lines = self.environment.lines();
        lines.into_iter().map(|(name, line)| (name.to_owned(), line)).collect()
    }
}

fn times(title: &str, rows: Vec<(String, &Percentiles)>) -> Markup {
    html! {
        section class="wide" {
            h2 { (title) }
            table {
                thead {
                    tr {
                        th {}
                        th { "count" }
                        @for head in HEADS { th { (head) } }
                    }
                }
                tbody {
                    @for (name, percentiles) in rows {
                        tr {
                            th scope="row" { (name) }
                            td { (percentiles.count) }
                            @for nanos in percentiles.all() { td { (in_millis(nanos)) } }
                        }
                    }
                }
            }
        }
    }
}

fn facts(title: &str, facts: &[(String, String)]) -> Markup {
    html! {
        section {
            h2 { (title) }
            dl {
                @for (name, value) in facts { dt { (name) } dd { (value) } }
            }
        }
    }
}
