//! A client: it keeps what it was sent, asks again whether that is current, and writes over it.

use std::collections::{BTreeSet, HashMap};

use http::header::{ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use reqwest::{Client as Http, RequestBuilder};
use serde_json::Value;

use super::kinds::{KINDS, Kind, Release};
use super::service::{ROWS, Service};

pub struct Client {
    http: Http,
    dice: TestRng,
    copies: HashMap<String, Copy>,
}

/// What was sent for an address, and by whom it was said to be current.
#[derive(Debug, Clone)]
pub struct Copy {
    kind: &'static Kind,
    tag: String,
    date: Option<String>,
    body: Value,
    bytes: Vec<u8>,
    releases: BTreeSet<Release>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    tag: String,
    date: Option<String>,
    bytes: Vec<u8>,
}

impl Client {
    pub fn new(number: u8) -> Self {
        let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &[number; 32]);
        Self { http: tests::client(), dice, copies: HashMap::new() }
    }

    /// Does one thing at random, through one of the releases that serve.
    pub async fn step(&mut self, service: &Service) {
        let kind = &KINDS[self.roll(KINDS.len() as u64) as usize];
        let id = self.roll(ROWS);
        let release = service.one_of(self.roll(2));
        let uri = match self.roll(8) {
            0 => format!("/{}", kind.collection),
            1 => format!("/{}?sort=-count&limit=2", kind.collection),
            _ => format!("/{}/{id}", kind.collection),
        };
        let is_list = !uri.ends_with(&format!("/{id}"));
        match (self.roll(4), self.copies.get(&uri).cloned()) {
            (0, Some(copy)) => self.look_if(service, release, &uri, copy, Condition::Tag).await,
            (1, Some(copy)) if copy.date.is_some() => {
                self.look_if(service, release, &uri, copy, Condition::Date).await;
            }
            // What nobody writes keeps its tags and its dates: these have to differ by release all the same.
            (2 | 3, Some(copy)) if !is_list && id > 0 => self.write(service, release, &uri, copy).await,
            _ => drop(self.look(service, release, kind, &uri).await),
        }
    }

    /// Reads a representation, and keeps it; `None` where there was no answer, or none that can be.
    async fn look(
        &mut self,
        service: &Service,
        release: Release,
        kind: &'static Kind,
        uri: &str,
    ) -> Option<Copy> {
        let before = service.acknowledged();
        let answer = send(service, release, self.http.get(service.url(release, uri))).await?;
        if !is_shown(service, release, kind, uri, &answer) {
            return None;
        }
        let copy = Copy::of(kind, release, answer);
        copy.assert_is_of(service, release, uri, &before);
        service.assert_one_body(uri, &copy.tag, &copy.bytes);
        self.copies.insert(uri.to_owned(), copy.clone());
        Some(copy)
    }

    /// Asks whether a copy is what it would be sent now.
    async fn look_if(
        &mut self,
        service: &Service,
        release: Release,
        uri: &str,
        copy: Copy,
        condition: Condition,
    ) {
        let before = service.acknowledged();
        let request = self.http.get(service.url(release, uri));
        let request = match condition {
            Condition::Tag => request.header(IF_NONE_MATCH, &copy.tag),
            Condition::Date => request.header(IF_MODIFIED_SINCE, copy.date.as_deref().unwrap_or_default()),
        };
        let Some(answer) = send(service, release, request).await else {
            return;
        };
        if answer.status != 304 {
            if is_shown(service, release, copy.kind, uri, &answer) {
                let sent = Copy::of(copy.kind, release, answer);
                sent.assert_is_of(service, release, uri, &before);
                service.assert_one_body(uri, &sent.tag, &sent.bytes);
                self.copies.insert(uri.to_owned(), sent);
            }
            return;
        }
        service.count("304");
        // It holds what this release would send, and nothing that was acknowledged before is missing from it.
        copy.assert_is_of(service, release, uri, &before);
        assert_eq!(answer.tag, copy.tag, "{uri}: a wrong 304 by {condition:?} of {release:?}");
        if let Some(held) = self.copies.get_mut(uri) {
            held.releases.insert(release);
        }
        let kind = copy.kind;
        if let Some(now) = self.look(service, release, kind, uri).await
            && now.counts() == copy.counts()
        {
            assert_eq!(now.bytes, copy.bytes, "{uri}: a wrong 304 by {condition:?} of {release:?}");
        }
    }

    /// Counts one further from a copy, if that is still current.
    async fn write(&mut self, service: &Service, release: Release, uri: &str, copy: Copy) {
        let mut body = copy.body.clone();
        body["count"] = (copy.count() + 1).into();
        if let Some((member, value)) = copy.kind.news(self.roll(6)).filter(|_| release == Release::After) {
            body[member] = value;
        }
        let request = self.http.put(service.url(release, uri)).header(IF_MATCH, &copy.tag).json(&body);
        let Some(answer) = send(service, release, request).await else {
            service.unanswered(uri);
            return;
        };
        match answer.status {
            200 => {
                let written = Copy::of(copy.kind, release, answer);
                assert_eq!(written.count(), copy.count() + 1, "{uri}");
                service.acknowledge(uri, written.count());
                service.count("writes");
                copy.kind.assert_is_of(release, &written.body);
                service.assert_one_body(uri, &written.tag, &written.bytes);
                self.copies.insert(uri.to_owned(), written);
            }
            412 => self.refused(service, release, uri, &copy).await,
            503 => service.count("503 writes"),
            422 | 500 if release == Release::Before && copy.kind.is_unreadable_before => {
                service.count("unreadable before");
            }
            status => panic!("PUT {uri} of {release:?}: {status} {}", text(&answer.bytes)),
        }
    }

    /// A write is refused where others wrote; where none did, the tag was not one of this release's.
    async fn refused(&mut self, service: &Service, release: Release, uri: &str, copy: &Copy) {
        service.count("412");
        let Some(now) = self.look(service, release, copy.kind, uri).await else {
            return;
        };
        if now.count() == copy.count() {
            assert!(
                !copy.releases.contains(&release) && !copy.kind.keeps_states,
                "{uri}: {release:?} refused a tag that was current: {copy:?}, now {now:?}"
            );
            service.count(&format!("spurious 412, {}", copy.kind.collection));
        }
    }

    /// While nobody writes: 304 for those copies alone that are what is sent.
    pub async fn settle(&mut self, service: &Service, release: Release) {
        for (uri, copy) in std::mem::take(&mut self.copies) {
            let sent = self.look(service, release, copy.kind, &uri).await.expect("it can be read");
            let asked = self.http.get(service.url(release, &uri)).header(IF_NONE_MATCH, &copy.tag);
            let by_tag = send(service, release, asked).await.expect("it answers").status;
            assert_eq!(by_tag == 304, copy.tag == sent.tag, "{uri}");
            assert!(by_tag != 304 || copy.bytes == sent.bytes, "{uri}: a wrong 304");
            if let Some(date) = &copy.date {
                let asked = self.http.get(service.url(release, &uri)).header(IF_MODIFIED_SINCE, date);
                let by_date = send(service, release, asked).await.expect("it answers").status;
                assert!(by_date != 304 || copy.bytes == sent.bytes, "{uri}: a wrong 304 by date");
            }
        }
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.dice.next_u64() % sides
    }
}

#[derive(Debug, Clone, Copy)]
enum Condition {
    Tag,
    Date,
}

impl Copy {
    fn of(kind: &'static Kind, release: Release, answer: Answer) -> Self {
        let body = serde_json::from_slice(&answer.bytes).expect("a representation is JSON");
        let Answer { tag, date, bytes, .. } = answer;
        assert!(tag.starts_with('"'), "a strong tag: {tag}");
        Self { kind, tag, date: date.filter(|_| kind.has_date), body, bytes, releases: [release].into() }
    }

    /// How often the resource was written.
    fn count(&self) -> u64 {
        self.body["count"].as_u64().expect("a count")
    }

    /// The same for each that is shown: what was not written since has the same ones.
    fn counts(&self) -> Vec<(&Value, &Value)> {
        self.items().iter().map(|item| (&item["id"], &item["count"])).collect()
    }

    fn items(&self) -> &[Value] {
        self.body.as_array().map_or(std::slice::from_ref(&self.body), Vec::as_slice)
    }

    /// A release can have sent it, when these writes had been acknowledged.
    fn assert_is_of(
        &self,
        service: &Service,
        release: Release,
        uri: &str,
        acknowledged: &HashMap<String, u64>,
    ) {
        for item in self.items() {
            self.kind.assert_is_of(release, item);
            let count = acknowledged[&service.uri(self.kind, item["id"].as_u64().expect("an id"))];
            assert!(
                item["count"].as_u64() >= Some(count),
                "{uri} of {release:?}: {item} after write {count}"
            );
        }
    }
}

/// Whether it is a representation; else it is an answer that this release may give.
fn is_shown(service: &Service, release: Release, kind: &Kind, uri: &str, answer: &Answer) -> bool {
    match answer.status {
        200 => return true,
        500 if release == Release::Before && kind.is_unreadable_before => service.count("unreadable before"),
        503 => service.count("503 reads"),
        status => panic!("GET {uri} of {release:?}: {status} {}", text(&answer.bytes)),
    }
    false
}

/// `None` where the process ended meanwhile, as it may once it is to.
async fn send(service: &Service, release: Release, request: RequestBuilder) -> Option<Answer> {
    service.count("requests");
    let answer = async {
        let response = request.send().await?;
        let header =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (tag, date) = (header(ETAG).unwrap_or_default(), header(LAST_MODIFIED));
        let status = response.status().as_u16();
        Ok::<_, reqwest::Error>(Answer { status, tag, date, bytes: response.bytes().await?.to_vec() })
    };
    match answer.await {
        Ok(answer) => Some(answer),
        Err(error) => {
            assert!(!service.serves(release), "{release:?} broke off: {error}");
            None
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
