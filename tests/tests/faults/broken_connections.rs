//! A connection that breaks between a write and its answer, at each message of the conversation: between the client and
//! the service, and between the service and PostgreSQL. A client that reads, and sends again what is not there, loses
//! nothing and does nothing twice.

use std::fmt;
use std::time::{Duration, Instant};

use http::header::{IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::clients::alone::new_asset;
use tests::clients::transfers::{Party, Service};
use tests::clients::{Answer, Site, answer, exchange, tag_of};
use tests::{Registry, postgres_database};
use uuid::Uuid;

use super::on_each_durable_database;
use super::relay::{Moment, Relay};

/// What a client wants.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wish {
    Replace,
    Patch,
    ReplaceAll,
    PatchAll,
    Create,
    Delete,
}

const WISHES: [Wish; 6] =
    [Wish::Replace, Wish::Patch, Wish::ReplaceAll, Wish::PatchAll, Wish::Create, Wish::Delete];

/// How many assets a list has that is written.
const LISTED: usize = 3;

/// One write that a client wants done: the asset of that path, or all of the product, get that serial number.
struct Write {
    wish: Wish,
    path: String,
    serial: String,
}

/// The state that a write finds, and whether it is done there.
struct Found {
    shown: Answer,
    is_done: bool,
}

impl Write {
    async fn new(wish: Wish, party: &Party) -> Self {
        let path = format!("/{}", Uuid::new_v4());
        if wish != Wish::Create {
            let create = party.site.http.put(party.url(&path)).header(IF_NONE_MATCH, "*").json(&new_asset());
            assert_eq!(answer(create).await.status, 201);
        }
        Self { wish, path, serial: Uuid::new_v4().to_string() }
    }

    /// Reads what it is about: no half of a list is there, and the tag is that of the bytes.
    async fn find(&self, party: &Party) -> Found {
        if matches!(self.wish, Wish::ReplaceAll | Wish::PatchAll) {
            let shown = party.all().await;
            let items = shown.items();
            assert_eq!(items.len(), LISTED);
            let done = items.iter().filter(|item| item["serialNumber"] == self.serial).count();
            assert!([0, LISTED].contains(&done), "half of a list is there: {}", shown.body);
            return Found { is_done: done > 0, shown };
        }
        let mut shown = party.site.show(&format!("/assets{}", self.path)).await.unwrap();
        while shown.status == 200 {
            assert_eq!(shown.tag, tag_of(&shown.body));
            let current = party.site.http.get(party.url(&self.path)).header(IF_NONE_MATCH, &shown.tag);
            let current = answer(current).await;
            if current.status == 304 {
                break;
            }
            // A write that was under way has come to its end meanwhile.
            assert_ne!(current.tag, shown.tag);
            shown = current;
        }
        let is_there = shown.status == 200;
        assert!(is_there || shown.status == 404, "{}: {}", shown.status, shown.body);
        let is_done = match self.wish {
            Wish::Create => is_there,
            Wish::Delete => !is_there,
            _ => shown.json()["serialNumber"] == self.serial,
        };
        Found { is_done, shown }
    }

    /// The request of a client that knows what was found.
    fn request(&self, party: &Party, found: &Found) -> RequestBuilder {
        let guarded =
            |method, path, body: &Value| party.write(method, path, body).header(IF_MATCH, &found.shown.tag);
        let numbered = |mut asset: Value| {
            asset["serialNumber"] = json!(self.serial);
            asset.as_object_mut().unwrap().remove("etag");
            asset
        };
        match self.wish {
            Wish::Replace => guarded(Method::PUT, &self.path, &numbered(found.shown.json())),
            Wish::Patch => guarded(Method::PATCH, &self.path, &numbered(json!({}))),
            Wish::ReplaceAll => {
                guarded(Method::PUT, "", &found.shown.items().into_iter().map(numbered).collect())
            }
            Wish::PatchAll => {
                let id = |item: Value| json!({"id": item["id"], "serialNumber": self.serial});
                guarded(Method::PATCH, "", &found.shown.items().into_iter().map(id).collect())
            }
            Wish::Create => {
                let asset = new_asset();
                party.write(Method::PUT, &self.path, &asset).header(IF_NONE_MATCH, "*")
            }
            Wish::Delete => party.site.http.delete(party.url(&self.path)).header(IF_MATCH, &found.shown.tag),
        }
    }

    /// Reads, and sends it where it is not there, until it is; how often it was sent.
    async fn insist(&self, party: &Party) -> usize {
        for sent in 0..4 {
            let found = self.find(party).await;
            if found.is_done {
                return sent;
            }
            let answer = answer(self.request(party, &found)).await;
            // A write that was under way may have come to its end meanwhile: the next look says so.
            assert!([200, 201, 204, 404, 412].contains(&answer.status), "{}: {}", answer.status, answer.body);
        }
        panic!("{:?} is never done", self.wish);
    }
}

/// What became of the writes whose connection broke.
#[derive(Default)]
struct Counts {
    cuts: usize,
    there: usize,
    sent_again: usize,
    /// Cuts of what was said after the write, or before it.
    unnoticed: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cuts, there, sent_again, unnoticed } = self;
        write!(f, "{cuts} cuts, {there} writes there, {sent_again} sent again, 0 lost, {unnoticed} unnoticed")
    }
}

/// Which connection breaks, as the client of a service sees it.
struct Broken<'a> {
    relay: &'a Relay,
    /// A client whose requests take the way that breaks.
    through: &'a dyn Fn() -> Party,
    /// What it is told; nothing where its own connection breaks.
    told: Option<u16>,
}

/// Sends a write over and over, whose conversation breaks one message later each time, until it does not break.
async fn break_each_message(
    broken: &Broken<'_>,
    party: &Party,
    wish: Wish,
    moment: Moment,
    counts: &mut Counts,
) {
    let mut passed = 0;
    for _ in 0..60 {
        let write = Write::new(wish, party).await;
        // A conversation like the one that breaks, so that this one has no more messages.
        Write::new(wish, party).await.insist(&(broken.through)()).await;
        let begun = Instant::now();
        let found = write.find(party).await;
        // What is said of that conversation's end is over.
        tokio::time::sleep(Duration::from_millis(50)).await;
        broken.relay.cut(passed, moment);
        let answered = exchange(write.request(&(broken.through)(), &found)).await;
        let has_rested = begun.elapsed() > RESTS;
        let has_cut = broken.relay.has_cut();
        let is_there = write.find(party).await.is_done;
        let status = answered.as_ref().map_or(None, |answer| Some(answer.status));
        if let Some(200 | 201 | 204) = status {
            assert!(is_there, "{wish:?} was acknowledged");
            counts.unnoticed += usize::from(has_cut);
        } else {
            assert!(has_cut, "{wish:?} after {passed} messages: {status:?}");
            assert_eq!(status, broken.told, "{wish:?} after {passed} messages");
            if let Ok(answer) = answered {
                assert!(answer.retry_after.is_some() && answer.tag.is_empty());
                assert!(!is_there || answer.body.contains("may have been carried out"), "{}", answer.body);
            }
            counts.cuts += 1;
            counts.there += usize::from(is_there);
            counts.sent_again += write.insist(party).await;
        }
        match (has_rested, has_cut) {
            (true, _) => {}
            (false, true) => passed += 1,
            (false, false) => return,
        }
    }
    panic!("{wish:?} has no end");
}

/// How long a connection to PostgreSQL rests before it is asked whether it still is one. That is one message more, and
/// another one than was meant breaks.
const RESTS: Duration = Duration::from_secs(1);

/// All wishes and moments, with what is found of each.
async fn break_each_write(what: &str, broken: &Broken<'_>, party: &Party) {
    for wish in WISHES {
        for moment in [Moment::Before, Moment::Meanwhile, Moment::After] {
            let mut counts = Counts::default();
            for _ in 0..5 {
                break_each_message(broken, party, wish, moment, &mut counts).await;
                // Connections that know fewer statements say more: it may have been another one that broke.
                if moment != Moment::After || counts.there > 0 {
                    break;
                }
            }
            match moment {
                Moment::Before => assert_eq!(counts.there, 0, "{wish:?}: {counts}"),
                Moment::After => assert!(counts.there >= 1, "{wish:?}: {counts}"),
                Moment::Meanwhile => {}
            }
            println!("{what}, {wish:?}, {moment:?}: {counts}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_the_client_misses_is_there_once() {
    on_each_durable_database(async |database| {
        let service = Service::on(database, LISTED);
        let relay = Relay::before(service.registries[0].address().to_owned()).await;
        // Each with a connection of its own: no client sends a request again by itself.
        let through = || {
            let site = Site::new(format!("http://{}", relay.address), &service.log);
            Party::new(1, site, service.product)
        };
        let broken = Broken { relay: &relay, through: &through, told: None };
        let kind = database.split(':').next().unwrap();
        break_each_write(&format!("client to service on {kind}"), &broken, &service.party(0)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_the_service_misses_is_a_503_and_there_once() {
    let Some(database) = postgres_database() else { return };
    let service = Service::on(&database, LISTED);
    let (_, rest) = database.rsplit_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let relay = Relay::before(server.to_owned()).await;
    let behind = Registry::start(&format!("postgres://postgres@{}/{name}", relay.address));
    let through = || Party::new(1, Site::new(behind.url(""), &service.log), service.product);
    let broken = Broken { relay: &relay, through: &through, told: Some(503) };
    break_each_write("service to PostgreSQL", &broken, &service.party(0)).await;
}
