//! The generator's own ceiling: how much it can send, and how late it is, when the server does
//! nothing.
//!
//! The null responder is a server built in, with a thread of its own, which reads each request and
//! answers all with the same bytes, as many as a ledger answers. The same generator plays it with
//! the same connections, threads and workload; it reads each answer and believes none.
//!
//! | measured | how |
//! | --- | --- |
//! | ceiling per second | closed loop: as many as it can send and read |
//! | response floor, lateness | open loop, at half of that: what is measured of any server has at least these in it |

use std::{convert::Infallible, fmt, io, net::SocketAddr, thread, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rust_decimal::Decimal;
use serde::Serialize;
use tokio::{net::TcpListener, runtime, sync::oneshot};

use crate::{
    account::Account,
    cli::{Mode, Plan},
    live::Board,
    load::{Round, hot::Hot, load},
    measurement::{Measurement, Times},
    schedule::{Arrivals, Limit, Schedule, Shape},
    seed::Seed,
    simulator::network::Life,
    slo::Point,
};

/// How long the calibration before a run takes, and how much of it is left out.
const SHORT: Duration = Duration::from_millis(200);
const SHORT_WARM_UP: Duration = Duration::from_millis(50);
const OPERATION: &str = r#"{"success":true,"tenant_balance_ref":"bal_0000000000000001","available_balance":{"value":10000.00,"currency":"SGD"},"tenant_action_ref":"act_0000000000000001"}"#;
const AUTHORIZATION: &str = r#"{"tenant_reference_id":"auth_0000000000000001","status":"declined","approved_amount":0.00,"authorization_code":"000000","reason":"INSUFFICIENT_FUNDS"}"#;

/// What the generator can do. Times are in nanoseconds.
#[derive(Debug, Clone, Copy, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Calibration {
    pub ceiling_per_s: u64,
    pub response_p50_ns: u64,
    pub response_p99_ns: u64,
    pub lateness_p50_ns: u64,
    pub lateness_p99_ns: u64,
    pub lateness_max_ns: u64,
}

impl Calibration {
    /// One JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers are JSON")
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |nanos: u64| nanos / 1_000;
        let (p50, p99) = (micros(self.response_p50_ns), micros(self.response_p99_ns));
        writeln!(out, "ceiling     {}/s in the closed loop", self.ceiling_per_s)?;
        writeln!(out, "at half of that, in the open loop:")?;
        writeln!(out, "response    p50 {p50} us, p99 {p99} us: the floor of all that is measured")?;
        let (p50, p99) = (micros(self.lateness_p50_ns), micros(self.lateness_p99_ns));
        write!(
            out,
            "lateness    p50 {p50} us, p99 {p99} us, max {} us",
            micros(self.lateness_max_ns)
        )
    }
}

/// Measures the ceiling, the response floor and the lateness, each for so long.
///
/// # Errors
///
/// The system grants no thread, runtime, timer or socket.
pub fn calibrate(plan: &Plan, length: Duration) -> io::Result<Calibration> {
    let null = NullResponder::start()?;
    let ceiling_per_s = answers_per_s(&closed(plan, &null, length)?);
    let half = u32::try_from(ceiling_per_s / 2).unwrap_or(u32::MAX);
    let measured = open(plan, &null, half, length)?;
    let at = |times: &Times, point| u64::try_from(times.at(point).as_nanos()).unwrap_or(u64::MAX);
    let (p50, p99) = (Point::PerTenThousand(5_000), Point::PerTenThousand(9_900));
    Ok(Calibration {
        ceiling_per_s,
        response_p50_ns: at(&measured.response, p50),
        response_p99_ns: at(&measured.response, p99),
        lateness_p50_ns: at(&measured.lateness, p50),
        lateness_p99_ns: at(&measured.lateness, p99),
        lateness_max_ns: at(&measured.lateness, Point::Max),
    })
}

/// Measures the ceiling alone, in a fraction of a second.
///
/// # Errors
///
/// The system grants no thread, runtime, timer or socket.
pub fn ceiling(plan: &Plan) -> io::Result<u64> {
    Ok(answers_per_s(&closed(plan, &NullResponder::start()?, SHORT)?))
}

fn closed(plan: &Plan, null: &NullResponder, after: Duration) -> io::Result<Measurement> {
    let mode = Mode::Closed(Limit { after, requests: u64::MAX });
    measure(&Plan { mode, ..against(plan, null) })
}

fn open(plan: &Plan, null: &NullResponder, rate: u32, after: Duration) -> io::Result<Measurement> {
    let rate = rate.try_into().unwrap_or(std::num::NonZeroU32::MIN);
    let limit = Limit { after, requests: u64::MAX };
    let (shape, seed) = (Shape::constant(rate, after), Seed::new(plan.seed));
    let (arrivals, warm_up) = (Arrivals::Poisson, SHORT_WARM_UP);
    let mode = Mode::Open(Schedule { arrivals, shape, limit, warm_up, seed });
    measure(&Plan { mode, ..against(plan, null) })
}

/// The plan against the null responder, each account by itself.
fn against(plan: &Plan, null: &NullResponder) -> Plan {
    let network = plan.network.at(null.address);
    Plan { network, warm_up: SHORT_WARM_UP, hot: Hot::Even, soak: false, ..plan.clone() }
}

fn measure(plan: &Plan) -> io::Result<Measurement> {
    let count = u64::try_from(plan.connections).unwrap_or(u64::MAX).saturating_mul(2);
    let accounts = (0..count).map(|index| {
        let life = Life { seed: Seed::new(plan.seed).fork(index), ..plan.life() };
        Account::open(format!("null-{index}"), String::new(), Decimal::ONE_THOUSAND, life)
    });
    let board = Board::default();
    let round = Round { deaf: true, ..Round::soon(plan, &board) };
    Ok(load(&round, accounts.collect())?.measurement)
}

/// The answers per second that were measured.
#[must_use]
pub fn answers_per_s(measured: &Measurement) -> u64 {
    let per_second =
        u128::from(measured.answers) * 1_000_000_000 / measured.span().as_nanos().max(1);
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

/// Answers until it is dropped.
struct NullResponder {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl NullResponder {
    fn start() -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("null".to_owned()).spawn(move || {
            runtime.spawn(serve(listener));
            // Ends when the sender is dropped, and all that it serves with the runtime.
            drop(runtime.block_on(stopped));
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for NullResponder {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It says nothing that anyone would want to know.
            drop(thread.join());
        }
    }
}

async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        // Without it answers would come later: the floor would be too high, and safe.
        drop(stream.set_nodelay(true));
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(async { drop(connection.await) });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let authorizes = request.uri().path().contains("/transactions/");
    drop(request.into_body().collect().await);
    let body = if authorizes { AUTHORIZATION } else { OPERATION };
    Ok(Response::new(Full::new(Bytes::from_static(body.as_bytes()))))
}
