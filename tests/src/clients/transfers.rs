//! Clients that share assets, and move value between them in lists that overlap: each transfer is in all of its assets,
//! or in none.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, IF_MATCH};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Answer, Log, Site, tag_of, tag_of_hashed};
use crate::{Registry, postgres_database, sqlite_file};

/// The first value of each asset.
pub const START: i64 = 1000;

/// Processes that share a database, and a product whose assets a test has for itself.
pub struct Service {
    pub database: String,
    pub registries: Vec<Registry>,
    pub product: Uuid,
    pub log: Arc<Log>,
    /// Removed after the registries have ended.
    _folder: TempDir,
}

impl Service {
    /// Two processes on a SQLite file, and two on PostgreSQL, each with so many assets of the product.
    pub fn on_two_processes(assets: usize) -> impl Iterator<Item = Self> {
        let (folder, file) = sqlite_file();
        let databases =
            [(folder, file)].into_iter().chain(postgres_database().map(|url| (sqlite_file().0, url)));
        databases.map(move |(folder, database)| {
            eprintln!("on {database}");
            let mut service = Self::start(folder, database, assets);
            service.registries.push(Registry::start(&service.database));
            service
        })
    }

    /// The same in the memory of one process.
    pub fn in_memory(assets: usize) -> Self {
        Self::on("memory:", assets)
    }

    /// The same with one process, on that database.
    pub fn on(database: &str, assets: usize) -> Self {
        Self::start(sqlite_file().0, database.to_owned(), assets)
    }

    fn start(folder: TempDir, database: String, assets: usize) -> Self {
        let product = Uuid::new_v4();
        let assets: Vec<Value> = (0..assets).map(|number| asset(number, product)).collect();
        let file = folder.path().join("assets.json");
        fs::write(&file, json!(assets).to_string()).expect("the folder can be written");
        let file = file.to_str().expect("its name is text");
        let registries = vec![Registry::start_with(&database, &["--load", file])];
        Self { database, registries, product, log: Arc::default(), _folder: folder }
    }

    /// One of the processes, as a client knows it.
    pub fn site(&self, number: usize) -> Site {
        Site::new(self.registries[number % self.registries.len()].url(""), &self.log)
    }

    /// A client of one of the processes.
    pub fn party(&self, number: usize) -> Party {
        Party::new(number, self.site(number), self.product)
    }

    pub fn parties(&self, count: usize) -> impl Iterator<Item = Party> {
        (0..count).map(|number| self.party(number))
    }
}

pub fn asset(number: usize, product: Uuid) -> Value {
    json!({
        "serialNumber": "L-1",
        "name": format!("Asset {number:03}"),
        "status": STATUSES[number % STATUSES.len()],
        "value": START,
        "tags": [],
        "location": null,
        "productId": product,
    })
}

pub const STATUSES: [&str; 3] = ["active", "maintenance", "retired"];

/// One client.
#[derive(Clone)]
pub struct Party {
    pub number: usize,
    pub site: Site,
    pub product: Uuid,
    pub dice: Dice,
    /// How many transfers it has planned.
    planned: usize,
}

/// Numbers that look as if they were thrown: the same in each run.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

impl Party {
    pub fn new(number: usize, site: Site, product: Uuid) -> Self {
        Self { number, site, product, dice: Dice(number as u64), planned: 0 }
    }

    /// The list's address, or that of an asset in it.
    pub fn url(&self, path: &str) -> String {
        self.site.url(&format!("/assets{path}"))
    }

    /// A page of the product's assets.
    pub fn list(&self, query: &str) -> RequestBuilder {
        self.site.http.get(format!("{}?productId={}&{query}", self.url(""), self.product))
    }

    /// All of the product's assets, whose tag is that of their bytes; `None` where nobody listens.
    pub async fn find_all(&self) -> Option<Answer> {
        let all = self.site.read(self.list("limit=500")).await?;
        assert_eq!((all.status, &all.tag), (200, &tag_of_list(&all.body)), "{}", all.body);
        Some(all)
    }

    /// The same of a service that runs.
    pub async fn all(&self) -> Answer {
        self.find_all().await.expect("the service listens")
    }

    /// A write of the list, or of the one asset whose path is given.
    pub fn write(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        let media_type = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = self.site.http.request(method, self.url(path));
        request.header(CONTENT_TYPE, media_type).body(body.to_string())
    }
}

/// What an item of a list says of itself.
#[derive(Deserialize)]
pub struct Item {
    pub id: String,
    pub etag: String,
}

/// The tag that a list's own bytes have, after those of its items.
#[track_caller]
pub fn tag_of_list(list: &str) -> String {
    let items: Vec<&RawValue> = serde_json::from_str(list).unwrap();
    let items = items.into_iter().map(|text| {
        let item: Item = serde_json::from_str(text.get()).unwrap();
        assert_eq!(item.etag, tag_of(text.get()), "{text}");
        item
    });
    tag_of_items(items)
}

/// The tag of a list of these assets, in this order.
pub fn tag_of_items(items: impl Iterator<Item = Item>) -> String {
    let line = |item: Item| format!("[\"{}\"] {}\n", item.id, item.etag.trim_matches('"'));
    tag_of_hashed(&items.map(line).collect::<String>())
}

/// A write that moves value from some assets to others, and leaves its name in the tags of each of them.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Ends with the number of its assets.
    pub name: String,
    /// What each asset gains, by its id; nothing in sum.
    pub moved: BTreeMap<String, i64>,
}

/// What says in which states a transfer finds its assets.
#[derive(Debug, Clone, Copy)]
enum Guard {
    /// The `ETag` of the page that has them.
    Page,
    /// The tag of the list that they are in another order.
    Shuffled,
    /// Their own tags, in the body.
    Items,
    /// The tag of the only asset.
    Alone,
}

const GUARDS: [Guard; 4] = [Guard::Page, Guard::Shuffled, Guard::Items, Guard::Alone];

const ORDERS: [&str; 6] = ["id", "-id", "value", "-value,name", "versionDate", "-versionDate"];

pub fn text<'a>(item: &'a Value, member: &str) -> &'a str {
    item[member].as_str().unwrap_or_else(|| panic!("no text `{member}` in {item}"))
}

pub fn value(item: &Value) -> i64 {
    item["value"].as_f64().unwrap() as i64
}

/// The names that transfers left in an asset.
pub fn names(item: &Value) -> Vec<String> {
    serde_json::from_value(item["tags"].clone()).unwrap()
}

/// How many assets there are, and how many of them a transfer reads.
pub struct Extent {
    pub assets: usize,
    pub fewest: usize,
    pub most: usize,
}

impl Party {
    /// Reads a page, and says what to make of it; `None` where nobody listens.
    pub async fn plan(&mut self, extent: &Extent) -> Option<(Transfer, RequestBuilder)> {
        let limit = extent.fewest + self.dice.below(extent.most - extent.fewest + 1);
        let offset = self.dice.below(extent.assets - limit + 1);
        let order = self.dice.one_of(&ORDERS);
        let page = self.list(&format!("sort={order}&limit={limit}&offset={offset}"));
        let page = self.site.read(page).await?;
        let mut items = page.items();
        let guard = self.dice.one_of(&GUARDS);
        match guard {
            Guard::Page => assert_eq!(page.tag, tag_of_list(&page.body)),
            Guard::Shuffled | Guard::Items => self.dice.shuffle(&mut items),
            Guard::Alone => items.truncate(1),
        }
        let transfer = self.transfer(&items);
        let is_patch = self.dice.below(2) == 0;
        let bodies: Vec<Value> = items
            .iter()
            .map(|item| transfer.applied(item, is_patch, matches!(guard, Guard::Items)))
            .collect();
        let method = if is_patch { Method::PATCH } else { Method::PUT };
        let list = |tag: Option<String>| {
            let request = self.write(method.clone(), "", &json!(bodies));
            tag.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag))
        };
        let request = match guard {
            Guard::Page => list(Some(page.tag)),
            Guard::Shuffled => list(Some(tag_of_items(items.iter().map(Item::of)))),
            Guard::Items => list(None),
            Guard::Alone => {
                let Item { id, etag } = Item::of(&items[0]);
                self.write(method.clone(), &format!("/{id}"), &bodies[0]).header(IF_MATCH, etag)
            }
        };
        Some((transfer, request))
    }

    /// Moves value between assets at random.
    fn transfer(&mut self, items: &[Value]) -> Transfer {
        self.planned += 1;
        let mut moved: Vec<i64> = items.iter().map(|_| self.dice.below(100) as i64).collect();
        moved[0] -= moved.iter().sum::<i64>();
        let moved = items.iter().map(|item| text(item, "id").to_owned()).zip(moved).collect();
        Transfer { name: format!("{}/{}:{}", self.number, self.planned, items.len()), moved }
    }
}

impl Item {
    pub fn of(item: &Value) -> Self {
        Self { id: text(item, "id").to_owned(), etag: text(item, "etag").to_owned() }
    }
}

impl Transfer {
    /// What is sent for an asset that was read.
    fn applied(&self, item: &Value, is_patch: bool, shows_tag: bool) -> Value {
        let mut sent = if is_patch { json!({"id": item["id"], "etag": item["etag"]}) } else { item.clone() };
        if !shows_tag {
            sent.as_object_mut().unwrap().remove("etag");
        }
        sent["value"] = json!(value(item) + self.moved[text(item, "id")]);
        sent["tags"] = json!([names(item), vec![self.name.clone()]].concat());
        sent
    }

    /// The answer shows each asset as it was made, and has the tag of its bytes.
    pub fn assert_answered(&self, answer: &Answer) {
        let items = match answer.json() {
            Value::Array(items) => {
                assert_eq!(answer.tag, tag_of_list(&answer.body));
                items
            }
            asset => {
                assert_eq!(answer.tag, text(&asset, "etag"));
                vec![asset]
            }
        };
        let ids: BTreeSet<&str> = items.iter().map(|item| text(item, "id")).collect();
        assert!(ids.into_iter().eq(self.moved.keys()), "{self:?}: {}", answer.body);
        assert!(items.iter().all(|item| names(item).last() == Some(&self.name)), "{}", answer.body);
    }
}

/// The value of each asset, and the names that transfers left in it, by its id.
pub type Ledger = BTreeMap<String, (i64, BTreeSet<String>)>;

/// What these transfers make of assets that were new.
pub fn ledger_after<'a>(
    ids: impl Iterator<Item = &'a String>,
    done: impl Iterator<Item = &'a Transfer>,
) -> Ledger {
    let mut ledger: Ledger = ids.map(|id| (id.clone(), (START, BTreeSet::new()))).collect();
    for transfer in done {
        for (id, gained) in &transfer.moved {
            let (value, names) = ledger.get_mut(id).unwrap();
            *value += gained;
            names.insert(transfer.name.clone());
        }
    }
    ledger
}

/// What a list of all assets shows, where each transfer is in all of its assets or in none.
#[track_caller]
pub fn ledger_of(items: &[Value]) -> Ledger {
    let mut ledger = Ledger::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for item in items {
        let names = names(item);
        names.iter().for_each(|name| *seen.entry(name.clone()).or_default() += 1);
        let distinct: BTreeSet<String> = names.iter().cloned().collect();
        assert_eq!(distinct.len(), names.len(), "a transfer was applied twice: {names:?}");
        ledger.insert(text(item, "id").to_owned(), (value(item), distinct));
    }
    for (name, count) in seen {
        let (_, wanted) = name.rsplit_once(':').unwrap();
        assert_eq!(count.to_string(), wanted, "half of {name} is there");
    }
    let sum: i64 = ledger.values().map(|(value, _)| value).sum();
    assert_eq!(sum, START * items.len() as i64, "value came from nowhere, or went there");
    ledger
}

/// Reads all assets over and over, until it is over or nobody listens: each transfer is whole, and what was seen of one
/// stays. How often they were read.
pub async fn audit(party: Party, is_over: impl Fn() -> bool) -> usize {
    let mut before: HashMap<String, Vec<String>> = HashMap::new();
    for reads in 1.. {
        let was_over = is_over();
        let Some(all) = party.find_all().await else { return reads };
        let items = all.items();
        ledger_of(&items);
        for item in &items {
            let names = names(item);
            let seen = before.insert(text(item, "id").to_owned(), names.clone()).unwrap_or_default();
            assert!(names.starts_with(&seen), "{seen:?} became {names:?}");
        }
        if was_over {
            return reads;
        }
    }
    unreachable!("somebody ends it")
}
