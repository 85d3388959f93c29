use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

use super::BoxError;

/// How requests reach the service.
#[derive(Clone)]
pub(super) struct Transport {
    send: Arc<Sending>,
    base: String,
    /// A server's clock is seen through a socket only.
    has_server: bool,
}

type Sending = dyn Fn(Request<Full<Bytes>>) -> Answering + Send + Sync;
type Answering = Pin<Box<dyn Future<Output = Result<Response<Bytes>, String>> + Send>>;

impl Transport {
    pub(super) fn of<S, B>(service: S, base: String, has_server: bool) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: http_body::Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let send = move |request| -> Answering { Box::pin(call(service.clone(), request)) };
        Self { send: Arc::new(send), base, has_server }
    }

    pub(super) fn at(base: &str) -> Self {
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        Self::of(client, base.trim_end_matches('/').to_owned(), true)
    }

    /// The target of a path: as it is in process, below the address over a socket.
    pub(super) fn target(&self, path: &str) -> String {
        if path.contains("://") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    pub(super) fn has_server(&self) -> bool {
        self.has_server
    }

    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String> {
        (self.send)(request).await
    }
}

async fn call<S, B>(mut service: S, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    poll_fn(|context| service.poll_ready(context)).await.map_err(text)?;
    let (parts, body) = service.call(request).await.map_err(text)?.into_parts();
    let body = body.collect().await.map_err(text)?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

/// An error with its causes.
fn text(error: impl Into<BoxError>) -> String {
    let error = error.into();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = Error::source(cause);
    }
    text
}
