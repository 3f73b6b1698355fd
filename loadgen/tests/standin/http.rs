//! The stand-in's listener. Both APIs are on one address.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    thread,
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpListener, runtime, sync::oneshot};

use super::{
    books::{Books, Fault, Told},
    process::Log,
    refusals::refusal,
};

/// A server that runs until it is dropped.
pub(crate) struct Standin {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Standin {
    pub(crate) fn start(fault: Fault) -> Self {
        Self::with(Books::new(fault), fault, None)
    }

    /// With these books, and a log of what it is asked.
    pub(crate) fn with(books: Books, fault: Fault, log: Option<Log>) -> Self {
        let books = Arc::new(Mutex::new((books, log)));
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.spawn(serve(listener, fault, books));
            // Ends when the sender is dropped, and everything that runs ends with the runtime.
            drop(runtime.block_on(stopped));
        });
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn serve_for_ever(mut self) {
        self.thread.take().unwrap().join().unwrap();
    }

    /// A command line against this server: the program's name, the two URLs, and `rest`.
    pub(crate) fn command_line(&self, rest: &str) -> Vec<String> {
        let url = self.url();
        // What a law says must not hang on what else the machine under the tests does.
        let fixed = ["holdfast-loadgen", "--no-calibration", "--stolen-max", "100"];
        let server = ["--network", &url, "--operator", &url];
        fixed.into_iter().chain(server).chain(rest.split_whitespace()).map(str::to_owned).collect()
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// The books, and where what changes them is written down first.
type Kept = Arc<Mutex<(Books, Option<Log>)>>;

async fn serve(listener: TcpListener, fault: Fault, books: Kept) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let books = Arc::clone(&books);
        let service = service_fn(move |request| answer(Arc::clone(&books), fault, request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async { drop(connection.await) });
    }
}

async fn answer(
    books: Kept,
    fault: Fault,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let path = request.uri().path().to_owned();
    let content_type = request.headers().get(CONTENT_TYPE).map_or(&[][..], HeaderValue::as_bytes);
    let content_type = String::from_utf8_lossy(content_type).into_owned();
    let bytes = request.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let Some(operation) = called(&path) else {
        let (books, log) = &mut *books.lock().unwrap();
        log.iter_mut().filter(|_| !body.is_null()).for_each(|log| log.write(&path, &body));
        return Ok(response(operator(books, &path, &body), fault));
    };
    if let Some(told) = refusal(fault, &content_type, &bytes) {
        return Ok(response(told, fault));
    }
    let nth = books.lock().unwrap().0.count_operation();
    match fault {
        Fault::IsOverloaded(every) if nth.is_multiple_of(every) => return Ok(overloaded()),
        // One thread: while it sleeps, nobody is served.
        Fault::Stalls(at, pause) if at == nth => thread::sleep(pause),
        _ => {}
    }
    let (books, log) = &mut *books.lock().unwrap();
    log.iter_mut().for_each(|log| log.write(&path, &body));
    let told = books.operate(operation, &body);
    if matches!(fault, Fault::HangsUp(every) if nth.is_multiple_of(every)) {
        return Err(io::Error::other("hung up"));
    }
    Ok(response(told, fault))
}

/// The call of the network API at that path.
pub(super) fn called(path: &str) -> Option<&str> {
    let path = path.strip_prefix("/api/pba/")?;
    Some(path.strip_prefix("ledger/").unwrap_or(path))
}

pub(super) fn operator(books: &mut Books, path: &str, body: &Value) -> Told {
    match path {
        "/v1/accounts" => books.create(body),
        "/v1/transfers" => books.transfer(body),
        "/metrics" => Told::new(200, "holdfast_build_info{version=\"9.8.7\"} 1\n".to_owned()),
        "/v1/trial-balance" => books.trial_balance(),
        _ => books.read(path.trim_start_matches("/v1/accounts/")),
    }
}

fn response(told: Told, fault: Fault) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(told.status);
    if told.replayed {
        builder = builder.header("Idempotency-Replayed", "true");
    }
    if let Fault::Tells(timing) = fault {
        builder = builder.header("Server-Timing", timing);
    }
    builder.body(Full::new(Bytes::from(told.body))).unwrap()
}

fn overloaded() -> Response<Full<Bytes>> {
    let body = r#"{"success":false,"error":{"code":"OVERLOADED","message":"full"}}"#;
    let builder = Response::builder().status(503).header("Retry-After", "1");
    builder.body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap()
}
