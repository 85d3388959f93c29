//! What every store promises a client, whatever it is made of.

use axum::Router;
use serde_json::Value;

use crate::{Answer, call};

/// Whatever answers requests: a router in process, or a process.
pub trait Service {
    /// Sends a request.
    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> impl Future<Output = Answer>;
}

impl Service for Router {
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        call(self, method, path, headers, body).await
    }
}

/// A collection whose PUT creates.
pub struct Collection<'a, S> {
    pub service: &'a S,
    /// Such as `/notes`; the root is the empty path.
    pub path: &'static str,
    /// Two keys, under which nothing ever was.
    pub keys: [Value; 2],
    /// The member that is changed, which is text.
    pub member: &'static str,
    /// A value without its key, for that member to be put into.
    pub value: Value,
}

const NO_CONDITION: (&str, &str) = ("", "");

impl<S: Service> Collection<'_, S> {
    /// A write is carried out in the required state and in no other; a second one with the same guard is refused.
    pub async fn guards(&self) {
        let one = self.resource(0);
        let absent = self.ask("PUT", &one, ("if-match", "\"7\""), "a").await;
        assert_eq!(absent.status, 412, "nothing is there in any state");
        let created = self.ask("PUT", &one, ("if-none-match", "*"), "a").await;
        assert_eq!(created.status, 201, "{}", created.text());
        let first = created.header("etag").to_owned();
        let written = self.ask("PUT", &one, ("if-match", &first), "b").await;
        assert_eq!(written.status, 200, "{}", written.text());
        let second = written.header("etag").to_owned();
        assert_ne!(first, second);

        for method in ["PUT", "PATCH", "DELETE"] {
            let refusals =
                [(NO_CONDITION, 428), (("if-match", first.as_str()), 412), (("if-none-match", "*"), 412)];
            for (condition, status) in refusals {
                let refused = self.ask(method, &one, condition, "c").await;
                assert_eq!(refused.status, status, "{method} {condition:?}: {}", refused.text());
            }
        }
        let current = self.ask("GET", &one, NO_CONDITION, "").await;
        let shown = (current.header("etag"), &current.body);
        assert_eq!(shown, (second.as_str(), &written.body), "refused, not written");
        assert_eq!(self.ask("GET", &one, ("if-none-match", &second), "").await.status, 304);
        assert_eq!(self.ask("GET", &one, ("if-none-match", &first), "").await.status, 200);

        let patched = self.ask("PATCH", &one, ("if-match", &second), "d").await;
        assert_eq!(patched.status, 200, "{}", patched.text());
        let same = self.ask("PUT", &one, ("if-match", "*"), "d").await;
        assert_eq!((same.status, same.header("etag")), (200, patched.header("etag")), "nothing was changed");
        let gone = self.ask("DELETE", &one, ("if-match", patched.header("etag")), "").await;
        assert_eq!(gone.status, 204, "{}", gone.text());
        assert_eq!(self.ask("GET", &one, NO_CONDITION, "").await.status, 404);
        let again = self.ask("DELETE", &one, ("if-match", "*"), "").await;
        assert_eq!(again.status, 404);
        self.creates().await;
    }

    /// A POST creates where nothing is under the key.
    async fn creates(&self) {
        let posted = self.post("a").await;
        let location = self.resource(1);
        assert_eq!((posted.status, posted.header("location")), (201, &*location), "{}", posted.text());
        assert_eq!(self.post("b").await.status, 409);
        let shown = self.ask("GET", &location, NO_CONDITION, "").await;
        assert_eq!((shown.header("etag"), &shown.body), (posted.header("etag"), &posted.body));
    }

    /// What was deleted is made again in a state that it never was in, and no tag of before reads or guards it. Not
    /// where the state is the content.
    pub async fn never_repeats_a_state(&self) {
        let one = self.resource(0);
        let mut tags: Vec<String> = Vec::new();
        for _ in 0..4 {
            for (index, text) in ["a", "b", "a"].into_iter().enumerate() {
                let condition = match tags.last() {
                    Some(tag) if index > 0 => ("if-match", tag.as_str()),
                    _ => ("if-none-match", "*"),
                };
                let written = self.ask("PUT", &one, condition, text).await;
                assert!([200, 201].contains(&written.status), "{condition:?}: {}", written.text());
                let tag = written.header("etag").to_owned();
                assert!(!tags.contains(&tag), "{tag} was of another state before");
                for stale in &tags {
                    assert_eq!(self.ask("PUT", &one, ("if-match", stale), "stale").await.status, 412);
                    assert_eq!(self.ask("GET", &one, ("if-none-match", stale), "").await.status, 200);
                }
                tags.push(tag);
            }
            let gone = self.ask("DELETE", &one, ("if-match", tags.last().expect("three states")), "").await;
            assert_eq!(gone.status, 204, "{}", gone.text());
            for stale in &tags {
                assert_eq!(self.ask("PUT", &one, ("if-match", stale), "revived").await.status, 412);
            }
        }
    }

    fn resource(&self, index: usize) -> String {
        let key = self.keys[index].as_str().map_or_else(|| self.keys[index].to_string(), str::to_owned);
        format!("{}/{key}", self.path)
    }

    async fn ask(&self, method: &str, path: &str, condition: (&str, &str), text: &str) -> Answer {
        let (content_type, body) = match method {
            "PUT" => ("application/json", self.with(text)),
            "PATCH" => ("application/merge-patch+json", serde_json::json!({ self.member: text })),
            _ => return self.service.ask(method, path, headers(&[condition]), String::new()).await,
        };
        let body = body.to_string();
        self.service.ask(method, path, headers(&[condition, ("content-type", content_type)]), body).await
    }

    async fn post(&self, text: &str) -> Answer {
        let mut body = self.with(text);
        body["id"] = self.keys[1].clone();
        let path = if self.path.is_empty() { "/" } else { self.path };
        self.service.ask("POST", path, &[("content-type", "application/json")], body.to_string()).await
    }

    fn with(&self, text: &str) -> Value {
        let mut value = self.value.clone();
        value[self.member] = text.into();
        value
    }
}

/// Without a condition, where there is none.
fn headers<'a, 'b>(headers: &'a [(&'b str, &'b str)]) -> &'a [(&'b str, &'b str)] {
    if headers[0].0.is_empty() { &headers[1..] } else { headers }
}
