//! PUT and PATCH of an asset, and the guard that all writes share.

use http::Method;
use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{ABSENT, Answer, EVERYTHING, Service, answer, assert_problem, assert_written, opaque};

/// An asset as a client edits it: a name that it did not have, and no tag in the body.
fn renamed(asset: &Answer, name: &str) -> Value {
    let mut value = asset.json();
    value["name"] = name.into();
    value.as_object_mut().unwrap().remove("etag");
    value
}

/// Each way to change an asset, without a condition yet.
fn changes(service: &Service, asset: &Answer, query: &str) -> Vec<RequestBuilder> {
    let path = asset.header("location");
    vec![
        service.put(&format!("{path}{query}"), &renamed(asset, "put")),
        service.patch(&format!("{path}{query}"), &json!({"name": "patched"})),
        service.request(Method::DELETE, &format!("{path}{query}")),
        service.request(Method::POST, &format!("{path}/retire{query}")),
    ]
}

/// Checklist 42, 43, 78, 80.
#[tokio::test]
async fn a_put_replaces_the_state_that_if_match_names() {
    let service = Service::start();
    let first = service.new_asset().await;
    let path = first.header("location");
    let mut value = renamed(&first, "renamed");
    value["location"] = Value::Null;
    value.as_object_mut().unwrap().remove("id");
    let written = answer(service.put(path, &value).header(IF_MATCH, first.etag())).await;
    assert_written(&service, path, &written, 200).await;
    assert_ne!(written.etag(), first.etag());
    let (before, after) = (first.json(), written.json());
    assert_eq!((&after["name"], &after["location"]), (&json!("renamed"), &Value::Null));
    assert_eq!((&after["id"], &after["etag"]), (&before["id"], &json!(written.etag())));
    assert!(after["versionDate"].as_str() > before["versionDate"].as_str(), "{before} {after}");

    let lists: [fn(String) -> Vec<String>; 3] = [
        |current| vec![format!("\"a,b\", {current}, \"c\"")],
        |current| vec!["\"a\"".to_owned(), current],
        |_| vec!["*".to_owned()],
    ];
    let mut current = written;
    for (number, list) in lists.into_iter().enumerate() {
        let name = format!("list {number}");
        let mut request = service.put(path, &renamed(&current, &name));
        for line in list(current.etag()) {
            request = request.header(IF_MATCH, line);
        }
        current = answer(request).await;
        assert_written(&service, path, &current, 200).await;
        assert_eq!(current.json()["name"], name);
    }
}

/// Checklist 31, 44, 49.
#[tokio::test]
async fn a_write_that_names_another_state_is_412_with_the_current_tag() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let retire = service.request(Method::POST, &format!("{}/retire", asset.header("location")));
    let current = answer(retire.header(IF_MATCH, asset.etag())).await;
    let before = service.get(EVERYTHING).await;
    let stale = [
        asset.etag(),
        format!("{}, \"other\"", asset.etag()),
        format!("W/{}", current.etag()),
        format!("\"{}-gzip\"", opaque(&current.etag())),
        format!("\"{}\"", opaque(&current.etag()).to_ascii_lowercase()),
        "\"\"".to_owned(),
        "\"*\"".to_owned(),
    ];
    for tag in stale {
        for change in changes(&service, &asset, "") {
            let refused = answer(change.header(IF_MATCH, &tag)).await;
            let problem = assert_problem(&refused, 412, "precondition-failed");
            assert_eq!((refused.etag(), &problem["etag"]), (current.etag(), &json!(current.etag())), "{tag}");
        }
    }
    let stale = format!("?etag={}", opaque(&asset.etag()));
    for change in changes(&service, &asset, &stale) {
        let refused = answer(change).await;
        assert_problem(&refused, 412, "precondition-failed");
        assert_eq!(refused.etag(), current.etag());
    }
    assert_eq!(service.get(EVERYTHING).await.representation(), before.representation());
}

/// Checklist 94, 95.
#[tokio::test]
async fn a_write_that_names_no_state_is_428_that_says_how_to_resubmit() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let before = service.get(EVERYTHING).await;
    for change in changes(&service, &asset, "") {
        let refused = answer(change).await;
        let problem = assert_problem(&refused, 428, "precondition-required");
        assert_eq!(refused.header("cache-control"), "no-store");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("`If-Match`") && detail.contains("`?etag=`"), "{detail}");
    }
    let mut with_null = renamed(&asset, "renamed");
    with_null["etag"] = Value::Null;
    let refused = answer(service.put(asset.header("location"), &with_null)).await;
    assert_problem(&refused, 428, "precondition-required");
    assert_eq!(service.get(EVERYTHING).await.representation(), before.representation());
}

#[tokio::test]
async fn a_put_takes_its_tag_from_the_query_string() {
    let service = Service::start();
    let mut current = service.new_asset().await;
    let path = current.header("location").to_owned();
    for (name, quote) in [("bare", ""), ("quoted", "%22")] {
        let url = format!("{path}?etag={quote}{}{quote}", opaque(&current.etag()));
        current = answer(service.put(&url, &renamed(&current, name))).await;
        assert_written(&service, &path, &current, 200).await;
    }
    let every_octet_encoded: String =
        current.etag().bytes().map(|octet| format!("%{octet:02x}")).collect::<Vec<_>>().concat();
    let url = format!("{path}?other=1&etag={every_octet_encoded}");
    let written = answer(service.put(&url, &renamed(&current, "encoded"))).await;
    assert_written(&service, &path, &written, 200).await;

    let url = format!("{path}?etag={}", opaque(&written.etag()));
    let in_both_places = service.put(&url, &renamed(&written, "both")).header(IF_MATCH, written.etag());
    assert_written(&service, &path, &answer(in_both_places).await, 200).await;
}

#[tokio::test]
async fn what_a_get_showed_can_be_edited_and_put_back_once() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let path = asset.header("location");
    let mut edited = service.get(path).await.json();
    edited["value"] = json!(99.25);
    let written = answer(service.put(path, &edited)).await;
    assert_written(&service, path, &written, 200).await;
    assert_eq!(written.json()["value"], 99.25);

    edited["value"] = json!(100);
    let refused = answer(service.put(path, &edited)).await;
    assert_problem(&refused, 412, "precondition-failed");
    assert_eq!(refused.etag(), written.etag());
    assert_eq!(service.get(path).await.representation(), written.representation());

    edited["etag"] = json!(opaque(&written.etag()));
    let without_quotes = answer(service.put(path, &edited)).await;
    assert_written(&service, path, &without_quotes, 200).await;
}

/// Checklist 53, 80.
#[tokio::test]
async fn a_put_creates_what_never_was_whatever_state_it_names() {
    let service = Service::start();
    let draft = service.draft().await;
    let another = service.new_asset().await.etag();
    let path = |last: u8| format!("/assets/00000000-0000-4000-8000-0000000000{last:02}");
    let mut with_tag = draft.clone();
    with_tag["etag"] = json!(another);
    let puts = [
        (path(1), service.put(&path(1), &draft)),
        (path(2), service.put(&path(2), &draft).header(IF_MATCH, &another)),
        (path(3), service.put(&path(3), &draft).header(IF_MATCH, format!("{another}, \"x\""))),
        (path(4), service.put(&path(4), &draft).header(IF_MATCH, "*")),
        (path(5), service.put(&format!("{}?etag={}", path(5), opaque(&another)), &draft)),
        (path(6), service.put(&path(6), &with_tag)),
        (path(7), service.put(&path(7), &draft).header(IF_NONE_MATCH, "*")),
        (path(8), service.put(&path(8), &draft).header(IF_MATCH, "\"x\"")),
    ];
    for (path, put) in puts {
        let created = answer(put).await;
        assert_eq!(created.status, 201, "{path}");
        assert_eq!(created.header("location"), path);
        assert_written(&service, &path, &created, 201).await;
        assert_eq!(created.json()["id"], path["/assets/".len()..]);
        let again = answer(service.put(&path, &draft)).await;
        assert_problem(&again, 428, "precondition-required");
    }
}

/// Checklist 14, 36, 44.
#[tokio::test]
async fn a_put_that_names_a_state_never_revives_what_was_deleted() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let (path, tag) = (asset.header("location"), asset.etag());
    let value = renamed(&asset, "back again");
    let delete = service.request(Method::DELETE, path).header(IF_MATCH, &tag);
    assert_eq!(answer(delete).await.status, 204);
    for if_match in [&tag, "*", "\"other\"", &format!("{tag}, \"other\"")] {
        let refused = answer(service.put(path, &value).header(IF_MATCH, if_match)).await;
        assert_eq!(assert_problem(&refused, 412, "precondition-failed")["reason"], "absent");
        assert!(!refused.has("etag"), "nothing is there that could have a tag");
        assert_eq!(service.get(path).await.status, 404, "{if_match}");
    }
    let by_query = answer(service.put(&format!("{path}?etag={}", opaque(&tag)), &value)).await;
    assert_problem(&by_query, 412, "precondition-failed");
    let by_body = answer(service.put(path, &asset.json())).await;
    assert_problem(&by_body, 412, "precondition-failed");

    let same_as_before = renamed(&asset, asset.json()["name"].as_str().unwrap());
    let created = answer(service.put(path, &same_as_before)).await;
    assert_written(&service, path, &created, 201).await;
    assert_ne!(created.etag(), tag, "a tag is never used twice");
    let stale = answer(service.put(path, &value).header(IF_MATCH, &tag)).await;
    assert_problem(&stale, 412, "precondition-failed");
}

/// Checklist 52, 53, 54.
#[tokio::test]
async fn a_put_with_if_none_match_only_creates() {
    let service = Service::start();
    let draft = service.draft().await;
    let put = || service.put(ABSENT, &draft).header(IF_NONE_MATCH, "*");
    let created = answer(put()).await;
    assert_written(&service, ABSENT, &created, 201).await;

    let refused = answer(put()).await;
    let problem = assert_problem(&refused, 412, "precondition-failed");
    assert_eq!((refused.etag(), &problem["reason"]), (created.etag(), &json!("exists")));
    let both = answer(put().header(IF_MATCH, created.etag())).await;
    assert_problem(&both, 412, "precondition-failed");
    assert_eq!(service.get(ABSENT).await.representation(), created.representation());

    let delete = service.request(Method::DELETE, ABSENT).header(IF_MATCH, created.etag());
    assert_eq!(answer(delete).await.status, 204);
    assert_written(&service, ABSENT, &answer(put()).await, 201).await;
}

/// Checklist 20.
#[tokio::test]
async fn a_write_that_changes_nothing_keeps_tag_and_date() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let path = asset.header("location");
    let tag = asset.etag();
    let mut other_date = renamed(&asset, asset.json()["name"].as_str().unwrap());
    other_date["versionDate"] = json!("2001-01-01T00:00:00Z");
    let name = &asset.json()["name"];
    let writes = [
        service.put(path, &other_date).header(IF_MATCH, &tag),
        service.put(path, &other_date).header(IF_MATCH, "*"),
        service.put(path, &asset.json()),
        service.patch(path, &json!({})).header(IF_MATCH, &tag),
        service
            .patch(path, &json!({"name": name, "versionDate": "2001-01-01T00:00:00Z"}))
            .header(IF_MATCH, "*"),
        service.patch(path, &json!({"etag": tag, "location": {"latitude": 53.25}})),
    ];
    for write in writes {
        let written = answer(write).await;
        assert_eq!(written.status, 200);
        assert_eq!(written.representation(), asset.representation());
        assert_eq!(service.get(path).await.representation(), asset.representation());
    }
}

/// Checklist 97, 104.
#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let service = Service::start();
    let mut current = service.new_asset().await;
    let path = current.header("location").to_owned();
    let both = json!({"latitude": 10.5, "longitude": -1.5});
    let steps = [
        (json!({"name": "renamed", "value": 0.1}), json!({"name": "renamed", "value": 0.1})),
        (json!({"location": {"latitude": 10.5}}), json!({"location": both})),
        (json!({"location": null}), json!({"location": null})),
        (json!({"location": both}), json!({"location": both})),
        (json!({"tags": ["one"]}), json!({"tags": ["one"]})),
        (json!({"versionDate": "2001-01-01T00:00:00Z", "tags": []}), json!({"tags": []})),
        (json!({"versionDate": null, "status": "maintenance"}), json!({"status": "maintenance"})),
        (json!({"id": current.json()["id"], "name": "n"}), json!({"name": "n"})),
    ];
    for (patch, members) in steps {
        let patched = answer(service.patch(&path, &patch).header(IF_MATCH, current.etag())).await;
        assert_written(&service, &path, &patched, 200).await;
        let (mut expected, found) = (current.json(), patched.json());
        for (member, value) in members.as_object().unwrap() {
            expected[member] = value.clone();
        }
        assert!(found["versionDate"].as_str() > expected["versionDate"].as_str(), "{patch}");
        expected["versionDate"] = found["versionDate"].clone();
        expected["etag"] = patched.etag().into();
        assert_eq!(found, expected, "{patch}");
        current = patched;
    }
}

#[tokio::test]
async fn a_patch_takes_its_tag_from_its_body_its_query_string_or_what_exists() {
    let service = Service::start();
    let first = service.new_asset().await;
    let path = first.header("location");
    let second = answer(service.patch(path, &json!({"name": "body", "etag": first.etag()}))).await;
    assert_written(&service, path, &second, 200).await;
    let stale = answer(service.patch(path, &json!({"name": "stale", "etag": first.etag()}))).await;
    assert_problem(&stale, 412, "precondition-failed");
    let url = format!("{path}?etag={}", opaque(&second.etag()));
    assert_written(&service, path, &answer(service.patch(&url, &json!({"name": "query"}))).await, 200).await;
    let wildcard = service.patch(path, &json!({"name": "any"})).header(IF_MATCH, "*");
    assert_written(&service, path, &answer(wildcard).await, 200).await;
    let absent = service.patch(ABSENT, &json!({"name": "none"})).header(IF_MATCH, "*");
    assert_problem(&answer(absent).await, 404, "not-found");
}

const JSON_PATCH: &str = "application/json-patch+json";

/// Checklist 97, 102, 103.
#[tokio::test]
async fn a_json_patch_does_all_that_it_says_or_nothing() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let path = asset.header("location");
    let send = |operations: &Value, tag: String| {
        let patch = service.request(Method::PATCH, path).header(CONTENT_TYPE, JSON_PATCH);
        answer(patch.header(IF_MATCH, tag).body(operations.to_string()))
    };
    let test = |value: Value| json!({"op": "test", "path": "/value", "value": value});
    let add = json!({"op": "add", "path": "/tags/-", "value": "urgent"});
    let moved = json!({"op": "move", "from": "/serialNumber", "path": "/name"});
    let serial = json!({"op": "add", "path": "/serialNumber", "value": "GR-2"});

    let failed = send(&json!([add, test(json!(1))]), asset.etag()).await;
    let problem = assert_problem(&failed, 409, "test-failed");
    assert_eq!((&problem["operation"], &problem["pointer"]), (&json!(1), &json!("/value")));
    let incomplete = send(&json!([add, moved]), asset.etag()).await;
    assert_eq!(assert_problem(&incomplete, 422, "invalid-member")["member"], "serialNumber");
    let elsewhere =
        json!([add, {"op": "replace", "path": "/id", "value": "00000000-0000-4000-8000-000000000002"}]);
    let problem = assert_problem(&send(&elsewhere, asset.etag()).await, 422, "invalid-member");
    assert_eq!((&problem["member"], &problem["operation"]), (&json!("id"), &json!(1)));
    assert_eq!(service.get(path).await.representation(), asset.representation());

    let operations = json!([test(json!(1250.5)), add, moved, serial]);
    let patched = send(&operations, asset.etag()).await;
    assert_written(&service, path, &patched, 200).await;
    let (found, tags) = (patched.json(), json!(["LOLER", "24/7", "urgent"]));
    assert_eq!(
        (&found["name"], &found["serialNumber"], &found["tags"]),
        (&json!("GR-1"), &json!("GR-2"), &tags)
    );
    assert_problem(&send(&operations, asset.etag()).await, 412, "precondition-failed");
    assert_problem(&send(&json!([test(json!(1))]), "*".to_owned()).await, 409, "test-failed");
}

/// Checklist 86, 108, 109.
#[tokio::test]
async fn a_stale_write_is_told_what_a_merge_needs() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let path = asset.header("location");
    let retire = service.request(Method::POST, &format!("{path}/retire")).header(IF_MATCH, asset.etag());
    assert_eq!(answer(retire).await.status, 200);
    let current = service.get(path).await;
    let operations = json!([{"op": "replace", "path": "/name", "value": "renamed"}]).to_string();
    for (request, changed) in [
        (service.put(path, &renamed(&asset, "renamed")), json!(["/name", "/status"])),
        (service.patch(path, &json!({"name": "renamed", "value": 1250.50})), json!(["/name"])),
        (
            service.request(Method::PATCH, path).header(CONTENT_TYPE, JSON_PATCH).body(operations),
            json!(["/name"]),
        ),
    ] {
        let request = request.header(IF_MATCH, asset.etag());
        let refused = answer(request.try_clone().unwrap()).await;
        let problem = assert_problem(&refused, 412, "precondition-failed");
        assert_eq!((&problem["changed"], problem.get("current")), (&changed, None));
        assert_eq!((refused.etag(), refused.header("vary")), (current.etag(), "Prefer"));
        let refused = answer(request.header("prefer", "return=representation")).await;
        let problem = assert_problem(&refused, 412, "precondition-failed");
        assert_eq!((&problem["changed"], &problem["current"]), (&changed, &current.json()));
        assert_eq!(refused.header("preference-applied"), "return=representation");
        assert_eq!(refused.etag(), current.etag());
    }
    assert_eq!(service.get(path).await.representation(), current.representation());
}

/// Checklist 99.
#[tokio::test]
async fn a_body_of_another_media_type_is_415() {
    let service = Service::start();
    let asset = service.new_asset().await;
    let path = asset.header("location");
    let before = service.get(EVERYTHING).await;
    let text = renamed(&asset, "other type").to_string();
    let send = |method: Method, path: &str, media_type: &str| {
        let request = service.request(method, path).header(IF_MATCH, asset.etag()).body(text.clone());
        if media_type.is_empty() { request } else { request.header(CONTENT_TYPE, media_type) }
    };
    let accepted = format!("{}, {JSON_PATCH}", crate::MERGE_PATCH);
    for media_type in ["", "application/json", &accepted, "text/plain", "merge-patch"] {
        let refused = answer(send(Method::PATCH, path, media_type)).await;
        assert_problem(&refused, 415, "unsupported-media-type");
        assert_eq!(refused.header("accept-patch"), accepted, "{media_type}");
    }
    for media_type in ["", crate::MERGE_PATCH, JSON_PATCH, "text/plain", "text/json"] {
        for (method, path) in [(Method::PUT, path), (Method::POST, "/assets")] {
            let refused = answer(send(method, path, media_type)).await;
            assert_problem(&refused, 415, "unsupported-media-type");
            assert!(!refused.has("accept-patch"), "{media_type}");
        }
    }
    let unguarded = service.request(Method::PATCH, path).header(CONTENT_TYPE, "text/plain").body("{}");
    assert_problem(&answer(unguarded).await, 415, "unsupported-media-type");
    assert_eq!(service.get(EVERYTHING).await.representation(), before.representation());

    let with_parameter = send(Method::PATCH, path, "Application/Merge-Patch+JSON; charset=utf-8");
    assert_written(&service, path, &answer(with_parameter).await, 200).await;
}
