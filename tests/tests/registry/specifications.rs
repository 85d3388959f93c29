//! What is specified of an asset: a map whose key is only in the path, with a version of its own.

use std::time::Duration;

use futures_util::future::join_all;
use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderName, Method};
use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};
use sqlx::SqlitePool;
use tests::{Registry, client, sqlite_file};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::products::sha_256_tag;
use crate::{ABSENT, Answer, EVERYTHING, Service, answer, assert_problem, assert_written, opaque};

fn of(path: &str) -> String {
    format!("{path}/specifications")
}

/// The path of the specifications of a new asset, of which nothing is specified yet.
async fn unspecified(service: &Service) -> String {
    of(service.new_asset().await.header("location"))
}

/// A crane's.
fn crane() -> Value {
    json!({"reach": {"value": 31.5, "unit": "m"}, "load": {"value": 12, "unit": "t"}})
}

/// The specifications of a new asset: their path, and the answer to the PUT that made them.
async fn specified(service: &Service) -> (String, Answer) {
    let path = unspecified(service).await;
    let created = answer(service.put(&path, &crane())).await;
    assert_written(service, &path, &created, 201).await;
    (path, created)
}

/// A PUT with a body as it is.
fn put_text(service: &Service, path: &str, body: impl AsRef<[u8]>) -> RequestBuilder {
    let put = service.request(Method::PUT, path).header(CONTENT_TYPE, "application/json");
    put.body(body.as_ref().to_vec())
}

/// Asserts that HEAD is answered as GET is, but for the body, and reads the answer to GET.
pub async fn assert_head_is_get(service: &Service, path: &str, conditions: &[(HeaderName, &str)]) -> Answer {
    let [shown, head] = [Method::GET, Method::HEAD].map(|method| {
        let request = service.request(method, path);
        conditions.iter().fold(request, |request, (name, value)| request.header(name, *value))
    });
    let (shown, mut head) = (answer(shown).await, answer(head).await);
    assert_eq!((head.status, &*head.body), (shown.status, &b""[..]), "{path}");
    head.headers.insert("date", shown.headers["date"].clone());
    assert_eq!(head.headers, shown.headers, "{path}");
    shown
}

/// Checklist 35, 36.
#[tokio::test]
async fn there_are_none_before_they_are_put() {
    let service = Service::start();
    let path = unspecified(&service).await;
    for condition in [None, Some((IF_NONE_MATCH, "*")), Some((IF_MATCH, "*")), Some((IF_MATCH, "\"x\""))] {
        let absent = assert_head_is_get(&service, &path, condition.as_slice()).await;
        assert_problem(&absent, 404, "not-found");
        assert!(!absent.has("etag"));
    }
}

/// Checklist 13, 20, 22, 53, 80, 81, 83.
#[tokio::test]
async fn a_put_makes_them_with_and_without_if_none_match() {
    let service = Service::start();
    for condition in [None, Some("*"), Some("\"x\"")] {
        let path = unspecified(&service).await;
        let put = || match condition {
            Some(tags) => service.put(&path, &crane()).header(IF_NONE_MATCH, tags),
            None => service.put(&path, &crane()),
        };
        let created = answer(put()).await;
        assert_written(&service, &path, &created, 201).await;
        assert_eq!(created.header("location"), path);
        assert_eq!(created.header("content-type"), "application/json");
        assert_eq!(created.header("cache-control"), "private, no-cache");
        assert!(!created.has("last-modified"), "they have no date");
        let sent = r#"{"load":{"unit":"t","value":12},"reach":{"unit":"m","value":31.5}}"#;
        assert_eq!(String::from_utf8_lossy(&created.body), sent);
        assert_eq!(created.etag(), sha_256_tag(sent.as_bytes()));

        let again = answer(put()).await;
        match condition {
            Some("*") => {
                assert_eq!(assert_problem(&again, 412, "precondition-failed")["reason"], "exists");
                assert_eq!(again.etag(), created.etag());
            }
            _ => assert_eq!(again.status, 428),
        }
        assert_eq!(service.get(&path).await.representation(), created.representation());
    }
}

/// Checklist 36, 41, 42, 44.
#[tokio::test]
async fn a_put_that_names_a_state_makes_none() {
    let service = Service::start();
    let (_, another) = specified(&service).await;
    let asset = service.new_asset().await;
    let path = of(asset.header("location"));
    let list = format!("{}, \"x\"", another.etag());
    for tags in ["*", "\"x\"", "\"\"", &another.etag(), &asset.etag(), &list] {
        let refused = answer(service.put(&path, &crane()).header(IF_MATCH, tags)).await;
        assert_eq!(assert_problem(&refused, 412, "precondition-failed")["reason"], "absent", "{tags}");
        assert!(!refused.has("etag"));
        assert_eq!(service.get(&path).await.status, 404, "{tags}");
    }
}

/// Checklist 20, 42, 78, 80.
#[tokio::test]
async fn a_put_replaces_the_state_that_if_match_names() {
    let service = Service::start();
    let (path, first) = specified(&service).await;
    let lists: [fn(String) -> Vec<String>; 4] = [
        |current| vec![current],
        |current| vec![format!("\"a,b\", {current}, \"c\"")],
        |current| vec!["\"a\"".to_owned(), current],
        |_| vec!["*".to_owned()],
    ];
    let mut current = first.clone();
    for (number, list) in lists.into_iter().enumerate() {
        let value = json!({"load": {"value": number, "unit": "kg"}});
        let lines = list(current.etag());
        let put = || {
            let put = service.put(&path, &value);
            lines.iter().fold(put, |put, line| put.header(IF_MATCH, line))
        };
        let written = answer(put()).await;
        assert_written(&service, &path, &written, 200).await;
        assert!(!written.has("location"));
        assert_ne!(written.etag(), current.etag());
        assert_eq!(written.json(), value, "what is not sent is gone");
        current = written;
    }
    let same = answer(service.put(&path, &current.json()).header(IF_MATCH, current.etag())).await;
    assert_eq!((same.status, same.representation()), (200, current.representation()));
    let back = answer(service.put(&path, &crane()).header(IF_MATCH, current.etag())).await;
    assert_eq!(back.representation(), first.representation(), "the tag is that of the bytes");
}

/// Checklist 11, 31, 44, 49, 94, 95.
#[tokio::test]
async fn a_put_that_does_not_name_their_state_is_refused() {
    let service = Service::start();
    let (path, first) = specified(&service).await;
    let asset = service.get(path.trim_end_matches("/specifications")).await;
    let value = json!({"load": {"value": 11, "unit": "t"}});
    let current = answer(service.put(&path, &value).header(IF_MATCH, first.etag())).await;

    let query = format!("{path}?etag={}", opaque(&current.etag()));
    for unguarded in [service.put(&path, &crane()), service.put(&query, &crane())] {
        let refused = answer(unguarded).await;
        let problem = assert_problem(&refused, 428, "precondition-required");
        assert!(problem["detail"].as_str().unwrap().contains("`If-Match`"), "{problem}");
        assert_eq!(refused.header("cache-control"), "no-store");
    }
    let weak = format!("W/{}", current.etag());
    let list = format!("{}, \"x\"", first.etag());
    for tags in [&first.etag(), &asset.etag(), &weak, &list, "\"\"", "\"*\""] {
        let refused = answer(service.put(&path, &crane()).header(IF_MATCH, tags)).await;
        let problem = assert_problem(&refused, 412, "precondition-failed");
        assert_eq!((refused.etag(), &problem["etag"]), (current.etag(), &json!(current.etag())), "{tags}");
        assert_eq!(problem["reason"], if tags == weak { "altered" } else { "stale" });
    }
    let unquoted = opaque(&current.etag()).to_owned();
    for tags in ["", "xyzzy", &unquoted, &format!("{}, *", current.etag())] {
        let refused = answer(service.put(&path, &crane()).header(IF_MATCH, tags)).await;
        assert_problem(&refused, 400, "malformed-precondition");
    }
    assert_eq!(service.get(&path).await.representation(), current.representation());
}

/// Checklist 30, 32, 48, 51, 52, 74, 75, 77.
#[tokio::test]
async fn a_client_that_has_them_is_answered_304() {
    let service = Service::start();
    let (path, created) = specified(&service).await;
    let tag = created.etag();
    let shown = assert_head_is_get(&service, &path, &[]).await;
    assert_eq!((shown.status, shown.representation()), (200, created.representation()));
    for tags in [&*tag, &format!("W/{tag}"), &format!("\"a,b\", {tag}"), "*"] {
        let not_modified = assert_head_is_get(&service, &path, &[(IF_NONE_MATCH, tags)]).await;
        assert_eq!((not_modified.status, not_modified.etag(), not_modified.body), (304, tag.clone(), vec![]));
        assert_eq!(not_modified.headers["cache-control"], "private, no-cache");
        assert!(!not_modified.headers.contains_key("content-type"));
    }
    let asset = service.get(path.trim_end_matches("/specifications")).await.etag();
    for tags in ["\"x\"", &asset, opaque(&tag)] {
        let sent = assert_head_is_get(&service, &path, &[(IF_NONE_MATCH, tags)]).await;
        assert_eq!((sent.status, sent.representation()), (200, created.representation()), "{tags}");
    }
    let required = assert_head_is_get(&service, &path, &[(IF_MATCH, &asset)]).await;
    assert_problem(&required, 412, "precondition-failed");

    let value = json!({"load": {"value": 11, "unit": "t"}});
    let written = answer(service.put(&path, &value).header(IF_MATCH, &tag)).await;
    let changed = assert_head_is_get(&service, &path, &[(IF_NONE_MATCH, &tag)]).await;
    assert_eq!((changed.status, changed.representation()), (200, written.representation()));
}

#[tokio::test]
async fn an_asset_and_its_specifications_are_versioned_apart() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let (asset_path, path) = (asset.header("location"), of(asset.header("location")));
    let everything = service.get(EVERYTHING).await;
    let created = answer(service.put(&path, &crane())).await;
    let value = json!({"load": {"value": 11, "unit": "t"}});
    let replaced = answer(service.put(&path, &value).header(IF_MATCH, created.etag())).await;
    assert_written(&service, &path, &replaced, 200).await;
    assert_eq!(service.get(asset_path).await.representation(), asset.representation());
    assert_eq!(service.get(EVERYTHING).await.representation(), everything.representation());

    let patch = service.patch(asset_path, &json!({"name": "renamed"})).header(IF_MATCH, asset.etag());
    let renamed = answer(patch).await;
    assert_written(&service, asset_path, &renamed, 200).await;
    assert_ne!(renamed.etag(), asset.etag());
    assert_eq!(service.get(&path).await.representation(), replaced.representation());
    let put = service.put(&path, &crane()).header(IF_MATCH, replaced.etag());
    assert_written(&service, &path, &answer(put).await, 200).await;
    assert_eq!(service.get(asset_path).await.representation(), renamed.representation());
}

#[tokio::test]
async fn those_of_two_assets_are_apart() {
    let service = Service::start();
    let (one, first) = specified(&service).await;
    let (other, second) = specified(&service).await;
    assert_ne!(one, other);
    assert_eq!(first.etag(), second.etag(), "the same bytes");
    let value = json!({"load": {"value": 11, "unit": "t"}});
    let written = answer(service.put(&one, &value).header(IF_MATCH, first.etag())).await;
    assert_written(&service, &one, &written, 200).await;
    assert_eq!(service.get(&other).await.representation(), second.representation());
    let stale = answer(service.put(&other, &crane()).header(IF_MATCH, written.etag())).await;
    assert_problem(&stale, 412, "precondition-failed");
    assert_eq!(service.get(&unspecified(&service).await).await.status, 404);
}

/// Asserts that no PUT under these conditions specifies anything of an asset that does not exist.
async fn assert_absent(conditions: &[(HeaderName, &str)]) {
    let service = Service::start();
    let path = of(ABSENT);
    let put = |(name, value): &(HeaderName, &str)| service.put(&path, &crane()).header(name, *value);
    for request in conditions.iter().map(put) {
        let refused = answer(request.try_clone().unwrap()).await;
        assert_eq!(refused.status, 404, "{request:?}");
        assert_problem(&refused, 404, "not-found");
    }
    let created = answer(service.put(ABSENT, &service.draft().await)).await;
    assert_written(&service, ABSENT, &created, 201).await;
    assert_problem(&service.get(&path).await, 404, "not-found");
}

#[tokio::test]
async fn an_asset_that_does_not_exist_has_none() {
    let service = Service::start();
    let before = service.get(EVERYTHING).await;
    let path = of(ABSENT);
    for condition in [None, Some((IF_NONE_MATCH, "*")), Some((IF_MATCH, "*"))] {
        let absent = assert_head_is_get(&service, &path, condition.as_slice()).await;
        assert_problem(&absent, 404, "not-found");
    }
    assert_problem(&answer(service.put(&path, &crane())).await, 404, "not-found");
    assert_problem(&service.get(&path).await, 404, "not-found");
    assert_problem(&service.get(ABSENT).await, 404, "not-found");
    assert_eq!(service.get(EVERYTHING).await.representation(), before.representation());
}

/// Checklist 35, 53.
#[tokio::test]
async fn an_asset_that_does_not_exist_is_404_whether_they_are_to_be_new_or_in_a_state() {
    let state = sha_256_tag(b"{}");
    assert_absent(&[(IF_NONE_MATCH, "*"), (IF_NONE_MATCH, "\"x\""), (IF_MATCH, "*"), (IF_MATCH, &state)])
        .await;
}

/// Checklist 35, 36.
#[tokio::test]
async fn an_asset_that_does_not_exist_is_404_whatever_tags_are_named() {
    assert_absent(&[(IF_MATCH, "\"x\"")]).await;
    assert_absent(&[(IF_MATCH, "\"x\", \"y\"")]).await;
    assert_absent(&[(IF_MATCH, "xyzzy")]).await;
}

async fn delete(service: &Service, path: &str) {
    let deleted = answer(service.request(Method::DELETE, path).header(IF_MATCH, "*")).await;
    assert_eq!(deleted.status, 204);
}

/// Checklist 14, 36, 53.
#[tokio::test]
async fn they_are_gone_with_their_asset_and_stay_gone_when_it_is_made_again() {
    let service = Service::start();
    let (path, first) = specified(&service).await;
    let (other, kept) = specified(&service).await;
    let asset = path.trim_end_matches("/specifications");
    delete(&service, asset).await;
    for condition in [None, Some((IF_NONE_MATCH, "*"))] {
        let gone = assert_head_is_get(&service, &path, condition.as_slice()).await;
        assert_problem(&gone, 404, "not-found");
    }
    assert_problem(&answer(service.put(&path, &crane())).await, 404, "not-found");

    assert_eq!(answer(service.put(asset, &service.draft().await)).await.status, 201);
    assert_problem(&service.get(&path).await, 404, "not-found");
    for tags in [&first.etag(), "*"] {
        let stale = answer(service.put(&path, &crane()).header(IF_MATCH, tags)).await;
        assert_eq!(assert_problem(&stale, 412, "precondition-failed")["reason"], "absent", "{tags}");
    }
    let value = json!({"load": {"value": 11, "unit": "t"}});
    let again = answer(service.put(&path, &value).header(IF_NONE_MATCH, "*")).await;
    assert_written(&service, &path, &again, 201).await;
    assert_eq!(service.get(&other).await.representation(), kept.representation());
}

/// A registry, and a file that others can open too.
fn on_a_file() -> (Service, String) {
    let (folder, database) = sqlite_file();
    let service = Service { registry: Registry::start(&database), client: client(), _folder: folder };
    (service, database)
}

/// Asserts that a PUT was refused since the asset is gone, and that nothing of it shows where that is made
/// again.
async fn assert_not_written(service: &Service, asset: &str, status: u16) {
    assert_eq!(status, 404, "they were written without an asset");
    assert_eq!(service.get(&of(asset)).await.status, 404, "they outlived their asset");
    assert_eq!(answer(service.put(asset, &service.draft().await)).await.status, 201);
    assert_eq!(service.get(&of(asset)).await.status, 404, "they are those of another asset");
}

#[tokio::test]
async fn none_are_written_where_the_asset_is_deleted_after_the_request_has_read_it() {
    let (service, database) = on_a_file();
    let asset = service.new_asset().await;
    let path = asset.header("location");
    let pool = SqlitePool::connect(&database).await.unwrap();
    let mut deletion = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let put = tokio::spawn(answer(service.put(&of(path), &crane())));
    // Nothing tells that it has found the asset, and waits to write.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let delete =
        "UPDATE etag_rows SET deleted = TRUE, document = NULL WHERE collection = 'assets' AND key = ?";
    let delete = sqlx::query(delete).bind(asset.json()["id"].as_str().unwrap().to_owned());
    assert_eq!(delete.execute(&mut *deletion).await.unwrap().rows_affected(), 1);
    deletion.commit().await.unwrap();
    pool.close().await;
    assert_not_written(&service, path, put.await.unwrap().status).await;
}

#[tokio::test]
async fn none_are_written_where_the_asset_is_deleted_while_their_body_is_on_its_way() {
    let service = Service::start();
    let asset = service.new_asset().await.header("location").to_owned();
    let body = crane().to_string();
    let start = format!("PUT {} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n", of(&asset));
    let framing = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let mut socket = BufReader::new(TcpStream::connect(service.registry.address()).await.unwrap());
    let head = format!("{start}{framing}Expect: 100-continue\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    socket.read_line(&mut line).await.unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
    delete(&service, &asset).await;
    socket.write_all(body.as_bytes()).await.unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    let status = response.trim_start().split(' ').nth(1).unwrap().parse().unwrap();
    assert_not_written(&service, &asset, status).await;
}

#[tokio::test]
async fn an_asset_whose_specifications_cannot_be_removed_is_not_deleted() {
    let (service, database) = on_a_file();
    let (path, current) = specified(&service).await;
    let asset = path.trim_end_matches("/specifications");
    let before = service.get(asset).await;
    let pool = SqlitePool::connect(&database).await.unwrap();
    let stop = "CREATE TRIGGER stop BEFORE UPDATE ON etag_rows WHEN OLD.collection = 'specifications'
        BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    sqlx::query(stop).execute(&pool).await.unwrap();
    let failed = answer(service.request(Method::DELETE, asset).header(IF_MATCH, before.etag())).await;
    assert_problem(&failed, 500, "internal-error");
    assert_eq!(service.get(&path).await.representation(), current.representation());
    let kept = service.get(asset).await;
    assert_eq!(kept.status, 200, "it was answered 500, and is deleted");
    assert_eq!(kept.representation(), before.representation());

    sqlx::query("DROP TRIGGER stop").execute(&pool).await.unwrap();
    pool.close().await;
    delete(&service, asset).await;
    assert_eq!(service.get(&path).await.status, 404);
}

/// Adds a name to what is there, again where somebody else was faster.
async fn add(service: &Service, path: &str, name: &str) {
    loop {
        let shown = service.get(path).await;
        let (mut value, condition) = match shown.status {
            404 => (json!({}), (IF_NONE_MATCH, "*".to_owned())),
            _ => (shown.json(), (IF_MATCH, shown.etag())),
        };
        value[name] = json!({"value": 1, "unit": name});
        let written = answer(service.put(path, &value).header(condition.0, condition.1)).await;
        match written.status {
            200 | 201 => return,
            status => assert_eq!(status, 412),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_is_lost_where_many_are_added_at_once() {
    let service = Service::start();
    let path = unspecified(&service).await;
    let names: Vec<String> = (0..16).map(|number| format!("name {number:02}")).collect();
    join_all(names.iter().map(|name| add(&service, &path, name))).await;
    let shown = service.get(&path).await.json();
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_name_may_be_any_text() {
    let service = Service::start();
    let long = "n".repeat(10_000);
    let names = [
        "",
        " ",
        "\"",
        "\\",
        "load \"max\" 'min' `mean`",
        "a.b[0]",
        "\0\u{1f}\r\n\t\u{7f}",
        "Größe",
        "高さ",
        "👷🏽‍♀️",
        "\u{202e}rtl",
        "e\u{301}",
        "\u{e9}",
        "etag",
        "id",
        "value",
        "__proto__",
        &long,
    ];
    let value: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!({"value": 1, "unit": name}))).collect();
    let value = Value::Object(value);
    let path = unspecified(&service).await;
    let created = answer(service.put(&path, &value)).await;
    assert_written(&service, &path, &created, 201).await;
    assert_eq!(created.json(), value);
    assert_eq!(created.etag(), sha_256_tag(&created.body));
    for name in names {
        let path = unspecified(&service).await;
        let value = json!({name: {"value": 1, "unit": name}});
        let alone = answer(service.put(&path, &value)).await;
        assert_written(&service, &path, &alone, 201).await;
        assert_eq!(alone.json(), value);
    }
}

/// RFC 8785 §3.2.3.
#[tokio::test]
async fn names_are_shown_in_the_order_of_their_utf_16_code_units() {
    let service = Service::start();
    let path = unspecified(&service).await;
    let sent =
        r#"{"\ufb33":{"value":1,"unit":""},"😀":{"unit":"","value":1.0},"\"":{"value":10e-1,"unit":""}}"#;
    let created = answer(put_text(&service, &path, sent)).await;
    assert_written(&service, &path, &created, 201).await;
    let expected =
        r#"{"\"":{"unit":"","value":1},"😀":{"unit":"","value":1},"hebrew":{"unit":"","value":1}}"#
            .replace("hebrew", "\u{fb33}");
    let expected = expected.as_str();
    assert_eq!(String::from_utf8_lossy(&created.body), expected);
    assert_eq!(created.etag(), sha_256_tag(expected.as_bytes()));
    let other_words = put_text(&service, &path, expected).header(IF_MATCH, created.etag());
    assert_eq!(answer(other_words).await.representation(), created.representation());
}

/// Asserts that a body is refused with a problem that names what is wrong, where there are none yet and where
/// there are some.
async fn assert_refused(service: &Service, body: &[u8], status: u16, kind: &str, named: &str) {
    let (path, current) = specified(service).await;
    let replace = answer(put_text(service, &path, body).header(IF_MATCH, current.etag())).await;
    assert_eq!(service.get(&path).await.representation(), current.representation());
    let path = unspecified(service).await;
    let create = answer(put_text(service, &path, body)).await;
    assert_problem(&service.get(&path).await, 404, "not-found");
    for refused in [replace, create] {
        let problem = assert_problem(&refused, status, kind);
        match status {
            422 => assert_eq!(problem["member"], named, "{}", String::from_utf8_lossy(body)),
            _ => assert!(problem["detail"].as_str().unwrap().contains(named), "{problem}"),
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_map_is_refused() {
    let service = Service::start();
    let pairs = r#"[["load",{"value":1,"unit":"t"}]]"#;
    for body in ["[]", "7", "null", "true", r#""load""#, pairs] {
        assert_refused(&service, body.as_bytes(), 422, "invalid-member", "").await;
    }
    let quantity = |name: &str| [b"{\"", name.as_bytes(), b"\":{\"value\":1,\"unit\":\"t\"}"].concat();
    let bodies: [&[u8]; 6] = [
        b"",
        b"{",
        &quantity("load"),
        &[&quantity("\\ud800")[..], b"}"].concat(),
        b"{\"\xff\":{\"value\":1,\"unit\":\"t\"}}",
        br#"{"load":{"value":NaN,"unit":"t"}}"#,
    ];
    for body in bodies {
        assert_refused(&service, body, 400, "malformed-request", "the body is").await;
    }
}

#[tokio::test]
async fn a_member_that_is_wrong_missing_or_unknown_is_named() {
    let service = Service::start();
    let cases = [
        (r#"{"load":null}"#, "load"),
        (r#"{"load":12}"#, "load"),
        (r#"{"load":[12,"t"]}"#, "load"),
        (r#"{"load":{}}"#, "load.value"),
        (r#"{"load":{"value":12}}"#, "load.unit"),
        (r#"{"load":{"unit":"t"}}"#, "load.value"),
        (r#"{"load":{"value":"12","unit":"t"}}"#, "load.value"),
        (r#"{"load":{"value":null,"unit":"t"}}"#, "load.value"),
        (r#"{"load":{"value":true,"unit":"t"}}"#, "load.value"),
        (r#"{"load":{"value":1e999,"unit":"t"}}"#, "load.value"),
        (r#"{"load":{"value":12,"unit":7}}"#, "load.unit"),
        (r#"{"load":{"value":12,"unit":null}}"#, "load.unit"),
        (r#"{"load":{"value":12,"unit":"\udc00"}}"#, "load.unit"),
        (r#"{"load":{"value":12,"unit":"t","at":"20 °C"}}"#, "load.at"),
        (r#"{"load":{"value":12,"unit":"t"},"reach":{"value":"far","unit":"m"}}"#, "reach.value"),
        (r#"{"a\"b":{"value":"far","unit":"m"}}"#, "a\"b.value"),
        (r#"{"Größe 高さ":{"value":"far","unit":"m"}}"#, "Größe 高さ.value"),
    ];
    for (body, named) in cases {
        assert_refused(&service, body.as_bytes(), 422, "invalid-member", named).await;
    }
}

#[tokio::test]
async fn a_member_below_a_name_that_is_empty_or_begins_with_a_dot_is_named() {
    let service = Service::start();
    for (name, named) in [("", ".value"), (".x", ".x.value")] {
        let body = format!(r#"{{"{name}":{{"value":"far","unit":"m"}}}}"#);
        assert_refused(&service, body.as_bytes(), 422, "invalid-member", named).await;
    }
}

#[tokio::test]
async fn a_name_that_is_there_twice_is_named_however_it_is_written() {
    let service = Service::start();
    let quantity = r#"{"value":12,"unit":"t"}"#;
    let names = [
        ("load", "load", "load"),
        ("load", r"l\u006fad", "load"),
        ("", "", ""),
        ("😀", r"\ud83d\ude00", "😀"),
        (r#"a\"b"#, r"a\u0022b", "a\"b"),
        ("`", "`", "`"),
    ];
    for (one, other, named) in names {
        let body = format!(r#"{{"{one}":{quantity},"reach":{quantity},"{other}":{quantity}}}"#);
        assert_refused(&service, body.as_bytes(), 422, "invalid-member", named).await;
    }
    let inside = br#"{"load":{"value":12,"unit":"t","value":12}}"#;
    assert_refused(&service, inside, 422, "invalid-member", "load").await;
}

#[tokio::test]
async fn names_that_look_the_same_are_not_the_same() {
    let service = Service::start();
    let path = unspecified(&service).await;
    let quantity = |value: u8| json!({"value": value, "unit": ""});
    let value = json!({
        "\u{e9}": quantity(1), "e\u{301}": quantity(2), "E\u{301}": quantity(3), " e": quantity(4),
    });
    let created = answer(service.put(&path, &value)).await;
    assert_eq!((created.status, created.json()), (201, value));
}

/// Checklist 34.
#[tokio::test]
async fn a_body_of_another_media_type_is_415() {
    let service = Service::start();
    let (path, current) = specified(&service).await;
    for media_type in ["text/plain", crate::MERGE_PATCH] {
        for tags in ["*", "\"x\"", "xyzzy"] {
            let put = service.request(Method::PUT, &path).header(CONTENT_TYPE, media_type);
            let refused = answer(put.header(IF_MATCH, tags).body("{}")).await;
            assert_problem(&refused, 415, "unsupported-media-type");
        }
    }
    assert_eq!(service.get(&path).await.representation(), current.representation());
}

/// Checklist 35, 36.
#[tokio::test]
async fn an_id_that_is_no_uuid_is_404() {
    let service = Service::start();
    let id = service.new_asset().await.json()["id"].as_str().unwrap().to_owned();
    for id in ["7", "crane", "%FF", "%2F", &id.replace('-', ""), &format!("{id}0")] {
        let path = of(&format!("/assets/{id}"));
        let requests = [
            service.request(Method::GET, &path),
            service.request(Method::GET, &path).header(IF_NONE_MATCH, "*"),
            service.put(&path, &crane()),
            service.put(&path, &crane()).header(IF_MATCH, "*"),
            service.put(&path, &crane()).header(IF_NONE_MATCH, "*"),
        ];
        for request in requests {
            let refused = answer(request.try_clone().unwrap()).await;
            assert_eq!(refused.status, 404, "{request:?}: {}", String::from_utf8_lossy(&refused.body));
            assert_problem(&refused, 404, "not-found");
        }
    }
}

#[tokio::test]
async fn the_same_id_in_capitals_is_the_same_id() {
    let service = Service::start();
    let (path, current) = specified(&service).await;
    let id = path.split('/').nth(2).unwrap();
    let capitals = path.replace(id, &id.to_ascii_uppercase());
    assert_eq!(service.get(&capitals).await.representation(), current.representation());
    let put = service.put(&capitals, &json!({})).header(IF_MATCH, current.etag());
    let written = answer(put).await;
    assert_eq!((written.status, &*written.body), (200, &b"{}"[..]));
    assert_eq!(service.get(&path).await.representation(), written.representation());
}
