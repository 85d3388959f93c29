//! Keys of octets that paths, databases or headers take for their own.

use etag_core::{Key, KeyPart};
use tests::on_each_database;

use super::*;

/// Each is another key, however it is written in a path.
const KEYS: [&str; 17] = [
    "a",
    "a\0",
    "a\0b",
    "\0",
    "a/b",
    "a%2Fb",
    "a%00",
    "/",
    "%",
    "a b",
    "a\r\nX: y",
    "a\"b",
    "ä",
    "a\u{301}",
    "..a",
    "a;b=c",
    "?#",
];

fn encoded(key: &str) -> String {
    key.bytes().map(|octet| format!("%{octet:02X}")).collect()
}

#[tokio::test]
async fn keys_with_nul_and_slash_are_keys_as_any_other() {
    on_each_database(async |database| {
        let service = Service::on(database).await;
        let mut tags = HashSet::new();
        for key in KEYS {
            let path = format!("/notes/{}", encoded(key));
            let body = json!({"text": "the same"}).to_string();
            let created = service.send("PUT", &path, &[JSON], &body).await;
            assert_eq!(created.status, 201, "{key:?}: {}", created.text());
            assert_eq!(created.header("location"), path);
            assert!(tags.insert(created.header("etag").to_owned()), "{key:?} is another resource");
        }
        for key in KEYS {
            let path = format!("/notes/{}", encoded(key));
            let shown = service.send("GET", &path, &[], "").await;
            let note: Value = serde_json::from_slice(&shown.body).unwrap();
            assert_eq!((shown.status, note["id"].as_str()), (200, Some(key)));
            let tag = shown.header("etag");
            let known = service.send("GET", &path, &[("if-none-match", tag)], "").await;
            assert_eq!(known.status, 304, "{key:?}");
            let listed = service.send("GET", &format!("/notes?id={}", encoded(key)), &[], "").await;
            let listed: Value = serde_json::from_slice(&listed.body).unwrap();
            assert_eq!(listed, json!([note]), "{key:?}");
            let patches = json!([{"id": key, "text": "changed", "etag": tag}]).to_string();
            let patched = service.send("PATCH", "/notes", &[PATCH], &patches).await;
            assert_eq!(patched.status, 200, "{key:?}: {}", patched.text());
            let stale = service.send("DELETE", &path, &[("if-match", tag)], "").await;
            assert_eq!(stale.status, 412, "{key:?}");
            let deleted = service.send("DELETE", &path, &[("if-match", stale.header("etag"))], "").await;
            assert_eq!(deleted.status, 204, "{key:?}");
            assert_eq!(service.send("GET", &path, &[], "").await.status, 404, "{key:?}");
        }
        service.assert_untouched().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_created_under_such_a_key_is_found_at_its_location() {
    on_each_database(async |database| {
        let service = Service::on(database).await;
        for key in KEYS {
            let body = json!({"id": key, "text": "new"}).to_string();
            let created = service.send("POST", "/notes", &[JSON], &body).await;
            assert_eq!(created.status, 201, "{key:?}: {}", created.text());
            let shown = service.send("GET", created.header("location"), &[], "").await;
            assert_eq!((shown.status, shown.header("etag")), (200, created.header("etag")), "{key:?}");
            assert_eq!(service.send("POST", "/notes", &[JSON], &body).await.status, 409, "{key:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_text_is_404() {
    let service = Service::new().await;
    for path in ["/notes/%FF", "/notes/%C3", "/notes/%ED%A0%80", "/notes/a%FFb"] {
        for (method, content_type, body) in WRITES {
            let guarded = [content_type, ("if-match", "*")];
            assert_eq!(service.send(method, path, &guarded, body).await.status, 404, "{method} {path}");
        }
        assert_eq!(service.send("GET", path, &[], "").await.status, 404, "{path}");
    }
    service.assert_untouched().await;
}

/// RFC 3986 §5.2.4: whoever asks for them removes them from the path, also where they are percent-encoded.
#[tokio::test]
async fn dot_segments_identify_nothing() {
    on_each_database(async |database| {
        let service = Service::on(database).await;
        for key in [".", ".."] {
            for path in [format!("/notes/{key}"), format!("/notes/{}", encoded(key))] {
                for (method, content_type, body) in WRITES {
                    let refused = service.send(method, &path, &[content_type], body).await;
                    assert_eq!(refused.status, 404, "{method} {path}: {}", refused.text());
                }
                assert_eq!(service.send("GET", &path, &[], "").await.status, 404, "{path}");
            }
            let note = json!({"id": key, "text": "new"});
            for (method, content_type, body) in [
                ("POST", JSON, note.to_string()),
                ("PUT", JSON, json!([note]).to_string()),
                ("PATCH", PATCH, json!([note]).to_string()),
            ] {
                let refused = service.send(method, "/notes", &[content_type, ("if-match", "*")], &body).await;
                assert_eq!(refused.status, 422, "{method} {key}: {}", refused.text());
                assert!(refused.text().contains("`id` can't identify a resource"), "{}", refused.text());
            }
        }
        service.assert_untouched().await;
    })
    .await;
}

/// A key whose own type takes any text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Any(String);

impl KeyPart for Any {
    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

#[test]
fn no_part_of_any_type_is_a_dot_segment() {
    type Pair = (u64, Any);
    for (text, is_one) in [(".", false), ("..", false), ("...", true), (".a", true), ("%2E", true)] {
        let known = [
            Any::from_parts(&[text]).is_some(),
            Any::under(&[text]).is_some(),
            Any::part_to_text(0, text).is_some(),
            Any::part_to_json(0, text).is_some(),
            Pair::from_parts(&["7", text]).is_some(),
            Pair::under(&["7", text]).is_some(),
            Pair::part_to_text(1, text).is_some(),
            Pair::part_to_json(1, text).is_some(),
        ];
        assert_eq!(known, [is_one; 8], "{text}");
    }
}

#[tokio::test]
async fn a_key_that_is_longer_than_any_database_can_index_is_refused_in_each() {
    on_each_database(async |database| {
        let service = Service::on(database).await;
        for length in [2049, 60_000] {
            let path = format!("/notes/{}", "k".repeat(length));
            assert_eq!(service.send("GET", &path, &[], "").await.status, 404);
            let refused = service.send("PUT", &path, &[JSON], r#"{"text":"long"}"#).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text().contains("at most 2048 octets"), "{}", refused.text());
        }
        service.assert_untouched().await;
        let path = format!("/notes/{}", "k".repeat(2048));
        let created = service.send("PUT", &path, &[JSON], r#"{"text":"long"}"#).await;
        assert_eq!(created.status, 201);
        let shown = service.send("GET", &path, &[], "").await;
        assert_eq!((shown.status, shown.header("etag")), (200, created.header("etag")));
    })
    .await;
}
