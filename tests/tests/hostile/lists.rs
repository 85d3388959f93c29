//! Lists of tags, as long and as wrong as they can be.

use axum::body::Body;
use etag_core::axum::EtagLayer;
use etag_core::{EntityTag, Outcome, Preconditions, TagList, Validators};
use futures_util::FutureExt;
use http::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use tower::ServiceExt;

use super::*;

const MEMBERS: usize = 100_000;

fn one_header(name: &'static str, value: &[u8]) -> HeaderMap {
    let value = HeaderValue::from_bytes(value).expect("no control");
    HeaderMap::from_iter([(HeaderName::from_static(name), value)])
}

/// That many tags, none of which is ours.
fn others(members: usize) -> String {
    (0..members).map(|number| format!("\"{number:08}\"")).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn a_tag_is_found_at_the_end_of_100_000_others() {
    let service = Service::new().await;
    let last = format!("{}, {}", others(MEMBERS), service.tag);
    assert!(last.len() > 1 << 20);
    for uri in [PATH, "/notes"] {
        let tag = service.send("GET", uri, &[], "").await.header("etag").to_owned();
        let list = format!("{}, W/{tag}", others(MEMBERS));
        let known = service.send("GET", uri, &[("if-none-match", &list)], "").await;
        assert_eq!((known.status, known.header("etag")), (304, &*tag));
        assert_eq!(service.send("GET", uri, &[("if-none-match", &others(MEMBERS))], "").await.status, 200);
    }
    for (method, content_type, body) in WRITES {
        let refused = service.send(method, PATH, &[content_type, ("if-match", &others(MEMBERS))], body).await;
        assert_eq!(refused.status, 412, "{method}");
        let unknown = service.send(method, PATH, &[content_type, ("if-none-match", &last)], body).await;
        assert_eq!(unknown.status, 412, "{method}");
    }
    service.assert_untouched().await;
    let written = service.send("PUT", PATH, &[JSON, ("if-match", &last)], r#"{"text":"next"}"#).await;
    assert_eq!(written.status, 200);
}

#[tokio::test]
async fn a_mebibyte_of_lines_is_one_list() {
    let service = Service::new().await;
    let line = others(1000);
    let mut lines = vec![JSON];
    lines.extend(std::iter::repeat_n(("if-match", &*line), 100));
    let body = r#"{"text":"next"}"#;
    assert_eq!(service.send("PUT", PATH, &lines, body).await.status, 412);
    lines.push(("if-match", "\"open"));
    assert_eq!(service.send("PUT", PATH, &lines, body).await.status, 400);
    service.assert_untouched().await;
    lines.pop();
    lines.push(("if-match", &service.tag));
    assert_eq!(service.send("PUT", PATH, &lines, body).await.status, 200);
}

/// What is read for each octet of a list costs no more than a number of plain looks at it.
#[test]
fn a_mebibyte_of_tags_is_read_and_evaluated_in_the_time_of_some_plain_scans() {
    /// In builds that are not optimised, a step of the parser is dearer than one of the scan.
    const SCANS: f64 = 60.0;
    let list = others(MEMBERS);
    let headers = one_header("if-none-match", list.as_bytes());
    let current = Validators::from(EntityTag::strong("current").unwrap());
    let read = least(|| {
        let preconditions = Preconditions::from_parts(&Method::GET, &headers).unwrap();
        assert_eq!(preconditions.evaluate(Some(&current)), Outcome::Proceed);
    });
    let scan = least(|| {
        let mut quotes = 0;
        for octet in list.as_bytes() {
            quotes += usize::from(*octet == b'"');
        }
        assert_eq!(quotes, 2 * MEMBERS);
    });
    let scans = read.as_secs_f64() / scan.as_secs_f64();
    eprintln!("{read:?} for {} octets: {scans:.1} scans", list.len());
    assert!(scans < SCANS, "{read:?}: {scans:.1} scans");
}

#[test]
fn lists_are_read_and_compared_in_linear_time() {
    let current = Validators::from(EntityTag::strong("current").unwrap());
    for (name, method) in [("if-match", Method::PUT), ("if-none-match", Method::GET)] {
        let shapes: [fn(usize) -> String; 6] = [
            others,
            |members| "\"\",".repeat(members),
            |members| format!("{}\"a\"", " ,\t".repeat(members)),
            |members| format!("{}*", "\"\",".repeat(members)),
            |members| "\"".repeat(members),
            |members| format!("\"{}", "a,".repeat(members)),
        ];
        for shape in shapes {
            assert_linear(
                12_500,
                |members| one_header(name, shape(members).as_bytes()),
                |headers| {
                    if let Ok(preconditions) = Preconditions::from_parts(&method, headers) {
                        let _ = preconditions.evaluate(Some(&current));
                    }
                },
            );
        }
    }
}

/// The headers of a request that names each of many tags by one coding, and accepts as many others.
fn codings(members: usize, tag: &str, accepted: &str) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_str(&text.repeat(members)).unwrap();
    HeaderMap::from_iter([(IF_NONE_MATCH, value(tag)), (ACCEPT_ENCODING, value(accepted))])
}

/// Of 8 kB each, at the longest: whether a coding is accepted is not looked up for each of the tags again.
const CODINGS: [(&str, &str); 5] = [
    ("\"1-gz\",", "a,a,a,"),
    ("\"1-gz\",", "x-a,X-,,"),
    ("\"1-gz\",", "gzip;q=0,"),
    ("W/\"1-br\",", "gzip, *,"),
    ("\"1+gzip\",", "a;q=0.5,"),
];

/// The most tags with a coding, such as `"1-gz",`, that 8 kB have.
const CODED: usize = 8_000 / 7;

#[test]
fn the_codings_of_tags_are_looked_up_in_linear_time() {
    let current = Validators::from(EntityTag::strong("current").unwrap());
    for (tag, accepted) in CODINGS {
        assert_linear(
            CODED / 8,
            |members| codings(members, tag, accepted),
            |headers| {
                let preconditions = Preconditions::from_parts(&Method::GET, headers).unwrap();
                assert_eq!(preconditions.evaluate(Some(&current)), Outcome::Proceed);
            },
        );
    }
}

#[test]
fn the_codings_of_tags_are_looked_up_in_linear_time_by_the_layer_and_below_it() {
    let app = Router::new().route("/", get(async || "text")).layer(EtagLayer::new()).layer(EtagLayer::new());
    for (tag, accepted) in CODINGS {
        assert_linear(
            CODED / 8,
            |members| codings(members, tag, accepted),
            |headers| {
                let mut request = Request::new(Body::empty());
                request.headers_mut().clone_from(headers);
                let answer = app.clone().oneshot(request).now_or_never().expect("nothing waits").unwrap();
                assert_eq!(answer.status(), StatusCode::OK);
            },
        );
    }
}

/// `"*" / #entity-tag`: the one stands alone, and the other has quotes that close.
#[tokio::test]
async fn what_is_no_list_is_400_on_each_write_and_no_match_on_a_read() {
    let service = Service::new().await;
    let tag = &service.tag;
    let wrong = [
        "*,".to_owned(),
        ",*".to_owned(),
        "* *".to_owned(),
        "*,*".to_owned(),
        format!("*{tag}"),
        format!("{tag}*"),
        format!("{tag},*"),
        format!("*, , {tag}"),
        "W/*".to_owned(),
        format!("\"{tag}"),
        format!("{tag}\""),
        format!("{tag}, \""),
        "\"".repeat(1001),
        ",".repeat(1000),
        format!("W/W/{tag}"),
        tag.trim_matches('"').to_owned(),
        "x".repeat(1 << 20),
    ];
    for value in &wrong {
        let shown = &value[..value.len().min(40)];
        for name in ["if-match", "if-none-match"] {
            for (method, content_type, body) in WRITES {
                let refused = service.send(method, PATH, &[content_type, (name, value)], body).await;
                assert_eq!(refused.status, 400, "{method} {name} {shown}");
                assert!(refused.text().contains("#malformed-precondition"), "{}", refused.text());
                assert!(refused.body.len() < 1000);
            }
        }
        for uri in [PATH, "/notes"] {
            let read = service.send("GET", uri, &[("if-none-match", value)], "").await;
            assert_eq!(read.status, 200, "{shown}");
        }
    }
    service.assert_untouched().await;
}

/// `obs-text` is part of a tag, and of nothing else (§8.8.3).
#[test]
fn octets_beyond_ascii_stand_in_tags_only() {
    let tags = [&b"\"\xff\xfe\x80\""[..], b"W/\"\xc3\xa9\"", b"\"\xc3\""];
    for tag in tags {
        let read = Preconditions::from_parts(&Method::PUT, &one_header("if-match", tag)).unwrap();
        assert_eq!(read.if_match(), Some(&TagList::Tags(vec![EntityTag::parse(tag).unwrap()])));
        // They stand in answers as they came, and are shown without harm.
        let TagList::Tags(tags) = read.if_match().unwrap() else { panic!("a list") };
        assert_eq!(tags[0].to_header_value().as_bytes(), tag);
        assert!(tags[0].to_string().ends_with('"'));
    }
    for value in [&b"\xff"[..], b"\"a\"\xff", b"\xff\"a\"", b"\"a\",\xa0\"b\"", b"W\xff\"a\""] {
        let read = Preconditions::from_parts(&Method::PUT, &one_header("if-match", value));
        assert!(read.is_err(), "{value:?}");
    }
}

/// No header can hold them: it is the query string and the body that could bring them.
#[tokio::test]
async fn controls_in_a_tag_outside_of_headers_are_400() {
    let service = Service::new().await;
    for control in ["%00", "%0D%0AX: y", "%0A", "%7F", "%09", "%20", "%22"] {
        let uri = format!("{PATH}?etag=a{control}b");
        for (method, content_type, body) in WRITES {
            let refused = service.send(method, &uri.replace(' ', "%20"), &[content_type], body).await;
            assert_eq!(refused.status, 400, "{method} {uri}");
        }
    }
    for control in ["\\u0000", "\\r\\nX: y", "\\n", "\\u007f", "\\t", " ", "\\\""] {
        let body = format!(r#"{{"text":"lost","etag":"a{control}b"}}"#);
        for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH), ("POST", JSON)] {
            let refused = service.send(method, PATH, &[content_type], &body).await;
            assert_eq!(refused.status, 400, "{method} {body}");
        }
        let items = format!(r#"[{{"id":"only","text":"lost","etag":"a{control}b"}}]"#);
        for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH)] {
            assert_eq!(service.send(method, "/notes", &[content_type], &items).await.status, 400, "{items}");
        }
    }
    service.assert_untouched().await;
}

/// One tag is wanted there, and it may be long.
#[tokio::test]
async fn a_list_in_the_query_string_or_the_body_is_400_however_long() {
    let service = Service::new().await;
    // An URI has 64 kB at most.
    let parameters = vec!["etag=x"; 9000].join("&");
    let encoded = vec!["%22x%22"; 6000].join(",");
    let uris = [format!("{PATH}?{parameters}&etag=y"), format!("{PATH}?etag={encoded}")];
    for (method, content_type, body) in WRITES {
        for uri in &uris {
            assert_eq!(service.send(method, uri, &[content_type], body).await.status, 400, "{method}");
        }
        let same = service.send(method, &format!("{PATH}?{parameters}"), &[content_type], body).await;
        assert_eq!(same.status, 412, "{method}: 9000 times the same tag is that tag");
    }
    for (tag, status) in [(others(MEMBERS), 400), ("x".repeat(1 << 20), 412)] {
        for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH), ("POST", JSON)] {
            let body = json!({"text": "lost", "etag": tag}).to_string();
            assert_eq!(service.send(method, PATH, &[content_type], &body).await.status, status, "{method}");
        }
        for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH)] {
            let body = json!([{"id": "only", "text": "lost", "etag": tag}]).to_string();
            assert_eq!(
                service.send(method, "/notes", &[content_type], &body).await.status,
                status,
                "{method}"
            );
        }
    }
    service.assert_untouched().await;
}
