//! Deploys: releases whose types differ, on one database. A row that one release wrote is answered by the
//! other with a true tag, and with 304 only where the client's copy is what it would be sent. (Checklist 13,
//! 14, 25, 42, 60, 64.)

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::get;
use etag_core::axum::{Fresh, Guarded, Update};
use etag_core::{Anyone, Database, Resource, StateTag, Timestamp, Versioned};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tests::{Answer, call, on_each_database};

/// A release: five types with the same members, which differ in what their tags are made of, and their
/// routes.
macro_rules! release {
    ($release:ident, $(#[$attribute:meta])* { $($members:tt)* }) => {
        mod $release {
            use super::*;

            #[derive(Serialize, Deserialize, Versioned)]
            #[versioned(store = Database, collection = "plain", create = "put")]
            $(#[$attribute])*
            struct Plain {
                #[versioned(id)]
                id: u64,
                $($members)*
            }

            #[derive(Serialize, Deserialize, Versioned)]
            #[versioned(store = Database, collection = "dated", create = "put")]
            $(#[$attribute])*
            struct Dated {
                #[versioned(id)]
                id: u64,
                #[versioned(modified)]
                modified: Timestamp,
                $($members)*
            }

            #[derive(Serialize, Deserialize, Versioned)]
            #[versioned(store = Database, collection = "discreet", create = "put")]
            $(#[$attribute])*
            struct Discreet {
                #[versioned(id)]
                id: u64,
                #[versioned(modified)]
                #[serde(skip, default = "Timestamp::now")]
                modified: Timestamp,
                $($members)*
            }

            #[derive(Serialize, Deserialize, Versioned)]
            #[versioned(store = Database, collection = "numbered", create = "put")]
            $(#[$attribute])*
            struct Numbered {
                #[versioned(id)]
                id: u64,
                #[versioned(revision)]
                #[serde(skip)]
                revision: u64,
                $($members)*
            }

            #[derive(Serialize, Deserialize, Versioned)]
            #[versioned(store = Database, collection = "timed", create = "put")]
            $(#[$attribute])*
            struct Timed {
                #[versioned(id)]
                id: u64,
                #[versioned(revision)]
                updated: Timestamp,
                $($members)*
            }

            pub fn router(database: &Database) -> Router {
                routes::<Plain>()
                    .merge(routes::<Dated>())
                    .merge(routes::<Discreet>())
                    .merge(routes::<Numbered>())
                    .merge(routes::<Timed>())
                    .with_state(database.clone())
            }
        }
    };
}

release!(before, { name: String });
release!(after, { name: String, #[serde(default)] colour: Option<String> });
release!(strict, #[serde(deny_unknown_fields)] { name: String });
release!(second_epoch, #[versioned(epoch = 2)] { name: String });
release!(renamed, { title: String });
release!(aliased, { #[serde(alias = "name")] title: String });
release!(counting, { name: u8 });
release!(showing, #[versioned(embed = "etag", epoch = 2)] { name: String });

const CONTENT: [&str; 3] = ["plain", "dated", "discreet"];
const REVISION: [&str; 2] = ["numbered", "timed"];
const KINDS: [&str; 5] = ["plain", "dated", "discreet", "numbered", "timed"];
const WITH_DATE: [&str; 3] = ["dated", "discreet", "timed"];

/// `/COLLECTION/{id}` with GET, HEAD, PUT and DELETE.
fn routes<T>() -> Router<Database>
where
    T: Resource<Store = Database, Policy = Anyone> + DeserializeOwned,
{
    let methods = get(async |value: Fresh<T>| value)
        .put(async |value: Update<T>| value.save().await)
        .delete(async |value: Guarded<T>| value.delete().await);
    Router::new().route(&format!("/{}/{{id}}", T::COLLECTION), methods)
}

async fn look(release: &Router, uri: &str) -> Answer {
    let answer = call(release, "GET", uri, &[], "").await;
    assert_eq!(answer.status, 200, "GET {uri}: {}", answer.text());
    assert_true(uri, &answer);
    answer
}

async fn look_if(release: &Router, uri: &str, condition: (&str, &str)) -> u16 {
    call(release, "GET", uri, &[condition], "").await.status
}

async fn put(release: &Router, uri: &str, condition: &[(&str, &str)], body: &str) -> Answer {
    let headers = [&[("content-type", "application/json")], condition].concat();
    call(release, "PUT", uri, &headers, body.to_owned()).await
}

async fn create(release: &Router, uri: &str, body: &str) {
    let answer = put(release, uri, &[], body).await;
    assert_eq!(answer.status, 201, "PUT {uri}: {}", answer.text());
    assert_true(uri, &answer);
}

/// What the tag says is so: the hash of the bytes sent, or the time that they show.
fn assert_true(uri: &str, answer: &Answer) {
    let (kind, etag) = (uri.split('/').nth(1).unwrap(), answer.header("etag"));
    let hash = StateTag::from_hash(Sha256::digest(&answer.body).into()).to_string();
    let is_plain = etag.matches('.').count() == 0 && !answer.text().contains("\"etag\"");
    if CONTENT.contains(&kind) && is_plain {
        assert_eq!(etag, format!("\"{hash}\""), "{uri}");
    }
    if REVISION.contains(&kind) {
        assert!(!is_plain && state(etag).parse::<u64>().is_ok(), "{uri}: {etag}");
    }
    if kind == "timed" {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let updated: Timestamp = body["updated"].as_str().unwrap().parse().unwrap();
        assert_eq!(state(etag), updated.as_microseconds().to_string());
    }
    assert_eq!(!answer.header("last-modified").is_empty(), WITH_DATE.contains(&kind), "{uri}");
}

/// What stands in front of the variant.
fn state(etag: &str) -> &str {
    etag.trim_matches('"').split('.').next().unwrap()
}

fn revision(answer: &Answer) -> u64 {
    state(answer.header("etag")).parse().unwrap()
}

/// The tag and the date of an answer, as conditions of a GET.
fn conditions(answer: &Answer) -> Vec<(&'static str, String)> {
    let tag = ("if-none-match", answer.header("etag").to_owned());
    let date = ("if-modified-since", answer.header("last-modified").to_owned());
    [tag, date].into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Waits until a date of this second can be strong.
async fn the_second_is_over() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    tokio::time::sleep(Duration::from_millis(u64::from(1005 - now.subsec_millis()))).await;
}

#[tokio::test]
async fn a_new_member_moves_the_tags_of_old_rows_and_weakens_their_dates() {
    on_each_database(async |database| {
        let (before, after) = (before::router(&database), after::router(&database));
        // Of each pair, the new release meets one first with a tag, and the other first with a date.
        for kind in KINDS {
            create(&before, &format!("/{kind}/1"), r#"{"name":"pump"}"#).await;
            create(&before, &format!("/{kind}/2"), r#"{"name":"pump"}"#).await;
        }
        the_second_is_over().await;
        for kind in KINDS {
            for (id, reverse) in [(1, false), (2, true)] {
                new_member(&before, &after, &format!("/{kind}/{id}"), reverse).await;
            }
        }
    })
    .await;
}

async fn new_member(before: &Router, after: &Router, uri: &str, date_first: bool) {
    let old = look(before, uri).await;
    let mut conditions_of_old = conditions(&old);
    if date_first {
        conditions_of_old.reverse();
    }
    for (name, value) in &conditions_of_old {
        assert_eq!(look_if(before, uri, (name, value)).await, 304, "{uri} {name}: it is what is sent");
    }
    for (name, value) in &conditions_of_old {
        assert_eq!(look_if(after, uri, (name, value)).await, 200, "{uri} {name}: the body differs");
    }
    let new = look(after, uri).await;
    assert!(new.text().contains("\"colour\":null"), "{}", new.text());
    assert_ne!(new.header("etag"), old.header("etag"));
    assert_eq!(new.header("last-modified"), old.header("last-modified"));
    for (name, value) in &conditions_of_old {
        assert_eq!(look_if(after, uri, (name, value)).await, 200, "{uri} {name}: it was tagged anew");
    }
    assert_eq!(look_if(after, uri, ("if-none-match", new.header("etag"))).await, 304, "{uri}");
    let head = call(after, "HEAD", uri, &[], "").await;
    assert_eq!((head.headers, head.body.len()), (new.headers, 0));
    let again = look(before, uri).await;
    assert_eq!((again.header("etag"), &again.body), (old.header("etag"), &old.body), "{uri}");
    if let [.., ("if-modified-since", date)] | [("if-modified-since", date), ..] =
        conditions_of_old.as_slice()
    {
        let weak = look_if(before, uri, ("if-modified-since", date)).await;
        assert_eq!(weak, 200, "{uri}: a date that has stood for two bodies stays weak");
        let unmodified = [("if-unmodified-since", date.as_str())];
        let refused = put(after, uri, &unmodified, r#"{"name":"valve"}"#).await;
        assert_eq!(refused.status, 412, "{uri}: {}", refused.text());
        assert_eq!(look(before, uri).await.body, old.body, "{uri}");
    }
}

#[tokio::test]
async fn a_tag_of_the_release_before_guards_a_revision_and_no_content() {
    on_each_database(async |database| {
        let (before, after) = (before::router(&database), after::router(&database));
        for kind in KINDS {
            for id in [1, 2] {
                create(&before, &format!("/{kind}/{id}"), r#"{"name":"pump"}"#).await;
            }
        }
        for kind in CONTENT {
            old_tag_of_content(&before, &after, kind).await;
        }
        for kind in REVISION {
            old_tag_of_revision(&before, &after, kind).await;
        }
    })
    .await;
}

async fn old_tag_of_content(before: &Router, after: &Router, kind: &str) {
    for (id, method) in [(1, "PUT"), (2, "DELETE")] {
        let uri = format!("/{kind}/{id}");
        let old = look(before, &uri).await;
        let write = async |tag: &str| {
            let headers = [("if-match", tag), ("content-type", "application/json")];
            call(after, method, &uri, &headers, r#"{"name":"valve","colour":"red"}"#).await
        };
        let refused = write(old.header("etag")).await;
        assert_eq!(refused.status, 412, "{method} {uri}: the state has a new member");
        let new = look(after, &uri).await;
        assert!(new.text().contains("\"colour\":null"), "{method} {uri} was refused and written");
        assert_eq!(refused.header("etag"), new.header("etag"), "{method} {uri}");
        let written = write(refused.header("etag")).await;
        assert!([200, 204].contains(&written.status), "{method} {uri}: {}", written.text());
    }
}

async fn old_tag_of_revision(before: &Router, after: &Router, kind: &str) {
    let uri = format!("/{kind}/1");
    let old = look(before, &uri).await;
    let tag = [("if-match", old.header("etag"))];
    let written = put(after, &uri, &tag, r#"{"name":"valve","colour":"red"}"#).await;
    assert_eq!(written.status, 200, "{uri}: the revision is still the one that the client saw");
    assert_true(&uri, &written);
    assert!(revision(&written) > revision(&old), "{uri}");
    assert_eq!(put(after, &uri, &tag, r#"{"name":"other"}"#).await.status, 412, "{uri}");
    assert_eq!(put(before, &uri, &tag, r#"{"name":"other"}"#).await.status, 412, "{uri}");
    assert_eq!(look(after, &uri).await.body, written.body);

    let uri = format!("/{kind}/2");
    let old = look(before, &uri).await;
    let tag = [("if-match", old.header("etag"))];
    assert_eq!(call(after, "DELETE", &uri, &tag, "").await.status, 204, "{uri}");
    assert_eq!(call(before, "GET", &uri, &[], "").await.status, 404, "{uri}");
}

#[tokio::test]
async fn what_is_deleted_and_created_again_by_another_release_has_new_revisions_and_true_tags() {
    on_each_database(async |database| {
        let (before, after) = (before::router(&database), after::router(&database));
        for kind in KINDS {
            let uri = format!("/{kind}/1");
            let mut client = Client::new(&uri);
            let mut states = BTreeSet::new();
            for (deletes, creates) in [(&before, &after), (&after, &before), (&before, &before)] {
                create(creates, &uri, r#"{"name":"pump"}"#).await;
                for release in [&before, &after, creates] {
                    client.look(release).await;
                }
                states.insert(state(look(&before, &uri).await.header("etag")).to_owned());
                let gone = call(deletes, "DELETE", &uri, &[("if-match", "*")], "").await;
                assert_eq!(gone.status, 204, "{uri}");
            }
            if REVISION.contains(&kind) {
                assert_eq!(states.len(), 3, "{uri}: a revision came back: {states:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_release_that_is_rolled_back_answers_the_rows_of_the_newer_one() {
    on_each_database(async |database| {
        let (before, after) = (before::router(&database), after::router(&database));
        let strict = strict::router(&database);
        for kind in KINDS {
            let uri = format!("/{kind}/1");
            create(&after, &uri, r#"{"name":"pump","colour":"red"}"#).await;
            let new = look(&after, &uri).await;
            assert_fails_loudly(&strict, &uri, &new, r#"{"name":"valve"}"#).await;
            assert_eq!(look(&after, &uri).await, new, "{uri}");
            for (name, value) in conditions(&new) {
                assert_eq!(look_if(&before, &uri, (name, &value)).await, 200, "{uri} {name}");
            }
            let old = look(&before, &uri).await;
            assert!(!old.text().contains("colour"), "{}", old.text());
            assert_ne!(old.header("etag"), new.header("etag"));
            let again = look(&after, &uri).await;
            assert_eq!((&again.body, again.header("etag")), (&new.body, new.header("etag")), "{uri}");
        }
    })
    .await;
}

/// Whatever is asked of a row that this release can't read is answered 500, and nothing is written.
async fn assert_fails_loudly(release: &Router, uri: &str, copy: &Answer, body: &str) {
    let current = ("if-match", copy.header("etag"));
    let mut requests = vec![
        ("GET", vec![]),
        ("HEAD", vec![]),
        ("PUT", vec![current]),
        ("PUT", vec![("if-match", "*")]),
        ("DELETE", vec![current]),
        ("DELETE", vec![("if-match", "*")]),
    ];
    let conditions = conditions(copy);
    requests.extend(conditions.iter().map(|(name, value)| ("GET", vec![(*name, value.as_str())])));
    for (method, mut headers) in requests {
        headers.push(("content-type", "application/json"));
        let answer = call(release, method, uri, &headers, body.to_owned()).await;
        assert_eq!(answer.status, 500, "{method} {uri} {headers:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("etag"), "", "what can't be read has no tag");
    }
}

#[tokio::test]
async fn a_row_that_can_not_be_read_is_a_500_and_is_not_lost() {
    on_each_database(async |database| {
        let (before, counting) = (before::router(&database), counting::router(&database));
        let renamed = renamed::router(&database);
        for kind in KINDS {
            create(&before, &format!("/{kind}/1"), r#"{"name":"pump"}"#).await;
            create(&counting, &format!("/{kind}/2"), r#"{"name":7}"#).await;
        }
        the_second_is_over().await;
        for kind in KINDS {
            let of_name = (&before, &renamed, format!("/{kind}/1"), r#"{"title":"valve"}"#);
            let of_type = (&counting, &before, format!("/{kind}/2"), r#"{"name":"valve"}"#);
            for (writer, reader, uri, body) in [of_name, of_type] {
                let old = look(writer, &uri).await;
                assert_fails_loudly(reader, &uri, &old, body).await;
                assert_eq!(look(writer, &uri).await, old);
                for (name, value) in conditions(&old) {
                    assert_eq!(look_if(writer, &uri, (name, &value)).await, 304, "{uri} {name}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_member_that_is_renamed_under_an_alias_moves_the_tag() {
    on_each_database(async |database| {
        let (before, aliased) = (before::router(&database), aliased::router(&database));
        for kind in KINDS {
            let uri = format!("/{kind}/1");
            create(&before, &uri, r#"{"name":"pump"}"#).await;
            let mut client = Client::new(&uri);
            client.look(&before).await;
            client.look(&aliased).await;
            let new = look(&aliased, &uri).await;
            assert!(new.text().contains("\"title\":\"pump\""), "{}", new.text());
        }
    })
    .await;
}

#[tokio::test]
async fn an_epoch_moves_every_tag_and_no_state() {
    on_each_database(async |database| {
        let (first, second) = (before::router(&database), second_epoch::router(&database));
        for kind in KINDS {
            create(&first, &format!("/{kind}/1"), r#"{"name":"pump"}"#).await;
        }
        the_second_is_over().await;
        for kind in KINDS {
            let uri = format!("/{kind}/1");
            let old = look(&first, &uri).await;
            for (release, expected) in [(&first, 304), (&second, 200)] {
                for (name, value) in conditions(&old) {
                    assert_eq!(look_if(release, &uri, (name, &value)).await, expected, "{uri} {name}");
                }
            }
            let new = look(&second, &uri).await;
            assert_eq!(new.body, old.body);
            assert_ne!(new.header("etag"), old.header("etag"));
            assert_eq!(state(new.header("etag")), state(old.header("etag")));

            let old_tag = [("if-match", old.header("etag"))];
            let written = put(&second, &uri, &old_tag, r#"{"name":"valve"}"#).await;
            assert_eq!(written.status, 200, "{uri}: {}", written.text());
            let new_tag = [("if-match", written.header("etag"))];
            let rolled_back = put(&first, &uri, &new_tag, r#"{"name":"hose"}"#).await;
            assert_eq!(rolled_back.status, 200, "{uri}: {}", rolled_back.text());
            assert_eq!(put(&second, &uri, &old_tag, r#"{"name":"lost"}"#).await.status, 412, "{uri}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_tag_that_is_shown_in_the_body_from_now_on_moves_with_its_epoch() {
    on_each_database(async |database| {
        let (before, showing) = (before::router(&database), showing::router(&database));
        for kind in KINDS {
            let uri = format!("/{kind}/1");
            create(&before, &uri, r#"{"name":"pump"}"#).await;
            let mut client = Client::new(&uri);
            client.look(&before).await;
            client.look(&showing).await;
        }
    })
    .await;
}

#[tokio::test]
async fn two_releases_side_by_side_never_answer_a_wrong_304() {
    on_each_database(async |database| {
        let (before, after) = (before::router(&database), after::router(&database));
        let mut clients: Vec<Client> = KINDS.iter().map(|kind| Client::new(&format!("/{kind}/1"))).collect();
        for client in &clients {
            create(&before, &client.uri, r#"{"name":"0"}"#).await;
        }
        let mut dates_that_held = 0;
        for turn in 0..200 {
            let release = [&before, &after][turn % 2];
            let waits = turn == 99;
            if waits {
                the_second_is_over().await;
            }
            for client in &mut clients {
                match turn % 7 {
                    _ if waits => client.write(release, turn).await,
                    3 => client.write(release, turn).await,
                    5 if turn % 3 == 0 => client.start_over(release, turn).await,
                    _ => {}
                }
                client.look(release).await;
            }
            if waits {
                the_second_is_over().await;
                for client in &mut clients {
                    dates_that_held += client.look(release).await;
                }
            }
        }
        assert!(dates_that_held >= WITH_DATE.len(), "no date was strong, so none was tried");
    })
    .await;
}

/// A client that keeps what it was sent, and asks for it again with each tag and each date that it has.
struct Client {
    uri: String,
    copies: Vec<Answer>,
}

impl Client {
    fn new(uri: &str) -> Self {
        Self { uri: uri.to_owned(), copies: Vec::new() }
    }

    /// Looks at the resource through one release; says how many dates were answered 304.
    async fn look(&mut self, release: &Router) -> usize {
        let mut dates_that_held = 0;
        let mut asked = Vec::new();
        for copy in &self.copies {
            for (name, value) in conditions(copy) {
                let status = look_if(release, &self.uri, (name, &value)).await;
                asked.push((copy, name, status));
                dates_that_held += usize::from(status == 304 && name == "if-modified-since");
            }
        }
        let sent = look(release, &self.uri).await;
        for (copy, name, status) in asked {
            if status == 304 {
                assert_eq!(copy.body, sent.body, "{}: a wrong 304 by {name}", self.uri);
            }
            if copy.header("etag") == sent.header("etag") {
                assert_eq!(copy.body, sent.body, "{}: two bodies under one tag", self.uri);
                assert!(status == 304 || name != "if-none-match", "{}: {status}", self.uri);
            }
        }
        if !self.copies.contains(&sent) {
            self.copies.push(sent);
        }
        let surplus = self.copies.len().saturating_sub(3);
        self.copies.drain(..surplus);
        dates_that_held
    }

    /// Changes the resource with the tag that the release answers with; every other time it has a colour.
    async fn write(&self, release: &Router, turn: usize) {
        let current = look(release, &self.uri).await;
        let colour = if turn.is_multiple_of(4) { "" } else { r#","colour":"red""# };
        let body = format!(r#"{{"name":"{turn}"{colour}}}"#);
        let written = put(release, &self.uri, &[("if-match", current.header("etag"))], &body).await;
        assert_eq!(written.status, 200, "{}: {}", self.uri, written.text());
        assert_true(&self.uri, &written);
    }

    async fn start_over(&self, release: &Router, turn: usize) {
        let gone = call(release, "DELETE", &self.uri, &[("if-match", "*")], "").await;
        assert_eq!(gone.status, 204);
        create(release, &self.uri, &format!(r#"{{"name":"{turn}"}}"#)).await;
    }
}

/// A type of the collection `numbered` that has no revision.
mod unnumbered {
    use super::*;

    #[derive(Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "numbered", create = "put")]
    struct Unnumbered {
        #[versioned(id)]
        id: u64,
        name: String,
    }

    pub fn router(database: &Database) -> Router {
        routes::<Unnumbered>().with_state(database.clone())
    }
}

#[tokio::test]
async fn a_revision_that_is_kept_out_of_the_body_can_be_added_and_removed() {
    on_each_database(async |database| {
        let (without, with) = (unnumbered::router(&database), before::router(&database));
        let body = r#"{"name":"pump"}"#;
        assert_eq!(put(&without, "/numbered/1", &[], body).await.status, 201);
        look(&with, "/numbered/1").await;

        create(&with, "/numbered/2", body).await;
        let answer = call(&without, "GET", "/numbered/2", &[], "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let hash = StateTag::from_hash(Sha256::digest(&answer.body).into());
        assert_eq!(answer.header("etag"), format!("\"{hash}\""));
    })
    .await;
}

mod ordered {
    use super::*;

    #[derive(Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "plain", create = "put")]
    struct Labelled {
        #[versioned(id)]
        id: u64,
        labels: Vec<String>,
    }

    pub fn router(database: &Database) -> Router {
        routes::<Labelled>().with_state(database.clone())
    }
}

mod sorted {
    use super::*;

    #[derive(Serialize, Deserialize, Versioned)]
    #[versioned(store = Database, collection = "plain", create = "put")]
    struct Labelled {
        #[versioned(id)]
        id: u64,
        labels: BTreeSet<String>,
    }

    pub fn router(database: &Database) -> Router {
        routes::<Labelled>().with_state(database.clone())
    }
}

#[tokio::test]
async fn a_list_that_becomes_a_sorted_set_moves_the_tags_of_rows_in_another_order() {
    on_each_database(async |database| {
        let (ordered, sorted) = (ordered::router(&database), sorted::router(&database));
        create(&ordered, "/plain/1", r#"{"labels":["b","a","b"]}"#).await;
        let old = look(&ordered, "/plain/1").await;
        let status = look_if(&sorted, "/plain/1", ("if-none-match", old.header("etag"))).await;
        assert_eq!(status, 200, "the body differs");
        let new = look(&sorted, "/plain/1").await;
        assert_eq!(new.text(), r#"{"id":1,"labels":["a","b"]}"#);
    })
    .await;
}
