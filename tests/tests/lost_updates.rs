//! No update is lost: clients that race for one asset, on two processes that share a SQLite file, on two that share a
//! PostgreSQL database, and on one in memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use etag_core::Timestamp;
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Registry, client, postgres_database, sqlite_file};
use tokio::task::JoinSet;
use uuid::Uuid;

const ADDERS: usize = 64;
const ADDITIONS: usize = 3;
const RACERS: usize = 32;
const ROUNDS: usize = 6;

/// Processes that share a database; clients take turns among them.
struct Service {
    registries: Vec<Registry>,
    client: Client,
    _folder: Option<TempDir>,
}

impl Service {
    /// On a SQLite file, and on PostgreSQL.
    fn on_two_processes() -> impl Iterator<Item = Self> {
        let (folder, file) = sqlite_file();
        let databases = [(Some(folder), file)].into_iter().chain(postgres_database().map(|url| (None, url)));
        databases.map(|(_folder, database)| {
            println!("on {database}");
            let registries = vec![Registry::start(&database), Registry::start(&database)];
            Self { registries, client: client(), _folder }
        })
    }

    fn one_process_in_memory() -> Self {
        Self { registries: vec![Registry::start("memory:")], client: client(), _folder: None }
    }

    fn request(&self, number: usize, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.registries[number % self.registries.len()].url(path))
    }

    /// Creates an asset; its path and tag.
    async fn new_asset(&self) -> (String, String) {
        let path = format!("/assets/{}", Uuid::new_v4());
        let request = self.request(0, Method::PUT, &path).header(IF_NONE_MATCH, "*").json(&asset(0));
        let created = answer(request).await;
        assert_eq!(created.status, 201, "{}", created.body);
        (path, created.tag)
    }

    /// Sends requests side by side, and waits for all answers.
    async fn race(&self, request: impl Fn(usize) -> RequestBuilder) -> Vec<Answer> {
        (0..RACERS).map(|number| answer(request(number))).collect::<JoinSet<_>>().join_all().await
    }
}

fn asset(value: usize) -> Value {
    json!({
        "serialNumber": "R-1",
        "name": "Race car",
        "status": "active",
        "value": value,
        "tags": [],
        "location": null,
        "productId": Uuid::nil(),
    })
}

struct Answer {
    status: u16,
    /// Empty where there is none.
    tag: String,
    body: Value,
}

/// Sends a request, again where the answer says that this helps.
async fn answer(request: RequestBuilder) -> Answer {
    loop {
        let response = request.try_clone().unwrap().send().await.unwrap();
        let headers = response.headers();
        if response.status() == 503 {
            let seconds = headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            continue;
        }
        let tag = headers.get(ETAG).map(|tag| tag.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        return Answer { status, tag: tag.unwrap_or_default(), body };
    }
}

/// How many answers have each status.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    answers.iter().for_each(|answer| *counts.entry(answer.status).or_default() += 1);
    counts
}

/// A write that was answered 200: the tag that it was sent with, and the answer.
struct Acknowledged {
    used: String,
    answer: Answer,
}

/// Adds 1 to the asset's value, by reading it and writing it back until nobody is in between.
async fn add_one(show: RequestBuilder, write: RequestBuilder, whole: bool) -> (Acknowledged, usize) {
    let mut refused = 0;
    loop {
        let Answer { tag: used, mut body, .. } = answer(show.try_clone().unwrap()).await;
        let value = json!(body["value"].as_u64().unwrap() + 1);
        let write = write.try_clone().unwrap().header(IF_MATCH, &used);
        let write = if whole {
            body["value"] = value;
            write.json(&body)
        } else {
            let write = write.header(CONTENT_TYPE, "application/merge-patch+json");
            write.body(json!({ "value": value }).to_string())
        };
        let answer = answer(write).await;
        match answer.status {
            200 => return (Acknowledged { used, answer }, refused),
            412 => refused += 1,
            status => panic!("{status}: {}", answer.body),
        }
    }
}

/// Half of the clients PUT and half PATCH, half on each process.
async fn add_by_many(service: &Service, path: &str) -> (Vec<Acknowledged>, usize) {
    let adders = (0..ADDERS).map(|number| {
        let whole = number / 2 % 2 == 0;
        let method = if whole { Method::PUT } else { Method::PATCH };
        let show = service.request(number, Method::GET, path);
        let write = service.request(number, method, path);
        async move {
            let mut all = Vec::new();
            for _ in 0..ADDITIONS {
                all.push(add_one(show.try_clone().unwrap(), write.try_clone().unwrap(), whole).await);
            }
            all
        }
    });
    let all = adders.collect::<JoinSet<_>>().join_all().await;
    let (acknowledged, refused): (Vec<_>, Vec<usize>) = all.into_iter().flatten().unzip();
    (acknowledged, refused.iter().sum())
}

/// Follows the acknowledged writes from tag to tag: each is of the state that the one before left.
fn follow(first: &str, acknowledged: Vec<Acknowledged>) -> String {
    let count = acknowledged.len();
    let mut by_used: HashMap<String, Answer> =
        acknowledged.into_iter().map(|write| (write.used, write.answer)).collect();
    assert_eq!(by_used.len(), count, "two writes were acknowledged over one state");
    let mut tag = first.to_owned();
    let mut last: Option<Timestamp> = None;
    for value in 1..=count {
        let next = by_used.remove(&tag).unwrap_or_else(|| panic!("nothing was written over {tag}"));
        assert_eq!(next.body["value"], value);
        assert_eq!(next.body["etag"], next.tag);
        let stamp = next.body["versionDate"].as_str().unwrap().parse().unwrap();
        assert!(last < Some(stamp), "{last:?} before {stamp}");
        last = Some(stamp);
        tag = next.tag;
    }
    tag
}

async fn no_addition_is_lost(service: Service) {
    let (path, first) = service.new_asset().await;
    let (acknowledged, refused) = add_by_many(&service, &path).await;
    println!("{ADDERS} clients made {ADDITIONS} additions each, and met 412 {refused} times");
    assert!(refused > 0, "the clients did not race");
    let last = follow(&first, acknowledged);
    for number in 0..service.registries.len() {
        let shown = answer(service.request(number, Method::GET, &path)).await;
        assert_eq!(shown.body["value"], ADDERS * ADDITIONS, "after {refused} refused writes");
        assert_eq!(shown.tag, last);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_addition_is_lost_on_two_processes() {
    for service in Service::on_two_processes() {
        no_addition_is_lost(service).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_addition_is_lost_in_memory() {
    no_addition_is_lost(Service::one_process_in_memory()).await;
}

/// Every third client deletes and the others replace, all in the same state; the tag of the new state, or
/// `None` where it was deleted.
async fn change_or_delete(service: &Service, path: &str, tag: &str, round: usize) -> Option<String> {
    let is_delete = |number: usize| number.is_multiple_of(3);
    let deletes = (0..RACERS).filter(|number| is_delete(*number)).count();
    let answers = service.race(|number| match is_delete(number) {
        true => service.request(number, Method::DELETE, path).header(IF_MATCH, tag),
        false => {
            let body = asset(round * RACERS + number + 1);
            service.request(number, Method::PUT, path).header(IF_MATCH, tag).json(&body)
        }
    });
    let answers = answers.await;
    let seen = statuses(&answers);
    match answers.into_iter().find(|answer| answer.status == 200) {
        Some(changed) => {
            assert_eq!(seen, BTreeMap::from([(200, 1), (412, RACERS - 1)]));
            Some(changed.tag)
        }
        None => {
            assert_eq!(seen, BTreeMap::from([(204, 1), (404, deletes - 1), (412, RACERS - deletes)]));
            None
        }
    }
}

async fn delete_by_many(service: &Service, path: &str, tag: &str) {
    let delete = |number| service.request(number, Method::DELETE, path).header(IF_MATCH, tag);
    let seen = statuses(&service.race(delete).await);
    assert_eq!(seen, BTreeMap::from([(204, 1), (404, RACERS - 1)]));
}

/// All create what does not exist, and one of them does; its tag.
async fn create_by_many(service: &Service, path: &str) -> String {
    let create =
        |number| service.request(number, Method::PUT, path).header(IF_NONE_MATCH, "*").json(&asset(number));
    let answers = service.race(create).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(201, 1), (412, RACERS - 1)]));
    let winner = answers.into_iter().find(|answer| answer.status == 201).unwrap();
    let shown = answer(service.request(1, Method::GET, path)).await;
    assert_eq!((&shown.tag, &shown.body), (&winner.tag, &winner.body));
    winner.tag
}

async fn each_tag_lets_one_write_through(service: Service) {
    let (path, mut tag) = service.new_asset().await;
    let mut tags = HashSet::new();
    for round in 0..ROUNDS {
        assert!(tags.insert(tag.clone()), "{tag} was used twice");
        if let Some(changed) = change_or_delete(&service, &path, &tag, round).await {
            assert!(tags.insert(changed.clone()), "{changed} was used twice");
            delete_by_many(&service, &path, &changed).await;
        }
        let revive = service.request(round, Method::PUT, &path).header(IF_MATCH, &tag).json(&asset(0));
        assert_eq!(answer(revive).await.status, 412);
        assert_eq!(answer(service.request(round, Method::GET, &path)).await.status, 404);
        tag = create_by_many(&service, &path).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tag_lets_one_write_through_on_two_processes() {
    for service in Service::on_two_processes() {
        each_tag_lets_one_write_through(service).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tag_lets_one_write_through_in_memory() {
    each_tag_lets_one_write_through(Service::one_process_in_memory()).await;
}

async fn one_client_creates_what_never_existed(service: Service) {
    for _ in 0..ROUNDS {
        create_by_many(&service, &format!("/assets/{}", Uuid::new_v4())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_creates_what_never_existed_on_two_processes() {
    for service in Service::on_two_processes() {
        one_client_creates_what_never_existed(service).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_creates_what_never_existed_in_memory() {
    one_client_creates_what_never_existed(Service::one_process_in_memory()).await;
}

async fn one_client_retires_an_asset(service: Service) {
    for _ in 0..ROUNDS {
        let (path, tag) = service.new_asset().await;
        let retire = format!("{path}/retire");
        let answers = service
            .race(|number| service.request(number, Method::POST, &retire).header(IF_MATCH, &tag))
            .await;
        assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (412, RACERS - 1)]));
        let retired = answers.iter().find(|answer| answer.status == 200).unwrap();
        assert_eq!(retired.body["status"], "retired");
        // The others are told the tag to go on with.
        assert!(answers.iter().all(|answer| answer.tag == retired.tag));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_retires_an_asset_on_two_processes() {
    for service in Service::on_two_processes() {
        one_client_retires_an_asset(service).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_retires_an_asset_in_memory() {
    one_client_retires_an_asset(Service::one_process_in_memory()).await;
}

#[tokio::test]
async fn processes_that_start_at_once_on_a_new_database_show_the_same_catalogue() {
    let (_folder, file) = sqlite_file();
    for database in [file].into_iter().chain(postgres_database()) {
        start_at_once(&database).await;
    }
}

async fn start_at_once(database: &str) {
    let registries: Vec<Registry> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| Registry::start(database))).collect();
        starts.into_iter().map(|start| start.join().expect("it started")).collect()
    });
    let mut catalogues = Vec::new();
    for registry in &registries {
        catalogues.push(answer(client().get(registry.url("/assets?limit=500"))).await.body);
    }
    assert!(catalogues[0].as_array().unwrap().len() >= 200);
    assert!(catalogues.iter().all(|catalogue| *catalogue == catalogues[0]));
}
