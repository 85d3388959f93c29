//! Assets: reading, creating, deleting and retiring them.

use std::time::{Duration, SystemTime};

use etag_core::Timestamp;
use http::Method;
use http::header::{
    CONTENT_LOCATION, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LOCATION,
};
use serde_json::json;

use crate::products::sha_256_tag;
use crate::{ABSENT, EVERYTHING, Service, answer, assert_problem, assert_written, opaque};

/// A date before anything was written.
const LONG_AGO: &str = "Thu, 01 Jan 2015 00:00:00 GMT";

/// Checklist 1, 22, 23, 26, 89.
#[tokio::test]
async fn an_asset_is_shown_with_its_tag_its_date_and_all_its_members() {
    let service = Service::start();
    let path = service.new_asset().await.header("location").to_owned();
    let shown = service.get(&path).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.header("content-type"), "application/json");
    assert_eq!(shown.header("cache-control"), "private, no-cache");

    let asset = shown.json();
    let members: Vec<&String> = asset.as_object().unwrap().keys().collect();
    let expected = [
        "etag",
        "id",
        "location",
        "name",
        "productId",
        "serialNumber",
        "status",
        "tags",
        "value",
        "versionDate",
    ];
    assert_eq!(members, expected);
    assert_eq!(asset["etag"], shown.header("etag"), "the body has the header's value, quotes included");
    let without_tag = String::from_utf8(shown.body.clone()).unwrap();
    let without_tag = without_tag.replace(&format!(r#""etag":"\"{}\"","#, opaque(&shown.etag())), "");
    assert_eq!(shown.etag(), sha_256_tag(without_tag.as_bytes()), "the tag is the hash of all but itself");

    let (version_date, last_modified) =
        (asset["versionDate"].as_str().unwrap(), shown.header("last-modified"));
    assert!(last_modified.contains(&version_date[..4]), "{last_modified} is the day of {version_date}");
    assert!(last_modified.ends_with(&format!("{} GMT", &version_date[11..19])), "{last_modified}");
}

/// The paths of everything that can be read, and of what is not there.
async fn paths(service: &Service) -> Vec<String> {
    let asset = service.new_asset().await;
    let path = asset.header("location");
    let product = format!("/products/{}", asset.json()["productId"].as_str().unwrap());
    let views = ["include", "expand"].map(|view| format!("{path}?{view}=product"));
    let fixed = [path, &product, "/assets", "/products", ABSENT, "/nowhere"].map(str::to_owned);
    views.into_iter().chain(fixed).collect()
}

/// Asserts that a HEAD is answered as the same GET is, but for the body; says whether that had one.
async fn assert_head_is_get(service: &Service, path: &str, if_none_match: &str) -> bool {
    let ask = |method: &str| {
        let headers = format!("Host: registry\r\nIf-None-Match: {if_none_match}\r\nConnection: close");
        format!("{method} {path} HTTP/1.1\r\n{headers}\r\n\r\n").into_bytes()
    };
    let (shown, body) = service.exchange(&ask("GET")).await;
    let (head, nothing) = service.exchange(&ask("HEAD")).await;
    let without_date = |head: &str| {
        head.lines().filter(|line| !line.starts_with("date:")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_date(&head), without_date(&shown), "{path}");
    assert_eq!(nothing, b"", "{path}");
    !body.is_empty()
}

/// Checklist 77.
#[tokio::test]
async fn a_head_has_the_headers_of_a_get_and_no_body() {
    let service = Service::start();
    for path in paths(&service).await {
        assert!(assert_head_is_get(&service, &path, "\"other\"").await, "{path}");
    }
}

/// Checklist 74, 75, 77.
#[tokio::test]
async fn a_head_that_is_304_has_the_headers_of_a_get_that_is_304() {
    let service = Service::start();
    for path in paths(&service).await {
        let is_absent = [ABSENT, "/nowhere"].contains(&path.as_str());
        assert_eq!(assert_head_is_get(&service, &path, "*").await, is_absent, "{path}");
    }
}

/// Checklist 6, 7, 8, 30, 32, 50, 51, 52, 55, 74, 75.
#[tokio::test]
async fn a_client_that_names_the_tag_in_any_form_is_answered_304() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let (path, tag) = (asset.header("location"), asset.etag());
    let shown = service.get(path).await;
    let forms: [&[String]; 7] = [
        std::slice::from_ref(&tag),
        &[format!("W/{tag}")],
        &[format!("\"a,b\", W/\"c\" ,{tag}")],
        &[format!("\"one\", {tag}, \"two\"")],
        &["\"one\"".to_owned(), tag.clone()],
        &[format!(",, {tag} ,")],
        &["*".to_owned()],
    ];
    for lines in forms {
        for method in [Method::GET, Method::HEAD] {
            let mut request = service.request(method, path);
            for line in lines {
                request = request.header(IF_NONE_MATCH, line);
            }
            let not_modified = answer(request).await;
            assert_eq!((not_modified.status, not_modified.etag()), (304, tag.clone()), "{lines:?}");
            assert_eq!(not_modified.header("cache-control"), shown.header("cache-control"));
            assert!(not_modified.has("date") && !not_modified.has("content-type"), "{lines:?}");
            assert_eq!(not_modified.body, b"");
        }
    }
}

/// Checklist 2, 9, 10, 12, 51, 56, 57.
#[tokio::test]
async fn a_client_that_does_not_name_the_tag_is_sent_the_asset() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let (path, tag) = (asset.header("location"), asset.etag());
    let shown = service.get(path).await;
    let other_case = tag.to_ascii_uppercase();
    assert_ne!(tag, other_case);
    let longer = format!("\"{}.x\"", opaque(&tag));
    let wildcard_and_more = format!("*, {tag}");
    let unquoted_beside = format!("{tag}, xyzzy");
    let small_w = format!("w/{tag}");
    let others = [
        "\"other\"",
        "\"*\"",
        "\"\"",
        opaque(&tag),
        &other_case,
        &longer,
        &small_w,
        &wildcard_and_more,
        &unquoted_beside,
    ];
    for line in others {
        let request = service.request(Method::GET, path).header(IF_NONE_MATCH, line);
        let sent = answer(request.header(IF_MODIFIED_SINCE, shown.header("last-modified"))).await;
        assert_eq!((sent.status, sent.representation()), (200, shown.representation()), "{line}");
    }
    for line in ["yesterday", LONG_AGO] {
        let sent = answer(service.request(Method::GET, path).header(IF_MODIFIED_SINCE, line)).await;
        assert_eq!((sent.status, sent.representation()), (200, shown.representation()), "{line}");
    }
}

/// Checklist 41, 48, 67.
#[tokio::test]
async fn a_read_may_require_a_state() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let (path, tag) = (asset.header("location"), asset.etag());
    let get = |if_match: &str| service.request(Method::GET, path).header(IF_MATCH, if_match);
    assert_eq!(answer(get(&tag)).await.status, 200);
    assert_eq!(answer(get("*")).await.status, 200);
    assert_eq!(answer(get(&tag).header(IF_NONE_MATCH, &tag)).await.status, 304);
    let failed = answer(get("\"other\"").header(IF_NONE_MATCH, &tag)).await;
    assert_problem(&failed, 412, "precondition-failed");
    assert_eq!(failed.etag(), tag);
    assert_problem(&answer(get("xyzzy")).await, 400, "malformed-precondition");
    let absent = answer(service.request(Method::GET, ABSENT).header(IF_MATCH, &tag)).await;
    assert_problem(&absent, 404, "not-found");
}

/// The view with a product is as old as its asset. Checklist 56, 60, 61, 64, 68.
#[tokio::test]
async fn a_date_counts_once_its_second_is_over() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let path = asset.header("location").to_owned();
    let date = asset.header("last-modified").to_owned();
    let view = format!("{path}?include=product");
    wait_for_the_next_second().await;
    rename_product(&service, asset.json()["productId"].as_str().unwrap()).await;

    for path in [&path, &view] {
        let shown = service.get(path).await;
        assert_eq!(shown.header("last-modified"), date);
        let since = |date: &str| service.request(Method::GET, path).header(IF_MODIFIED_SINCE, date);
        let not_modified = answer(since(&date)).await;
        assert_eq!((not_modified.status, not_modified.etag()), (304, shown.etag()), "{path}");
        assert_eq!(answer(since(LONG_AGO)).await.status, 200, "{path}");
        let tags_go_first = answer(since(&date).header(IF_NONE_MATCH, "\"other\"")).await;
        assert_eq!(tags_go_first.status, 200, "{path}");
        let tags_go_first = answer(since(LONG_AGO).header(IF_NONE_MATCH, shown.etag())).await;
        assert_eq!(tags_go_first.status, 304, "{path}");
    }

    let retire = |date: &str| {
        service.request(Method::POST, &format!("{path}/retire")).header(IF_UNMODIFIED_SINCE, date)
    };
    assert_problem(&answer(retire(LONG_AGO)).await, 412, "precondition-failed");
    assert_eq!(answer(retire(&date)).await.status, 200);
}

async fn wait_for_the_next_second() {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    tokio::time::sleep(Duration::from_nanos(u64::from(1_000_000_000 - since.subsec_nanos()))).await;
}

/// Renames a product, as its maker might.
pub async fn rename_product(service: &Service, id: &str) {
    let path = format!("/products/{id}");
    let shown = service.get(&path).await;
    let mut product = shown.json();
    product["name"] = format!("{}, Mk II", product["name"].as_str().unwrap()).into();
    let written = answer(service.put(&path, &product).header(IF_MATCH, shown.etag())).await;
    assert_written(service, &path, &written, 200).await;
}

/// Checklist 80, 81, 83.
#[tokio::test]
async fn a_new_asset_gets_an_id_a_date_a_tag_and_a_location() {
    let service = Service::start();
    let draft = service.draft().await;
    let before = Timestamp::now();
    let created = answer(service.request(Method::POST, "/assets").json(&draft)).await;
    let after = Timestamp::now();

    let path = created.headers[LOCATION].to_str().unwrap();
    assert_eq!(created.headers[CONTENT_LOCATION], path);
    assert_written(&service, path, &created, 201).await;
    let asset = created.json();
    assert_eq!(path, format!("/assets/{}", asset["id"].as_str().unwrap()));
    assert_eq!(asset["etag"], created.header("etag"));
    let date: Timestamp = asset["versionDate"].as_str().unwrap().parse().unwrap();
    assert!(before <= date && date <= after, "{date}");
    for (member, value) in draft.as_object().unwrap() {
        assert_eq!(asset[member], *value);
    }
    let listed = service.get(EVERYTHING).await.json();
    assert!(listed.as_array().unwrap().contains(&asset));
}

#[tokio::test]
async fn a_copy_of_an_asset_becomes_a_new_one() {
    let service = Service::start();
    let first = service.new_asset().await;
    let mut sent = first.json();
    sent["versionDate"] = json!("2001-01-01T00:00:00Z");
    let second = answer(service.request(Method::POST, "/assets").json(&sent)).await;
    assert_written(&service, second.header("location"), &second, 201).await;
    let (first, second) = (first.json(), second.json());
    for member in ["id", "versionDate", "etag"] {
        assert!(second[member] != first[member] && second[member] != sent[member], "{member}: {second}");
    }
    assert_eq!(second["name"], first["name"]);
}

/// Checklist 14, 36, 82, 85.
#[tokio::test]
async fn a_deleted_asset_is_gone() {
    let service = Service::start();
    let before = service.get(EVERYTHING).await;
    let asset = service.new_asset().await;
    let (path, tag) = (asset.header("location"), asset.etag());
    let delete = || service.request(Method::DELETE, path).header(IF_MATCH, &tag);
    let deleted = answer(delete()).await;
    assert_eq!((deleted.status, &*deleted.body), (204, &b""[..]));
    assert!(!deleted.has("etag") && !deleted.has("last-modified"));

    assert_problem(&service.get(path).await, 404, "not-found");
    let conditional = service.request(Method::GET, path).header(IF_NONE_MATCH, &tag);
    assert_problem(&answer(conditional).await, 404, "not-found");
    assert_problem(&answer(delete()).await, 404, "not-found");
    let retire = service.request(Method::POST, &format!("{path}/retire")).header(IF_MATCH, &tag);
    assert_problem(&answer(retire).await, 404, "not-found");
    let patch = service.patch(path, &json!({"name": "back"})).header(IF_MATCH, &tag);
    assert_problem(&answer(patch).await, 404, "not-found");
    assert_eq!(service.get(EVERYTHING).await.representation(), before.representation());
}

#[tokio::test]
async fn a_delete_takes_its_tag_from_the_query_string_or_any_state_that_exists() {
    let service = Service::start();
    let (first, second) = (service.new_asset().await, service.new_asset().await);
    let by_query = format!("{}?etag={}", first.header("location"), opaque(&first.etag()));
    assert_eq!(answer(service.request(Method::DELETE, &by_query)).await.status, 204);
    let by_wildcard = service.request(Method::DELETE, second.header("location")).header(IF_MATCH, "*");
    assert_eq!(answer(by_wildcard).await.status, 204);
    for deleted in [first, second] {
        assert_eq!(service.get(deleted.header("location")).await.status, 404);
    }
}

#[tokio::test]
async fn a_retired_asset_is_shown_where_it_is() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let (path, tag) = (asset.header("location"), asset.etag());
    let retire = format!("{path}/retire");
    let retired = answer(service.request(Method::POST, &retire).header(IF_MATCH, &tag)).await;
    assert_written(&service, path, &retired, 200).await;
    assert_ne!(retired.etag(), tag);
    let mut expected = asset.json();
    expected["status"] = json!("retired");
    for member in ["etag", "versionDate"] {
        assert_ne!(retired.json()[member], expected[member]);
        expected[member] = retired.json()[member].clone();
    }
    assert_eq!(retired.json(), expected, "nothing else has changed");

    let again = answer(service.request(Method::POST, &retire).header(IF_MATCH, retired.etag())).await;
    assert_eq!(again.representation(), retired.representation(), "it was retired already");
}
