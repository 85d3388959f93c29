//! Many assets change together or not at all: clients that race with lists which overlap, on two processes that
//! share a SQLite file, on two that share a PostgreSQL database, and on one in memory.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use etag_core::Timestamp;
use futures_util::future::join_all;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::clients::transfers::{
    Extent, Item, Party, STATUSES, Service, Transfer, asset, audit, ledger_after, ledger_of, tag_of_list,
    text, value,
};
use tests::clients::{Answer, PATIENCE, answer};
use tokio::sync::Barrier;
use uuid::Uuid;

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

/// Makes transfers, each of them until nobody is in between; how often somebody was.
async fn make_transfers(mut party: Party, start: &Barrier) -> (Vec<Transfer>, usize) {
    let (mut done, mut refused) = (Vec::new(), 0);
    let mut start = Some(start);
    while done.len() < TRANSFERS {
        let (transfer, request) = party.plan(&OVERLAPPING).await.unwrap();
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
            status => panic!("{status}: {}", answer.body),
        }
    }
    (done, refused)
}

async fn no_transfer_is_lost_or_seen_by_half(service: Service) {
    let auditors = service.parties(2);
    let start = Barrier::new(CLIENTS);
    let writers = join_all(service.parties(CLIENTS).map(|party| make_transfers(party, &start)));
    let readers =
        async |is_over: &Cell<bool>| join_all(auditors.map(|party| audit(party, || is_over.get()))).await;
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
    for service in Service::on_two_processes(OVERLAPPING.assets) {
        no_transfer_is_lost_or_seen_by_half(service).await;
    }
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
    assert_eq!(page.status, 200, "{query}: {}", page.body);
    assert_eq!(page.tag, tag_of_list(&page.body), "{query}: {}", page.body);
    let items = page.items();
    let (mut limit, mut offset, mut sort) = (50, 0, "id");
    for (name, wanted) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "limit" => limit = wanted.parse().unwrap(),
            "offset" => offset = wanted.parse().unwrap(),
            "sort" => sort = wanted,
            member => assert!(items.iter().all(|item| item[member] == wanted), "{query}: {}", page.body),
        }
    }
    let total = page.total.expect("a list says how long it is");
    assert_eq!(items.len(), total.saturating_sub(offset).min(limit), "{query}: {total} in all");
    let is_before = |a: &Value, b: &Value| compare(sort, a, b).is_lt();
    assert!(items.is_sorted_by(is_before), "{query}: {}", page.body);
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

/// Changes, creates and deletes assets, alone and in lists.
async fn make_changes(mut party: Party, start: &Barrier) {
    start.wait().await;
    for number in 0..CHANGES {
        let offset = party.dice.below(36);
        let mut items = answer(party.list(&format!("sort=name&limit=5&offset={offset}"))).await.items();
        party.dice.shuffle(&mut items);
        let Some(Item { id, etag }) = items.first().map(Item::of) else { continue };
        let request = match number % 5 {
            0 => party.write(Method::POST, "", &asset(number, party.product)),
            1 => party.site.http.delete(party.url(&format!("/{id}"))).header(IF_MATCH, etag),
            2 => {
                let patches: Vec<Value> = items.iter().map(|item| change(&mut party, item)).collect();
                party.write(Method::PATCH, "", &json!(patches))
            }
            _ => {
                let patch = change(&mut party, &items[0]);
                party.write(Method::PATCH, &format!("/{id}"), &patch)
            }
        };
        let answer = answer(request).await;
        assert!([200, 201, 204, 404, 412].contains(&answer.status), "{}: {}", answer.status, answer.body);
    }
}

/// Another place in each order.
fn change(party: &mut Party, item: &Value) -> Value {
    json!({
        "id": item["id"],
        "etag": item["etag"],
        "name": format!("Asset {:03}", party.dice.below(1000)),
        "status": party.dice.one_of(&STATUSES),
        "value": party.dice.below(20),
    })
}

/// Reads a page over and over, every other time only where it has changed; its bytes, by their tags.
async fn watch(party: Party, query: &str, start: &Barrier, is_over: &Cell<bool>) -> HashMap<String, String> {
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut last = None;
    let mut start = Some(start);
    loop {
        let was_over = is_over.get();
        let known = last.take();
        let list = party.list(query);
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

const CHANGERS: usize = 8;
const CHANGES: usize = 15;

async fn each_page_has_the_tag_of_its_bytes(service: Service) {
    let start = Barrier::new(CHANGERS + 2 * PAGES.len());
    let writers = join_all(service.parties(CHANGERS).map(|party| make_changes(party, &start)));
    let watchers = service.parties(2).flat_map(|party| PAGES.map(|page| (party.clone(), page)));
    let readers = async |is_over: &Cell<bool>| {
        join_all(watchers.map(|(party, page)| watch(party, page, &start, is_over))).await
    };
    let (_, seen) = beside(readers, writers).await;
    let counts: Vec<usize> = seen.iter().map(HashMap::len).collect();
    eprintln!("versions of each page that were seen: {counts:?}");
    assert!(counts[0] > 1, "nobody changed anything");
    let mut pages: HashMap<String, String> = HashMap::new();
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
    for service in Service::on_two_processes(40) {
        each_page_has_the_tag_of_its_bytes(service).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_has_the_tag_of_its_bytes_while_writers_run_in_memory() {
    each_page_has_the_tag_of_its_bytes(Service::in_memory(40)).await;
}

/// Gives all of these assets a serial number, in their order.
fn number_all(party: &Party, items: &[Value], serial: &str, method: Method) -> RequestBuilder {
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
    party.write(method, "", &json!(sent))
}

/// Reads all assets over and over; all have one serial number.
async fn watch_serial_number(party: Party, is_over: &Cell<bool>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    loop {
        let was_over = is_over.get();
        seen.insert(serial_number(&party.all().await.items()));
        if was_over {
            return seen;
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
            let write = number_all(&party, items, &serial, method.clone()).header(IF_MATCH, "*");
            let written = answer(write).await;
            assert_eq!(written.status, 200, "{}", written.body);
            assert_eq!(written.tag, tag_of_list(&written.body));
            let shown = written.items();
            assert!(shown.iter().map(|item| &item["id"]).eq(items.iter().map(|item| &item["id"])));
            assert_eq!(serial_number(&shown), serial);
        }
    });
    let auditors = service.parties(2);
    let readers = async |is_over: &Cell<bool>| {
        join_all(auditors.map(|party| watch_serial_number(party, is_over))).await
    };
    let (_, seen) = beside(readers, join_all(writers)).await;
    eprintln!("serial numbers that were seen: {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_in_opposite_orders_are_all_written_on_two_processes() {
    for service in Service::on_two_processes(24) {
        lists_in_opposite_orders_are_all_written(service).await;
    }
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

/// Writes all assets over and over, as one list, until everybody has written enough.
async fn keep_numbering(party: Party, place: usize, guarded: bool, progress: &Progress) {
    let mut all = party.all().await;
    assert_eq!(all.items().len(), MOST);
    for number in 0.. {
        if progress.is_enough() {
            return;
        }
        let serial = format!("long {number}");
        let write = number_all(&party, &all.items(), &serial, Method::PUT);
        let tag = if guarded { &all.tag } else { "*" };
        all = answer(write.header(IF_MATCH, tag)).await;
        assert_eq!(all.status, 200, "{}", all.body);
        assert_eq!(all.tag, tag_of_list(&all.body));
        assert_eq!(serial_number(&all.items()), serial);
        progress.note(place);
    }
}

/// Adds to the value of an asset over and over, until everybody has written enough; how often others were in
/// between.
async fn keep_adding(party: Party, place: usize, path: String, progress: &Progress) -> usize {
    let mut refused = 0;
    while !progress.is_enough() {
        let shown = answer(party.site.http.get(party.url(&path))).await;
        let patch = json!({"value": value(&shown.json()) + 1});
        let written = answer(party.write(Method::PATCH, &path, &patch).header(IF_MATCH, shown.tag)).await;
        match written.status {
            200 => progress.note(place),
            412 => refused += 1,
            status => panic!("{status}: {}", written.body),
        }
    }
    refused
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
    let long = keep_numbering(first, 0, !among, &progress);
    let single = join_all(places.map(|place| {
        let path = format!("/{}", text(&singles[place - 1], "id"));
        keep_adding(service.party(place), place, path, &progress)
    }));
    let auditor = service.party(1);
    let readers = async |is_over: &Cell<bool>| watch_serial_number(auditor, is_over).await;
    let ((_, refused), seen) = beside(readers, async { tokio::join!(long, single) }).await;
    eprintln!("{:?} writes, 412 {refused:?} times, {} lists seen", progress.written, seen.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_list_is_written_beside_single_assets_of_its_own() {
    for service in Service::on_two_processes(MOST) {
        the_longest_list_and_single_assets_are_written(service, true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_list_is_written_under_its_tag_beside_other_assets() {
    for service in Service::on_two_processes(MOST) {
        the_longest_list_and_single_assets_are_written(service, false).await;
    }
}
