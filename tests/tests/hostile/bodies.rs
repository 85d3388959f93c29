//! Bodies that nest, repeat themselves, or say numbers that nobody can hold.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::routing::put;
use serde::de::{MapAccess, Visitor};
use serde::{Deserializer, Serializer};
use serde_json::value::RawValue;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry;

use super::*;

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
}

/// Each write of the note that has a body, guarded by its own tag.
async fn assert_refused(service: &Service, note: &str, statuses: &[u16]) {
    let guard = ("if-match", service.tag.as_str());
    for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH)] {
        let refused = service.send(method, PATH, &[content_type, guard], note).await;
        let shown = &note[..note.len().min(60)];
        assert!(
            statuses.contains(&refused.status),
            "{method} {shown}: {} {}",
            refused.status,
            refused.text()
        );
        assert_eq!(refused.header("content-type"), "application/problem+json");
        assert!(refused.body.len() < 2000, "{method} {shown}");
    }
}

#[tokio::test]
async fn json_that_nests_100_000_deep_is_refused_wherever_it_stands() {
    const DEPTH: usize = 100_000;
    let service = Service::new().await;
    let deep = [
        nested("[", "", "]", DEPTH),
        nested(r#"{"a":"#, "1", "}", DEPTH),
        nested(r#"[{"a":"#, "1", "}]", DEPTH),
        nested(r#"{"parts":["#, "", "]}", DEPTH),
        // It ends before it closes.
        "[".repeat(DEPTH),
        r#"{"a":"#.repeat(DEPTH),
    ];
    for deep in &deep {
        assert_refused(&service, deep, &[400, 422]).await;
        for member in ["text", "size", "places", "extra", "parts", "etag"] {
            assert_refused(&service, &format!(r#"{{"text":"a","{member}":{deep}}}"#), &[400, 422]).await;
        }
        let items = format!(r#"[{{"id":"only","text":"lost","extra":{deep}}}]"#);
        for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH)] {
            let refused = service.send(method, "/notes", &[content_type, ("if-match", "*")], &items).await;
            assert!(matches!(refused.status, 400 | 422), "{method}: {}", refused.status);
        }
    }
    service.assert_untouched().await;
}

/// What was taken is never too deep for whoever reads it next.
#[tokio::test]
async fn what_nests_as_deep_as_it_may_is_read_and_patched_as_any_other() {
    let service = Service::new().await;
    let any = ("if-match", "*");
    let mut taken = 0;
    for depth in 100..=140 {
        for extra in [nested("[", "", "]", depth), nested(r#"{"a":"#, "1", "}", depth)] {
            let note = format!(r#"{{"text":"deep","extra":{extra}}}"#);
            for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH)] {
                let written = service.send(method, PATH, &[content_type, any], &note).await;
                assert!(matches!(written.status, 200 | 400 | 422), "{method} {depth}: {}", written.text());
                taken += usize::from(written.status == 200);
            }
            assert_eq!(service.send("GET", PATH, &[], "").await.status, 200, "{depth}");
            assert_eq!(service.send("GET", "/notes", &[], "").await.status, 200, "{depth}");
            let patch = json!({"text": format!("{depth}")}).to_string();
            assert_eq!(service.send("PATCH", PATH, &[PATCH, any], &patch).await.status, 200, "{depth}");
            let patches = json!([{"id": "only", "text": format!("{depth}.")}]).to_string();
            assert_eq!(service.send("PATCH", "/notes", &[PATCH, any], &patches).await.status, 200, "{depth}");
        }
    }
    assert!(taken > 80, "{taken}");
}

#[tokio::test]
async fn a_million_members_pass_the_same_guard_as_one() {
    let service = Service::new().await;
    let members: Vec<String> = (0..1_000_000).map(|number| format!(r#""m{number}":1"#)).collect();
    let note = format!(r#"{{"text":"next",{}}}"#, members.join(","));
    assert_eq!(service.send("PUT", PATH, &[JSON], &note).await.status, 428);
    assert_eq!(service.send("PATCH", PATH, &[PATCH, ("if-match", "\"other\"")], &note).await.status, 412);
    service.assert_untouched().await;
    // They are not the type's: they are passed over.
    let written = service.send("PUT", PATH, &[JSON, ("if-match", &service.tag)], &note).await;
    assert_eq!(written.status, 200);
    assert!(written.body.len() < 1000);
}

#[tokio::test]
async fn a_name_that_is_there_twice_is_refused_among_how_many_others() {
    let service = Service::new().await;
    let members: Vec<String> = (0..100_000).map(|number| format!(r#""m{number}":1"#)).collect();
    let members = members.join(",");
    let twice = [
        format!(r#"{{"text":"a",{members},"m7":1}}"#),
        format!(r#"{{"text":"a","m":1{}}}"#, r#","m":1"#.repeat(100_000)),
        format!(r#"{{"text":"a","{long}":1,"{long}":2}}"#, long = "m".repeat(1 << 20)),
        // The same name, written in two ways.
        r#"{"text":"a","m":1,"\u006d":2}"#.to_owned(),
        r#"{"text":"a","text":"b"}"#.to_owned(),
        r#"{"text":"a","etag":"x","etag":"y"}"#.to_owned(),
    ];
    for twice in &twice {
        assert_refused(&service, twice, &[422]).await;
    }
    // The first ones are compared, the others hashed.
    for name in ["m0", "m7", "m15", "m16", "m50000", "m99999"] {
        let inside = format!(r#"{{"text":"a","extra":{{{members},"{name}":1}}}}"#);
        assert_refused(&service, &inside, &[422]).await;
    }
    service.assert_untouched().await;
    let once = format!(r#"{{"text":"a","extra":{{{members}}}}}"#);
    let written = service.send("PUT", PATH, &[JSON, ("if-match", "*")], &once).await;
    assert_eq!(written.status, 200, "{}", written.text());
}

/// Shown as it was sent, with each name as often.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Sheet {
    #[versioned(id)]
    id: String,
    #[versioned(serde)]
    cells: Cells,
}

#[derive(Debug, Clone)]
struct Cells(Vec<(String, u64)>);

impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, cell)| (name, cell)))
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Cells;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("cells")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut cells: A) -> Result<Cells, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = cells.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Cells(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[tokio::test]
async fn a_name_that_its_type_would_show_twice_is_the_clients_mistake() {
    let sheet = put(async |sheet: Update<Sheet>| sheet.save().await);
    let router = Router::new().route("/sheets/{id}", sheet);
    let router = router.with_state(Database::connect("memory:").await.unwrap());
    for (body, status) in [(r#"{"cells":{"a":1,"b":2}}"#, 201), (r#"{"cells":{"a":1,"a":2}}"#, 422)] {
        let answer = call(&router, "PUT", &format!("/sheets/{status}"), &[JSON], body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(
            answer.text().contains("`cells`: duplicate member `a`"),
            status == 422,
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn numbers_beyond_all_measure_are_refused_or_rounded() {
    let service = Service::new().await;
    let digits = "7".repeat(100_000);
    let too_large = [
        "1e999999999".to_owned(),
        "-1e400".to_owned(),
        format!("1e{digits}"),
        digits.clone(),
        format!("-{digits}"),
    ];
    for number in &too_large {
        for member in ["size", "extra"] {
            assert_refused(&service, &format!(r#"{{"text":"a","{member}":{number}}}"#), &[400, 422]).await;
        }
    }
    for no_number in ["01", "1.", ".5", "+1", "0x1", "1e", "--1", "NaN", "Infinity", "1_000"] {
        assert_refused(&service, &format!(r#"{{"text":"a","size":{no_number}}}"#), &[400]).await;
    }
    service.assert_untouched().await;
    let rounded = [
        (format!("0.{digits}"), "0.7777777777777778"),
        (format!("1e-{digits}"), "0"),
        (format!("0e{digits}"), "0"),
        ("1e-999999999".to_owned(), "0"),
        ("-0".to_owned(), "0"),
        (format!("1{}", "0".repeat(300)), "1e+300"),
    ];
    for (number, shown) in rounded {
        let note = format!(r#"{{"text":"a","size":{number}}}"#);
        let written = service.send("PUT", PATH, &[JSON, ("if-match", "*")], &note).await;
        assert_eq!(written.status, 200, "{}", written.text());
        assert!(written.text().contains(&format!(r#""size":{shown},"#)), "{}", written.text());
    }
}

#[tokio::test]
async fn more_items_than_a_bulk_may_have_are_refused() {
    let service = Service::new().await;
    let items = |item: &str| format!("[{}]", vec![item; 100_000].join(","));
    for items in [items(r#"{"id":"only","text":"lost"}"#), items("1"), items("[]"), items("{}")] {
        for (method, content_type) in [("PUT", JSON), ("PATCH", PATCH)] {
            let refused = service.send(method, "/notes", &[content_type, ("if-match", "*")], &items).await;
            assert_eq!(refused.status, 422, "{method} {}", refused.text());
        }
    }
    service.assert_untouched().await;
}

/// Each value is compared with what is shown of it, in whatever order and to whatever depth.
#[tokio::test]
async fn a_value_in_another_form_is_found_however_deep() {
    let service = Service::new().await;
    let depth = 60;
    let at = nested(r#"[{"parts":"#, r#"[{"at":[1,2]}]"#, "}]", depth);
    let refused = format!(r#"{{"text":"a","parts":{at}}}"#);
    let started = Instant::now();
    assert_refused(&service, &refused, &[422]).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    service.assert_untouched().await;
    let fine = refused.replace("[1,2]", r#"{"north":1,"east":2}"#);
    let written = service.send("PUT", PATH, &[JSON, ("if-match", "*")], &fine).await;
    assert_eq!(written.status, 200, "{}", written.text());
}

/// The note's state is the same for each order of a set.
#[tokio::test]
async fn a_set_of_texts_and_objects_is_taken_in_any_order() {
    let service = Service::new().await;
    for places in [r#"["a",[1]]"#, r#"[[1],{"number":1},"a"]"#] {
        assert_refused(&service, &format!(r#"{{"text":"a","places":{places}}}"#), &[422]).await;
    }
    let orders = [r#"[{"number":1},"a"]"#, r#"["a",{"number":1}]"#, r#"["a","a",{"number":1},{"number":1}]"#];
    let mut tags = HashSet::new();
    for places in orders {
        let note = format!(r#"{{"text":"a","places":{places}}}"#);
        let written = service.send("PUT", PATH, &[JSON, ("if-match", "*")], &note).await;
        assert_eq!(written.status, 200, "{}", written.text());
        tags.insert(written.header("etag").to_owned());
    }
    assert_eq!(tags.len(), 1);
}

/// How a body of that many members is sent, and what it is.
type Shape = (&'static str, (&'static str, &'static str), usize, fn(usize) -> String);

/// Texts and objects that are shown in another order than they were sent in.
fn shuffled(members: usize) -> String {
    let places = (0..members / 2).map(|number| format!(r#"{{"number":{number}}},"{number}""#));
    format!(r#"{{"text":"a","places":[{}]}}"#, places.collect::<Vec<_>>().join(","))
}

#[test]
fn the_time_that_a_body_takes_is_linear() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Service::new());
    let shapes: [Shape; 6] = [
        ("PUT", JSON, 8000, shuffled),
        ("PUT", JSON, 2000, |members| format!(r#"{{"text":"a"{}}}"#, r#","m":1"#.repeat(members))),
        ("PATCH", PATCH, 2000, |members| {
            let members: Vec<String> = (0..members).map(|number| format!(r#""m{number}":null"#)).collect();
            format!(r#"{{"extra":{{{}}}}}"#, members.join(","))
        }),
        ("PUT", JSON, 2000, |digits| format!(r#"{{"text":"a","size":0.{}}}"#, "7".repeat(digits * 8))),
        ("PUT", JSON, 2000, |digits| format!(r#"{{"text":"a","extra":{}}}"#, "7".repeat(digits * 8))),
        ("PUT", JSON, 2000, |parts| {
            format!(r#"{{"text":"a","parts":[{{"at":[1,2]}}{}]}}"#, ",{}".repeat(parts))
        }),
    ];
    for (method, content_type, length, shape) in shapes {
        let headers = [content_type, ("if-match", "*")];
        assert_linear(length, shape, |body| {
            let answer = runtime.block_on(service.send(method, PATH, &headers, body));
            assert!(matches!(answer.status, 200 | 422), "{}", answer.text());
        });
    }
}

/// A text in a member of this name is JSON for `serde_json::Value`, and so on in that text, without end.
fn hidden(name: &str, levels: usize) -> String {
    (0..levels).fold("1".to_owned(), |inner, _| {
        let text = inner.replace('\\', "\\u005c").replace('"', "\\u0022");
        nested("[", &format!(r#"{{"{name}":"{text}"}}"#), "]", 100)
    })
}

/// What can't be read of the rest must not keep anybody from finding it.
#[tokio::test]
async fn what_hides_in_a_text_is_found_whatever_stands_before_it() {
    let service = Service::new().await;
    let names = [
        "$serde_json::private::RawValue",
        "$serde_json::private::\\u0052awValue",
        "\\u0024serde_json::private::RawValue",
    ];
    for before in [r#"{"d":1,"d":2}"#, "1e400", r#""\ud800""#] {
        for name in names {
            // Deep enough to end a program, if it were read.
            let deep = hidden(name, 200);
            let text = format!(r#"{{"text":"a","before":{before},"extra":{deep}}}"#);
            assert_refused(&service, &text, &[400, 422]).await;
            let text = format!(r#"{{"text":"a","extra":[{before},{deep}]}}"#);
            assert_refused(&service, &text, &[400, 422]).await;
            let shown = format!(r#"{{"before":{before},"text":"{{}}","{name}":"[[1]]"}}"#);
            let refused = service.send("POST", PATH, &[JSON, ("if-match", "*")], &shown).await;
            assert!(matches!(refused.status, 400 | 422), "{}", refused.text());
            let items = format!(r#"[{{"id":"only","text":"a","before":{before},"extra":{deep}}}]"#);
            let refused = service.send("PUT", "/notes", &[JSON, ("if-match", "*")], &items).await;
            assert!(matches!(refused.status, 400 | 422), "{}", refused.text());
        }
    }
    service.assert_untouched().await;
}

/// A document in which the name comes first could not be read again.
#[tokio::test]
async fn a_name_that_serde_json_has_a_use_for_is_refused_whatever_it_holds() {
    let service = Service::new().await;
    for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        for value in [r#""1""#, "true", "{}", "[1]", r#"{"unit":"t"}"#] {
            let refused = format!(r#"{{"text":"a","extra":{{"a":1,"{name}":{value}}}}}"#);
            assert_refused(&service, &refused, &[422]).await;
        }
    }
    service.assert_untouched().await;
    let named = r#"{"text":"$serde_json::private::RawValue","extra":"$serde_json::private::Number"}"#;
    assert_eq!(service.send("PUT", PATH, &[JSON, ("if-match", "*")], named).await.status, 200);
}

/// Counts what would wake an operator.
struct Errors(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let is_error = *event.metadata().level() == tracing::Level::ERROR;
        self.0.fetch_add(usize::from(is_error), Ordering::Relaxed);
    }
}

/// A document as it was sent.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
struct Raw {
    #[versioned(id)]
    id: String,
    raw: Box<RawValue>,
}

#[tokio::test]
async fn what_a_client_did_wrong_is_no_failure_of_the_service() {
    let errors = Arc::new(AtomicUsize::new(0));
    let _guard = tracing::subscriber::set_default(registry().with(Errors(errors.clone())));
    let service = Service::new().await;
    let deep = nested("[", "", "]", 127);
    for unknown in ["1e400", r#""\ud800""#, &deep, r#"[{"a":1,"a":2}]"#] {
        assert_refused(&service, &format!(r#"{{"text":"a","unknown":{unknown}}}"#), &[422]).await;
    }
    let raw = put(async |raw: Update<Raw>| raw.save().await);
    let raw = Router::new().route("/raw/{id}", raw).with_state(Database::connect("memory:").await.unwrap());
    for depth in 120..=130 {
        let body = format!(r#"{{"raw":{}}}"#, nested("[", "", "]", depth));
        let answer = call(&raw, "PUT", &format!("/raw/{depth}"), &[JSON], body).await;
        assert_eq!(answer.status, if depth < 127 { 201 } else { 422 }, "{depth}: {}", answer.text());
    }
    assert_eq!(call(&raw, "PUT", "/raw/a", &[JSON], r#"{"raw":1e400}"#).await.status, 422);
    assert_eq!(errors.load(Ordering::Relaxed), 0);
    // A failure of the service is counted.
    tracing::error!("a request failed");
    assert_eq!(errors.load(Ordering::Relaxed), 1);
}

#[test]
fn a_merge_patch_takes_no_longer_where_it_nests() {
    const DEPTH: usize = 115;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Service::new());
    let members: Vec<String> = (0..2000).map(|number| format!(r#""m{number}":1"#)).collect();
    for inner in [format!("\"{}\"", "x".repeat(200_000)), format!("{{{}}}", members.join(","))] {
        let time = |depth| {
            let body = format!(r#"{{"extra":{}}}"#, nested(r#"{"a":"#, &inner, "}", depth));
            least(|| {
                let headers = [PATCH, ("if-match", "*")];
                let answer = runtime.block_on(service.send("PATCH", PATH, &headers, &body));
                assert_eq!(answer.status, 200, "{}", answer.text());
            })
        };
        let (flat, deep) = (time(1), time(DEPTH));
        assert!(deep < flat * 3, "{deep:?} at a depth of {DEPTH}, {flat:?} at one");
    }
}
