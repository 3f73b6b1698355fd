//! Measurements add up, whoever took them: over threads, over repeats, and over time.

use std::time::{Duration, Instant};

use holdfast_loadgen::{
    clock::now,
    live::Board,
    measurement::{Measurement, Moments, SLOTS_MAX, decode},
    seed::Seed,
    simulator::step::Operation,
    slo::{Point, Shown},
};

const POINTS: [Point; 5] = [
    Point::PerTenThousand(5_000),
    Point::PerTenThousand(9_000),
    Point::PerTenThousand(9_900),
    Point::PerTenThousand(9_990),
    Point::Max,
];

/// One request that may have come to anything.
#[derive(Clone, Copy)]
struct Drawn {
    operation: Operation,
    kind: u32,
    due: Duration,
    waited: Duration,
    served: Duration,
}

/// The counts of a slot, and its response times.
type Row = (u64, u64, u64, u64, u64, Vec<(u64, u32)>);

fn draw(seed: u64, count: usize, length: Duration) -> Vec<Drawn> {
    let mut seed = Seed::new(seed);
    let millis = u32::try_from(length.as_millis()).unwrap();
    let one = |_| Drawn {
        operation: Operation::ALL[usize::try_from(seed.below(8)).unwrap()],
        kind: seed.below(20),
        due: Duration::from_millis(seed.below(millis).into()),
        waited: Duration::from_micros(seed.below(3_000).into()),
        served: Duration::from_micros((100_000_u32 >> seed.below(12)).into()),
    };
    (0..count).map(one).collect()
}

fn enter(measured: &mut Measurement, start: Instant, drawn: Drawn) {
    let due = start + drawn.due;
    let sent = due + drawn.waited;
    let at = Moments { due, free: due, sent, done: sent + drawn.served };
    match drawn.kind {
        0 => measured.failed(drawn.operation, at),
        1 => measured.not_sent(due, sent),
        2 => {
            measured.failed(drawn.operation, Moments { done: sent + Duration::from_secs(5), ..at })
        }
        _ => {
            measured.answered(drawn.operation, at);
            let told = format!("log;dur={}, decide;dur=0.002", drawn.served.as_micros());
            measured.told_by_server(drawn.operation, &told);
        }
    }
}

fn measure(start: Instant, drawn: &[Drawn]) -> Measurement {
    let mut measured = Measurement::since(start);
    drawn.iter().for_each(|drawn| enter(&mut measured, start, *drawn));
    measured
}

/// Everything but the series.
fn figures(measured: &Measurement) -> String {
    let times = |times: &holdfast_loadgen::measurement::Times| {
        (times.count(), times.mean(), times.encode(), POINTS.map(|point| times.at(point)))
    };
    let mut operations: Vec<_> = measured.operations.iter().collect();
    operations.sort_by_key(|(operation, _)| operation.name());
    let operations = operations.iter().map(|(operation, it)| {
        let server: Vec<_> = it.server.iter().collect();
        (operation.name(), it.sent, it.answered, it.failed, times(&it.response), server)
    });
    let server: Vec<_> = measured.server_timing.iter().map(|(n, it)| (n, times(it))).collect();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        (measured.sends, measured.answers, measured.failures, measured.unsent, measured.late),
        times(&measured.response),
        times(&measured.service),
        times(&measured.lateness),
        operations.collect::<Vec<_>>(),
        server,
    )
}

fn series(measured: &Measurement) -> Vec<Row> {
    let slots = measured.series.slots().iter();
    let row = |slot: &holdfast_loadgen::measurement::Slot| {
        let recorded = slot.recorded().collect();
        (slot.offered, slot.sent, slot.answered, slot.failed, slot.late, recorded)
    };
    slots.map(row).collect()
}

#[test]
fn what_threads_measured_adds_up_to_what_one_would_have_measured() {
    for seed in 0..10 {
        let start = now();
        let length = Duration::from_secs([5, 700, 5_000][usize::try_from(seed % 3).unwrap()]);
        let drawn = draw(seed, 2_000, length);
        let one = measure(start, &drawn);
        let mut sum = Measurement::since(start);
        // The last thread ends early, so that its slots may be shorter than the others'.
        let early = drawn.iter().filter(|it| it.due < length / 4).copied().collect::<Vec<_>>();
        let late: Vec<_> = drawn.iter().filter(|it| it.due >= length / 4).copied().collect();
        let (some, others) = late.split_at(late.len() / 3);
        [some, others, &early].iter().for_each(|part| sum.add(&measure(start, part)));
        assert_eq!(figures(&sum), figures(&one), "seed {seed}");
        assert_eq!(series(&sum), series(&one), "seed {seed}");
        assert_eq!(sum.span(), one.span(), "seed {seed}");
    }
}

#[test]
fn the_whole_of_repeats_has_the_percentiles_of_their_union() {
    for seed in 0..10 {
        let start = now();
        let drawn = draw(seed, 3_000, Duration::from_secs(4));
        let later = start + Duration::from_secs(60);
        let (first, second) = drawn.split_at(1_000);
        let repeats = [measure(start, first), measure(later, second)];
        let whole = Measurement::whole(&repeats).unwrap();
        assert_eq!(figures(&whole), figures(&measure(start, &drawn)), "seed {seed}");
        assert_eq!(whole.span(), repeats[0].span() + repeats[1].span(), "seed {seed}");
    }
    assert!(Measurement::whole(&[]).is_none());
}

#[test]
fn a_series_counts_every_request_once_and_stays_short() {
    for (seed, length) in [(1, 3), (2, 599), (3, 601), (4, 100_000)] {
        let drawn = draw(seed, 3_000, Duration::from_secs(length));
        let measured = measure(now(), &drawn);
        let rows = series(&measured);
        assert!(rows.len() <= SLOTS_MAX, "seed {seed}: {} slots", rows.len());
        assert!(measured.series.interval_s().is_power_of_two());
        let sum = |of: fn(&Row) -> u64| rows.iter().map(of).sum::<u64>();
        assert_eq!(sum(|row| row.0), measured.due(), "seed {seed}");
        assert_eq!(sum(|row| row.1), measured.sends, "seed {seed}");
        assert_eq!(sum(|row| row.2), measured.answers, "seed {seed}");
        assert_eq!(sum(|row| row.3), measured.errors(), "seed {seed}");
        assert_eq!(sum(|row| row.4), measured.late, "seed {seed}");
        let recorded = sum(|row| row.5.iter().map(|(_, count)| u64::from(*count)).sum());
        assert_eq!(recorded, measured.response.count(), "seed {seed}");
    }
}

#[test]
fn a_request_that_a_stall_delayed_stands_in_the_second_in_which_it_was_due() {
    let start = now();
    let (due, done) = (start + Duration::from_millis(900), start + Duration::from_millis(3_100));
    let mut measured = Measurement::since(start);
    let at = Moments { due, free: done, sent: done, done };
    measured.answered(Operation::HoldBalance, at);
    let slots = measured.series.slots();
    assert_eq!((slots[0].offered, slots[0].sent, slots[0].answered), (1, 0, 0));
    assert_eq!((slots[3].offered, slots[3].sent, slots[3].answered), (0, 1, 1));
    assert!(slots[0].response(Point::Max) >= Some(Duration::from_millis(2_200)));
    assert_eq!(slots[3].response(Point::Max), None);
}

#[test]
fn a_distribution_comes_back_from_its_text() {
    let measured = measure(now(), &draw(5, 5_000, Duration::from_secs(5)));
    let back = decode(&measured.response.encode()).unwrap();
    assert_eq!(back.iter().map(|(_, count)| count).sum::<u64>(), measured.response.count());
    assert!(back.is_sorted());
    let longest = Duration::from_nanos(back.last().unwrap().0);
    assert_eq!(longest, measured.response(Point::Max));
    assert!(measured.response.encode().starts_with("HISTFAAA"));
    assert_eq!(decode(&Measurement::since(now()).response.encode()).unwrap(), []);
    for broken in ["HISTFAAA", "not base64!", "AAAA", &"A".repeat(200)] {
        assert!(decode(broken).is_err(), "{broken}");
    }
}

#[test]
fn whoever_watches_sees_what_is_measured() {
    let (board, start) = (Board::default(), now());
    let drawn = draw(6, 2_000, Duration::from_secs(4));
    let mut measured = Measurement::since(start).shown_on(board.counters());
    drawn.iter().for_each(|drawn| enter(&mut measured, start, *drawn));
    let look = board.snapshot();
    assert_eq!((look.sent, look.answered), (measured.sends, measured.answers));
    assert_eq!((look.errors, look.late), (measured.errors(), measured.late));
}
