//! The figures of a report, as its JSON has them. Times are in nanoseconds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    measurement::{Measured, Measurement, Slot, Times},
    slo::Point,
};

/// Numbers of requests.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[expect(missing_docs, reason = "see `Report::counts`")]
pub struct Counts {
    pub sent: u64,
    pub answered: u64,
    pub failed: u64,
    pub unsent: u64,
    pub late: u64,
}

/// Points of a distribution, in nanoseconds.
#[derive(Debug, Clone, Copy, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Percentiles {
    pub count: u64,
    pub mean_ns: u64,
    pub p50_ns: u64,
    pub p90_ns: u64,
    pub p95_ns: u64,
    pub p99_ns: u64,
    pub p999_ns: u64,
    pub p9999_ns: u64,
    pub max_ns: u64,
}

/// One operation of the network API.
#[derive(Debug, Clone, Serialize)]
pub struct OperationFigures {
    /// Its name on the wire.
    pub operation: &'static str,
    /// Requests sent.
    pub sent: u64,
    /// Requests answered.
    pub answered: u64,
    /// Requests without an answer.
    pub failed: u64,
    /// From the moment the request was meant to be sent.
    pub response: Percentiles,
    /// From the moment it was sent.
    pub service: Percentiles,
}

/// One metric of the server's `Server-Timing`.
#[derive(Debug, Clone, Serialize)]
pub struct MetricFigures {
    /// Its name, as the server tells it.
    pub metric: String,
    /// Its times.
    pub times: Percentiles,
}

/// One repeat of the run.
#[derive(Debug, Clone, Serialize)]
pub struct RepeatFigures {
    /// Answers per second, from the start to the last answer.
    pub achieved_per_s: u64,
    /// From the start to the last answer.
    pub span_ns: u64,
    /// As in the report.
    pub counts: Counts,
    /// From the moment the request was meant to be sent.
    pub response: Percentiles,
    /// From the moment it was sent.
    pub service: Percentiles,
    /// What the generator was late by itself.
    pub lateness: Percentiles,
    /// How much of its time the busiest generator thread had work to do.
    pub generator_busy_percent: u64,
    /// The distributions.
    pub histograms: Histograms,
    /// How long each slot of `slots` is, in seconds.
    pub interval_s: u64,
    /// What happened from second to second.
    pub slots: Vec<SlotFigures>,
}

/// Distributions of nanoseconds: `HdrHistogram` V2, deflated, in base64; empty when there is no time
/// in it.
#[derive(Debug, Clone, Serialize)]
pub struct Histograms {
    /// Response times.
    pub response: String,
    /// Service times.
    pub service: String,
}

/// One slot; see [`Series`](crate::measurement::Series) for what counts where.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the names are those of `Slot`")]
pub struct SlotFigures {
    pub offered: u64,
    pub sent: u64,
    pub answered: u64,
    pub failed: u64,
    pub late: u64,
    /// Response times: `HdrHistogram` V2, deflated, in base64.
    pub response: String,
}

impl Counts {
    pub(super) fn of(measured: &Measurement) -> Self {
        Self {
            sent: measured.sends,
            answered: measured.answers,
            failed: measured.failures,
            unsent: measured.unsent,
            late: measured.late,
        }
    }
}

impl Percentiles {
    pub(super) fn of(times: &Times) -> Self {
        let at = |part| nanos(times.at(Point::PerTenThousand(part)));
        Self {
            count: times.count(),
            mean_ns: nanos(times.mean()),
            p50_ns: at(5_000),
            p90_ns: at(9_000),
            p95_ns: at(9_500),
            p99_ns: at(9_900),
            p999_ns: at(9_990),
            p9999_ns: at(9_999),
            max_ns: nanos(times.at(Point::Max)),
        }
    }

    /// The mean and the points, in the order of [`HEADS`].
    pub(super) fn all(&self) -> [u64; 8] {
        let Self { mean_ns, p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, p9999_ns, max_ns, .. } = *self;
        [mean_ns, p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, p9999_ns, max_ns]
    }
}

/// What people call the points of [`Percentiles`].
pub(super) const HEADS: [&str; 8] = ["mean", "p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"];

impl OperationFigures {
    pub(super) fn all(measured: &Measurement) -> Vec<Self> {
        let mut all: Vec<_> = measured.operations.iter().map(Self::of).collect();
        all.sort_by_key(|figures| figures.operation);
        all
    }

    fn of((operation, measured): (crate::simulator::step::Operation, &Measured)) -> Self {
        Self {
            operation: operation.name(),
            sent: measured.sent,
            answered: measured.answered,
            failed: measured.failed,
            response: Percentiles::of(&measured.response),
            service: Percentiles::of(&measured.service),
        }
    }
}

impl MetricFigures {
    pub(super) fn all(measured: &Measurement) -> Vec<Self> {
        let metrics = measured.server_timing.iter();
        metrics
            .map(|(name, times)| Self { metric: name.to_owned(), times: Percentiles::of(times) })
            .collect()
    }
}

impl RepeatFigures {
    pub(super) fn of(measured: &Measurement) -> Self {
        Self {
            achieved_per_s: per_second(measured.answers, measured.span()),
            span_ns: nanos(measured.span()),
            counts: Counts::of(measured),
            response: Percentiles::of(&measured.response),
            service: Percentiles::of(&measured.service),
            lateness: Percentiles::of(&measured.lateness),
            generator_busy_percent: measured.busy_percent,
            histograms: Histograms::of(measured),
            interval_s: measured.series.interval_s(),
            slots: measured.series.slots().iter().map(SlotFigures::of).collect(),
        }
    }
}

impl Histograms {
    pub(super) fn of(measured: &Measurement) -> Self {
        Self { response: measured.response.encode(), service: measured.service.encode() }
    }
}

impl SlotFigures {
    fn of(slot: &Slot) -> Self {
        let &Slot { offered, sent, answered, failed, late, .. } = slot;
        Self { offered, sent, answered, failed, late, response: slot.encode() }
    }
}

pub(super) fn per_second(count: u64, span: Duration) -> u64 {
    let per_second = u128::from(count) * 1_000_000_000 / span.as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
