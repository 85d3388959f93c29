//! The tables of `data/preconditions.toml`: evaluation, header lists, and guarded writes through a router.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::{Json, Router, routing};
use etag_core::axum::{Guarded, MergePatch, Problem, Tagged, Update};
use etag_core::{
    Anyone, Database, EntityTag, LastModified, Matched, Outcome, Preconditions, Removed, Representation,
    Resource, Store, TagList, Timestamp, Validators, Version, Versioned, Written,
};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use http::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

#[derive(Deserialize)]
struct Tables {
    words: BTreeMap<String, String>,
    representations: BTreeMap<String, Described>,
    evaluate: BTreeMap<String, Vec<Evaluation>>,
    header: Header,
    write: Writes,
}

/// What is there, when the origin's clock says `now`.
#[derive(Deserialize)]
struct Described {
    etag: Option<String>,
    modified: Option<String>,
    alone: Option<bool>,
    now: Option<String>,
    made: Option<String>,
}

/// Headers, representations, the outcome of GET and HEAD, and that of writes.
#[derive(Deserialize)]
struct Evaluation(Vec<String>, Vec<String>, Expected, Expected);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Expected {
    Proceed,
    NotModified,
    PreconditionFailed,
    Malformed,
}

#[derive(Deserialize)]
struct Header {
    lists: Vec<(Vec<String>, List)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Tags(Vec<String>),
    Word(String),
}

#[derive(Deserialize)]
struct Writes {
    done: BTreeMap<String, u16>,
    table: Vec<WriteRow>,
}

/// Headers, and the statuses on what exists, on a new key, and on the key of what was deleted.
#[derive(Deserialize)]
struct WriteRow(Vec<String>, [Status; 2], [u16; 3], [u16; 3]);

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Status {
    Code(u16),
    Word(Done),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    Done,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| toml::from_str(include_str!("../data/preconditions.toml")).expect("the tables"))
}

/// Header lines in which each `{word}` is what the tables or the run say.
fn headers(lines: &[String], known: &[(&str, String)]) -> HeaderMap {
    let words = tables().words.iter().map(|(word, text)| (word.as_str(), text));
    let words: Vec<_> = words.chain(known.iter().map(|(word, text)| (*word, text))).collect();
    let lines = lines.iter().map(|line| {
        let line =
            words.iter().fold(line.clone(), |line, (word, text)| line.replace(&format!("{{{word}}}"), text));
        let (name, value) = line.split_once(':').expect("a name and a value");
        let name: HeaderName = name.parse().expect("a header's name");
        (name, HeaderValue::from_str(value.trim()).expect("a header's value"))
    });
    let mut headers = HeaderMap::new();
    lines.for_each(|(name, value)| {
        headers.append(name, value);
    });
    headers
}

// Evaluation.

#[derive(Versioned)]
struct Plain {
    text: &'static str,
}

#[derive(Versioned)]
struct Expanded {
    text: &'static str,
    #[versioned(variant)]
    related: u8,
}

#[derive(Versioned)]
struct Included {
    text: &'static str,
    #[versioned(skip)]
    related: u8,
}

#[derive(Versioned)]
struct Numbered {
    #[versioned(revision)]
    revision: u64,
    text: &'static str,
}

fn made(kind: &str) -> Validators {
    let (text, related) = ("made", 1);
    let representation = match kind {
        "plain" => Representation::of(&Plain { text }),
        "expanded" => Representation::of(&Expanded { text, related }),
        "included" => Representation::of(&Included { text, related }),
        "revision" => Representation::of(&Numbered { revision: 7, text }),
        _ => panic!("nothing is made as `{kind}`"),
    };
    representation.unwrap().validators()
}

/// State and variant of the types above: what `{S}` and `{V}` stand for.
fn parts_of_made() -> [(&'static str, String); 2] {
    let expanded = made("expanded").etag.unwrap();
    let opaque = String::from_utf8(expanded.opaque().to_vec()).unwrap();
    let (state, variant) = opaque.split_once('.').expect("state and variant");
    [("S", state.to_owned()), ("V", variant.to_owned())]
}

fn time(text: &str) -> SystemTime {
    let time: Timestamp = text.parse().unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_micros(time.as_microseconds().unsigned_abs())
}

/// The validators of a named representation, and its clock; there are none of what is absent.
fn representation(name: &str) -> (Option<Validators>, SystemTime) {
    const NOW: &str = "1994-11-06T09:00:00Z";
    if name == "absent" {
        return (None, time(NOW));
    }
    let described = &tables().representations[name];
    let last_modified = described.modified.as_deref().map(|text| match described.alone {
        Some(true) => LastModified::strong(time(text)),
        _ => LastModified::from(time(text)),
    });
    let validators = match &described.made {
        Some(kind) => made(kind),
        None => Validators { etag: described.etag.as_ref().map(|etag| etag.parse().unwrap()), last_modified },
    };
    (Some(validators), time(described.now.as_deref().unwrap_or(NOW)))
}

fn outcome(method: &Method, headers: &HeaderMap, current: &str) -> Expected {
    let Ok(preconditions) = Preconditions::from_parts(method, headers) else {
        return Expected::Malformed;
    };
    let (validators, now) = representation(current);
    match preconditions.evaluate_at(validators.as_ref(), now) {
        Outcome::Proceed => Expected::Proceed,
        Outcome::NotModified => Expected::NotModified,
        Outcome::PreconditionFailed => Expected::PreconditionFailed,
    }
}

fn evaluate(table: &str) {
    let rows = &tables().evaluate[table];
    assert!(!rows.is_empty());
    let mut wrong = Vec::new();
    for Evaluation(lines, representations, read, write) in rows {
        let headers = headers(lines, &parts_of_made());
        for current in representations {
            let expected = [
                (vec![Method::GET, Method::HEAD], *read),
                (vec![Method::PUT, Method::PATCH, Method::DELETE, Method::POST], *write),
                (vec![Method::OPTIONS, Method::TRACE, Method::CONNECT], Expected::Proceed),
            ];
            for (method, expected) in expected.iter().flat_map(|(m, e)| m.iter().map(move |m| (m, e))) {
                let found = outcome(method, &headers, current);
                if found != *expected {
                    wrong.push(format!("{method} {lines:?} on `{current}`: {found:?}, not {expected:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn if_match_is_strong_and_needs_something_there() {
    evaluate("if_match");
}

#[test]
fn if_none_match_is_weak_and_means_304_only_for_reads() {
    evaluate("if_none_match");
}

#[test]
fn if_modified_since_is_for_reads_and_strong_dates() {
    evaluate("if_modified_since");
}

#[test]
fn if_unmodified_since_lets_nothing_through_on_a_weak_date() {
    evaluate("if_unmodified_since");
}

#[test]
fn a_two_digit_year_is_at_most_50_years_ahead() {
    evaluate("two_digit_years");
}

#[test]
fn conditions_are_evaluated_in_their_order() {
    evaluate("order");
}

#[test]
fn if_match_compares_states_and_if_none_match_whole_tags() {
    evaluate("state_and_variant");
}

// Header lists.

/// Bytes, where `\xNN` is one of them.
fn bytes(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (byte, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(byte, 16).expect("two hexadecimal digits"));
        bytes.extend(rest.as_bytes());
    }
    bytes
}

fn read_list(name: &HeaderName, lines: &[Vec<u8>]) -> Option<TagList> {
    let lines = lines.iter().map(|line| (name.clone(), HeaderValue::from_bytes(line).unwrap()));
    let mut headers = HeaderMap::new();
    lines.for_each(|(name, value)| {
        headers.append(name, value);
    });
    let preconditions = Preconditions::from_parts(&Method::PUT, &headers).ok()?;
    let list = if *name == IF_MATCH { preconditions.if_match() } else { preconditions.if_none_match() };
    Some(list.expect("a header that is there is read").clone())
}

#[test]
fn the_lines_of_a_header_are_one_list_of_tags_or_refused() {
    let lists = &tables().header.lists;
    assert!(!lists.is_empty());
    let mut wrong = Vec::new();
    for (lines, expected) in lists {
        let expected = match expected {
            List::Tags(tags) => {
                let tags = tags.iter().map(|tag| EntityTag::parse(&bytes(tag)).unwrap());
                Some(TagList::Tags(tags.collect()))
            }
            List::Word(word) if word == "*" => Some(TagList::Any),
            List::Word(word) => {
                assert_eq!(word, "malformed");
                None
            }
        };
        let values: Vec<_> = lines.iter().map(|line| bytes(line)).collect();
        for name in [IF_MATCH, IF_NONE_MATCH] {
            let found = read_list(&name, &values);
            if found != expected {
                wrong.push(format!("{name} {lines:?}: {found:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `etagc = %x21 / %x23-7E / %x80-FF` (RFC 9110 §8.8.3): a list takes the octets that a tag may have, and
/// no other.
#[test]
fn the_octets_of_a_tag_are_those_of_the_grammar() {
    for byte in 0..=u8::MAX {
        let is_etagc = matches!(byte, 0x21 | 0x23..=0x7e | 0x80..=0xff);
        let tag = [b'"', b'a', byte, b'"'];
        assert_eq!(EntityTag::parse(&tag).is_ok(), is_etagc, "{byte:#x}");
        match HeaderValue::from_bytes(&tag) {
            Ok(_) => {
                let list = read_list(&IF_MATCH, &[tag.to_vec()]);
                let alone = EntityTag::parse(&tag).ok().map(|tag| TagList::Tags(vec![tag]));
                assert_eq!(list, alone, "{byte:#x}");
            }
            Err(_) => assert!(byte < 0x20 || byte == 0x7f, "only controls can't be sent: {byte:#x}"),
        }
    }
}

#[test]
fn a_header_that_names_no_tag_lets_no_write_through() {
    for value in ["", " ", ",", " , ,\t,"] {
        let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(value))]);
        for current in ["tagged", "bare", "absent"] {
            let found = outcome(&Method::PUT, &headers, current);
            assert!(
                matches!(found, Expected::Malformed | Expected::PreconditionFailed),
                "{value:?} on `{current}`: {found:?}"
            );
        }
    }
}

#[test]
fn long_lists_are_read_in_linear_time() {
    const MEMBERS: usize = 100_000;
    let read = |line: String| {
        let started = Instant::now();
        let list = read_list(&IF_MATCH, &[line.into_bytes()]);
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        list
    };
    let tags: Vec<String> = (0..MEMBERS).map(|number| format!("W/\"a,{number}\"")).collect();
    let Some(TagList::Tags(list)) = read(tags.join(" , ")) else { panic!("a list of tags") };
    assert_eq!(list.len(), MEMBERS);
    assert_eq!(list.last().unwrap().to_string(), *tags.last().unwrap());
    assert!(read(format!("{}\"a\"", ",\t".repeat(MEMBERS))).is_some());
    assert!(read("\"".repeat(MEMBERS)).is_none());
    assert!(read(format!("{}*", "\"\",".repeat(MEMBERS))).is_none());
}

// Guarded writes.

/// A stored type of the tests.
trait Item: Resource<Key = u64, Store = Database, Policy = Anyone> + DeserializeOwned + Serialize {
    fn new(text: String) -> Self;
    fn text(&mut self) -> &mut String;
}

macro_rules! item {
    ($name:ident $(, $attribute:meta)*) => {
        #[derive(Serialize, Deserialize, Versioned)]
        #[versioned(store = Database)]
        $(#[$attribute])*
        struct $name {
            #[versioned(id)]
            id: u64,
            text: String,
            #[versioned(modified)]
            changed: Timestamp,
        }

        impl Item for $name {
            fn new(text: String) -> Self {
                Self { id: 0, text, changed: Timestamp::now() }
            }

            fn text(&mut self) -> &mut String {
                &mut self.text
            }
        }
    };
}

item!(Guard);
item!(GuardPut, versioned(create = "put"));
item!(GuardIgnore, versioned(create = "put, ignore-if-match"));
item!(Optional, versioned(if_match = "optional"));
item!(OptionalPut, versioned(if_match = "optional", create = "put"));
item!(OptionalIgnore, versioned(if_match = "optional", create = "put, ignore-if-match"));

const WRITTEN: &str = "written";

#[derive(Deserialize)]
struct Change {
    text: String,
}

async fn put<T: Item>(item: Update<T>) -> Result<Tagged<T>, Problem> {
    item.save().await
}

async fn patch<T: Item>(item: Update<T, MergePatch>) -> Result<Tagged<T>, Problem> {
    item.save().await
}

async fn change<T: Item>(mut item: Update<T, Json<Change>>) -> Result<Tagged<T>, Problem> {
    *item.text() = item.body().text.clone();
    item.save().await
}

async fn delete<T: Item>(item: Guarded<T>) -> Result<StatusCode, Problem> {
    item.delete().await
}

async fn post<T: Item>(mut item: Guarded<T>) -> Result<Tagged<T>, Problem> {
    *item.text() = WRITTEN.to_owned();
    item.save().await
}

fn router<T: Item>(database: Database) -> Router {
    let item = routing::put(put::<T>).patch(patch::<T>).delete(delete::<T>).post(post::<T>);
    Router::new()
        .route("/items/{id}", item)
        .route("/items/{id}/text", routing::put(change::<T>))
        .with_state(database)
}

fn request(kind: &str, key: u64, headers: HeaderMap) -> Request<Body> {
    let body = format!("{{\"text\":\"{WRITTEN}\"}}");
    let (method, path, media_type, body) = match kind {
        "put" => (Method::PUT, "", "application/json", body),
        "patch" => (Method::PATCH, "", "application/merge-patch+json", body),
        "change" => (Method::PUT, "/text", "application/json", body),
        "delete" => (Method::DELETE, "", "", String::new()),
        "post" => (Method::POST, "", "", String::new()),
        _ => panic!("no write is called `{kind}`"),
    };
    let mut request = Request::builder().method(method).uri(format!("/items/{key}{path}"));
    if !media_type.is_empty() {
        request = request.header(CONTENT_TYPE, media_type);
    }
    let mut request = request.body(Body::from(body)).unwrap();
    request.headers_mut().extend(headers);
    request
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    Present,
    New,
    Deleted,
}

/// Writes a value over whatever is there.
async fn store<T: Item>(database: &Database, key: u64, text: &str) -> Version {
    match database.replace(Matched::unconditional(key), T::new(text.to_owned())).await.unwrap() {
        Written::Created(_, version) | Written::Replaced(_, version) => version,
        written => panic!("{text} is new: {:?}", std::mem::discriminant(&written)),
    }
}

/// Puts the key into that state; gives the words that stand for its tags and dates. A key that never
/// existed has those of another.
async fn arrange<T: Item>(database: &Database, key: u64, stored: Stored) -> Vec<(&'static str, String)> {
    let written = if stored == Stored::New { key + 1 } else { key };
    let stale = store::<T>(database, written, "first").await;
    let mut current = store::<T>(database, written, "second").await;
    let is_alone = |version: &Version| version.modified.is_some_and(|date| date.is_alone());
    for further in ["third", "fourth"] {
        // The next second has begun since the write before.
        if is_alone(&current) {
            current = store::<T>(database, written, further).await;
        }
    }
    assert!(!is_alone(&current), "the date is shared");
    let date = current.modified.expect("the type has a date");
    if stored == Stored::Deleted {
        let removed = Store::<T>::remove(database, Matched::unconditional(key)).await;
        assert!(matches!(removed.unwrap(), Removed::Removed));
    }
    let tag = |version: &Version| version.validators::<T>().etag.unwrap().to_string();
    let day = |days: i64| {
        let time = Timestamp::from_microseconds(date.time().as_microseconds() + days * 86_400_000_000);
        let value =
            LastModified::from(time).to_header_value(SystemTime::now() + Duration::from_secs(200_000));
        value.to_str().unwrap().to_owned()
    };
    vec![
        ("current", tag(&current)),
        ("stale", tag(&stale)),
        ("state", current.state.to_string()),
        ("later", day(1)),
        ("earlier", day(-1)),
    ]
}

/// Which columns of the table a type's attributes choose.
#[derive(Clone, Copy)]
struct Columns {
    if_match: usize,
    create: usize,
}

impl WriteRow {
    fn status(&self, kind: &str, stored: Stored, columns: Columns) -> u16 {
        let Self(_, present, new, deleted) = self;
        match (stored, kind) {
            (Stored::Present, _) => match present[columns.if_match] {
                Status::Code(code) => code,
                Status::Word(Done::Done) => tables().write.done[kind],
            },
            (Stored::New, "put") => new[columns.create],
            (Stored::Deleted, "put") => deleted[columns.create],
            _ => StatusCode::NOT_FOUND.as_u16(),
        }
    }
}

/// The text that is stored, and its version.
async fn load<T: Item>(database: &Database, key: u64) -> Option<(String, Version)> {
    let stored: Option<(T, Version)> = database.load(&key).await.unwrap();
    stored.map(|(mut value, version)| (value.text().clone(), version))
}

/// Sends one kind of write to each state of a resource with each row's headers; says what is wrong.
async fn writes_to<T: Item>(kind: &str, columns: Columns) -> Vec<String> {
    let database = Database::connect("memory:").await.unwrap();
    let router = router::<T>(database.clone());
    let mut wrong = Vec::new();
    let keys = (0_u64..).step_by(2);
    let states = [Stored::Present, Stored::New, Stored::Deleted];
    let cases = tables().write.table.iter().flat_map(|row| states.map(|stored| (row, stored)));
    for (key, (row, stored)) in keys.zip(cases) {
        let known = arrange::<T>(&database, key, stored).await;
        let before = load::<T>(&database, key).await;
        let request = request(kind, key, headers(&row.0, &known));
        let status = router.clone().oneshot(request).await.unwrap().status();
        let after = load::<T>(&database, key).await;
        let expected = row.status(kind, stored, columns);
        let effect_is_right = match (status.is_success(), kind) {
            (false, _) => after == before,
            (true, "delete") => after.is_none(),
            (true, _) => after.is_some_and(|(text, _)| text == WRITTEN),
        };
        if status != expected || !effect_is_right {
            let effect = if effect_is_right { "as it should" } else { "as it should not" };
            let case = format!("{kind} {:?} on {} that is {stored:?}", row.0, T::COLLECTION);
            wrong.push(format!("{case}: {}, not {expected}; and writes {effect}", status.as_u16()));
        }
    }
    wrong
}

async fn writes(kind: &str) {
    let columns = |if_match, create| Columns { if_match, create };
    let wrong = [
        writes_to::<Guard>(kind, columns(0, 0)).await,
        writes_to::<GuardPut>(kind, columns(0, 1)).await,
        writes_to::<GuardIgnore>(kind, columns(0, 2)).await,
        writes_to::<Optional>(kind, columns(1, 0)).await,
        writes_to::<OptionalPut>(kind, columns(1, 1)).await,
        writes_to::<OptionalIgnore>(kind, columns(1, 2)).await,
    ]
    .concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_put_of_a_whole_value_is_answered_as_the_table_says() {
    writes("put").await;
}

#[tokio::test]
async fn a_merge_patch_is_answered_as_the_table_says() {
    writes("patch").await;
}

#[tokio::test]
async fn a_put_of_another_body_is_answered_as_the_table_says() {
    writes("change").await;
}

#[tokio::test]
async fn a_delete_is_answered_as_the_table_says() {
    writes("delete").await;
}

#[tokio::test]
async fn a_guarded_post_is_answered_as_the_table_says() {
    writes("post").await;
}

#[tokio::test]
async fn a_date_is_no_guard_for_a_type_that_has_none() {
    #[derive(Serialize, Deserialize, Versioned)]
    #[versioned(store = Database)]
    struct Dateless {
        #[versioned(id)]
        id: u64,
        text: String,
    }
    async fn put(item: Update<Dateless>) -> Result<Tagged<Dateless>, Problem> {
        item.save().await
    }
    let database = Database::connect("memory:").await.unwrap();
    let value = Dateless { id: 1, text: "first".to_owned() };
    let _: Written<Dateless> = database.replace(Matched::unconditional(1), value).await.unwrap();
    let router = Router::new().route("/items/{id}", routing::put(put)).with_state(database);
    let headers = headers(&["{ius}: Fri, 31 Dec 9999 23:59:59 GMT".to_owned()], &[]);
    let answer = router.oneshot(request("put", 1, headers)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::PRECONDITION_REQUIRED);
}
