//! What a browser is told of answers to another origin. (Checklist 74, 76, 90.)

use std::collections::BTreeSet;

use axum::routing::get;
use axum::{Json, Router};
use etag_core::axum::{EtagLayer, Fresh, Guarded, MergePatch, Update, cors};
use etag_core::{Database, Versioned};
use http::{HeaderValue, Method};
use serde::{Deserialize, Serialize};
use tests::{Answer, Registry, call, client};
use tower_http::cors::CorsLayer;

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "notes", create = "put", vary = "Accept-Language")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
}

const ORIGIN: &str = "https://app.example";

/// Of several origins, the layer answers the one that asks: its answers vary.
fn cors_layer() -> CorsLayer {
    CorsLayer::new()
        .allow_origin([ORIGIN, "https://other.example"].map(HeaderValue::from_static))
        .allow_methods(cors::ALLOWED_METHODS)
        .allow_headers(cors::ALLOWED_HEADERS)
        .expose_headers(cors::EXPOSED_HEADERS)
}

/// A handler that knows nothing of versions, and a stored type.
fn routes(database: Database) -> Router {
    let note = get(async |note: Fresh<Note>| note)
        .put(async |note: Update<Note>| note.save().await)
        .patch(async |note: Update<Note, MergePatch>| note.save().await)
        .delete(async |note: Guarded<Note>| note.delete().await);
    Router::new()
        .route("/plain", get(async || ([("vary", "accept")], Json([2, 3, 5]))))
        .route("/notes/{id}", note)
        .with_state(database)
}

/// The layers in both orders, each over a note of its own.
async fn orders() -> [Router; 2] {
    let mut routers = Vec::new();
    for is_outside in [true, false] {
        let routes = routes(Database::connect("memory:").await.unwrap());
        let router = match is_outside {
            true => routes.layer(EtagLayer::new()).layer(cors_layer()),
            false => routes.layer(cors_layer()).layer(EtagLayer::new()),
        };
        let json = [("content-type", "application/json")];
        assert_eq!(call(&router, "PUT", "/notes/1", &json, r#"{"text":"first"}"#).await.status, 201);
        routers.push(router);
    }
    routers.try_into().unwrap()
}

fn words(answer: &Answer, name: &str) -> BTreeSet<String> {
    let values = answer.headers.get_all(name).iter().map(|value| value.to_str().unwrap());
    values.flat_map(|value| value.split(',')).map(|word| word.trim().to_ascii_lowercase()).collect()
}

/// Asserts that a script of that origin can read an answer and its headers.
#[track_caller]
fn assert_readable(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
    let exposed = words(answer, "access-control-expose-headers");
    for name in cors::EXPOSED_HEADERS {
        assert!(exposed.contains(name.as_str()), "{name}: {exposed:?}");
    }
    assert!(words(answer, "vary").contains("origin"), "{answer:?}");
}

#[tokio::test]
async fn a_304_has_the_cors_headers_whichever_layer_is_outside() {
    for router in orders().await {
        for (path, vary) in [("/plain", "accept"), ("/notes/1", "accept-language")] {
            let full = call(&router, "GET", path, &[("origin", ORIGIN)], "").await;
            assert_eq!(full.status, 200);
            assert_readable(&full);
            let known = [("origin", ORIGIN), ("if-none-match", full.header("etag"))];
            for method in ["GET", "HEAD"] {
                let same = call(&router, method, path, &known, "").await;
                assert_eq!((same.status, same.header("etag")), (304, full.header("etag")), "{method} {path}");
                assert_readable(&same);
                assert_eq!(words(&same, "vary"), words(&full, "vary"), "{path}");
                assert!(words(&same, "vary").contains(vary), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_can_be_read_by_the_script_that_it_is_for() {
    let json = ("content-type", "application/json");
    let origin = ("origin", ORIGIN);
    for router in orders().await {
        let cases: [(&[(&str, &str)], u16); 4] = [
            (&[origin, json], 428),
            (&[origin, json, ("if-match", "\"other\"")], 412),
            (&[origin, json, ("if-match", "other")], 400),
            (&[origin, ("if-match", "*")], 415),
        ];
        for (headers, status) in cases {
            let refused = call(&router, "PUT", "/notes/1", headers, r#"{"text":"lost"}"#).await;
            assert_eq!(refused.status, status, "{}", refused.text());
            assert_readable(&refused);
        }
    }
}

/// Checklist 37.
#[tokio::test]
async fn a_preflight_lets_guarded_requests_pass_and_is_none_itself() {
    for router in orders().await {
        for method in ["PUT", "PATCH", "DELETE"] {
            let preflight = [
                ("origin", ORIGIN),
                ("access-control-request-method", method),
                ("access-control-request-headers", "content-type,if-match,if-none-match,prefer"),
                ("if-match", "\"other\""),
            ];
            let allowed = call(&router, "OPTIONS", "/notes/1", &preflight, "").await;
            assert_eq!((allowed.status, allowed.header("etag")), (200, ""));
            assert_eq!(allowed.header("access-control-allow-origin"), ORIGIN);
            assert!(words(&allowed, "access-control-allow-methods").contains(&method.to_ascii_lowercase()));
            let headers = words(&allowed, "access-control-allow-headers");
            for name in cors::ALLOWED_HEADERS {
                assert!(headers.contains(name.as_str()), "{name}: {headers:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_registry_answers_the_origins_that_it_was_given() {
    const OTHER: &str = "http://localhost:8000";
    let arguments = ["--cors-origin", ORIGIN, "--cors-origin", OTHER];
    let registry = Registry::start_with("memory:", &arguments);
    let ask = async |origin: &'static str| {
        let answer = client().get(registry.url("/settings")).header("origin", origin).send().await.unwrap();
        let allowed = answer.headers().get("access-control-allow-origin");
        allowed.map(|allowed| allowed.to_str().unwrap().to_owned())
    };
    assert_eq!(ask(ORIGIN).await.as_deref(), Some(ORIGIN));
    assert_eq!(ask(OTHER).await.as_deref(), Some(OTHER));
    assert_eq!(ask("https://evil.example").await, None);
    let preflight = client().request(Method::OPTIONS, registry.url("/assets")).header("origin", ORIGIN);
    let preflight = preflight.header("access-control-request-method", "PATCH").send().await.unwrap();
    assert_eq!(preflight.status(), 200);

    let closed = Registry::start("memory:");
    let answer = client().get(closed.url("/settings")).header("origin", ORIGIN).send().await.unwrap();
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
    assert!(!answer.headers().contains_key("vary"));
}

#[test]
fn what_is_no_origin_is_refused_at_the_start() {
    for origin in [
        "*",
        "null",
        "app.example",
        "https://app.example/",
        "https://app.example/page",
        "https://",
        "a\u{7f}://b",
    ] {
        let started = std::process::Command::new(tests::program())
            .args(["--listen", "127.0.0.1:0", "--database", "memory:", "--cors-origin", origin])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&started.stderr);
        assert_eq!(started.status.code(), Some(2), "{origin}: {said}");
        assert!(said.contains("such as `https://app.example`"), "{said}");
    }
}
