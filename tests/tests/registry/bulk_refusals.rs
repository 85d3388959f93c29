//! Bulks that are refused: nothing changes, to the last row of the file.

use http::header::{
    CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
};
use http::{HeaderName, Method};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::bulk::{BOTH, SHELF, Shelf, path, tagged, valued};
use crate::{ABSENT, MERGE_PATCH, answer, opaque};

const FAILED: &str = "precondition-failed";
const INVALID: &str = "invalid-member";

/// Checklist 31, 42, 44.
#[tokio::test]
async fn ids_or_an_order_other_than_those_of_the_list_are_412_with_the_tag_of_what_was_sent() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let (items, elsewhere) =
        (valued(&listed, 9.5), shelf.service.get("/assets?status=retired&limit=1").await);
    let other = valued(&elsewhere, 9.5).remove(0);
    let [a, b, c] = [0, 1, 2].map(|at| items[at].clone());
    let cases = [
        (vec![c.clone(), b.clone(), a.clone()], Some(SHELF.replace("=name", "=-name"))),
        (vec![a.clone(), b.clone()], Some(format!("{SHELF}&limit=2"))),
        (vec![b.clone(), c.clone()], Some(format!("{SHELF}&offset=1"))),
        (vec![a.clone()], Some(format!("{SHELF}&limit=1"))),
        (vec![], Some(format!("{SHELF}&limit=0"))),
        (vec![other.clone()], Some("/assets?status=retired&limit=1".to_owned())),
        (vec![b.clone(), a.clone(), c.clone()], None),
        (vec![a.clone(), b.clone(), other.clone()], None),
        (vec![a, b, c, other], None),
    ];
    for (items, selected_by) in cases {
        for method in BOTH {
            let request = shelf.bulk(&method, &items).header(IF_MATCH, listed.etag());
            let (refused, problem) = shelf.assert_refused(request, 412, FAILED).await;
            assert_eq!((&problem["reason"], &problem["etag"]), (&json!("stale"), &json!(refused.etag())));
            if let Some(selected_by) = &selected_by {
                assert_eq!(refused.etag(), shelf.service.get(selected_by).await.etag());
            }
        }
    }
}

/// Checklist 31.
#[tokio::test]
async fn a_tag_that_is_not_the_lists_own_is_412() {
    let shelf = Shelf::new().await;
    let one = shelf.service.get(&format!("{SHELF}&limit=1")).await;
    let (tag, of_item) = (one.etag(), one.json()[0]["etag"].as_str().unwrap().to_owned());
    let items = valued(&one, 9.5);
    let tags = [
        of_item.clone(),
        shelf.list().await.etag(),
        format!("W/{tag}"),
        format!("\"other\", {of_item}, W/{tag}"),
        format!("\"{}-gzip\"", opaque(&tag)),
        format!("\"{}\"", opaque(&tag).to_ascii_lowercase()),
        "\"\"".to_owned(),
        "\"*\"".to_owned(),
    ];
    for method in BOTH {
        for wrong in &tags {
            let request = shelf.bulk(&method, &items).header(IF_MATCH, wrong);
            let (refused, _) = shelf.assert_refused(request, 412, FAILED).await;
            assert_eq!(refused.etag(), tag, "{wrong}");
        }
        let by_query = format!("?etag={}", opaque(&of_item));
        let request = shelf.send(&method, &by_query, json!(items).to_string());
        assert_eq!(shelf.assert_refused(request, 412, FAILED).await.0.etag(), tag);
    }
}

/// Checklist 14, 44.
#[tokio::test]
async fn a_list_of_which_somebody_changed_or_deleted_an_item_is_412() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let (items, last) = (valued(&listed, 9.5), listed.json()[2].clone());
    shelf.change(&last, json!({"tags": ["by somebody else"]})).await;
    let current = shelf.list().await.etag();
    for method in BOTH {
        let request = shelf.bulk(&method, &items).header(IF_MATCH, listed.etag());
        let (refused, problem) = shelf.assert_refused(request, 412, FAILED).await;
        assert_eq!((refused.etag(), &problem["reason"]), (current.clone(), &json!("stale")));
    }
    let listed = shelf.list().await;
    shelf.delete(&last).await;
    for method in BOTH {
        let request = shelf.bulk(&method, &items).header(IF_MATCH, listed.etag());
        let (refused, problem) = shelf.assert_refused(request, 412, FAILED).await;
        assert_eq!((refused.has("etag"), &problem["reason"]), (false, &json!("absent")));
    }
    let mut again = listed.json()[2].clone();
    again.as_object_mut().unwrap().remove("etag");
    assert_eq!(answer(shelf.service.put(&path(&last), &again)).await.status, 201);
    for method in BOTH {
        let request = shelf.bulk(&method, &items).header(IF_MATCH, listed.etag());
        let (refused, _) = shelf.assert_refused(request, 412, FAILED).await;
        assert_eq!(refused.etag(), shelf.list().await.etag(), "a tag is never used twice");
    }
}

#[tokio::test]
async fn an_id_that_nothing_has_is_412_for_who_names_a_state_and_else_named() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    for method in BOTH {
        let mut items = valued(&listed, 9.5);
        items[1]["id"] = json!(ABSENT["/assets/".len()..]);
        let any = shelf.bulk(&method, &items).header(IF_MATCH, "*");
        let (_, problem) = shelf.assert_refused(any, 422, INVALID).await;
        assert!(problem["member"].as_str().unwrap().starts_with("[1]"), "{problem}");
        let unguarded = shelf.bulk(&method, &items);
        shelf.assert_refused(unguarded, 422, INVALID).await;

        let of_the_list = shelf.bulk(&method, &items).header(IF_MATCH, listed.etag());
        let (refused, problem) = shelf.assert_refused(of_the_list, 412, FAILED).await;
        assert_eq!((refused.has("etag"), &problem["reason"]), (false, &json!("absent")));
        let mut items_with_tags = tagged(&listed);
        items_with_tags[1]["id"] = items[1]["id"].clone();
        for if_match in [None, Some("*")] {
            let request = shelf.bulk(&method, &items_with_tags);
            let request = if_match.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag));
            let (_, problem) = shelf.assert_refused(request, 412, FAILED).await;
            assert_eq!(problem["items"], json!([1]), "{problem}");
        }
    }
}

/// Checklist 2, 9, 11, 122.
#[tokio::test]
async fn a_condition_that_can_not_be_read_or_contradicts_another_is_400() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let (tag, bare) = (listed.etag(), opaque(&listed.etag()).to_owned());
    let (malformed, differ) = ("malformed-precondition", "contradicting-preconditions");
    let mut cases = vec![
        (format!("?etag={bare}"), Some("\"other\"".to_owned()), differ),
        (format!("?etag={bare}"), Some("*".to_owned()), differ),
        (format!("?etag={bare}"), Some(format!("{tag}, \"other\"")), differ),
        ("?etag=other".to_owned(), Some(tag.clone()), differ),
        (format!("?etag={bare}&etag=other"), None, differ),
    ];
    for text in ["", "*", "%22a", "a%20b", "%22a%22,%22b%22"] {
        cases.push((format!("?etag={text}"), None, malformed));
    }
    let lines =
        ["", ",", "xyzzy", &bare, &format!("w/{tag}"), &format!("*, {tag}"), &format!("{tag}, xyzzy")];
    for line in lines {
        cases.push((String::new(), Some(line.to_owned()), malformed));
    }
    for (query, if_match, kind) in cases {
        for method in BOTH {
            let request = shelf.send(&method, &query, json!(valued(&listed, 9.5)).to_string());
            let request = if_match.iter().fold(request, |request, line| request.header(IF_MATCH, line));
            shelf.assert_refused(request, 400, kind).await;
        }
    }
    for method in BOTH {
        let request = shelf.bulk(&method, &valued(&listed, 9.5)).header(IF_MATCH, &tag);
        shelf.assert_refused(request.header(IF_NONE_MATCH, "xyzzy"), 400, malformed).await;
    }
}

#[tokio::test]
async fn a_tag_of_an_item_that_can_not_be_read_is_named() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    for method in BOTH {
        for tag in ["", "*", "\"a", "a b", "w/\"a\"", "\"a\", \"b\""] {
            let mut items = valued(&listed, 9.5);
            items[2]["etag"] = json!(tag);
            let request = shelf.bulk(&method, &items).header(IF_MATCH, listed.etag());
            let (_, problem) = shelf.assert_refused(request, 400, "malformed-precondition").await;
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("[2]") && detail.contains("`etag`"), "{detail}");
        }
    }
}

/// Checklist 63, 94, 95.
#[tokio::test]
async fn a_bulk_that_names_no_state_of_each_item_is_428_that_says_how_to_resubmit() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let mut but_one = tagged(&listed);
    but_one.iter_mut().for_each(|item| item["value"] = json!(9.5));
    but_one[1].as_object_mut().unwrap().remove("etag");
    let mut with_null = but_one.clone();
    with_null[1]["etag"] = Value::Null;
    for method in BOTH {
        let unguarded = shelf.bulk(&method, &valued(&listed, 9.5));
        let requests = [
            shelf.bulk(&method, &valued(&listed, 9.5)),
            shelf.bulk(&method, &but_one),
            shelf.bulk(&method, &with_null),
            shelf.send(&method, "?tag=other&status=active", json!(but_one).to_string()),
            shelf.bulk(&method, &but_one).header(IF_NONE_MATCH, "\"other\""),
            unguarded.header(IF_UNMODIFIED_SINCE, "Fri, 01 Jan 2100 00:00:00 GMT"),
        ];
        for request in requests {
            let (refused, problem) = shelf.assert_refused(request, 428, "precondition-required").await;
            assert_eq!(refused.header("cache-control"), "no-store");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("`If-Match`") && detail.contains("`etag`"), "{detail}");
        }
    }
}

#[tokio::test]
async fn each_item_whose_own_tag_is_stale_is_named() {
    let shelf = Shelf::new().await;
    let mut items = tagged(&shelf.list().await);
    items.iter_mut().for_each(|item| item["value"] = json!(9.5));
    let weak = format!("W/{}", items[1]["etag"].as_str().unwrap());
    shelf.change(&items[0], json!({"tags": ["by somebody else"]})).await;
    shelf.delete(&items[2]).await;
    let mut some = items.clone();
    some[0].as_object_mut().unwrap().remove("etag");
    let mut with_weak = items.clone();
    with_weak[1]["etag"] = json!(weak);
    let cases = [
        (&items, vec![0, 2]),
        (&with_weak, vec![0, 1, 2]),
        (&some, vec![2]),
        (&vec![items[1].clone(), items[0].clone()], vec![1]),
    ];
    for (items, stale) in cases {
        for method in BOTH {
            for if_match in [None, Some("*")] {
                let request = shelf.bulk(&method, items);
                let request =
                    if_match.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag));
                let (_, problem) = shelf.assert_refused(request, 412, FAILED).await;
                assert_eq!((&problem["items"], &problem["reason"]), (&json!(stale), &json!("stale")));
            }
        }
    }
}

#[tokio::test]
async fn the_lists_tag_and_the_items_tags_must_both_hold() {
    let shelf = Shelf::new().await;
    for method in BOTH {
        let old = shelf.list().await;
        shelf.change(&old.json()[1], json!({"tags": [method.as_str()]})).await;
        let current = shelf.list().await;
        let mut one_old = valued(&current, 9.5);
        one_old[1]["etag"] = old.json()[1]["etag"].clone();
        let mut one_current = valued(&current, 9.5);
        one_current[1]["etag"] = current.json()[1]["etag"].clone();
        let current_tags = tagged(&current);
        for items in [&current_tags, &one_current] {
            let request = shelf.bulk(&method, items).header(IF_MATCH, old.etag());
            let (refused, _) = shelf.assert_refused(request, 412, FAILED).await;
            assert_eq!(refused.etag(), current.etag());
        }
        for items in [&tagged(&old), &one_old] {
            let request = shelf.bulk(&method, items).header(IF_MATCH, current.etag());
            let (_, problem) = shelf.assert_refused(request, 412, FAILED).await;
            assert_eq!(problem["items"], json!([1]));
        }
        let both = shelf.bulk(&method, &one_current).header(IF_MATCH, current.etag());
        shelf.assert_changed(&answer(both).await, SHELF).await;
    }
}

/// A body in which all items change, and of the second a member is said in this JSON: not at all where it is empty.
fn with_member(items: &[Value], member: &str, json: &str) -> String {
    let texts = items.iter().enumerate().map(|(at, item)| {
        let mut item = item.clone();
        if at != 1 {
            return item.to_string();
        }
        item.as_object_mut().unwrap().remove(member);
        let text = item.to_string();
        match (json, text.strip_suffix('}')) {
            ("", _) | (_, None) => text,
            (json, Some(others)) => format!("{others},\"{member}\":{json}}}"),
        }
    });
    format!("[{}]", texts.collect::<Vec<_>>().join(","))
}

#[tokio::test]
async fn an_item_that_names_no_asset_or_one_that_is_named_already_is_named() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let items = valued(&listed, 9.5);
    let first = items[0]["id"].as_str().unwrap();
    let capitals = json!(first.to_ascii_uppercase()).to_string();
    let twice = json!(first).to_string();
    let ids = ["", "null", "7", "{}", "[]", "\"\"", "\"crane\"", "\"a/b\"", "\"\\ud800\"", &twice, &capitals];
    for method in BOTH {
        for id in ids {
            for if_match in [listed.etag(), "*".to_owned(), "\"other\"".to_owned()] {
                let request = shelf.send(&method, "", with_member(&items, "id", id));
                let (_, problem) =
                    shelf.assert_refused(request.header(IF_MATCH, if_match), 422, INVALID).await;
                assert_eq!(problem["member"], "[1].id", "{id}: {problem}");
            }
        }
        let twice_with_tags: Vec<Value> = [0, 1, 0].map(|at| listed.json()[at].clone()).into();
        let (_, problem) = shelf.assert_refused(shelf.bulk(&method, &twice_with_tags), 422, INVALID).await;
        assert_eq!(problem["member"], "[2].id", "{problem}");
    }
}

#[tokio::test]
async fn a_member_of_an_item_that_is_wrong_missing_or_unknown_is_named() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let of_both = [
        ("name", "7", "name"),
        ("name", "null", "name"),
        ("name", r#""\ud800""#, "name"),
        ("status", r#""lost""#, "status"),
        ("status", r#"{"active":null}"#, "status"),
        ("value", r#""9""#, "value"),
        ("value", "1e999", "value"),
        ("value", "1,\"value\":2", "value"),
        ("tags", r#"["LOLER",7]"#, "tags[1]"),
        ("location", "[53.25,-1.5]", "location"),
        ("location", r#"{"latitude":"north","longitude":1}"#, "location.latitude"),
        ("location", r#"{"latitude":1,"longitude":2,"altitude":3}"#, "location.altitude"),
        ("location", r#"{"latitude":1,"longitude":2,"latitude":1}"#, "location"),
        ("productId", r#""7""#, "productId"),
        ("colour", r#""red""#, "colour"),
        ("etag", "7", "etag"),
    ];
    let of_a_value = [
        ("serialNumber", "", "serialNumber"),
        ("name", "", "name"),
        ("status", "", "status"),
        ("value", "", "value"),
        ("tags", "", "tags"),
        ("productId", "", "productId"),
        ("location", r#"{"latitude":1}"#, "location.longitude"),
    ];
    let of_a_patch = [
        ("name", r#"{"first":"a"}"#, "name"),
        ("location", r#"{"latitude":null}"#, "location.latitude"),
        ("location", r#"{"altitude":3}"#, "location.altitude"),
    ];
    let all = BOTH.map(|method| of_both.map(|case| (method.clone(), case))).into_iter().flatten();
    let all = all
        .chain(of_a_value.map(|case| (Method::PUT, case)))
        .chain(of_a_patch.map(|case| (Method::PATCH, case)));
    for (method, (member, json, named)) in all {
        let body = with_member(&valued(&listed, 9.5), member, json);
        let request = shelf.send(&method, "", body).header(IF_MATCH, listed.etag());
        let (_, problem) = shelf.assert_refused(request, 422, INVALID).await;
        assert_eq!(problem["member"], format!("[1].{named}"), "{method} {json}: {problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with("[1]: "), "{problem}");
    }
}

#[tokio::test]
async fn what_is_no_array_of_objects_is_refused() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let first = listed.json()[0].to_string();
    let cases = [
        ("{}".to_owned(), ""),
        (format!("{{\"items\":[{first}]}}"), ""),
        (first.clone(), ""),
        ("7".to_owned(), ""),
        ("\"assets\"".to_owned(), ""),
        ("null".to_owned(), ""),
        ("true".to_owned(), ""),
        ("[7]".to_owned(), "[0]"),
        ("[[]]".to_owned(), "[0]"),
        (format!("[[{first}]]"), "[0]"),
        (format!("[{first},null]"), "[1]"),
        (format!("[{first},\"crane\"]"), "[1]"),
    ];
    for method in BOTH {
        for (body, named) in &cases {
            let request = shelf.send(&method, "", body).header(IF_MATCH, "*");
            let (_, problem) = shelf.assert_refused(request, 422, INVALID).await;
            assert_eq!(problem["member"], *named, "{body}: {problem}");
        }
    }
}

/// Checklist 99, 101.
#[tokio::test]
async fn what_is_no_json_is_400_and_what_nests_without_end_is_refused() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let first = listed.json()[0].to_string();
    let mut not_utf_8 = with_member(&valued(&listed, 9.5), "name", "\"?\"").into_bytes();
    not_utf_8.iter_mut().filter(|octet| **octet == b'?').for_each(|octet| *octet = 0xff);
    let texts = ["", " ", "[", "[{]", "nul", "[1,", "[NaN]", &format!("[{first},]"), &format!("[{first}] x")];
    let texts = texts.into_iter().map(|text| text.as_bytes().to_vec()).chain([not_utf_8]);
    for body in texts {
        for method in BOTH {
            let request = shelf.send(&method, "", &body).header(IF_MATCH, "*");
            let (_, problem) = shelf.assert_refused(request, 400, "malformed-request").await;
            assert!(problem["detail"].as_str().unwrap().contains("the body is"), "{problem}");
        }
    }
    let arrays = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let before = shelf.rows().await;
    for deep in [&arrays, &objects] {
        let inside =
            ["tags", "location", "colour"].map(|name| with_member(&valued(&listed, 9.5), name, deep));
        for body in inside.iter().chain([deep, &format!("[{deep}]")]) {
            for method in BOTH {
                let refused = answer(shelf.send(&method, "", body).header(IF_MATCH, listed.etag())).await;
                assert!(matches!(refused.status, 400 | 422), "{}", refused.status);
                assert_eq!(refused.header("content-type"), "application/problem+json");
            }
        }
    }
    assert!(shelf.rows().await == before, "something was written");
}

/// Checklist 34, 99.
#[tokio::test]
async fn a_body_of_another_media_type_or_coding_is_refused_whatever_its_condition() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let body = json!(valued(&listed, 9.5)).to_string();
    let json_patch = "application/json-patch+json";
    let types = [
        (Method::PATCH, vec!["", "application/json", json_patch, "text/plain"]),
        (Method::PUT, vec!["", MERGE_PATCH, json_patch, "text/plain"]),
    ];
    let conditions: [(HeaderName, &str); 4] = [
        (IF_MATCH, &listed.etag()),
        (IF_MATCH, "\"other\""),
        (IF_MATCH, "xyzzy"),
        (IF_NONE_MATCH, "\"other\""),
    ];
    for (name, value) in &conditions {
        for (method, media_types) in &types {
            for media_type in media_types {
                let request = shelf.service.request(method.clone(), "/assets").header(name, *value);
                let request = request.body(body.clone());
                let request =
                    if media_type.is_empty() { request } else { request.header(CONTENT_TYPE, *media_type) };
                let (refused, _) = shelf.assert_refused(request, 415, "unsupported-media-type").await;
                assert_eq!(refused.has("accept-patch"), *method == Method::PATCH);
                assert!(!refused.has("accept-patch") || refused.header("accept-patch") == MERGE_PATCH);
            }
            let coded = shelf.send(method, "", &body).header(name, *value).header(CONTENT_ENCODING, "gzip");
            shelf.assert_refused(coded, 415, "unsupported-media-type").await;
            let part =
                shelf.send(method, "", &body).header(name, *value).header(CONTENT_RANGE, "bytes 0-9/99");
            shelf.assert_refused(part, 400, "malformed-request").await;
        }
        let post = shelf.service.request(Method::POST, SHELF).header(name, *value).body("{}");
        shelf.assert_refused(post, 415, "unsupported-media-type").await;
    }
}

/// Checklist 34, 101.
#[tokio::test]
async fn a_body_of_more_than_a_mebibyte_is_413() {
    const MOST: usize = 1 << 20;
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    for (method, media_type) in BOTH.into_iter().zip(["application/json", MERGE_PATCH]) {
        let tag = shelf.list().await.etag();
        let body = json!(valued(&listed, if method == Method::PUT { 7.5 } else { 8.5 })).to_string();
        let request = |length: usize, if_match: &str| {
            let head =
                format!("{method} /assets HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n{if_match}");
            let padded = format!("{body}{}", " ".repeat(length - body.len()));
            format!("{head}Content-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n{padded}")
                .into_bytes()
        };
        let before = shelf.rows().await;
        for if_match in ["", &format!("If-Match: {tag}\r\n"), "If-Match: \"other\"\r\n"] {
            let (head, refused) = shelf.service.exchange(&request(MOST + 1, if_match)).await;
            assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
            assert!(String::from_utf8_lossy(&refused).contains("#content-too-large"));
        }
        assert!(shelf.rows().await == before, "something was written");
        let (head, _) = shelf.service.exchange(&request(MOST, &format!("If-Match: {tag}\r\n"))).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }
}

/// Checklist 101.
#[tokio::test]
async fn five_hundred_items_are_changed_and_one_more_is_refused() {
    let shelf = Shelf::new().await;
    let everything = "/assets?limit=500";
    let count = tagged(&shelf.service.get(everything).await).len();
    for _ in count..501 {
        assert_eq!(answer(shelf.post("/assets", "spare")).await.status, 201);
    }
    for (method, value) in BOTH.into_iter().zip([11.5, 12.5]) {
        let listed = shelf.service.get(everything).await;
        let last = shelf.service.get("/assets?offset=500").await;
        let with_tags = [tagged(&listed), tagged(&last)].concat();
        let items = [valued(&listed, value), valued(&last, value)].concat();
        assert_eq!(items.len(), 501);
        let too_many: [RequestBuilder; 3] = [
            shelf.bulk(&method, &items).header(IF_MATCH, "*"),
            shelf.bulk(&method, &items).header(IF_MATCH, listed.etag()),
            shelf.bulk(&method, &with_tags),
        ];
        for request in too_many {
            let (_, problem) = shelf.assert_refused(request, 422, INVALID).await;
            assert_eq!(problem["member"], "");
            assert!(problem["detail"].as_str().unwrap().contains("500"), "{problem}");
        }
        let written = answer(shelf.bulk(&method, &items[..500]).header(IF_MATCH, listed.etag())).await;
        assert_eq!(written.status, 200);
        assert_eq!(written.representation(), shelf.service.get(everything).await.representation());
        assert!(tagged(&written).iter().all(|item| item["value"] == value));
        assert_eq!(shelf.service.get("/assets?offset=500").await.representation(), last.representation());
    }
}

#[tokio::test]
async fn an_empty_array_is_the_empty_list() {
    let shelf = Shelf::new().await;
    let empty = shelf.service.get("/assets?limit=0").await;
    let before = shelf.rows().await;
    for method in BOTH {
        for tag in [empty.etag(), "*".to_owned()] {
            let written = answer(shelf.bulk(&method, &[]).header(IF_MATCH, tag)).await;
            assert_eq!((written.status, &*written.body), (200, &b"[]"[..]));
            assert_eq!(written.etag(), empty.etag());
        }
        let of_another = shelf.bulk(&method, &[]).header(IF_MATCH, shelf.list().await.etag());
        let (refused, _) = shelf.assert_refused(of_another, 412, FAILED).await;
        assert_eq!(refused.etag(), empty.etag());
    }
    assert!(shelf.rows().await == before, "something was written");
}
