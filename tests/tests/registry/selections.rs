//! What a list's query string selects: each answer against an oracle that filters and sorts the whole list.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, Method};
use reqwest::Url;
use serde_json::{Value, json};
use tests::Registry;

use crate::products::sha_256_tag;
use crate::{Answer, EVERYTHING, Service, answer, assert_problem, opaque};

/// Texts that mean something else to SQL, JSON, a URI or a header, or that are ordered by their code points only.
const TEXTS: [&str; 38] = [
    "",
    " ",
    "a",
    "A",
    "ä",
    "a\u{308}",
    "aa",
    "a b",
    "a+b",
    "a\0b",
    "a\0c",
    "\0",
    "\n",
    "9",
    "10",
    "10.0",
    "1e1",
    "null",
    "true",
    "'",
    "''",
    "' OR '1'='1",
    "'; DROP TABLE etag_rows; --",
    "\" OR 1=1 --",
    "1) OR (1=1",
    "\\",
    "\\u0061",
    "%",
    "%61",
    "_",
    "?1",
    "$[0]",
    "[\"a\"]",
    "a&b=c#d;e,-f",
    "<x>; rel=\"next\", </assets>; rel=\"prev\"",
    "\u{e000}",
    "\u{fffd}",
    "\u{1f600}",
];

/// Numbers whose neighbours are near.
const NUMBERS: [f64; 19] = [
    f64::MIN,
    -1.5,
    0.0,
    5e-324,
    2.225_073_858_507_201e-308,
    f64::MIN_POSITIVE,
    0.3,
    0.1 + 0.2,
    0.5,
    24310.0,
    24310.000000000004,
    9_007_199_254_740_992.0,
    9_007_199_254_740_994.0,
    9_223_372_036_854_775_807.0,
    18_446_744_073_709_551_615.0,
    1e23,
    1.0000000000000001e23,
    123_456_789_012_345_680_000.0,
    f64::MAX,
];

/// A registry, and all of its assets by id.
struct Stock {
    service: Service,
    everything: Vec<Value>,
}

impl Stock {
    /// The catalogue alone.
    async fn catalogue() -> Self {
        Self::of(Service::start()).await
    }

    async fn of(service: Service) -> Self {
        let listed = service.get(EVERYTHING).await;
        let everything = listed.json().as_array().unwrap().clone();
        assert_eq!(listed.header("x-total-count"), everything.len().to_string());
        Self { service, everything }
    }

    /// The catalogue, and each of the texts and numbers in two assets, on each kind of database.
    async fn on_each_database(test: impl AsyncFn(&Self)) {
        let memory = (tempfile::tempdir().unwrap(), "memory:".to_owned());
        for (folder, database) in [memory, tests::sqlite_file()] {
            eprintln!("on {database}");
            let registry = Registry::start(&database);
            let service = Service { registry, client: tests::client(), _folder: folder };
            service.add(TEXTS.len() * 2).await;
            test(&Self::of(service).await).await;
        }
    }

    async fn get(&self, query: &str) -> Answer {
        self.service.get(&format!("/assets?{query}")).await
    }

    fn count(&self, status: &str) -> usize {
        self.everything.iter().filter(|asset| asset["status"] == status).count()
    }
}

impl Service {
    /// Adds that many assets, whose names and values are those above in turn.
    async fn add(&self, count: usize) {
        let mut asset = self.draft().await;
        for index in 0..count {
            asset["name"] = TEXTS[index % TEXTS.len()].into();
            asset["serialNumber"] = TEXTS[(index + 7) % TEXTS.len()].into();
            asset["value"] = NUMBERS[index % NUMBERS.len()].into();
            asset["status"] = ["active", "maintenance", "retired"][index % 3].into();
            let created = answer(self.request(Method::POST, "/assets").json(&asset)).await;
            assert_eq!((created.status, &created.json()["name"]), (201, &asset["name"]));
        }
    }

    /// A GET or HEAD with a header.
    async fn ask(&self, method: &Method, path: &str, header: (http::HeaderName, &str)) -> Answer {
        answer(self.request(method.clone(), path).header(header.0, header.1)).await
    }
}

/// What a query string is to select.
#[derive(Debug, Default, Clone)]
struct Query<'a> {
    filters: Vec<(&'a str, Value)>,
    sort: &'a str,
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Query<'_> {
    fn text(&self) -> String {
        let mut pairs: Vec<String> = Vec::new();
        for (member, value) in &self.filters {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            pairs.push(format!("{member}={}", encoded(&value)));
        }
        pairs.extend((!self.sort.is_empty()).then(|| format!("sort={}", self.sort)));
        pairs.extend(self.limit.map(|limit| format!("limit={limit}")));
        pairs.extend(self.offset.map(|offset| format!("offset={offset}")));
        pairs.join("&")
    }

    /// The items of the page, and how many there are on all pages.
    fn of(&self, everything: &[Value]) -> (Vec<Value>, usize) {
        let is_wanted = |asset: &&Value| {
            self.filters.iter().all(|(member, wanted)| {
                order(&column(asset, member), &column(&json!({ *member: wanted }), member)).is_eq()
            })
        };
        let mut found: Vec<Value> = everything.iter().filter(is_wanted).cloned().collect();
        found.sort_by(|a, b| {
            let members = self.sort.split(',').filter(|member| !member.is_empty());
            let orders = members.map(|member| match member.strip_prefix('-') {
                Some(member) => order(&column(b, member), &column(a, member)),
                None => order(&column(a, member), &column(b, member)),
            });
            orders.fold(Ordering::Equal, Ordering::then).then_with(|| order(&a["id"], &b["id"]))
        });
        let total = found.len();
        let limit = self.limit.unwrap_or(50).min(500);
        (found.into_iter().skip(self.offset.unwrap_or(0)).take(limit).collect(), total)
    }
}

/// What an asset is selected by: a time with all six digits of its fraction, so that it is ordered as a text.
fn column(asset: &Value, member: &str) -> Value {
    match (member, asset[member].as_str().and_then(|time| time.strip_suffix('Z'))) {
        ("versionDate", Some(time)) => {
            let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
            format!("{seconds}.{fraction:0<6}").into()
        }
        _ => asset[member].clone(),
    }
}

/// Numbers by their value, texts by their code points.
#[track_caller]
fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()).unwrap(),
        (Value::String(a), Value::String(b)) => a.chars().cmp(b.chars()),
        _ => panic!("{a} and {b}"),
    }
}

fn encoded(text: &str) -> String {
    let octet = |octet: u8| match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    };
    text.bytes().map(octet).collect()
}

/// The tag of a list of these items: the SHA-256 of a line for each, its key as a JSON array and its state.
fn tag_of(items: &[Value]) -> String {
    let line = |item: &Value| format!("[{}] {}\n", item["id"], opaque(item["etag"].as_str().unwrap()));
    sha_256_tag(items.iter().map(line).collect::<String>().as_bytes())
}

/// Asserts that an answer shows exactly these items, under their tag.
#[track_caller]
fn assert_selected(answer: &Answer, items: &[Value], total: usize, query: &str) {
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{query}");
    let found = answer.json();
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(found.as_array().unwrap()), ids(items), "{query}");
    assert_eq!(found.as_array().unwrap(), items, "{query}");
    assert_eq!(answer.header("x-total-count"), total.to_string(), "{query}");
    assert_eq!(answer.etag(), tag_of(items), "{query}");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert!(!answer.has("last-modified"), "a date would miss what left the list");
}

/// The headers without those that differ between two answers, or between a 200 and its 304.
fn headers_without(answer: &Answer, names: &[&str]) -> HeaderMap {
    let mut headers = answer.headers.clone();
    names.iter().for_each(|name| drop(headers.remove(*name)));
    headers
}

/// The parts of a text between separators that stand neither in `<…>` nor in `"…"`.
fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut bracketed) = (false, false);
    let parts = text.split(|char| {
        match char {
            '"' if !bracketed => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        char == separator && !quoted && !bracketed
    });
    parts.map(str::trim).collect()
}

/// The links of an answer by their relation (RFC 8288 §3), resolved.
#[track_caller]
fn links(service: &Service, answer: &Answer) -> BTreeMap<String, Url> {
    let mut links = BTreeMap::new();
    let base: Url = service.registry.url("/assets").parse().unwrap();
    for line in answer.headers.get_all("link") {
        for link in split_outside(line.to_str().unwrap(), ',') {
            let parts = split_outside(link, ';');
            let target = parts[0].strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).expect(link);
            let [relation] = parts[1..] else { panic!("{link}") };
            let relation = relation.strip_prefix("rel=").expect(link).trim_matches('"');
            let url = base.join(target).expect(link);
            assert_eq!((url.origin(), url.path()), (base.origin(), base.path()), "{link}");
            assert!(links.insert(relation.to_owned(), url).is_none(), "{relation} is there twice");
        }
    }
    links
}

/// What follows the `?` of a link.
fn query_of(link: &Url) -> &str {
    link.query().expect("a link to a page has a query string")
}

/// The number that a parameter of a link is.
fn number_in(link: &Url, parameter: &str) -> usize {
    let values: Vec<_> = link.query_pairs().filter(|(name, _)| name == parameter).collect();
    let [(_, value)] = &*values else { panic!("expected one `{parameter}`: {link}") };
    value.parse().unwrap()
}

/// Filters of each kind of member, alone and together; some select nothing.
fn filters(stock: &Stock) -> Vec<Vec<(&'static str, Value)>> {
    let some = &stock.everything[stock.everything.len() / 2];
    let product = stock.everything.iter().find(|asset| asset["status"] == "retired").unwrap();
    let product = || product["productId"].clone();
    vec![
        vec![],
        vec![("status", json!("active"))],
        vec![("productId", product())],
        vec![("productId", product()), ("status", json!("retired"))],
        vec![("value", json!(24310))],
        vec![("value", json!(0.5)), ("status", json!("maintenance"))],
        vec![("name", json!("a"))],
        vec![("id", some["id"].clone())],
        vec![("versionDate", some["versionDate"].clone()), ("name", some["name"].clone())],
        vec![("status", json!("retired")), ("productId", json!("00000000-0000-4000-8000-000000000000"))],
    ]
}

#[tokio::test]
async fn filters_orders_and_pages_together_select_what_each_says() {
    let sorts = [
        "",
        "-id",
        "name",
        "-value",
        "versionDate",
        "-versionDate,name",
        "status,-name",
        "-status,value,-serialNumber",
        "productId,status,-id",
    ];
    let pages = [(None, None), (Some(7), Some(3)), (Some(500), None), (Some(60), Some(100))];
    Stock::on_each_database(async |stock| {
        for filters in filters(stock) {
            for (sort, (limit, offset)) in sorts.iter().flat_map(|sort| pages.map(|page| (sort, page))) {
                let query = Query { filters: filters.clone(), sort, limit, offset };
                let (items, total) = query.of(&stock.everything);
                let text = query.text();
                assert_selected(&stock.get(&text).await, &items, total, &text);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_member_orders_the_list_both_ways_and_ties_are_in_the_order_of_their_ids() {
    Stock::on_each_database(async |stock| {
        for member in ["id", "name", "productId", "serialNumber", "status", "value", "versionDate"] {
            let descending = format!("-{member}");
            for sort in [member, &descending] {
                let query = Query { sort, limit: Some(500), ..Query::default() };
                let (items, total) = query.of(&stock.everything);
                assert_selected(&stock.get(&query.text()).await, &items, total, sort);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_text_or_number_selects_those_that_have_it_and_does_nothing_else() {
    Stock::on_each_database(async |stock| {
        let texts = TEXTS.into_iter().flat_map(|text| [("name", text), ("serialNumber", text)]);
        let mut wanted: Vec<(&str, Value)> = texts.map(|(member, text)| (member, json!(text))).collect();
        wanted.extend(NUMBERS.map(|number| ("value", json!(number))));
        for (member, value) in wanted {
            let query = Query { filters: vec![(member, value)], ..Query::default() };
            let (items, total) = query.of(&stock.everything);
            assert!(total >= 2, "{query:?}");
            assert_selected(&stock.get(&query.text()).await, &items, total, &query.text());
        }
        let long = "'".repeat(20_000);
        for text in ["' OR 1=1 --", "a' --", "%' OR name LIKE '%", "a\0", "A\u{308}", &long] {
            for member in ["name", "serialNumber"] {
                let query = format!("{member}={}", encoded(text));
                assert_selected(&stock.get(&query).await, &[], 0, &query);
            }
        }
        let total = stock.everything.len();
        assert_selected(&stock.get("limit=500").await, &stock.everything, total, "it is all as it was");
    })
    .await;
}

/// Neighbours among the doubles.
const NEAR: [f64; 4] =
    [4.884452870796379e-206, 4.8844528707963796e-206, 2.373113365899864e-136, 2.3731133658998643e-136];

#[tokio::test]
async fn numbers_that_differ_in_their_last_bit_are_told_apart() {
    Stock::on_each_database(async |stock| {
        let mut asset = stock.service.draft().await;
        asset["serialNumber"] = json!("near");
        for value in NEAR.iter().rev() {
            asset["value"] = json!(value);
            assert_eq!(answer(stock.service.request(Method::POST, "/assets").json(&asset)).await.status, 201);
        }
        let mut wanted = vec![("sort=value".to_owned(), &NEAR[..])];
        wanted.extend(NEAR.chunks(1).map(|value| (format!("value={:e}", value[0]), value)));
        for (query, expected) in wanted {
            let found = stock.get(&format!("serialNumber=near&{query}")).await.json();
            let values = found.as_array().unwrap().iter().map(|asset| asset["value"].as_f64().unwrap());
            assert_eq!(values.collect::<Vec<_>>(), expected, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_is_found_in_whatever_digits_it_is_written() {
    Stock::on_each_database(async |stock| {
        let mut asset = stock.service.draft().await;
        for (value, texts) in [
            (1250.5, ["1250.5", "1.2505e3", "1250.50"]),
            (9_007_199_254_740_994.0, ["9007199254740994", "9.007199254740994e15", "9007199254740994.0"]),
            (59_597_895_054_470_190.0, ["59597895054470190", "5.959789505447019e16", "59597895054470190.0"]),
            (-0.0, ["0", "-0", "0e5"]),
            (1e22, ["1e22", "1E%2B22", "10e21"]),
        ] {
            asset["value"] = json!(value);
            let created = answer(stock.service.request(Method::POST, "/assets").json(&asset)).await;
            for text in texts {
                let found =
                    stock.get(&format!("name={}&value={text}", encoded("Grúa móvil, muelle 4"))).await;
                assert_eq!(found.json(), json!([created.json()]), "{text}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_is_found_in_the_digits_in_which_a_list_shows_it() {
    Stock::on_each_database(async |stock| {
        for number in NUMBERS {
            let found = stock.get(&format!("value={number:e}")).await;
            let body = String::from_utf8(found.body.clone()).unwrap();
            let (_, shown) = body.split_once("\"value\":").unwrap();
            let (shown, _) = shown.split_once(',').unwrap();
            let again = stock.get(&format!("value={}", encoded(shown))).await;
            assert_eq!((again.status, again.json()), (200, found.json()), "{shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_has_50_items_where_nothing_is_said_and_never_more_than_500() {
    let service = Service::start();
    service.add(300).await;
    let all: usize = service.get(EVERYTHING).await.header("x-total-count").parse().unwrap();
    assert!(all > 510);
    let limits = [
        ("", 50),
        ("limit=0", 0),
        ("limit=1", 1),
        ("limit=50", 50),
        ("limit=499", 499),
        ("limit=500", 500),
        ("limit=501", 500),
        ("limit=18446744073709551615", 500),
        ("offset=10&limit=600", 500),
        ("offset=100&limit=500", all - 100),
    ];
    for (query, length) in limits {
        let page = service.get(&format!("/assets?{query}")).await;
        assert_eq!(page.json().as_array().unwrap().len(), length, "{query}");
        assert_eq!(page.header("x-total-count"), all.to_string(), "{query}");
    }
    let cut = service.get("/assets?limit=501").await;
    assert_eq!(cut.representation(), service.get(EVERYTHING).await.representation());
    let next = links(&service, &cut).remove("next").unwrap();
    assert_eq!((number_in(&next, "limit"), number_in(&next, "offset")), (500, 500));
    let last = service.get(&format!("/assets?{}", query_of(&next))).await;
    let [first, last] = [cut, last].map(|page| page.json().as_array().unwrap().clone());
    let ids: BTreeSet<&str> = first.iter().chain(&last).map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), last.len()), (all, all - 500));
}

#[tokio::test]
async fn the_same_query_in_other_words_selects_the_same() {
    let stock = Stock::catalogue().await;
    let dated = &stock.everything[3];
    let date = dated["versionDate"].as_str().unwrap();
    let elsewhere = format!("versionDate={}%2B00:00", date.trim_end_matches('Z'));
    let date = format!("versionDate={date}");
    let product = dated["productId"].as_str().unwrap();
    let capitals = format!("productId={}", product.to_ascii_uppercase());
    let product = format!("productId={product}");
    let same = [
        ["status=active", "%73tatu%73=%61ctiv%65"],
        ["status=active", "&&status=active&"],
        ["status=active&sort=name&limit=9", "limit=9&sort=name&status=active"],
        ["sort=status,-value", "sort=status%2C%2Dvalue"],
        ["limit=7&offset=3", "offset=%33&l%69mit=007"],
        ["value=24310", "value=24310.0"],
        ["value=24310", "value=2.431e4"],
        ["value=5275.9", "value=5.2759E%2B3"],
        ["sort=name", "sort=name,id"],
        ["sort=value", "sort=value,id,name"],
        [&date, &elsewhere],
        [&product, &capitals],
    ];
    for [plain, other] in same {
        let (plain, found) = (stock.get(plain).await, stock.get(other).await);
        assert_eq!((found.status, found.representation()), (200, plain.representation()), "{other}");
        assert_ne!(plain.header("x-total-count"), "0", "{other}");
        assert_eq!(found.header("x-total-count"), plain.header("x-total-count"), "{other}");
    }
}

/// Query strings, the parameter at fault, and what is said of it.
const REFUSED: [(&str, &str, &str); 54] = [
    ("colour=red", "colour", "no such member"),
    ("=red", "", "no such member"),
    ("Status=active", "Status", "no such member"),
    ("product_id=1", "product_id", "no such member"),
    ("serial_number=1", "serial_number", "no such member"),
    ("etag=1", "etag", "no such member"),
    ("members=1", "members", "no such member"),
    ("Limit=1", "Limit", "no such member"),
    ("location.latitude=1", "location.latitude", "no such member"),
    ("location%5Blatitude%5D=1", "location[latitude]", "no such member"),
    ("status%00=active", "status\0", "no such member"),
    ("status%20=active", "status ", "no such member"),
    ("1=1", "1", "no such member"),
    ("name'%20OR%20'1'='1=a", "name' OR '1'", "no such member"),
    ("1%3D1%3B%20DROP%20TABLE%20etag_rows%3B--=a", "1=1; DROP TABLE etag_rows;--", "no such member"),
    ("location=null", "location", "object or an array"),
    ("location=", "location", "object or an array"),
    ("tags=LOLER", "tags", "object or an array"),
    ("tags=%5B%5D", "tags", "object or an array"),
    ("sort=", "sort", "no member ``"),
    ("sort=colour", "sort", "no member `colour`"),
    ("sort=-colour", "sort", "no member `colour`"),
    ("sort=--name", "sort", "no member `-name`"),
    ("sort=-", "sort", "no member ``"),
    ("sort=name,", "sort", "no member ``"),
    ("sort=name,,value", "sort", "no member ``"),
    ("sort=name,%20value", "sort", "no member ` value`"),
    ("sort=name%20DESC", "sort", "no member `name DESC`"),
    ("sort=name);DROP%20TABLE%20etag_rows;--", "sort", "no member `name);DROP TABLE etag_rows;--`"),
    ("sort=tags", "sort", "object or an array"),
    ("sort=name,-location", "sort", "object or an array"),
    ("sort=location.latitude", "sort", "no member `location.latitude`"),
    ("sort=name,value,name", "sort", "`name` is there twice"),
    ("sort=name,-name", "sort", "`name` is there twice"),
    ("status=Active", "status", "`active`, `maintenance`, `retired`"),
    ("status=", "status", "`active`, `maintenance`, `retired`"),
    ("status=active,retired", "status", "`active`, `maintenance`, `retired`"),
    ("productId=", "productId", "a UUID"),
    ("productId=crane", "productId", "a UUID"),
    ("productId='%20OR%20'1'='1", "productId", "a UUID"),
    ("id=%00", "id", "a UUID"),
    ("id=00000000-0000-4000-8000-000000000000'--", "id", "a UUID"),
    ("value=", "value", "a number"),
    ("value=ten", "value", "a number"),
    ("value=true", "value", "a number"),
    ("value=1%20OR%201=1", "value", "a number"),
    ("value=%22484%22", "value", "a number"),
    ("value=1e999", "value", "a number"),
    ("versionDate=yesterday", "versionDate", "a time"),
    ("versionDate=2026-03-01", "versionDate", "a time"),
    ("limit=1e1", "limit", "a whole number"),
    ("limit=-1", "limit", "a whole number"),
    ("offset=18446744073709551616", "offset", "a whole number"),
    ("offset=%20", "offset", "a whole number"),
];

const TWICE: [(&str, &str); 7] = [
    ("limit=1&limit=1", "limit"),
    ("offset=0&limit=1&offset=0", "offset"),
    ("sort=name&sort=value", "sort"),
    ("status=active&status=retired", "status"),
    ("status=active&%73tatus=active", "status"),
    ("productId=a&productId=a", "productId"),
    ("value=1&name=a&value=2", "value"),
];

#[tokio::test]
async fn a_query_that_can_not_be_meant_is_400_and_names_the_parameter() {
    let service = Service::start();
    let twice = TWICE.map(|(query, parameter)| (query, parameter, "there twice"));
    for (query, parameter, reason) in REFUSED.into_iter().chain(twice) {
        let path = format!("/assets?{query}");
        for header in [(IF_NONE_MATCH, "*"), (IF_MATCH, "\"other\"")] {
            let refused = service.ask(&Method::GET, &path, header).await;
            let problem = assert_problem(&refused, 400, "malformed-request");
            assert_eq!(problem["parameter"], parameter, "{query}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.starts_with(&format!("`{parameter}`: ")), "{query}: {detail}");
            assert!(detail.contains(reason), "{query}: {detail}");
            assert!(!refused.has("etag") && !refused.has("link") && !refused.has("x-total-count"));
        }
        let head = answer(service.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, &*head.body), (400, &b""[..]), "{query}");
    }
}

#[tokio::test]
async fn who_names_no_member_is_told_which_there_are() {
    let service = Service::start();
    let members = ["id", "name", "productId", "serialNumber", "status", "value", "versionDate"];
    for query in ["colour=red", "sort=colour"] {
        let problem = service.get(&format!("/assets?{query}")).await.json();
        let detail = problem["detail"].as_str().unwrap();
        let (_, named) = detail.split_once("; ").unwrap();
        let named: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        assert_eq!(named, members, "{detail}");
    }
}

/// Queries in groups that select the same items in the same order; of two groups none does.
fn groups(stock: &Stock) -> Vec<Vec<String>> {
    let [active, maintenance, retired] = ["active", "maintenance", "retired"].map(|name| stock.count(name));
    let [some, next] = [71, 72].map(|index| &stock.everything[index]);
    let all = stock.everything.len();
    let group = |queries: &[&str]| queries.iter().map(|query| (*query).to_owned()).collect();
    vec![
        vec![
            "status=maintenance&limit=500".to_owned(),
            "sort=status&status=maintenance&offset=0&limit=499".to_owned(),
            format!("sort=status&offset={active}&limit={maintenance}"),
            format!("sort=-status&offset={retired}&limit={maintenance}"),
        ],
        vec![
            "status=maintenance&sort=-id&limit=500".to_owned(),
            format!("sort=status,-id&offset={active}&limit={maintenance}"),
        ],
        vec![format!("status=maintenance&limit={}", maintenance - 1)],
        group(&["", "limit=50", "offset=0", "sort=id"]),
        group(&["limit=49"]),
        group(&["limit=51"]),
        group(&["offset=50", "limit=50&offset=50&sort=id"]),
        group(&["sort=-id"]),
        group(&["limit=500", "sort=id&limit=500"]),
        group(&["limit=500&sort=name", "limit=500&sort=name,-status"]),
        group(&["limit=500&sort=-name"]),
        vec![
            format!("id={}", some["id"].as_str().unwrap()),
            format!("name={}", encoded(some["name"].as_str().unwrap())),
            "limit=1&offset=71".to_owned(),
            format!("limit=1&sort=-id&offset={}", all - 72),
        ],
        vec![
            format!("serialNumber={}", encoded(next["serialNumber"].as_str().unwrap())),
            "limit=1&offset=72".to_owned(),
        ],
        vec![
            "limit=0".to_owned(),
            "limit=0&status=active&sort=name".to_owned(),
            "name=nobody".to_owned(),
            format!("offset={all}"),
            "offset=18446744073709551615".to_owned(),
        ],
    ]
}

/// Checklist 13, 20, 52.
#[tokio::test]
async fn the_tag_is_that_of_the_items_in_their_order_whatever_selected_them() {
    let stock = Stock::catalogue().await;
    let groups = groups(&stock);
    let mut tags = Vec::new();
    for group in &groups {
        let first = stock.get(&group[0]).await;
        assert_eq!(first.etag(), tag_of(first.json().as_array().unwrap()));
        assert_eq!(opaque(&first.etag()).len(), 43);
        for query in group {
            let same = stock.get(query).await;
            assert_eq!((same.status, same.representation()), (200, first.representation()), "{query}");
            let path = format!("/assets?{query}");
            let current = stock.service.ask(&Method::GET, &path, (IF_NONE_MATCH, &first.etag())).await;
            assert_eq!(current.status, 304, "{query}");
        }
        tags.push(first.etag());
    }
    assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), groups.len(), "{tags:#?}");
    for (index, group) in groups.iter().enumerate() {
        let mut others = tags.clone();
        others.remove(index);
        let path = format!("/assets?{}", group[0]);
        let shown = stock.service.ask(&Method::GET, &path, (IF_NONE_MATCH, &others.join(", "))).await;
        assert_eq!((shown.status, shown.etag()), (200, tags[index].clone()), "{path}");
    }
}

#[tokio::test]
async fn the_tag_of_an_item_is_the_one_that_the_asset_has_alone() {
    let stock = Stock::catalogue().await;
    for query in ["status=retired&sort=-value", "sort=name&limit=9&offset=40", "sort=-versionDate&limit=3"] {
        let listed = stock.get(query).await.json();
        assert!(listed.as_array().unwrap().len() >= 3);
        for item in listed.as_array().unwrap() {
            let path = format!("/assets/{}", item["id"].as_str().unwrap());
            let alone = stock.service.get(&path).await;
            assert_eq!((item["etag"].as_str().unwrap(), item), (alone.header("etag"), &alone.json()));
        }
    }
}

#[tokio::test]
async fn what_changed_last_is_the_last_by_date_and_found_by_it() {
    let stock = Stock::catalogue().await;
    for index in [120, 5, 60] {
        let path = format!("/assets/{}", stock.everything[index]["id"].as_str().unwrap());
        let patch = stock.service.patch(&path, &json!({"tags": ["changed"]})).header(IF_MATCH, "*");
        assert_eq!(answer(patch).await.status, 200);
        let changed = stock.service.get(&path).await.json();
        let date = encoded(changed["versionDate"].as_str().unwrap());
        let last = stock.everything.len() - 1;
        for query in [
            "sort=-versionDate&limit=1",
            &format!("sort=versionDate&offset={last}"),
            &format!("versionDate={date}"),
        ] {
            assert_eq!(stock.get(query).await.json(), json!([changed]), "{query}");
        }
    }
}

#[tokio::test]
async fn next_leads_to_every_item_once_and_prev_leads_back() {
    let stock = Stock::catalogue().await;
    let starts = [
        Query { limit: Some(64), ..Query::default() },
        Query { sort: "-value,name", ..Query::default() },
        Query { sort: "status", limit: Some(55), ..Query::default() },
        Query {
            filters: vec![("status", json!("maintenance"))],
            sort: "-name",
            limit: Some(5),
            offset: None,
        },
        Query { filters: vec![("status", json!("retired"))], limit: Some(1), offset: Some(0), sort: "id" },
    ];
    for start in starts {
        let (everything, total) = Query { limit: Some(500), ..start.clone() }.of(&stock.everything);
        let mut pages = vec![stock.get(&start.text()).await];
        assert!(!links(&stock.service, &pages[0]).contains_key("prev"), "{start:?}");
        while let Some(next) = links(&stock.service, pages.last().unwrap()).get("next") {
            pages.push(stock.get(query_of(next)).await);
            assert!(pages.len() <= total, "{start:?}");
        }
        assert_eq!(pages.len(), total.div_ceil(start.limit.unwrap_or(50)), "{start:?}");
        let seen: Vec<Value> =
            pages.iter().flat_map(|page| page.json().as_array().unwrap().clone()).collect();
        assert_eq!(seen, everything, "{start:?}");
        for page in &pages {
            assert_eq!(page.header("x-total-count"), total.to_string(), "{start:?}");
        }
        for at in (1..pages.len()).rev() {
            let back = stock.get(query_of(&links(&stock.service, &pages[at])["prev"])).await;
            assert_eq!(back.representation(), pages[at - 1].representation(), "{start:?}");
        }
    }
}

#[tokio::test]
async fn links_name_the_pages_that_there_are_beside_this_one() {
    let stock = Stock::catalogue().await;
    let all = stock.everything.len();
    let (end, beyond) = (all - 50, all + 70);
    // A page, and the offsets of the one before and the one behind it; the first page is named in any case, so that
    // a cache which merges a 304 keeps no link of before.
    let pages = [
        (50, 0, None, Some(50)),
        (50, 1, Some(0), Some(51)),
        (50, 50, Some(0), Some(100)),
        (50, 60, Some(10), Some(110)),
        (50, end - 1, Some(end - 51), Some(all - 1)),
        (50, end, Some(end - 50), None),
        (50, all - 1, Some(all - 51), None),
        (50, all, Some(end), None),
        (50, beyond, Some(end), None),
        (50, usize::MAX, Some(end), None),
        (all, 0, None, None),
        (all - 1, 0, None, Some(all - 1)),
        (500, 0, None, None),
        (500, 7, Some(0), None),
        (500, beyond, Some(0), None),
        (0, 0, None, None),
        (0, 7, None, None),
        (0, beyond, None, None),
    ];
    for (limit, offset, previous, next) in pages {
        let page = stock.get(&format!("limit={limit}&offset={offset}")).await;
        let links = links(&stock.service, &page);
        for (relation, expected) in [("first", Some(0)), ("prev", previous), ("next", next)] {
            let found = links.get(relation).map(|link| (number_in(link, "limit"), number_in(link, "offset")));
            assert_eq!(found, expected.map(|offset| (limit, offset)), "{relation} of {limit} at {offset}");
        }
        assert_eq!(page.header("x-total-count"), all.to_string());
        let items = &stock.everything[offset.min(all)..offset.saturating_add(limit).min(all)];
        assert_eq!(page.json(), json!(items));
    }
    let none = stock.get("name=nobody&offset=7").await;
    assert_eq!((none.header("x-total-count"), none.json()), ("0", json!([])));
}

#[tokio::test]
async fn links_keep_the_other_parameters_as_they_were_meant() {
    let service = Service::start();
    let mut asset = service.draft().await;
    for name in ["a&b=c#d+e %41;,é€\u{1f600}", "<x>; rel=\"next\", </>; rel=\"prev\"", "\r\nlink: <x>", "\0"]
    {
        asset["name"] = name.into();
        for value in [1, 2, 3] {
            asset["value"] = value.into();
            assert_eq!(answer(service.request(Method::POST, "/assets").json(&asset)).await.status, 201);
        }
        let start = Query {
            filters: vec![("name", json!(name)), ("status", json!("active"))],
            sort: "-value",
            limit: Some(1),
            offset: Some(1),
        };
        let page = service.get(&format!("/assets?{}", start.text())).await;
        let links = links(&service, &page);
        assert_eq!(links.keys().collect::<Vec<_>>(), ["first", "next", "prev"], "{name:?}");
        for (relation, offset, value) in [("first", "0", 3.0), ("prev", "0", 3.0), ("next", "2", 1.0)] {
            let expected = [
                ("name", name),
                ("status", "active"),
                ("sort", "-value"),
                ("limit", "1"),
                ("offset", offset),
            ];
            let expected = BTreeMap::from(expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
            let pairs: Vec<(String, String)> = links[relation].query_pairs().into_owned().collect();
            assert_eq!(pairs.len(), expected.len(), "{}", links[relation]);
            assert_eq!(BTreeMap::from_iter(pairs), expected);
            let linked = service.get(&format!("/assets?{}", query_of(&links[relation]))).await.json();
            assert_eq!((linked.as_array().unwrap().len(), linked[0]["value"].as_f64()), (1, Some(value)));
        }
    }
}

/// Pages of which some have neighbours.
const PAGES: [&str; 7] = [
    "/assets",
    "/assets?limit=3&offset=6&sort=-value",
    "/assets?status=retired&limit=500",
    "/assets?status=maintenance&sort=name&limit=5",
    "/assets?limit=0",
    "/assets?offset=100000",
    "/assets?name=nobody",
];

/// Checklist 5, 6, 7, 8, 12, 30, 32, 51, 52, 55, 74, 75.
#[tokio::test]
async fn a_page_that_the_client_has_is_304_with_the_headers_that_caches_merge() {
    let service = Service::start();
    let item = service.get("/assets").await.json()[0]["etag"].as_str().unwrap().to_owned();
    for path in PAGES {
        let shown = service.get(path).await;
        let tag = shown.etag();
        let current = [
            tag.clone(),
            format!("W/{tag}"),
            "*".to_owned(),
            format!("\"other\", {tag}"),
            format!("W/\"other\",W/{tag} ,, \"\""),
            format!(" , {tag},"),
            format!("\"a,b\", {tag}"),
        ];
        let other = [
            "\"other\"".to_owned(),
            item.clone(),
            format!("\"{}.\"", opaque(&tag)),
            format!("\"a, {}\"", opaque(&tag)),
            opaque(&tag).to_owned(),
            format!("w/{tag}"),
            format!("*, {tag}"),
            "\"*\"".to_owned(),
        ];
        for method in [Method::GET, Method::HEAD] {
            for tags in &current {
                let not_modified = service.ask(&method, path, (IF_NONE_MATCH, tags)).await;
                assert_eq!((not_modified.status, &*not_modified.body), (304, &b""[..]), "{path}: {tags}");
                let contents_own = ["date", "content-length", "content-type", "accept-ranges"];
                let expected = headers_without(&shown, &contents_own);
                assert_eq!(headers_without(&not_modified, &["date"]), expected, "{path}: {tags}");
                assert!(not_modified.has("date"));
            }
            for tags in &other {
                let answered = service.ask(&method, path, (IF_NONE_MATCH, tags)).await;
                assert_eq!((answered.status, answered.etag()), (200, tag.clone()), "{path}: {tags}");
            }
        }
        let lines = service.request(Method::GET, path).header(IF_NONE_MATCH, "\"other\"");
        assert_eq!(answer(lines.header(IF_NONE_MATCH, &tag)).await.status, 304, "{path}: of two lines");
    }
}

/// Checklist 75.
#[tokio::test]
async fn nothing_follows_the_head_of_a_304() {
    let service = Service::start();
    for path in PAGES {
        let tag = service.get(path).await.etag();
        for method in ["GET", "HEAD"] {
            let lines = format!("Host: registry\r\nConnection: close\r\nIf-None-Match: {tag}\r\n\r\n");
            let request = format!("{method} {path} HTTP/1.1\r\n{lines}");
            let (head, body) = service.exchange(request.as_bytes()).await;
            assert!(head.starts_with("HTTP/1.1 304 "), "{head}");
            assert!(head.contains(&format!("\r\netag: {tag}\r\n")), "{head}");
            for absent in ["content-length", "content-type", "transfer-encoding", "last-modified"] {
                assert!(!head.contains(&format!("\r\n{absent}:")), "{head}");
            }
            assert_eq!(body, b"");
        }
    }
}

#[tokio::test]
async fn a_304_says_how_many_items_and_pages_there_are_now() {
    let service = Service::start();
    let path = "/assets?sort=versionDate&status=retired&limit=15";
    let before = service.get(path).await;
    assert_eq!(before.header("x-total-count"), "15");
    assert!(!links(&service, &before).contains_key("next"));
    let mut asset = service.draft().await;
    asset["status"] = json!("retired");
    assert_eq!(answer(service.request(Method::POST, "/assets").json(&asset)).await.status, 201);
    let not_modified = service.ask(&Method::GET, path, (IF_NONE_MATCH, &before.etag())).await;
    assert_eq!((not_modified.status, not_modified.etag()), (304, before.etag()));
    assert_eq!(not_modified.header("x-total-count"), "16");
    let next = links(&service, &not_modified).remove("next").expect("a page has joined");
    let joined = service.get(&format!("/assets?{}", query_of(&next))).await.json();
    assert_eq!((joined.as_array().unwrap().len(), &joined[0]["name"]), (1, &asset["name"]));
}

/// Checklist 77.
#[tokio::test]
async fn head_answers_as_get_does_without_the_items() {
    let service = Service::start();
    for path in PAGES {
        let shown = service.get(path).await;
        let head = answer(service.request(Method::HEAD, path)).await;
        assert_eq!((head.status, &*head.body), (200, &b""[..]), "{path}");
        assert_eq!(headers_without(&head, &["date"]), headers_without(&shown, &["date"]), "{path}");
        assert_eq!(head.header("content-length"), shown.body.len().to_string());
    }
}

/// Checklist 31, 41 to 44, 48, 67.
#[tokio::test]
async fn if_match_on_a_read_holds_for_this_list_only() {
    let service = Service::start();
    let item = service.get("/assets").await.json()[0]["etag"].as_str().unwrap().to_owned();
    for path in PAGES {
        let shown = service.get(path).await;
        let tag = shown.etag();
        let cases = [
            (tag.clone(), 200),
            ("*".to_owned(), 200),
            (format!("\"other\", {tag}"), 200),
            (format!("\"{}.other\"", opaque(&tag)), 200),
            (format!("W/{tag}"), 412),
            ("\"other\"".to_owned(), 412),
            (item.clone(), 412),
            ("\"*\"".to_owned(), 412),
            (opaque(&tag).to_owned(), 400),
            (format!("*, {tag}"), 400),
        ];
        for (tags, status) in cases {
            let answered = service.ask(&Method::GET, path, (IF_MATCH, &tags)).await;
            match status {
                200 => {
                    assert_eq!((answered.status, answered.representation()), (200, shown.representation()))
                }
                412 => {
                    assert_problem(&answered, 412, "precondition-failed");
                    assert_eq!(answered.etag(), tag, "{path}: {tags}");
                }
                _ => drop(assert_problem(&answered, 400, "malformed-precondition")),
            }
            let head = service.ask(&Method::HEAD, path, (IF_MATCH, &tags)).await;
            assert_eq!((head.status, &*head.body), (status, &b""[..]), "{path}: {tags}");
            let both = service.request(Method::GET, path).header(IF_MATCH, &tags).header(IF_NONE_MATCH, &tag);
            let expected = if status == 200 { 304 } else { status };
            assert_eq!(answer(both).await.status, expected, "{path}: {tags}");
        }
    }
}

/// Checklist 59, 63.
#[tokio::test]
async fn a_list_has_no_date_so_that_conditions_on_one_are_ignored() {
    let service = Service::start();
    let shown = service.get("/assets?limit=3").await;
    for (name, date) in [
        (IF_MODIFIED_SINCE, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (IF_UNMODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answered = service.ask(&method, "/assets?limit=3", (name.clone(), date)).await;
            assert_eq!((answered.status, answered.etag()), (200, shown.etag()), "{name}");
        }
    }
}
