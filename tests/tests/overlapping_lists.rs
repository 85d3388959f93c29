//! Many assets change together or not at all: clients that race with lists which overlap, on two processes that
//! share a SQLite file, and on one in memory.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::time::Duration;

use etag_core::{StateTag, Timestamp};
use futures_util::future::join_all;
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tests::{Registry, client, sqlite_file};
use tokio::sync::Barrier;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use uuid::Uuid;

/// Who waits for longer than that waits for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// The first value of each asset.
const START: i64 = 1000;

/// Processes that share a database, and a product whose assets a test has for itself.
struct Service {
    database: String,
    registries: Vec<Registry>,
    product: Uuid,
    /// Removed after the registries have ended.
    _folder: TempDir,
}

impl Service {
    /// Two processes, and so many assets of the product.
    fn on_one_file(assets: usize) -> Self {
        let (folder, database) = sqlite_file();
        let mut service = Self::start(folder, database, assets);
        service.registries.push(Registry::start(&service.database));
        service
    }

    /// The same in the memory of one process.
    fn in_memory(assets: usize) -> Self {
        Self::start(sqlite_file().0, "memory:".to_owned(), assets)
    }

    fn start(folder: TempDir, database: String, assets: usize) -> Self {
        let product = Uuid::new_v4();
        let assets: Vec<Value> = (0..assets).map(|number| asset(number, product)).collect();
        let file = folder.path().join("assets.json");
        fs::write(&file, json!(assets).to_string()).unwrap();
        let registries = vec![Registry::start_with(&database, &["--load", file.to_str().unwrap()])];
        Self { database, registries, product, _folder: folder }
    }

    /// A client of one of the processes.
    fn party(&self, number: usize) -> Party {
        let base = self.registries[number % self.registries.len()].url("/assets");
        Party { number, base, product: self.product, http: client(), dice: Dice(number as u64) }
    }

    fn parties(&self, count: usize) -> impl Iterator<Item = Party> {
        (0..count).map(|number| self.party(number))
    }
}

fn asset(number: usize, product: Uuid) -> Value {
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

const STATUSES: [&str; 3] = ["active", "maintenance", "retired"];

/// One client.
#[derive(Clone)]
struct Party {
    number: usize,
    /// The list's address.
    base: String,
    product: Uuid,
    http: Client,
    dice: Dice,
}

/// Numbers that look as if they were thrown: the same in each run.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    /// Empty where there is none.
    tag: String,
    /// How many assets there are on all pages of a list.
    total: Option<usize>,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The items of a list.
    #[track_caller]
    fn items(&self) -> Vec<Value> {
        serde_json::from_value(self.json()).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request, again where the answer says that this helps.
async fn exchange(request: RequestBuilder) -> reqwest::Result<Answer> {
    loop {
        let response = request.try_clone().unwrap().send().await?;
        let status = response.status().as_u16();
        let text = |name: &str| Some(response.headers().get(name)?.to_str().unwrap().to_owned());
        let tag = text(ETAG.as_str()).unwrap_or_default();
        let total = text("x-total-count").map(|total| total.parse().unwrap());
        let seconds = text(RETRY_AFTER.as_str()).map(|seconds| seconds.parse().unwrap());
        let answer = Answer { status, tag, total, body: response.bytes().await?.to_vec() };
        if status != 503 {
            return Ok(answer);
        }
        eprintln!("503: {}", answer.text());
        tokio::time::sleep(Duration::from_secs(seconds.expect("a 503 says when to come again"))).await;
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    exchange(request).await.unwrap()
}

/// What an item of a list says of itself.
#[derive(Deserialize)]
struct Item {
    id: String,
    etag: String,
}

/// The tag that a list's own bytes have, after those of its items.
#[track_caller]
fn tag_of(list: &[u8]) -> String {
    let items: Vec<&RawValue> = serde_json::from_slice(list).unwrap();
    let items = items.into_iter().map(|text| {
        let item: Item = serde_json::from_str(text.get()).unwrap();
        let hashed = text.get().replacen(&format!("\"etag\":{},", json!(item.etag)), "", 1);
        assert_eq!(item.etag, tag_of_hashed(hashed), "{text}");
        item
    });
    tag_of_items(items)
}

/// The tag of a list of these assets, in this order.
fn tag_of_items(items: impl Iterator<Item = Item>) -> String {
    let line = |item: Item| format!("[\"{}\"] {}\n", item.id, item.etag.trim_matches('"'));
    tag_of_hashed(items.map(line).collect())
}

fn tag_of_hashed(text: String) -> String {
    format!("\"{}\"", StateTag::from_hash(Sha256::digest(text).into()))
}

impl Party {
    /// A page of the product's assets.
    fn list(&self, query: &str) -> RequestBuilder {
        self.http.get(format!("{}?productId={}&{query}", self.base, self.product))
    }

    /// All of the product's assets, whose tag is that of their bytes.
    async fn all(&self) -> Answer {
        let all = answer(self.list("limit=500")).await;
        assert_eq!((all.status, &all.tag), (200, &tag_of(&all.body)), "{}", all.text());
        all
    }

    /// A write of the list, or of the one asset whose path is given.
    fn write(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        let media_type = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = self.http.request(method, format!("{}{path}", self.base));
        request.header(CONTENT_TYPE, media_type).body(body.to_string())
    }
}

/// A write that moves value from some assets to others, and leaves its name in the tags of each of them.
#[derive(Debug, Clone)]
struct Transfer {
    /// Ends with the number of its assets.
    name: String,
    /// What each asset gains, by its id; nothing in sum.
    moved: BTreeMap<String, i64>,
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

fn text<'a>(item: &'a Value, member: &str) -> &'a str {
    item[member].as_str().unwrap_or_else(|| panic!("no text `{member}` in {item}"))
}

fn value(item: &Value) -> i64 {
    item["value"].as_f64().unwrap() as i64
}

/// The names that transfers left in an asset.
fn names(item: &Value) -> Vec<String> {
    serde_json::from_value(item["tags"].clone()).unwrap()
}

/// How many assets there are, and how many of them a transfer reads.
struct Extent {
    assets: usize,
    fewest: usize,
    most: usize,
}

impl Party {
    /// Reads a page, and says what to make of it.
    async fn plan(&mut self, number: usize, extent: &Extent) -> reqwest::Result<(Transfer, RequestBuilder)> {
        let limit = extent.fewest + self.dice.below(extent.most - extent.fewest + 1);
        let offset = self.dice.below(extent.assets - limit + 1);
        let order = self.dice.one_of(&ORDERS);
        let page = exchange(self.list(&format!("sort={order}&limit={limit}&offset={offset}"))).await?;
        let mut items = page.items();
        let guard = self.dice.one_of(&GUARDS);
        match guard {
            Guard::Page => assert_eq!(page.tag, tag_of(&page.body)),
            Guard::Shuffled | Guard::Items => self.dice.shuffle(&mut items),
            Guard::Alone => items.truncate(1),
        }
        let transfer = self.transfer(number, &items);
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
        Ok((transfer, request))
    }

    /// Moves value between assets at random.
    fn transfer(&mut self, number: usize, items: &[Value]) -> Transfer {
        let mut moved: Vec<i64> = items.iter().map(|_| self.dice.below(100) as i64).collect();
        moved[0] -= moved.iter().sum::<i64>();
        let moved = items.iter().map(|item| text(item, "id").to_owned()).zip(moved).collect();
        Transfer { name: format!("{}/{number}:{}", self.number, items.len()), moved }
    }
}

impl Item {
    fn of(item: &Value) -> Self {
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
    fn assert_answered(&self, answer: &Answer) {
        let items = match answer.json() {
            Value::Array(items) => {
                assert_eq!(answer.tag, tag_of(&answer.body));
                items
            }
            asset => {
                assert_eq!(answer.tag, text(&asset, "etag"));
                vec![asset]
            }
        };
        let ids: BTreeSet<&str> = items.iter().map(|item| text(item, "id")).collect();
        assert!(ids.into_iter().eq(self.moved.keys()), "{self:?}: {}", answer.text());
        assert!(items.iter().all(|item| names(item).last() == Some(&self.name)), "{}", answer.text());
    }
}

/// The value of each asset, and the names that transfers left in it, by its id.
type Ledger = BTreeMap<String, (i64, BTreeSet<String>)>;

/// What these transfers make of assets that were new.
fn ledger_after<'a>(
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
fn ledger_of(items: &[Value]) -> Ledger {
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

/// Reads all assets over and over: each transfer is whole, and what was seen of one stays.
async fn audit(party: Party, is_over: &Cell<bool>) -> usize {
    let mut before: HashMap<String, Vec<String>> = HashMap::new();
    for reads in 1.. {
        let was_over = is_over.get();
        let items = party.all().await.items();
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

/// Runs readers until the writers are done; what the writers say, and what the readers do.
async fn beside<W, R>(
    readers: impl AsyncFnOnce(&Cell<bool>) -> R,
    writers: impl Future<Output = W>,
) -> (W, R) {
    let is_over = Cell::new(false);
    let writers = async {
        let done = writers.await;
        is_over.set(true);
        done
    };
    let both = async { tokio::join!(writers, readers(&is_over)) };
    tokio::time::timeout(PATIENCE, both).await.expect("somebody waits for ever")
}

const CLIENTS: usize = 64;
const TRANSFERS: usize = 2;
const OVERLAPPING: Extent = Extent { assets: 48, fewest: 2, most: 8 };

impl Party {
    /// Makes transfers, each of them until nobody is in between; how often somebody was.
    async fn make_transfers(mut self, start: &Barrier) -> (Vec<Transfer>, usize) {
        let (mut done, mut refused) = (Vec::new(), 0);
        let mut start = Some(start);
        while done.len() < TRANSFERS {
            let (transfer, request) = self.plan(done.len(), &OVERLAPPING).await.unwrap();
            if let Some(start) = start.take() {
                start.wait().await;
            }
            let answer = answer(request).await;
            match answer.status {
                200 => {
                    transfer.assert_answered(&answer);
                    done.push(transfer);
                }
                412 => refused += 1,
                status => panic!("{status}: {}", answer.text()),
            }
        }
        (done, refused)
    }
}

async fn no_transfer_is_lost_or_seen_by_half(service: Service) {
    let auditors = service.parties(2);
    let start = Barrier::new(CLIENTS);
    let writers = join_all(service.parties(CLIENTS).map(|party| party.make_transfers(&start)));
    let readers = async |is_over: &Cell<bool>| join_all(auditors.map(|party| audit(party, is_over))).await;
    let (written, reads) = beside(readers, writers).await;
    let (done, refused): (Vec<_>, Vec<usize>) = written.into_iter().unzip();
    let (done, refused) = (done.concat(), refused.iter().sum::<usize>());
    eprintln!("{} transfers met 412 {refused} times, and were read {reads:?} times", done.len());
    // Each had read an asset before anybody wrote, and there are fewer assets than clients.
    assert!(refused > 0, "the clients did not race");
    for party in service.parties(service.registries.len()) {
        let found = ledger_of(&party.all().await.items());
        assert_eq!(found, ledger_after(found.keys(), done.iter()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transfer_is_lost_or_seen_by_half_on_two_processes() {
    no_transfer_is_lost_or_seen_by_half(Service::on_one_file(OVERLAPPING.assets)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transfer_is_lost_or_seen_by_half_in_memory() {
    no_transfer_is_lost_or_seen_by_half(Service::in_memory(OVERLAPPING.assets)).await;
}

const PAGES: [&str; 7] = [
    "limit=500",
    "sort=value&limit=6",
    "sort=-value,name&limit=5&offset=4",
    "sort=status,-name&limit=9&offset=20",
    "sort=-versionDate&limit=3",
    "status=active&sort=-versionDate&limit=7",
    "status=retired&sort=name",
];

/// A page has what was asked for, in order, as many as there are; and the tag of its bytes.
fn assert_page(query: &str, page: &Answer) {
    assert_eq!(page.status, 200, "{query}: {}", page.text());
    assert_eq!(page.tag, tag_of(&page.body), "{query}: {}", page.text());
    let items = page.items();
    let (mut limit, mut offset, mut sort) = (50, 0, "id");
    for (name, wanted) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "limit" => limit = wanted.parse().unwrap(),
            "offset" => offset = wanted.parse().unwrap(),
            "sort" => sort = wanted,
            member => assert!(items.iter().all(|item| item[member] == wanted), "{query}: {}", page.text()),
        }
    }
    let total = page.total.expect("a list says how long it is");
    assert_eq!(items.len(), total.saturating_sub(offset).min(limit), "{query}: {total} in all");
    let is_before = |a: &Value, b: &Value| compare(sort, a, b).is_lt();
    assert!(items.is_sorted_by(is_before), "{query}: {}", page.text());
}

/// The order of two items in a list that is sorted so; the key comes last.
fn compare(sort: &str, a: &Value, b: &Value) -> Ordering {
    let orders = sort.split(',').chain(["id"]).map(|key| {
        let name = key.trim_start_matches('-');
        let order = match name {
            "value" => value(a).cmp(&value(b)),
            "versionDate" => stamp(a).cmp(&stamp(b)),
            _ => text(a, name).cmp(text(b, name)),
        };
        if key == name { order } else { order.reverse() }
    });
    orders.fold(Ordering::Equal, Ordering::then)
}

fn stamp(item: &Value) -> Timestamp {
    text(item, "versionDate").parse().unwrap()
}

impl Party {
    /// Changes, creates and deletes assets, alone and in lists.
    async fn make_changes(mut self, start: &Barrier) {
        start.wait().await;
        for number in 0..CHANGES {
            let offset = self.dice.below(36);
            let mut items = answer(self.list(&format!("sort=name&limit=5&offset={offset}"))).await.items();
            self.dice.shuffle(&mut items);
            let Some(Item { id, etag }) = items.first().map(Item::of) else { continue };
            let request = match number % 5 {
                0 => self.write(Method::POST, "", &asset(number, self.product)),
                1 => self.http.delete(format!("{}/{id}", self.base)).header(IF_MATCH, etag),
                2 => {
                    let patches: Vec<Value> = items.iter().map(|item| self.change(item)).collect();
                    self.write(Method::PATCH, "", &json!(patches))
                }
                _ => {
                    let patch = self.change(&items[0]);
                    self.write(Method::PATCH, &format!("/{id}"), &patch)
                }
            };
            let answer = answer(request).await;
            assert!(
                [200, 201, 204, 404, 412].contains(&answer.status),
                "{}: {}",
                answer.status,
                answer.text()
            );
        }
    }

    /// Another place in each order.
    fn change(&mut self, item: &Value) -> Value {
        json!({
            "id": item["id"],
            "etag": item["etag"],
            "name": format!("Asset {:03}", self.dice.below(1000)),
            "status": self.dice.one_of(&STATUSES),
            "value": self.dice.below(20),
        })
    }

    /// Reads a page over and over, every other time only where it has changed; its bytes, by their tags.
    async fn watch(self, query: &str, start: &Barrier, is_over: &Cell<bool>) -> HashMap<String, Vec<u8>> {
        let mut seen: HashMap<String, Vec<u8>> = HashMap::new();
        let mut last = None;
        let mut start = Some(start);
        loop {
            let was_over = is_over.get();
            let known = last.take();
            let list = self.list(query);
            let list = known.iter().fold(list, |list, tag| list.header(IF_NONE_MATCH, tag));
            let page = answer(list).await;
            if page.status == 304 {
                assert_eq!((Some(&page.tag), page.body.len()), (known.as_ref(), 0));
            } else {
                assert_ne!(Some(&page.tag), known.as_ref(), "{query} has not changed");
                assert_page(query, &page);
                let bytes = seen.entry(page.tag.clone()).or_insert_with(|| page.body.clone());
                assert_eq!(*bytes, page.body, "{} names two pages", page.tag);
                last = known.is_none().then_some(page.tag);
            }
            if was_over {
                return seen;
            }
            if let Some(start) = start.take() {
                start.wait().await;
            }
        }
    }
}

const CHANGERS: usize = 8;
const CHANGES: usize = 15;

async fn each_page_has_the_tag_of_its_bytes(service: Service) {
    let start = Barrier::new(CHANGERS + 2 * PAGES.len());
    let writers = join_all(service.parties(CHANGERS).map(|party| party.make_changes(&start)));
    let watchers = service.parties(2).flat_map(|party| PAGES.map(|page| (party.clone(), page)));
    let readers = async |is_over: &Cell<bool>| {
        join_all(watchers.map(|(party, page)| party.watch(page, &start, is_over))).await
    };
    let (_, seen) = beside(readers, writers).await;
    let counts: Vec<usize> = seen.iter().map(HashMap::len).collect();
    eprintln!("versions of each page that were seen: {counts:?}");
    assert!(counts[0] > 1, "nobody changed anything");
    let mut pages: HashMap<String, Vec<u8>> = HashMap::new();
    for (tag, bytes) in seen.into_iter().flatten() {
        assert_eq!(
            *pages.entry(tag.clone()).or_insert_with(|| bytes.clone()),
            bytes,
            "{tag} names two pages"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_has_the_tag_of_its_bytes_while_writers_run_on_two_processes() {
    each_page_has_the_tag_of_its_bytes(Service::on_one_file(40)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_has_the_tag_of_its_bytes_while_writers_run_in_memory() {
    each_page_has_the_tag_of_its_bytes(Service::in_memory(40)).await;
}

impl Party {
    /// Gives all of these assets a serial number, in their order.
    fn number_all(&self, items: &[Value], serial: &str, method: Method) -> RequestBuilder {
        let numbered = |item: &Value| {
            let mut sent = match method {
                Method::PATCH => json!({"id": item["id"]}),
                _ => item.clone(),
            };
            sent.as_object_mut().unwrap().remove("etag");
            sent["serialNumber"] = json!(serial);
            sent
        };
        let sent: Vec<Value> = items.iter().map(numbered).collect();
        self.write(method, "", &json!(sent))
    }

    /// Reads all assets over and over; all have one serial number.
    async fn watch_serial_number(self, is_over: &Cell<bool>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        loop {
            let was_over = is_over.get();
            seen.insert(serial_number(&self.all().await.items()));
            if was_over {
                return seen;
            }
        }
    }
}

/// The one serial number of all these assets.
#[track_caller]
fn serial_number(items: &[Value]) -> String {
    let serials: BTreeSet<&str> = items.iter().map(|item| text(item, "serialNumber")).collect();
    assert_eq!(serials.len(), 1, "a list was written by half: {serials:?}");
    serials.into_iter().collect()
}

/// Half of the clients write the assets from the first to the last, half from the last to the first; half PUT and
/// half PATCH.
async fn lists_in_opposite_orders_are_all_written(service: Service) {
    let mut items = service.party(0).all().await.items();
    let forth = items.clone();
    items.reverse();
    let orders = [forth, items];
    let writers = service.parties(12).map(async |party| {
        let items = &orders[party.number / 2 % 2];
        let method = if party.number < 8 { Method::PUT } else { Method::PATCH };
        for number in 0..3 {
            let serial = format!("{}/{number}", party.number);
            let write = party.number_all(items, &serial, method.clone()).header(IF_MATCH, "*");
            let written = answer(write).await;
            assert_eq!(written.status, 200, "{}", written.text());
            assert_eq!(written.tag, tag_of(&written.body));
            let shown = written.items();
            assert!(shown.iter().map(|item| &item["id"]).eq(items.iter().map(|item| &item["id"])));
            assert_eq!(serial_number(&shown), serial);
        }
    });
    let auditors = service.parties(2);
    let readers =
        async |is_over: &Cell<bool>| join_all(auditors.map(|party| party.watch_serial_number(is_over))).await;
    let (_, seen) = beside(readers, join_all(writers)).await;
    eprintln!("serial numbers that were seen: {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_in_opposite_orders_are_all_written_on_two_processes() {
    lists_in_opposite_orders_are_all_written(Service::on_one_file(24)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_in_opposite_orders_are_all_written_in_memory() {
    lists_in_opposite_orders_are_all_written(Service::in_memory(24)).await;
}

/// How many items a list of which all are written can have.
const MOST: usize = 500;

/// What each client of a long list and of single assets has written before they stop, while the others go on.
const LONG_WRITES: usize = 3;
const SINGLE_WRITES: usize = 5;

/// Who has written how often, and how often each must.
struct Progress {
    written: Vec<Cell<usize>>,
    wanted: Vec<usize>,
}

impl Progress {
    fn note(&self, place: usize) {
        self.written[place].set(self.written[place].get() + 1);
    }

    fn is_enough(&self) -> bool {
        self.written.iter().zip(&self.wanted).all(|(written, wanted)| written.get() >= *wanted)
    }
}

impl Party {
    /// Writes all assets over and over, as one list, until everybody has written enough.
    async fn keep_numbering(self, place: usize, guarded: bool, progress: &Progress) {
        let mut all = self.all().await;
        assert_eq!(all.items().len(), MOST);
        for number in 0.. {
            if progress.is_enough() {
                return;
            }
            let serial = format!("long {number}");
            let write = self.number_all(&all.items(), &serial, Method::PUT);
            let tag = if guarded { &all.tag } else { "*" };
            all = answer(write.header(IF_MATCH, tag)).await;
            assert_eq!(all.status, 200, "{}", all.text());
            assert_eq!(all.tag, tag_of(&all.body));
            assert_eq!(serial_number(&all.items()), serial);
            progress.note(place);
        }
    }

    /// Adds to the value of an asset over and over, until everybody has written enough; how often others were in
    /// between.
    async fn keep_adding(self, place: usize, path: String, progress: &Progress) -> usize {
        let mut refused = 0;
        while !progress.is_enough() {
            let shown = answer(self.http.get(format!("{}{path}", self.base))).await;
            let patch = json!({"value": value(&shown.json()) + 1});
            let written = answer(self.write(Method::PATCH, &path, &patch).header(IF_MATCH, shown.tag)).await;
            match written.status {
                200 => progress.note(place),
                412 => refused += 1,
                status => panic!("{status}: {}", written.text()),
            }
        }
        refused
    }
}

/// Single assets are written on all processes beside the longest list: some of its own, or others.
async fn the_longest_list_and_single_assets_are_written(service: Service, among: bool) {
    let first = service.party(0);
    let places = 1..5;
    let singles = match among {
        true => first.all().await.items(),
        false => {
            let others = places.clone().map(|number| asset(number, Uuid::new_v4()));
            let created = others.map(|other| answer(first.write(Method::POST, "", &other)));
            join_all(created).await.iter().map(Answer::json).collect()
        }
    };
    let wanted = [vec![LONG_WRITES], vec![SINGLE_WRITES; places.len()]].concat();
    let progress = Progress { written: vec![Cell::new(0); wanted.len()], wanted };
    let long = first.keep_numbering(0, !among, &progress);
    let single = join_all(places.map(|place| {
        let path = format!("/{}", text(&singles[place - 1], "id"));
        service.party(place).keep_adding(place, path, &progress)
    }));
    let auditor = service.party(1);
    let readers = async |is_over: &Cell<bool>| auditor.watch_serial_number(is_over).await;
    let ((_, refused), seen) = beside(readers, async { tokio::join!(long, single) }).await;
    eprintln!("{:?} writes, 412 {refused:?} times, {} lists seen", progress.written, seen.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_list_is_written_beside_single_assets_of_its_own() {
    the_longest_list_and_single_assets_are_written(Service::on_one_file(MOST), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_list_is_written_under_its_tag_beside_other_assets() {
    the_longest_list_and_single_assets_are_written(Service::on_one_file(MOST), false).await;
}

/// What became of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Acknowledged,
    Refused,
    /// The connection broke before there was an answer.
    Unknown,
}

const KILLS: usize = 3;
const WRITERS: usize = 10;
/// How many transfers are acknowledged before each kill.
const ACKNOWLEDGED: usize = 15;
const LONG: Extent = Extent { assets: 60, fewest: 20, most: 40 };

impl Party {
    /// Makes transfers until the connection breaks.
    async fn transfer_until_killed(
        mut self,
        round: usize,
        acknowledged: UnboundedSender<()>,
    ) -> Vec<(Transfer, Outcome)> {
        let mut all = Vec::new();
        for number in round * 1000.. {
            let Ok((transfer, request)) = self.plan(number, &LONG).await else {
                break;
            };
            let outcome = match exchange(request).await {
                Ok(answer) if answer.status == 200 => {
                    transfer.assert_answered(&answer);
                    acknowledged.send(()).unwrap();
                    Outcome::Acknowledged
                }
                Ok(answer) => {
                    assert_eq!(answer.status, 412, "{}", answer.text());
                    Outcome::Refused
                }
                Err(_) => Outcome::Unknown,
            };
            all.push((transfer, outcome));
            if outcome == Outcome::Unknown {
                break;
            }
        }
        all
    }
}

/// Ends the processes one after another, each when some transfers were acknowledged since.
async fn kill_each(registries: Vec<Registry>, acknowledged: &mut UnboundedReceiver<()>) {
    for registry in registries {
        for _ in 0..ACKNOWLEDGED {
            acknowledged.recv().await.expect("the clients go on");
        }
        registry.kill();
    }
}

/// Makes transfers until all processes are killed, and asserts that those which are known to be done are there, and
/// no half of any.
async fn transfers_survive_kills(service: &mut Service, round: usize, done: &mut Vec<Transfer>) {
    let (sender, mut receiver) = unbounded_channel();
    let writers: Vec<_> =
        service.parties(WRITERS).map(|party| party.transfer_until_killed(round, sender.clone())).collect();
    drop(sender);
    let killed = kill_each(std::mem::take(&mut service.registries), &mut receiver);
    let both = async { tokio::join!(join_all(writers), killed) };
    let (made, ()) = tokio::time::timeout(PATIENCE, both).await.expect("somebody waits for ever");

    service.registries = [(); 2].map(|()| Registry::start(&service.database)).into();
    let found = ledger_of(&service.party(0).all().await.items());
    let is_there = |transfer: &Transfer| found.values().any(|(_, names)| names.contains(&transfer.name));
    let mut counts = BTreeMap::<String, usize>::new();
    for (transfer, outcome) in made.into_iter().flatten() {
        let is_done = match outcome {
            Outcome::Acknowledged => true,
            Outcome::Refused => false,
            Outcome::Unknown => is_there(&transfer),
        };
        *counts.entry(format!("{outcome:?}, done: {is_done}")).or_default() += 1;
        if is_done {
            done.push(transfer);
        }
    }
    eprintln!("{counts:?}");
    assert_eq!(found, ledger_after(found.keys(), done.iter()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_being_written_when_its_process_was_killed_is_there_whole_or_not_at_all() {
    let mut service = Service::on_one_file(LONG.assets);
    let mut done = Vec::new();
    for round in 0..KILLS {
        transfers_survive_kills(&mut service, round, &mut done).await;
    }
}
