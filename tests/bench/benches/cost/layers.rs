//! A layer that tags what a handler answers: this library's beside its peers'.
//!
//! Each is asked in process, around the same JSON. rustango's is around the same router; salvo's is a handler of its own
//! framework, whose router is measured with it.

use bench::apps::{Sample, asking, layered, value_uri};
use bench::models::{Large, Medium, Small};
use bench::race::Calls;
use http::uri::Scheme;
use salvo::caching_headers::ETag;
use salvo::conn::{ConnCtrl, SocketAddr};
use salvo::http::ReqBody;
use salvo::prelude::{Json, Router, Service, StatusCode};
use salvo::{Depot, FlowCtrl, Handler, Request, Response};
use tokio::runtime::Runtime;

use crate::Row;

pub(crate) fn rows(runtime: &Runtime) -> Vec<Row<'_>> {
    let mut rows = of(runtime, "small", Small::sample(1));
    rows.extend(of(runtime, "medium", Medium::sample(1)));
    rows.extend(of(runtime, "large", Large::sample(100)));
    rows
}

fn of<'a, T: Sample>(runtime: &'a Runtime, size: &str, value: T) -> Vec<Row<'a>> {
    let value: &T = Box::leak(Box::new(value));
    let ours = || asking(runtime, layered(value), value_uri(), None);
    let what = format!("{size}: `EtagLayer` 200");
    vec![
        #[cfg(feature = "rustango")]
        Row::new(
            what.clone(),
            "rustango's `EtagLayer` (FNV-1a)",
            0.8,
            ours(),
            asking(runtime, bench::apps::rustango(value), value_uri(), None),
        ),
        Row::new(what, "salvo's `ETag` (XXH3)", 0.8, ours(), salvo(runtime, value)),
    ]
}

/// JSON as salvo sends it.
struct Show<T: 'static>(&'static T);

#[salvo::async_trait]
impl<T: Sample> Handler for Show<T> {
    async fn handle(&self, _: &mut Request, _: &mut Depot, answer: &mut Response, _: &mut FlowCtrl) {
        answer.render(Json(self.0));
    }
}

fn salvo<'a, T: Sample>(runtime: &'a Runtime, value: &'static T) -> Calls<'a> {
    let service = Service::new(Router::with_path("value").hoop(ETag::new()).get(Show(value)));
    let nobody = || SocketAddr::Unknown;
    // What a connection's requests are handed to.
    let service = service.hyper_handler(nobody(), nobody(), Scheme::HTTP, None, ConnCtrl::new(), None);
    Box::new(move |count| {
        runtime.block_on(async {
            for _ in 0..count {
                let mut request = http::Request::new(ReqBody::None);
                *request.uri_mut() = value_uri();
                let request = Request::from_hyper(request, Scheme::HTTP);
                let mut answer = service.handle(request).await;
                assert_eq!(answer.status_code, Some(StatusCode::OK));
                assert!(answer.headers().contains_key("etag"));
                drop(std::hint::black_box(answer.take_body()));
            }
        });
    })
}
