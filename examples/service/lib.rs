//! What the programs share: the log, the end, and the listener: what one client may take of it, so that some is left for
//! the others.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::serve::Listener;
use etag_core::axum::Problem;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing_subscriber::EnvFilter;

/// Writes the log to standard error: warnings, or what `RUST_LOG` says.
pub fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// Ends when the process is told to stop.
pub async fn asked_to_stop() {
    let mut terminate = signal(SignalKind::terminate()).ok();
    let terminated = async {
        match &mut terminate {
            Some(terminate) => terminate.recv().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}

/// How long a client may take for the head of a request, also for the next one on its connection.
const HEAD: Duration = Duration::from_secs(10);

/// How long a request may take from its head to its answer: all of its body is read in this time.
const ANSWER: Duration = Duration::from_secs(30);

/// How long requests that have begun may take when the process is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// How many connections there are at once; the others wait for one of them to end.
const CONNECTIONS: usize = 4096;

/// How much is kept of what a client sends, until it is looked at: a head that is longer is answered 431.
const BUFFER: usize = 1 << 16;

/// Serves until `stop` ends; requests that have begun are answered.
pub async fn serve(mut listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let service = TowerToHyperService::new(router.layer(from_fn(in_time)));
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (Listener::accept(&mut listener).await.0, place)
        };
        let (socket, place) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        let connection = server.serve_connection(TokioIo::new(socket), service.clone());
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is none of our errors.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    // A slow client may still have much to say.
    let _ = timeout(FAREWELL, connections.shutdown()).await;
}

async fn in_time(request: Request, next: Next) -> Result<Response, Problem> {
    let late = |_| Problem::from(StatusCode::REQUEST_TIMEOUT).detail("the request took too long to arrive");
    timeout(ANSWER, next.run(request)).await.map_err(late)
}
