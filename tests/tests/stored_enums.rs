//! An enum as the stored type, of which only some variants have a stamp: the server fills it in there, and nowhere else.

use axum::Router;
use axum::routing::put;
use etag_core::axum::{MergePatch, Problem, Tagged, Update};
use etag_core::{Anyone, Database, Resource, Timestamp, Versioned};
use serde::{Deserialize, Serialize};
use tests::{Answer, call};

#[derive(Serialize, Deserialize, Versioned)]
struct Draft {
    text: String,
    #[versioned(modified)]
    changed: Timestamp,
}

#[derive(Serialize, Deserialize, Versioned)]
#[serde(deny_unknown_fields)]
struct Note {
    note: String,
}

/// A member that is called as another variant's stamp is, and is the client's.
#[derive(Serialize, Deserialize, Versioned)]
struct Diary {
    changed: String,
}

#[derive(Serialize, Deserialize, Versioned)]
#[serde(tag = "kind")]
enum Page {
    Draft(Draft),
    Note(Note),
    Diary(Diary),
    Nothing(()),
}

#[derive(Serialize, Deserialize, Versioned)]
#[serde(untagged)]
enum Untagged {
    Note(Note),
    Draft(Draft),
}

#[derive(Serialize, Deserialize, Versioned)]
enum OneUntagged {
    Note(Note),
    #[serde(untagged)]
    Draft(Draft),
}

/// The derive does not see which variants have a stamp: whoever stores them all says how they are stamped.
macro_rules! resource {
    ($ty:ident, $router:ident) => {
        impl Resource for $ty {
            type Key = u64;
            type Store = Database;
            type Policy = Anyone;
            const COLLECTION: &'static str = stringify!($ty);
            const PARAMETERS: &'static [&'static str] = &["id"];
            const MEMBERS: &'static [&'static str] = &[""];
            const CREATE: etag_core::Creation = etag_core::Creation::Put;

            fn key(&self) -> Option<u64> {
                None
            }

            fn set_key(&mut self, _: &u64) {}

            fn stamp(&mut self, at: Timestamp) {
                if let Self::Draft(draft) = self {
                    draft.changed = at;
                }
            }
        }

        async fn $router() -> Router {
            async fn replace(value: Update<$ty>) -> Result<Tagged<$ty>, Problem> {
                value.save().await
            }
            async fn patch(value: Update<$ty, MergePatch>) -> Result<Tagged<$ty>, Problem> {
                value.save().await
            }
            let routes = put(replace).patch(patch);
            Router::new().route("/{id}", routes).with_state(Database::connect("memory:").await.unwrap())
        }
    };
}

resource!(Page, pages);
resource!(Untagged, untagged);
resource!(OneUntagged, one_untagged);

async fn put_new(router: &Router, uri: &str, body: &str) -> Answer {
    call(router, "PUT", uri, &[("content-type", "application/json")], body.to_owned()).await
}

async fn patch(router: &Router, uri: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/merge-patch+json"), ("if-match", "*")];
    call(router, "PATCH", uri, &headers, body.to_owned()).await
}

#[track_caller]
fn assert_stamped(answer: &Answer, start: &str) {
    assert!(answer.status < 300, "{}", answer.text());
    assert!(answer.text().starts_with(start), "{}", answer.text());
}

#[track_caller]
fn assert_unstamped(answer: &Answer, body: &str) {
    assert_eq!(answer.text(), body);
    assert!(answer.status < 300);
}

#[tokio::test]
async fn a_variant_is_stamped_where_it_has_the_member_and_nowhere_else() {
    let router = pages().await;
    let draft = put_new(&router, "/1", r#"{"kind":"Draft","text":"a"}"#).await;
    assert_stamped(&draft, r#"{"changed":"2"#);
    let bodies =
        [r#"{"kind":"Note","note":"b"}"#, r#"{"kind":"Nothing"}"#, r#"{"changed":"today","kind":"Diary"}"#];
    for (id, body) in (2..).zip(bodies) {
        assert_unstamped(&put_new(&router, &format!("/{id}"), body).await, body);
    }
}

#[tokio::test]
async fn what_tells_no_variants_apart_is_stamped_in_the_variant_that_takes_a_stamp() {
    let router = untagged().await;
    assert_stamped(&put_new(&router, "/1", r#"{"text":"a"}"#).await, r#"{"changed":"2"#);
    assert_unstamped(&put_new(&router, "/2", r#"{"note":"b"}"#).await, r#"{"note":"b"}"#);

    let router = one_untagged().await;
    assert_stamped(&put_new(&router, "/1", r#"{"text":"a"}"#).await, r#"{"changed":"2"#);
    assert_unstamped(&put_new(&router, "/2", r#"{"Note":{"note":"b"}}"#).await, r#"{"Note":{"note":"b"}}"#);
}

#[tokio::test]
async fn a_patch_leaves_a_stamp_alone_and_changes_what_is_only_called_so() {
    let router = pages().await;
    put_new(&router, "/1", r#"{"kind":"Draft","text":"a"}"#).await;
    let draft = patch(&router, "/1", r#"{"changed":"never","text":"b"}"#).await;
    assert_stamped(&draft, r#"{"changed":"2"#);
    assert!(draft.text().ends_with(r#""text":"b"}"#), "{}", draft.text());

    put_new(&router, "/2", r#"{"kind":"Diary","changed":"today"}"#).await;
    let diary = patch(&router, "/2", r#"{"changed":"tomorrow"}"#).await;
    assert_unstamped(&diary, r#"{"changed":"tomorrow","kind":"Diary"}"#);

    let diary = patch(&router, "/1", r#"{"kind":"Diary","changed":"yesterday"}"#).await;
    assert_unstamped(&diary, r#"{"changed":"yesterday","kind":"Diary"}"#);
    let draft = patch(&router, "/2", r#"{"kind":"Draft","text":"c"}"#).await;
    assert_stamped(&draft, r#"{"changed":"2"#);
}

/// What is wrong is said of what was sent.
#[tokio::test]
async fn a_mistake_in_a_variant_is_named_whether_or_not_it_has_a_stamp() {
    let router = pages().await;
    for (body, member) in [
        (r#"{"kind":"Draft"}"#, "`text`"),
        (r#"{"kind":"Draft","text":1}"#, "expected a string"),
        (r#"{"kind":"Note"}"#, "`note`"),
        (r#"{"kind":"Note","note":1}"#, "expected a string"),
        (r#"{"kind":"Diary"}"#, "`changed`"),
    ] {
        let answer = put_new(&router, "/1", body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        let says = answer.text();
        assert!(says.contains(member), "{body}: {says}");
        assert!(!says.contains("unknown field"), "{body}: {says}");
    }
}
