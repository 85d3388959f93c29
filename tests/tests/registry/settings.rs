//! The settings: there is one of them, and it is always there.

use std::thread;
use std::time::{Duration, SystemTime};

use etag_core::Timestamp;
use futures_util::future::join_all;
use http::Method;
use http::header::{CONTENT_TYPE, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use serde_json::{Value, json};
use sqlx::SqlitePool;
use tempfile::TempDir;
use tests::{Registry, client, sqlite_file};

use crate::products::sha_256_tag;
use crate::specifications::assert_head_is_get;
use crate::{Answer, Service, answer, assert_problem, assert_written, opaque};

const PATH: &str = "/settings";
const LONG_AGO: &str = "Thu, 01 Jan 2015 00:00:00 GMT";

/// A registry on a database that others can open too.
fn on(folder: TempDir, database: &str) -> Service {
    Service { registry: Registry::start(database), client: client(), _folder: folder }
}

fn dollars(days: u32) -> Value {
    json!({"currency": "USD", "inspectionIntervalDays": days})
}

/// Replaces the settings in the state that an answer showed.
async fn replace(service: &Service, shown: &Answer, value: &Value) -> Answer {
    answer(service.put(PATH, value).header(IF_MATCH, shown.etag())).await
}

fn changed(settings: &Answer) -> Timestamp {
    settings.json()["changed"].as_str().unwrap().parse().unwrap()
}

/// Checklist 13, 22, 23, 26, 89.
#[tokio::test]
async fn a_new_registry_has_settings_with_a_tag_and_a_date() {
    let (_folder, file) = sqlite_file();
    for database in ["memory:", &file] {
        let before = Timestamp::now();
        let service = on(tempfile::tempdir().unwrap(), database);
        let shown = assert_head_is_get(&service, PATH, &[]).await;
        assert_eq!(shown.status, 200);
        let date = changed(&shown);
        assert!(before <= date && date <= Timestamp::now(), "{date}");
        let expected = format!(r#"{{"changed":"{date}","currency":"EUR","inspectionIntervalDays":365}}"#);
        assert_eq!(String::from_utf8_lossy(&shown.body), expected);
        assert_eq!(shown.etag(), sha_256_tag(&shown.body));
        assert_eq!(shown.header("content-type"), "application/json");
        assert_eq!(shown.header("cache-control"), "private, no-cache");
        let last_modified = shown.header("last-modified");
        assert!(last_modified.ends_with(&format!("{} GMT", &date.to_string()[11..19])), "{last_modified}");
    }
}

/// Checklist 30, 32, 41, 48, 51, 52, 74, 75, 77.
#[tokio::test]
async fn a_client_that_has_them_is_answered_304() {
    let service = Service::start();
    let shown = service.get(PATH).await;
    let tag = shown.etag();
    for tags in [&*tag, &format!("W/{tag}"), &format!("\"a,b\", {tag}"), "*"] {
        let not_modified = assert_head_is_get(&service, PATH, &[(IF_NONE_MATCH, tags)]).await;
        assert_eq!(
            (not_modified.status, not_modified.etag(), &*not_modified.body),
            (304, tag.clone(), &b""[..])
        );
        assert_eq!(not_modified.header("cache-control"), "private, no-cache");
        assert!(!not_modified.has("content-type"));
    }
    for tags in ["\"x\"", opaque(&tag), &format!("w/{tag}")] {
        let sent = assert_head_is_get(&service, PATH, &[(IF_NONE_MATCH, tags)]).await;
        assert_eq!((sent.status, sent.representation()), (200, shown.representation()), "{tags}");
    }
    let required = assert_head_is_get(&service, PATH, &[(IF_MATCH, "\"x\"")]).await;
    assert_problem(&required, 412, "precondition-failed");
    let written = replace(&service, &shown, &dollars(30)).await;
    let sent = assert_head_is_get(&service, PATH, &[(IF_NONE_MATCH, &tag)]).await;
    assert_eq!((sent.status, sent.representation()), (200, written.representation()));
}

/// Checklist 42, 78, 80, 83.
#[tokio::test]
async fn a_put_replaces_the_state_that_if_match_names_and_stamps_its_date() {
    let service = Service::start();
    let mut current = service.get(PATH).await;
    let lists: [fn(String) -> Vec<String>; 4] = [
        |current| vec![current],
        |current| vec![format!("\"a,b\", {current}, \"c\"")],
        |current| vec!["\"a\"".to_owned(), current],
        |_| vec!["*".to_owned()],
    ];
    let dates =
        [None, Some(json!("2001-01-01T00:00:00Z")), Some(json!("2999-01-01T00:00:00Z")), Some(json!(7))];
    for (days, (list, date)) in (30..).zip(lists.into_iter().zip(dates)) {
        let mut value = dollars(days);
        if let Some(date) = date {
            value["changed"] = date;
        }
        let put = list(current.etag())
            .into_iter()
            .fold(service.put(PATH, &value), |put, line| put.header(IF_MATCH, line));
        let before = Timestamp::now();
        let written = answer(put).await;
        assert_written(&service, PATH, &written, 200).await;
        assert!(!written.has("location"));
        assert_ne!(written.etag(), current.etag());
        assert_eq!(written.etag(), sha_256_tag(&written.body));
        let date = changed(&written);
        assert!(before <= date && date <= Timestamp::now(), "{date}");
        let mut expected = dollars(days);
        expected["changed"] = json!(date.to_string());
        assert_eq!(written.json(), expected);
        current = written;
    }
}

/// Checklist 11, 31, 44, 52, 54, 94, 95.
#[tokio::test]
async fn a_put_that_does_not_name_their_state_is_refused() {
    let service = Service::start();
    let first = service.get(PATH).await;
    let current = replace(&service, &first, &dollars(30)).await;
    let value = dollars(31);
    let unguarded = [
        service.put(PATH, &value),
        service.put(PATH, &value).header(IF_NONE_MATCH, "\"x\""),
        service.put(&format!("{PATH}?etag={}", opaque(&current.etag())), &value),
    ];
    for request in unguarded {
        let refused = answer(request).await;
        let problem = assert_problem(&refused, 428, "precondition-required");
        assert!(problem["detail"].as_str().unwrap().contains("`If-Match`"), "{problem}");
        assert_eq!(refused.header("cache-control"), "no-store");
    }
    let product = service.get("/products").await.etag();
    let weak = format!("W/{}", current.etag());
    let failing = [
        (IF_MATCH, first.etag(), "stale"),
        (IF_MATCH, product, "stale"),
        (IF_MATCH, format!("{}, \"x\"", first.etag()), "stale"),
        (IF_MATCH, weak, "altered"),
        (IF_NONE_MATCH, "*".to_owned(), "exists"),
        (IF_NONE_MATCH, current.etag(), "exists"),
        (IF_UNMODIFIED_SINCE, LONG_AGO.to_owned(), "stale"),
    ];
    for (name, condition, reason) in failing {
        let refused = answer(service.put(PATH, &value).header(name, &condition)).await;
        let problem = assert_problem(&refused, 412, "precondition-failed");
        assert_eq!((refused.etag(), &problem["reason"]), (current.etag(), &json!(reason)), "{condition}");
    }
    for tags in ["", "xyzzy", opaque(&current.etag()), &format!("{}, *", current.etag())] {
        let refused = answer(service.put(PATH, &value).header(IF_MATCH, tags)).await;
        assert_problem(&refused, 400, "malformed-precondition");
    }
    assert_eq!(service.get(PATH).await.representation(), current.representation());
}

/// Checklist 20.
#[tokio::test]
async fn a_put_that_changes_nothing_keeps_tag_and_date() {
    let service = Service::start();
    let first = service.get(PATH).await;
    let current = replace(&service, &first, &dollars(30)).await;
    let mut other_date = current.json();
    other_date["changed"] = json!("2001-01-01T00:00:00Z");
    for value in [dollars(30), current.json(), other_date] {
        for tags in [&current.etag(), "*"] {
            let written = answer(service.put(PATH, &value).header(IF_MATCH, tags)).await;
            assert_eq!((written.status, written.representation()), (200, current.representation()));
            assert_eq!(service.get(PATH).await.representation(), current.representation());
        }
    }
    let back = replace(&service, &current, &first.json()).await;
    assert_written(&service, PATH, &back, 200).await;
    assert_ne!(back.etag(), first.etag(), "the date has moved, and so has the tag");
}

/// Checklist 25, 56, 60, 64, 68.
#[tokio::test]
async fn their_date_counts_once_its_second_is_over() {
    let service = Service::start();
    let current = service.get(PATH).await;
    let date = current.header("last-modified").to_owned();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    tokio::time::sleep(Duration::from_nanos(u64::from(1_000_000_000 - since.subsec_nanos()))).await;

    let not_modified = assert_head_is_get(&service, PATH, &[(IF_MODIFIED_SINCE, &date)]).await;
    assert_eq!((not_modified.status, not_modified.etag()), (304, current.etag()));
    assert_eq!(assert_head_is_get(&service, PATH, &[(IF_MODIFIED_SINCE, LONG_AGO)]).await.status, 200);
    let tags_go_first = [(IF_MODIFIED_SINCE, &*date), (IF_NONE_MATCH, "\"x\"")];
    assert_eq!(assert_head_is_get(&service, PATH, &tags_go_first).await.status, 200);
    let put = service.put(PATH, &dollars(32)).header(IF_UNMODIFIED_SINCE, &date);
    assert_written(&service, PATH, &answer(put).await, 200).await;
}

#[tokio::test]
async fn a_restart_keeps_them() {
    let (folder, database) = sqlite_file();
    let mut service = on(folder, &database);
    let mut current = service.get(PATH).await;
    for days in [30, 31] {
        let Service { registry, _folder: folder, .. } = service;
        registry.kill();
        service = on(folder, &database);
        assert_eq!(service.get(PATH).await.representation(), current.representation());
        current = replace(&service, &current, &dollars(days)).await;
        assert_written(&service, PATH, &current, 200).await;
    }
}

#[tokio::test]
async fn processes_that_begin_at_once_on_one_file_have_the_same_ones() {
    let (folder, database) = sqlite_file();
    let starting = [(); 3].map(|()| {
        let database = database.clone();
        thread::spawn(move || Registry::start(&database))
    });
    let registries = starting.map(|starting| starting.join().unwrap());
    let [one, others @ ..] = &registries;
    let shown = answer(client().get(one.url(PATH))).await;
    assert_eq!(shown.status, 200);
    for other in others {
        let found = answer(client().get(other.url(PATH))).await;
        assert_eq!(found.representation(), shown.representation());
    }
    drop((registries, folder));
}

#[tokio::test]
async fn two_processes_on_one_file_agree() {
    let (folder, database) = sqlite_file();
    let one = on(folder, &database);
    let other = on(tempfile::tempdir().unwrap(), &database);
    let mut current = one.get(PATH).await;
    for (days, [writer, reader]) in [(30, [&one, &other]), (31, [&other, &one]), (32, [&one, &other])] {
        assert_eq!(reader.get(PATH).await.representation(), current.representation());
        let before = current;
        current = replace(writer, &before, &dollars(days)).await;
        assert_written(reader, PATH, &current, 200).await;
        let had = assert_head_is_get(reader, PATH, &[(IF_NONE_MATCH, &current.etag())]).await;
        assert_eq!(had.status, 304);
        let stale = replace(reader, &before, &dollars(99)).await;
        assert_problem(&stale, 412, "precondition-failed");
        assert_eq!(stale.etag(), current.etag());
    }
}

/// Adds one to the interval so many times, again where somebody else was faster.
async fn add_days(service: &Service, days: usize) {
    for _ in 0..days {
        loop {
            let shown = service.get(PATH).await;
            let mut value = shown.json();
            value["inspectionIntervalDays"] = json!(value["inspectionIntervalDays"].as_u64().unwrap() + 1);
            let written = replace(service, &shown, &value).await;
            match written.status {
                200 => break,
                status => assert_eq!(status, 412),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_of_two_processes_is_lost() {
    let (folder, database) = sqlite_file();
    let one = on(folder, &database);
    let other = on(tempfile::tempdir().unwrap(), &database);
    join_all([&one, &other].into_iter().cycle().take(8).map(|service| add_days(service, 5))).await;
    let shown = one.get(PATH).await;
    assert_eq!(shown.json()["inspectionIntervalDays"], 365 + 8 * 5);
    assert_eq!(other.get(PATH).await.representation(), shown.representation());
}

#[tokio::test]
async fn bad_input_is_named_and_changes_nothing() {
    let service = Service::start();
    let current = service.get(PATH).await;
    let put = |body: &[u8]| {
        let put = service.request(Method::PUT, PATH).header(CONTENT_TYPE, "application/json");
        put.header(IF_MATCH, current.etag()).body(body.to_vec())
    };
    let cases = [
        ("[]", ""),
        ("7", ""),
        ("null", ""),
        (r#"["USD",30,"2026-01-01T00:00:00Z"]"#, ""),
        ("{}", "currency"),
        (r#"{"currency":"USD"}"#, "inspectionIntervalDays"),
        (r#"{"inspectionIntervalDays":30}"#, "currency"),
        (r#"{"currency":7,"inspectionIntervalDays":30}"#, "currency"),
        (r#"{"currency":null,"inspectionIntervalDays":30}"#, "currency"),
        (r#"{"currency":"USD","inspectionIntervalDays":"30"}"#, "inspectionIntervalDays"),
        (r#"{"currency":"USD","inspectionIntervalDays":-1}"#, "inspectionIntervalDays"),
        (r#"{"currency":"USD","inspectionIntervalDays":1.5}"#, "inspectionIntervalDays"),
        (r#"{"currency":"USD","inspectionIntervalDays":4294967296}"#, "inspectionIntervalDays"),
        (r#"{"currency":"USD","inspectionIntervalDays":null}"#, "inspectionIntervalDays"),
        (r#"{"currency":"USD","inspection_interval_days":30}"#, "inspection_interval_days"),
        (r#"{"currency":"USD","inspectionIntervalDays":30,"colour":"red"}"#, "colour"),
        (r#"{"currency":"USD","inspectionIntervalDays":30,"id":1}"#, "id"),
        (r#"{"currency":"USD","inspectionIntervalDays":30,"etag":"\"x\""}"#, "etag"),
        (r#"{"currency":"USD","inspectionIntervalDays":30,"currency":"USD"}"#, "currency"),
        (r#"{"currency":"USD","inspectionIntervalDays":30,"changed":1,"changed":1}"#, "changed"),
    ];
    for (body, named) in cases {
        let refused = answer(put(body.as_bytes())).await;
        let problem = assert_problem(&refused, 422, "invalid-member");
        assert_eq!(problem["member"], named, "{body}: {problem}");
    }
    for body in [&b""[..], b"{", b"{\"currency\":\"\xff\",\"inspectionIntervalDays\":1}"] {
        assert_problem(&answer(put(body)).await, 400, "malformed-request");
    }
    let text = service.request(Method::PUT, PATH).header(IF_MATCH, "\"x\"").body("{}");
    assert_problem(&answer(text).await, 415, "unsupported-media-type");
    assert_eq!(service.get(PATH).await.representation(), current.representation());
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_not_taken_for_absent() {
    let (folder, database) = sqlite_file();
    let service = on(folder, &database);
    let current = replace(&service, &service.get(PATH).await, &dollars(30)).await;
    let pool = SqlitePool::connect(&database).await.unwrap();
    let broken = "UPDATE etag_rows SET document = x'00' WHERE collection = 'settings'";
    assert_eq!(sqlx::query(broken).execute(&pool).await.unwrap().rows_affected(), 1);
    pool.close().await;
    let Service { registry, _folder: folder, .. } = service;
    registry.kill();

    let service = on(folder, &database);
    let failed = assert_head_is_get(&service, PATH, &[]).await;
    assert_problem(&failed, 500, "internal-error");
    assert!(!failed.has("etag") && !failed.has("last-modified"));
    let had = assert_head_is_get(&service, PATH, &[(IF_NONE_MATCH, &current.etag())]).await;
    assert_eq!((had.status, had.etag()), (304, current.etag()), "a 304 needs no document");
    let stale = answer(service.put(PATH, &dollars(31)).header(IF_MATCH, "\"x\"")).await;
    assert_problem(&stale, 412, "precondition-failed");
    let mended = replace(&service, &current, &dollars(31)).await;
    assert_written(&service, PATH, &mended, 200).await;
}
