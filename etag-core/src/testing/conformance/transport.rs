use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::InvalidUri;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

use super::BoxError;
use super::exchange::Exchange;

/// How requests reach the service.
#[derive(Clone)]
pub(in crate::testing) struct Transport {
    send: Arc<Sending>,
    base: String,
    /// A server's clock is seen through a socket only.
    has_server: bool,
}

type Sending = dyn Fn(Request<Full<Bytes>>) -> Answering + Send + Sync;
type Answering = Pin<Box<dyn Future<Output = Result<Response<Bytes>, String>> + Send>>;

impl Transport {
    pub(in crate::testing) fn of<S, B>(service: S, base: String, has_server: bool) -> Self
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

    pub(in crate::testing) fn at(base: &str) -> Self {
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        Self::of(client, base.trim_end_matches('/').to_owned(), true)
    }

    /// The target of a path: as it is in process, below the address over a socket.
    fn target(&self, path: &str) -> String {
        if path.contains("://") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    pub(in crate::testing) fn has_server(&self) -> bool {
        self.has_server
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String> {
        (self.send)(request).await
    }

    /// Sends a request to a path, and reads the whole answer.
    pub(in crate::testing) async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        content: Bytes,
    ) -> Result<Exchange, String> {
        let target = self.target(path);
        let lost = |why: String| format!("{method} {target}: {why}");
        let mut request = Request::new(Full::new(content.clone()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = target.parse().map_err(|error: InvalidUri| lost(error.to_string()))?;
        *request.headers_mut() = headers.clone();
        let answer = tokio::time::timeout(PATIENCE, self.send(request)).await;
        let answer = answer.map_err(|_| lost("no answer in time".to_owned()))?.map_err(lost)?;
        let (parts, body) = answer.into_parts();
        let (status, headers, sent) = (parts.status, parts.headers, headers);
        Ok(Exchange { method, target, sent, content, status, headers, body })
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

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
