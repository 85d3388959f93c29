//! Bulks: PUT and PATCH of the list of assets, and POST to it that a list guards.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use tests::Registry;

use crate::{Answer, MERGE_PATCH, Service, answer, assert_problem, assert_written, opaque};

/// The ways to change a list.
pub const BOTH: [Method; 2] = [Method::PUT, Method::PATCH];
/// The assets of the shelf, in the order of their names.
pub const SHELF: &str = "/assets?productId=00000000-0000-4000-8000-00000000000b&sort=name";
const BACKWARDS: &str = "/assets?productId=00000000-0000-4000-8000-00000000000b&sort=-name";

/// A registry with three assets of a product of which there is nothing else, and the file that it writes.
pub struct Shelf {
    pub service: Service,
    file: String,
}

impl Shelf {
    pub async fn new() -> Self {
        let (folder, file) = tests::sqlite_file();
        let service = Service { registry: Registry::start(&file), client: tests::client(), _folder: folder };
        let shelf = Self { service, file };
        for name in ["anvil", "bellows", "crucible"] {
            assert_eq!(answer(shelf.post("/assets", name)).await.status, 201);
        }
        shelf
    }

    /// A POST of a new asset of the shelf.
    pub fn post(&self, path: &str, name: &str) -> RequestBuilder {
        self.service.request(Method::POST, path).json(&json!({
            "serialNumber": "S-1",
            "name": name,
            "status": "active",
            "value": 7.5,
            "tags": ["new"],
            "location": {"latitude": 1.5, "longitude": 2.5},
            "productId": "00000000-0000-4000-8000-00000000000b",
        }))
    }

    pub async fn list(&self) -> Answer {
        self.service.get(SHELF).await
    }

    /// A change of many assets, with a body as it is and without a condition yet.
    pub fn send(&self, method: &Method, query: &str, body: impl AsRef<[u8]>) -> RequestBuilder {
        let media_type = if method == Method::PATCH { MERGE_PATCH } else { "application/json" };
        let request = self.service.request(method.clone(), &format!("/assets{query}"));
        request.header(CONTENT_TYPE, media_type).body(body.as_ref().to_vec())
    }

    /// The same with these items, each of them whole: what a PUT takes is a patch too.
    pub fn bulk(&self, method: &Method, items: &[Value]) -> RequestBuilder {
        self.send(method, "", json!(items).to_string())
    }

    /// A change of one asset by somebody else.
    pub async fn change(&self, item: &Value, patch: Value) {
        let changed = self.service.patch(&path(item), &patch).header(IF_MATCH, "*");
        assert_eq!(answer(changed).await.status, 200);
    }

    pub async fn delete(&self, item: &Value) {
        let deleted = self.service.request(Method::DELETE, &path(item)).header(IF_MATCH, "*");
        assert_eq!(answer(deleted).await.status, 204);
    }

    /// The file, beside the registry.
    pub async fn open(&self) -> SqliteConnection {
        SqliteConnection::connect(&self.file).await.unwrap()
    }

    /// All that the file holds: what was deleted, too.
    pub async fn rows(&self) -> BTreeMap<String, String> {
        let select = "SELECT '/' || collection || '/' || key,
            json_array(deleted, modified, alone, state, content, shape, exact, members, hex(document))
            FROM etag_rows";
        let rows: Vec<(String, String)> =
            sqlx::query_as(select).fetch_all(&mut self.open().await).await.unwrap();
        rows.into_iter().collect()
    }

    /// Asserts that a request is refused, and that nothing at all is changed.
    pub async fn assert_refused(&self, request: RequestBuilder, status: u16, kind: &str) -> (Answer, Value) {
        let before = self.rows().await;
        let refused = answer(request).await;
        let problem = assert_problem(&refused, status, kind);
        assert!(self.rows().await == before, "something was written: {problem}");
        (refused, problem)
    }

    /// Asserts that a change of many assets succeeded, and that it answered with what a GET that selects them in
    /// that order shows next (checklist 78).
    pub async fn assert_changed(&self, written: &Answer, selected_by: &str) {
        assert_eq!(written.status, 200, "{}", String::from_utf8_lossy(&written.body));
        let shown = self.service.get(selected_by).await;
        assert_eq!(written.representation(), shown.representation(), "{selected_by}");
        self.assert_each_shown(written).await;
    }

    /// Asserts that each item of a list is what a GET of it shows.
    pub async fn assert_each_shown(&self, list: &Answer) {
        let mut bodies = Vec::new();
        for item in list.json().as_array().unwrap() {
            let alone = self.service.get(&path(item)).await;
            assert_eq!(item["etag"], alone.header("etag"));
            bodies.push(alone.body);
        }
        assert_eq!(list.body, [b"[", &*bodies.join(&b","[..]), b"]"].concat());
    }
}

pub fn path(item: &Value) -> String {
    format!("/assets/{}", item["id"].as_str().unwrap())
}

/// The items of a list as they were shown: each with its tag.
pub fn tagged(list: &Answer) -> Vec<Value> {
    list.json().as_array().unwrap().clone()
}

/// The items of a list without their tags, each with this value.
pub fn valued(list: &Answer, value: f64) -> Vec<Value> {
    let mut items = tagged(list);
    for item in &mut items {
        item.as_object_mut().unwrap().remove("etag");
        item["value"] = json!(value);
    }
    items
}

/// Checklist 20, 42, 43, 78.
#[tokio::test]
async fn what_differs_from_the_list_changes_and_the_rest_keeps_tag_date_and_bytes() {
    let shelf = Shelf::new().await;
    for (method, value) in [(Method::PUT, 11.5), (Method::PATCH, 12.5)] {
        let (listed, before) = (shelf.list().await, shelf.rows().await);
        let mut items = valued(&listed, value);
        items[0].as_object_mut().unwrap().remove("versionDate");
        items[1]["value"] = listed.json()[1]["value"].clone();
        items[1]["versionDate"] = json!("2001-01-01T00:00:00Z");
        let written = answer(shelf.bulk(&method, &items).header(IF_MATCH, listed.etag())).await;
        shelf.assert_changed(&written, SHELF).await;
        assert_ne!(written.etag(), listed.etag());
        assert_eq!(written.header("content-type"), "application/json");
        assert_eq!(written.header("cache-control"), "private, no-cache");
        assert!(!written.has("content-location"), "a GET of `/assets` shows another list");

        let (old, new) = (listed.json(), written.json());
        assert_eq!(new[1], old[1], "what a client says of a date is not a change");
        for at in [0, 2] {
            assert_eq!(new[at]["value"], value);
            assert_ne!(new[at]["etag"], old[at]["etag"]);
            assert!(new[at]["versionDate"].as_str() > old[at]["versionDate"].as_str(), "{new}");
        }
        let mut after = shelf.rows().await;
        assert_eq!(after.len(), before.len());
        after.retain(|path, row| before.get(path) != Some(row));
        let changed: BTreeSet<String> = after.into_keys().collect();
        assert_eq!(changed, [path(&new[0]), path(&new[2])].into());
    }
}

/// Checklist 20.
#[tokio::test]
async fn a_bulk_that_changes_nothing_leaves_the_list_and_its_tag() {
    let shelf = Shelf::new().await;
    let (listed, before) = (shelf.list().await, shelf.rows().await);
    let only_ids: Vec<Value> = tagged(&listed).iter().map(|item| json!({"id": item["id"]})).collect();
    let requests = [
        shelf.bulk(&Method::PUT, &tagged(&listed)),
        shelf.bulk(&Method::PATCH, &tagged(&listed)),
        shelf.bulk(&Method::PATCH, &only_ids).header(IF_MATCH, listed.etag()),
        shelf.bulk(&Method::PATCH, &only_ids).header(IF_MATCH, "*"),
    ];
    for request in requests {
        assert_eq!(answer(request).await.representation(), listed.representation());
        assert!(shelf.rows().await == before, "something was written");
    }
}

#[tokio::test]
async fn a_list_has_the_tag_of_its_items_in_their_order_whatever_selected_them() {
    let shelf = Shelf::new().await;
    let selections = [
        (SHELF.to_owned(), SHELF),
        ("/assets?sort=-status,-value,name&value=7.5&limit=3".to_owned(), SHELF),
        (format!("{SHELF}&status=active&offset=0"), SHELF),
        ("/assets?value=7.5&serialNumber=S-1&sort=status,name".to_owned(), SHELF),
        (BACKWARDS.to_owned(), BACKWARDS),
        (format!("{BACKWARDS}&value=7.5"), BACKWARDS),
    ];
    for (selection, order) in selections {
        for method in BOTH {
            let selected = shelf.service.get(&selection).await;
            assert_eq!(selected.etag(), shelf.service.get(order).await.etag(), "{selection}");
            let mut items = valued(&selected, 7.5);
            items[1]["tags"] = json!([selection, method.as_str()]);
            let written = answer(shelf.bulk(&method, &items).header(IF_MATCH, selected.etag())).await;
            shelf.assert_changed(&written, order).await;
            shelf.assert_changed(&written, &selection).await;
        }
    }
    assert_ne!(shelf.list().await.etag(), shelf.service.get(BACKWARDS).await.etag());
}

#[tokio::test]
async fn the_tag_of_a_bulks_answer_guards_the_next_bulk_of_items_that_no_get_selects() {
    let shelf = Shelf::new().await;
    let all =
        [tagged(&shelf.list().await), tagged(&shelf.service.get("/assets?status=retired").await)].concat();
    let items = [2, 6, 0, 4].map(|at| all[at].clone());
    let mut current = answer(shelf.bulk(&Method::PUT, &items)).await;
    for (method, value) in [(Method::PUT, 1.25), (Method::PATCH, 2.25)] {
        let before = current.etag();
        let request = || shelf.bulk(&method, &valued(&current, value)).header(IF_MATCH, &before);
        let written = answer(request()).await;
        assert_eq!(written.status, 200);
        shelf.assert_each_shown(&written).await;
        let ids = |list: &Value| list.as_array().unwrap().iter().map(path).collect::<Vec<_>>();
        assert_eq!(ids(&written.json()), ids(&json!(items)));
        let (refused, _) = shelf.assert_refused(request(), 412, "precondition-failed").await;
        assert_eq!(refused.etag(), written.etag());
        current = written;
    }
}

/// Checklist 6, 7, 8, 42.
#[tokio::test]
async fn the_lists_tag_is_taken_from_a_list_of_tags_and_from_the_query_string() {
    let shelf = Shelf::new().await;
    let forms = [
        ("", vec!["\"a,b\", TAG, \"c\""]),
        ("", vec![",, TAG ,"]),
        ("", vec!["\"a\"", "TAG"]),
        ("", vec!["*"]),
        ("?etag=BARE", vec![]),
        ("?etag=%22BARE%22", vec![]),
        ("?other=1&etag=BARE", vec![]),
        ("?etag=BARE", vec!["TAG"]),
    ];
    for (number, (query, lines)) in (0_u8..).zip(forms) {
        for (method, part) in BOTH.into_iter().zip([0.25, 0.5]) {
            let listed = shelf.list().await;
            let body = json!(valued(&listed, f64::from(number) + part)).to_string();
            let mut request = shelf.send(&method, &query.replace("BARE", opaque(&listed.etag())), body);
            for line in &lines {
                request = request.header(IF_MATCH, line.replace("TAG", &listed.etag()));
            }
            let written = answer(request).await;
            shelf.assert_changed(&written, SHELF).await;
            assert_ne!(written.etag(), listed.etag(), "{query}");
        }
    }
}

#[tokio::test]
async fn the_tags_of_all_items_serve_in_place_of_the_lists() {
    let shelf = Shelf::new().await;
    for (method, value) in [(Method::PUT, 11.5), (Method::PATCH, 12.5)] {
        let mut items = tagged(&shelf.service.get(BACKWARDS).await);
        items.iter_mut().for_each(|item| item["value"] = json!(value));
        items[1]["etag"] = json!(opaque(items[1]["etag"].as_str().unwrap()));
        items[2]["id"] = json!(items[2]["id"].as_str().unwrap().to_ascii_uppercase());
        shelf.assert_changed(&answer(shelf.bulk(&method, &items)).await, BACKWARDS).await;
    }
}

/// Checklist 32, 51, 52, 54, 67.
#[tokio::test]
async fn if_none_match_is_evaluated_too_and_compares_the_lists_tag_weakly() {
    let shelf = Shelf::new().await;
    for (method, value) in [(Method::PUT, 11.5), (Method::PATCH, 12.5)] {
        let listed = shelf.list().await;
        let (tag, items) = (listed.etag(), valued(&listed, value));
        let item_tag = listed.json()[0]["etag"].as_str().unwrap().to_owned();
        for if_none_match in ["*", &tag, &format!("W/{tag}"), &format!("\"other\", {tag}")] {
            for if_match in [vec!["*"], vec![&*tag], vec![]] {
                let request = shelf.bulk(&method, &items).header(IF_NONE_MATCH, if_none_match);
                let request = if_match.iter().fold(request, |request, line| request.header(IF_MATCH, *line));
                let (refused, problem) = shelf.assert_refused(request, 412, "precondition-failed").await;
                assert_eq!((refused.etag(), &problem["reason"]), (tag.clone(), &json!("exists")));
            }
        }
        let request = shelf.bulk(&method, &items).header(IF_MATCH, &tag);
        let request = request.header(IF_NONE_MATCH, format!("\"other\", {item_tag}"));
        shelf.assert_changed(&answer(request).await, SHELF).await;
    }
}

/// Checklist 97, 104.
#[tokio::test]
async fn each_patch_changes_what_it_names_of_its_item_and_nothing_else() {
    let shelf = Shelf::new().await;
    let at = |latitude: f64, longitude: f64| json!({"latitude": latitude, "longitude": longitude});
    let steps = [
        [
            (json!({"location": {"latitude": 10.5}}), json!({"location": at(10.5, 2.5)})),
            (json!({"location": null, "tags": ["one"]}), json!({"location": null, "tags": ["one"]})),
            (json!({"versionDate": null, "status": "retired"}), json!({"status": "retired"})),
        ],
        [
            (json!({"location": null, "value": 0.1}), json!({"location": null, "value": 0.1})),
            (json!({"location": at(0.5, -1.5), "tags": []}), json!({"location": at(0.5, -1.5), "tags": []})),
            (json!({"location": {"longitude": 3.5}}), json!({"location": at(1.5, 3.5)})),
        ],
    ];
    for step in steps {
        let listed = shelf.list().await;
        let (mut patches, mut expected) = (Vec::new(), Vec::new());
        for (mut item, (mut patch, members)) in tagged(&listed).into_iter().zip(step) {
            patch["id"] = item["id"].clone();
            patches.push(patch);
            for (member, value) in members.as_object().unwrap() {
                item[member] = value.clone();
            }
            expected.push(item);
        }
        let written = answer(shelf.bulk(&Method::PATCH, &patches).header(IF_MATCH, listed.etag())).await;
        shelf.assert_changed(&written, SHELF).await;
        for (found, expected) in tagged(&written).into_iter().zip(&mut expected) {
            assert!(found["versionDate"].as_str() > expected["versionDate"].as_str(), "{found}");
            assert_ne!(found["etag"], expected["etag"]);
            expected["versionDate"] = found["versionDate"].clone();
            expected["etag"] = found["etag"].clone();
            assert_eq!(found, *expected);
        }
    }
}

/// The first two active assets of the shelf.
pub const TWO: &str =
    "/assets?productId=00000000-0000-4000-8000-00000000000b&status=active&sort=name&limit=2";

/// Checklist 42, 44.
#[tokio::test]
async fn a_post_passes_where_its_list_is_as_it_was_and_else_creates_nothing() {
    let shelf = Shelf::new().await;
    let by_others = [
        ("changed on a later page", 2, json!({"value": 2.5}), 201),
        ("moved within later pages", 2, json!({"name": "dustpan"}), 201),
        ("left a later page", 2, json!({"status": "retired"}), 201),
        ("changed", 1, json!({"value": 3.5}), 412),
        ("moved within the page", 0, json!({"name": "blower"}), 412),
        ("moved to a later page", 0, json!({"name": "zz50"}), 412),
        ("left the list", 0, json!({"status": "maintenance"}), 412),
        ("deleted", 1, Value::Null, 412),
        ("deleted on a later page", 2, Value::Null, 201),
    ];
    for (row, (what, at, patch, status)) in by_others.into_iter().enumerate() {
        let tag = shelf.service.get(TWO).await.etag();
        // Each behind those that are there, so that it is not on the page that guards it.
        let post = |order: &str| shelf.post(TWO, &format!("zz{row}{order}")).header(IF_MATCH, &tag);
        let created = answer(post("a")).await;
        assert_written(&shelf.service, created.header("location"), &created, 201).await;

        let item = shelf.service.get(&format!("{TWO}0")).await.json()[at].clone();
        match patch {
            Value::Null => shelf.delete(&item).await,
            patch => shelf.change(&item, patch).await,
        }
        if status == 201 {
            assert_eq!(answer(post("b")).await.status, 201, "{what}");
            continue;
        }
        let (refused, problem) = shelf.assert_refused(post("b"), 412, "precondition-failed").await;
        let current = shelf.service.get(TWO).await.etag();
        assert_eq!((refused.etag(), &problem["etag"]), (current.clone(), &json!(current)), "{what}");
        assert_ne!(current, tag, "{what}");
    }
}

#[tokio::test]
async fn a_post_without_a_query_string_is_guarded_by_the_default_page() {
    let shelf = Shelf::new().await;
    let all = tagged(&shelf.service.get("/assets?limit=500").await);
    let page = async || shelf.service.get("/assets").await.etag();
    let tag = page().await;
    shelf.change(&all[50], json!({"value": 0.125})).await;
    assert_eq!(answer(shelf.post("/assets", "anvil").header(IF_MATCH, tag)).await.status, 201);
    let by_query = format!("/assets?etag={}", opaque(&page().await));
    assert_eq!(answer(shelf.post(&by_query, "anvil")).await.status, 201);

    let tag = page().await;
    let of_another_list = shelf.post(TWO, "anvil").header(IF_MATCH, &tag);
    shelf.assert_refused(of_another_list, 412, "precondition-failed").await;
    let last = &tagged(&shelf.service.get("/assets").await)[49];
    shelf.change(last, json!({"value": 0.25})).await;
    for stale in [
        shelf.post("/assets", "anvil").header(IF_MATCH, &tag),
        shelf.post(&format!("/assets?etag={}", opaque(&tag)), "anvil"),
    ] {
        shelf.assert_refused(stale, 412, "precondition-failed").await;
    }
}

/// Checklist 9, 11, 31, 32, 41, 42, 50, 51, 52, 122.
#[tokio::test]
async fn a_post_takes_each_form_of_a_condition_on_its_list() {
    let shelf = Shelf::new().await;
    let listed = shelf.service.get(TWO).await;
    let (tag, of_item) = (&*listed.etag(), listed.json()[0]["etag"].as_str().unwrap().to_owned());
    let (of_all, weak, other) = (shelf.list().await.etag(), format!("W/{tag}"), "\"other\"");
    let (failed, malformed) = ("precondition-failed", "malformed-precondition");
    let by_query = &*format!("&etag={}", opaque(tag));
    let unknown = &*format!("{by_query}&colour=red");
    let cases = [
        ("", IF_MATCH, "*", 201, ""),
        ("", IF_MATCH, &format!("{other}, {tag}"), 201, ""),
        ("", IF_NONE_MATCH, &format!("{other}, {of_all}, {of_item}"), 201, ""),
        (by_query, IF_MATCH, tag, 201, ""),
        (by_query, IF_NONE_MATCH, other, 201, ""),
        ("", IF_MATCH, &weak, 412, failed),
        ("", IF_MATCH, &of_item, 412, failed),
        ("", IF_MATCH, &of_all, 412, failed),
        ("", IF_NONE_MATCH, tag, 412, failed),
        ("", IF_NONE_MATCH, &weak, 412, failed),
        ("", IF_NONE_MATCH, "*", 412, failed),
        (by_query, IF_NONE_MATCH, tag, 412, failed),
        ("&etag=other", IF_NONE_MATCH, other, 412, failed),
        ("", IF_MATCH, &format!("*, {tag}"), 400, malformed),
        ("", IF_MATCH, opaque(tag), 400, malformed),
        ("&etag=*", IF_NONE_MATCH, other, 400, malformed),
        (by_query, IF_MATCH, other, 400, "contradicting-preconditions"),
        ("&colour=red", IF_MATCH, tag, 400, "malformed-request"),
        ("&colour=red", IF_NONE_MATCH, tag, 400, "malformed-request"),
        (unknown, IF_NONE_MATCH, other, 400, "malformed-request"),
    ];
    for (query, name, value, status, kind) in cases {
        let post = shelf.post(&format!("{TWO}{query}"), "zz").header(&name, value);
        if status == 201 {
            assert_eq!(answer(post).await.status, 201, "{query} {name}: {value}");
        } else {
            let (_, problem) = shelf.assert_refused(post, status, kind).await;
            assert_eq!(problem["parameter"] == "colour", kind == "malformed-request", "{problem}");
        }
        assert_eq!(shelf.service.get(TWO).await.etag(), tag);
    }
}
