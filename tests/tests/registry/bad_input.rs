//! Bad input: a problem says what is wrong, and nothing changes.

use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderName, Method};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{
    ABSENT, Answer, EVERYTHING, MERGE_PATCH, Service, answer, assert_problem, assert_written, opaque,
};

/// A registry with an asset, and all that it showed before the bad input.
struct Untouched {
    service: Service,
    path: String,
    tag: String,
    asset: Answer,
    everything: Answer,
}

impl Untouched {
    async fn new() -> Self {
        let service = Service::start();
        let path = service.new_asset().await.header("location").to_owned();
        let asset = service.get(&path).await;
        let everything = service.get(EVERYTHING).await;
        Self { tag: asset.etag(), service, path, asset, everything }
    }

    /// Asserts that a request is refused, and that the problem names what is at fault: in `member`, or in
    /// its detail.
    async fn assert_refused(&self, request: RequestBuilder, status: u16, kind: &str, named: &str) {
        let refused = answer(request).await;
        let problem = assert_problem(&refused, status, kind);
        match status {
            422 => assert_eq!(problem["member"], named, "{problem}"),
            _ => assert!(problem["detail"].as_str().unwrap().contains(named), "{named}: {problem}"),
        }
        assert_eq!(self.service.get(&self.path).await.representation(), self.asset.representation());
    }

    /// Asserts that no asset is there that was not, and that each is as it was.
    async fn assert_nothing_changed(&self) {
        let everything = self.service.get(EVERYTHING).await;
        assert_eq!(everything.representation(), self.everything.representation());
    }

    /// A guarded PUT of the asset, and a POST, with a body as it is.
    fn whole(&self, body: impl AsRef<[u8]>) -> [RequestBuilder; 2] {
        [(Method::PUT, self.path.as_str()), (Method::POST, "/assets")].map(|(method, path)| {
            let request = self.service.request(method.clone(), path).header(CONTENT_TYPE, "application/json");
            let request = request.body(body.as_ref().to_vec());
            if method == Method::PUT { request.header(IF_MATCH, &self.tag) } else { request }
        })
    }

    /// A guarded PATCH of the asset with a body as it is.
    fn patch(&self, body: impl AsRef<[u8]>) -> RequestBuilder {
        let patch = self.service.request(Method::PATCH, &self.path).header(CONTENT_TYPE, MERGE_PATCH);
        patch.header(IF_MATCH, &self.tag).body(body.as_ref().to_vec())
    }

    /// Each way to change the asset, without a condition yet.
    fn changes(&self, query: &str) -> [RequestBuilder; 4] {
        let path = format!("{}{query}", self.path);
        [
            self.service.put(&path, &json!({"name": "changed"})),
            self.service.patch(&path, &json!({"name": "changed"})),
            self.service.request(Method::DELETE, &path),
            self.service.request(Method::POST, &format!("{}/retire{query}", self.path)),
        ]
    }
}

/// A whole asset but for one member, in its JSON; a member without any is left out.
fn asset_with(member: &str, json: &str) -> String {
    let mut members = vec![
        ("serialNumber", r#""GR-1""#),
        ("name", r#""crane""#),
        ("status", r#""active""#),
        ("value", "1250.5"),
        ("tags", "[]"),
        ("location", "null"),
        ("productId", r#""00000000-0000-4000-8000-000000000001""#),
    ];
    members.retain(|(name, _)| *name != member);
    members.push((member, json));
    members.retain(|(_, json)| !json.is_empty());
    let members: Vec<String> = members.iter().map(|(name, json)| format!(r#""{name}":{json}"#)).collect();
    format!("{{{}}}", members.join(","))
}

#[tokio::test]
async fn what_is_no_json_is_400() {
    let untouched = Untouched::new().await;
    let bodies: [&[u8]; 12] = [
        b"",
        b" ",
        b"{",
        b"[1,",
        b"nul",
        br#"{"name":}"#,
        br#"{"name":"a",}"#,
        br#"{"name":"a"} x"#,
        br#"{"name":"a" "value":1}"#,
        br#"{'name':'a'}"#,
        br#"{"value":NaN}"#,
        b"{\"name\":\"\xff\"}",
    ];
    for body in bodies {
        for request in untouched.whole(body) {
            untouched.assert_refused(request, 400, "malformed-request", "the body is").await;
        }
        untouched.assert_refused(untouched.patch(body), 400, "malformed-request", "the body is").await;
    }
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn a_member_that_is_wrong_missing_or_unknown_is_named() {
    let untouched = Untouched::new().await;
    let cases = [
        ("serialNumber", "", "serialNumber"),
        ("name", "", "name"),
        ("status", "", "status"),
        ("value", "", "value"),
        ("tags", "", "tags"),
        ("productId", "", "productId"),
        ("name", "7", "name"),
        ("name", "null", "name"),
        ("name", r#""\ud800""#, "name"),
        ("status", r#""lost""#, "status"),
        ("status", r#""Active""#, "status"),
        ("status", "3", "status"),
        ("value", r#""9""#, "value"),
        ("value", "1e999", "value"),
        ("tags", r#""LOLER""#, "tags"),
        ("tags", r#"["LOLER",7]"#, "tags[1]"),
        ("location", "7", "location"),
        ("location", r#"{"latitude":"north","longitude":1}"#, "location.latitude"),
        ("location", r#"{"latitude":1}"#, "location.longitude"),
        ("location", r#"{"latitude":1,"longitude":2,"altitude":3}"#, "location.altitude"),
        ("location", r#"{"latitude":1,"longitude":2,"latitude":1}"#, "location"),
        ("productId", r#""7""#, "productId"),
        ("colour", r#""red""#, "colour"),
        ("etag", "7", "etag"),
    ];
    for (member, json, named) in cases {
        let [put, post] = untouched.whole(asset_with(member, json));
        untouched.assert_refused(put, 422, "invalid-member", named).await;
        // A new asset has no tag yet: what a copy says of one is passed over.
        if member != "etag" {
            untouched.assert_refused(post, 422, "invalid-member", named).await;
        }
    }
    let twice = asset_with("name", r#""one""#).replacen('{', r#"{"name":"two","#, 1);
    for request in untouched.whole(twice) {
        untouched.assert_refused(request, 422, "invalid-member", "name").await;
    }
    for scalar in ["7", r#""asset""#, "null", "true", "[]"] {
        for request in untouched.whole(scalar) {
            untouched.assert_refused(request, 422, "invalid-member", "").await;
        }
    }
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn a_member_that_a_patch_makes_wrong_is_named() {
    let untouched = Untouched::new().await;
    let cases = [
        (r#"{"name":null}"#, "name"),
        (r#"{"name":7}"#, "name"),
        (r#"{"name":{"first":"a"}}"#, "name"),
        (r#"{"name":"a","status":"lost"}"#, "status"),
        (r#"{"tags":["LOLER",7]}"#, "tags[1]"),
        (r#"{"location":{"latitude":"north"}}"#, "location.latitude"),
        (r#"{"location":{"latitude":null}}"#, "location.latitude"),
        (r#"{"location":{"altitude":3}}"#, "location.altitude"),
        (r#"{"colour":"red"}"#, "colour"),
        (r#"{"name":"one","name":"two"}"#, "name"),
        (r#"{"etag":7}"#, "etag"),
        ("7", ""),
        ("null", ""),
        ("[]", ""),
    ];
    for (patch, named) in cases {
        let request = untouched.patch(patch);
        untouched.assert_refused(request, 422, "invalid-member", named).await;
    }
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn a_member_that_is_twice_inside_of_a_patch_is_named() {
    let untouched = Untouched::new().await;
    let patch = untouched.patch(r#"{"location":{"latitude":1,"latitude":2}}"#);
    untouched.assert_refused(patch, 422, "invalid-member", "location").await;
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn an_array_of_the_members_is_no_asset() {
    let untouched = Untouched::new().await;
    let members = json!([
        "00000000-0000-4000-8000-000000000002",
        "GR-1",
        "crane",
        "active",
        1,
        [],
        null,
        "00000000-0000-4000-8000-000000000001",
        "2026-03-01T12:00:00Z",
    ]);
    for request in untouched.whole(members.to_string()) {
        untouched.assert_refused(request, 422, "invalid-member", "").await;
    }
    untouched.assert_refused(untouched.patch(members.to_string()), 422, "invalid-member", "").await;
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn a_member_in_another_form_than_it_is_shown_in_is_named() {
    let untouched = Untouched::new().await;
    for (member, form) in [("location", "[53.25,-1.5]"), ("status", r#"{"active":null}"#)] {
        for request in untouched.whole(asset_with(member, form)) {
            untouched.assert_refused(request, 422, "invalid-member", member).await;
        }
        let patch = untouched.patch(format!(r#"{{"{member}":{form}}}"#));
        untouched.assert_refused(patch, 422, "invalid-member", member).await;
    }
    untouched.assert_nothing_changed().await;
}

/// Checklist 101.
#[tokio::test]
async fn a_body_that_nests_without_end_is_refused() {
    let untouched = Untouched::new().await;
    let arrays = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    for deep in [&arrays, &objects] {
        for member in ["tags", "location", "colour"] {
            let [put, post] = untouched.whole(asset_with(member, deep));
            for request in [put, post, untouched.patch(format!(r#"{{"{member}":{deep}}}"#))] {
                let refused = answer(request).await;
                assert!(matches!(refused.status, 400 | 422), "{member}: {}", refused.status);
                assert_eq!(refused.header("content-type"), "application/problem+json");
            }
        }
    }
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn an_id_in_the_body_that_differs_from_the_path_is_named() {
    let untouched = Untouched::new().await;
    for id in [r#""00000000-0000-4000-8000-000000000002""#, r#""crane""#, "7", "null"] {
        let [put, _] = untouched.whole(asset_with("id", id));
        for request in [put, untouched.patch(format!(r#"{{"name":"changed","id":{id}}}"#))] {
            untouched.assert_refused(request, 422, "invalid-member", "id").await;
        }
    }
    let mut product = untouched.service.get("/products").await.json()[0].clone();
    let path = format!("/products/{}", product["id"].as_str().unwrap());
    let tag = untouched.service.get(&path).await.etag();
    product["id"] = json!("00000000-0000-4000-8000-000000000002");
    let put = untouched.service.put(&path, &product).header(IF_MATCH, &tag);
    untouched.assert_refused(put, 422, "invalid-member", "id").await;
    assert_eq!(untouched.service.get(&path).await.etag(), tag);
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn the_same_id_in_capitals_is_the_same_id() {
    let untouched = Untouched::new().await;
    let id = untouched.asset.json()["id"].as_str().unwrap().to_ascii_uppercase();
    let shown = untouched.service.get(&format!("/assets/{id}")).await;
    assert_eq!((shown.status, shown.representation()), (200, untouched.asset.representation()));
    let [put, _] = untouched.whole(asset_with("id", &format!("\"{id}\"")));
    assert_written(&untouched.service, &untouched.path, &answer(put).await, 200).await;
}

/// Checklist 35, 36.
#[tokio::test]
async fn an_id_that_is_no_uuid_is_404() {
    let untouched = Untouched::new().await;
    let id = untouched.asset.json()["id"].as_str().unwrap().to_owned();
    let ids = ["7", "crane", "%FF", "%2F", &id.replace('-', ""), &format!("%7B{id}%7D"), &format!("{id}0")];
    let value = untouched.service.draft().await;
    for id in ids {
        let (asset, product) = (format!("/assets/{id}"), format!("/products/{id}"));
        let service = &untouched.service;
        let requests = [
            service.request(Method::GET, &asset),
            service.put(&asset, &value),
            service.put(&asset, &value).header(IF_NONE_MATCH, "*"),
            service.put(&asset, &value).header(IF_MATCH, "*"),
            service.patch(&asset, &json!({"name": "changed"})),
            service.request(Method::DELETE, &asset).header(IF_MATCH, "*"),
            service.request(Method::POST, &format!("{asset}/retire")).header(IF_MATCH, "xyzzy"),
            service.request(Method::GET, &product).header(IF_NONE_MATCH, "*"),
            service.put(&product, &json!({"name": "changed"})),
        ];
        for request in requests {
            untouched.assert_refused(request, 404, "not-found", "").await;
        }
    }
    untouched.assert_nothing_changed().await;
}

/// The head of a request that sends `body` with its length, or in chunks of unknown number.
fn framed(start: &str, body: &[u8], chunked: bool) -> Vec<u8> {
    let framing = match chunked {
        true => "Transfer-Encoding: chunked".to_owned(),
        false => format!("Content-Length: {}", body.len()),
    };
    let mut request = format!("{start}Host: registry\r\nConnection: close\r\n{framing}\r\n\r\n").into_bytes();
    if !chunked {
        request.extend_from_slice(body);
        return request;
    }
    for chunk in body.chunks(65_521) {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    request
}

/// Checklist 34, 101.
#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_413_however_it_is_framed() {
    const MOST: usize = 1 << 20;
    let untouched = Untouched::new().await;
    let value = asset_with("name", r#""large""#);
    let padded = |length: usize| format!("{value}{}", " ".repeat(length - value.len())).into_bytes();
    let (path, tag) = (&untouched.path, &untouched.tag);
    let starts = [
        format!("PUT {path} HTTP/1.1\r\nContent-Type: application/json\r\nIf-Match: {tag}\r\n"),
        format!("PUT {path} HTTP/1.1\r\nContent-Type: application/json\r\n"),
        "POST /assets HTTP/1.1\r\nContent-Type: application/json\r\n".to_owned(),
        format!("PATCH {path} HTTP/1.1\r\nContent-Type: {MERGE_PATCH}\r\nIf-Match: {tag}\r\n"),
    ];
    for start in &starts {
        for chunked in [false, true] {
            let request = framed(start, &padded(MOST + 1), chunked);
            let (head, body) = untouched.service.exchange(&request).await;
            assert!(head.starts_with("HTTP/1.1 413 "), "{start}{head}");
            assert!(head.contains("\r\ncontent-type: application/problem+json\r\n"), "{head}");
            let problem: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem["status"], 413);
            assert!(problem["type"].as_str().unwrap().ends_with("#content-too-large"), "{problem}");
        }
    }
    untouched.assert_nothing_changed().await;
    for (start, chunked, status) in [(&starts[0], false, "200"), (&starts[2], true, "201")] {
        let (head, _) = untouched.service.exchange(&framed(start, &padded(MOST), chunked)).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    }
}

/// Checklist 2, 3, 9, 11.
#[tokio::test]
async fn a_malformed_if_match_is_400_and_nothing_is_done() {
    let untouched = Untouched::new().await;
    let tag = &untouched.tag;
    let own = |text: String| vec![text.into_bytes()];
    let malformed = [
        own("xyzzy".to_owned()),
        own(opaque(tag).to_owned()),
        own(String::new()),
        own(",".to_owned()),
        own(format!("w/{tag}")),
        own(format!("W/ {tag}")),
        own(format!("'{}'", opaque(tag))),
        own(format!("*, {tag}")),
        own(format!("{tag}, *")),
        own("*, *".to_owned()),
        own("**".to_owned()),
        own(format!("\"{}", opaque(tag))),
        own(format!("{}\"", opaque(tag))),
        own(format!("{tag} {tag}")),
        own(format!("{tag}, xyzzy")),
        own(format!("{tag}; \"b\"")),
        own("\"a b\"".to_owned()),
        vec![b"\xe9".to_vec()],
        vec![tag.clone().into_bytes(), b"xyzzy".to_vec()],
        vec![b"*".to_vec(), tag.clone().into_bytes()],
    ];
    for lines in malformed {
        for mut request in untouched.changes("") {
            for line in &lines {
                request = request.header(IF_MATCH, line.as_slice());
            }
            untouched.assert_refused(request, 400, "malformed-precondition", "`if-match`").await;
        }
    }
    let create = untouched.service.request(Method::POST, "/assets").header(IF_MATCH, "xyzzy");
    let create = create.json(&untouched.service.draft().await);
    untouched.assert_refused(create, 400, "malformed-precondition", "`if-match`").await;
    for request in untouched.changes("").map(|request| request.header(IF_MATCH, tag)) {
        let request = request.header(IF_NONE_MATCH, "xyzzy");
        untouched.assert_refused(request, 400, "malformed-precondition", "`if-none-match`").await;
    }
    untouched.assert_nothing_changed().await;
}

/// Checklist 122.
#[tokio::test]
async fn a_tag_elsewhere_that_differs_from_if_match_is_400() {
    let untouched = Untouched::new().await;
    let (tag, path) = (&untouched.tag, &untouched.path);
    let differ = "contradicting-preconditions";
    let current = format!("?etag={}", opaque(tag));
    for request in untouched.changes(&current) {
        untouched.assert_refused(request.header(IF_MATCH, "\"other\""), 400, differ, "`?etag=`").await;
    }
    for request in untouched.changes("?etag=other") {
        untouched.assert_refused(request.header(IF_MATCH, tag), 400, differ, "`?etag=`").await;
    }
    for request in untouched.changes(&format!("{current}&etag=other")) {
        untouched.assert_refused(request, 400, differ, "`?etag=`").await;
    }
    let mut whole = untouched.asset.json();
    whole["name"] = json!("changed");
    let part = json!({"name": "changed", "etag": tag});
    let other = format!("{path}?etag=other");
    let requests = [
        untouched.service.put(path, &whole).header(IF_MATCH, "\"other\""),
        untouched.service.patch(path, &part).header(IF_MATCH, "\"other\""),
        untouched.service.put(&other, &whole),
        untouched.service.patch(&other, &part),
    ];
    for request in requests {
        untouched.assert_refused(request, 400, differ, "the body's `etag`").await;
    }
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn a_malformed_tag_in_the_query_string_or_the_body_is_400() {
    let untouched = Untouched::new().await;
    let kind = "malformed-precondition";
    for tag in ["", "*", "%22", "%22a", "a%22b", "a%20b", "a%00", "%22a%22,%22b%22"] {
        for request in untouched.changes(&format!("?etag={tag}")) {
            untouched.assert_refused(request, 400, kind, "`etag`").await;
        }
    }
    for tag in ["", "*", "\"a", "a b", "w/\"a\"", "\"a\", \"b\""] {
        let mut whole = untouched.asset.json();
        whole["etag"] = json!(tag);
        let put = untouched.service.put(&untouched.path, &whole);
        untouched.assert_refused(put, 400, kind, "`etag`").await;
        let patch = untouched.service.patch(&untouched.path, &json!({"name": "changed", "etag": tag}));
        untouched.assert_refused(patch, 400, kind, "`etag`").await;
    }
    untouched.assert_nothing_changed().await;
}

#[tokio::test]
async fn a_query_string_that_is_wrong_is_400() {
    let untouched = Untouched::new().await;
    let path = &untouched.path;
    let queries = [
        ("/assets?limit=many".to_owned(), "limit"),
        ("/assets?limit=-1".to_owned(), "limit"),
        ("/assets?limit=".to_owned(), "limit"),
        ("/assets?limit=1&limit=2".to_owned(), "limit"),
        ("/assets?offset=1.5".to_owned(), "offset"),
        ("/assets?offset=99999999999999999999".to_owned(), "offset"),
        (format!("{path}?include=owner"), "include"),
        (format!("{path}?include=product&include=product"), "include"),
        (format!("{path}?expand="), "expand"),
    ];
    for (path, named) in queries {
        for conditions in [None, Some("*")] {
            let mut request = untouched.service.request(Method::GET, &path);
            if let Some(tags) = conditions {
                request = request.header(IF_NONE_MATCH, tags);
            }
            let refused = answer(request).await;
            assert_eq!((refused.status, refused.header("content-type")), (400, "application/problem+json"));
            let problem = refused.json();
            assert_eq!(problem["status"], 400);
            assert!(problem["type"].as_str().unwrap().contains(':'), "{problem}");
            assert!(problem["detail"].as_str().unwrap().contains(named), "{path}: {problem}");
        }
    }
}

/// Checklist 34, 35.
#[tokio::test]
async fn a_wrong_method_is_405_with_the_right_ones() {
    let untouched = Untouched::new().await;
    let product = format!("/products/{}", untouched.asset.json()["productId"].as_str().unwrap());
    let retire = format!("{}/retire", untouched.path);
    let specifications = format!("{}/specifications", untouched.path);
    let routes = [
        ("/assets", vec!["GET", "HEAD", "PATCH", "POST", "PUT"]),
        (&untouched.path, vec!["DELETE", "GET", "HEAD", "PATCH", "PUT"]),
        (&retire, vec!["POST"]),
        (&specifications, vec!["GET", "HEAD", "PUT"]),
        ("/settings", vec!["GET", "HEAD", "PUT"]),
        ("/reports/assets-by-status", vec!["GET", "HEAD"]),
        ("/products", vec!["GET", "HEAD"]),
        (&product, vec!["GET", "HEAD", "PUT"]),
    ];
    for (path, allowed) in routes {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"] {
            if allowed.contains(&method) {
                continue;
            }
            for (name, value) in [(IF_MATCH, &*untouched.tag), (IF_MATCH, "xyzzy"), (IF_NONE_MATCH, "*")] {
                let request = untouched.service.request(method.parse().unwrap(), path).header(name, value);
                let refused = answer(request.body("{")).await;
                let problem = assert_problem(&refused, 405, "method-not-allowed");
                assert!(problem["detail"].as_str().unwrap().contains(&format!("`{method}`")), "{problem}");
                let mut allow: Vec<&str> = refused.header("allow").split(',').map(str::trim).collect();
                allow.sort_unstable();
                assert_eq!(allow, allowed, "{path}");
            }
        }
    }
    untouched.assert_nothing_changed().await;
}

/// Checklist 35, 36.
#[tokio::test]
async fn an_unknown_path_is_404_whatever_is_asked() {
    let untouched = Untouched::new().await;
    let below = [format!("{}/", untouched.path), format!("{}/retire/now", untouched.path)];
    let paths = ["/", "/nowhere", "/assets/", "/Assets", &below[0], &below[1], ABSENT];
    let conditions: [(HeaderName, &str); 4] =
        [(IF_MATCH, "*"), (IF_MATCH, "xyzzy"), (IF_NONE_MATCH, "*"), (IF_NONE_MATCH, "\"a\"")];
    for path in paths {
        for (name, value) in conditions.clone() {
            let request = untouched.service.request(Method::GET, path).header(name, value);
            untouched.assert_refused(request, 404, "not-found", "").await;
        }
        let delete = untouched.service.request(Method::DELETE, path).header(IF_MATCH, "\"a\"");
        let status = answer(delete).await.status;
        assert_eq!(status, 404, "{path}");
    }
    untouched.assert_nothing_changed().await;
}
