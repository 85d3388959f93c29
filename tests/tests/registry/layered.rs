//! Ordinary handlers under `EtagLayer`: the list of products, and the report of assets by status.

use http::Method;
use http::header::{
    CONTENT_TYPE, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE,
};
use serde_json::{Value, json};
use sqlx::SqlitePool;
use tests::{Registry, client, sqlite_file};

use crate::products::sha_256_tag;
use crate::specifications::assert_head_is_get;
use crate::{Answer, EVERYTHING, Service, answer, assert_problem, opaque};

const PRODUCTS: &str = "/products";
const REPORT: &str = "/reports/assets-by-status";
const BOTH: [&str; 2] = [PRODUCTS, REPORT];
const LONG_AGO: &str = "Thu, 01 Jan 2015 00:00:00 GMT";

/// Checklist 13, 22, 77.
#[tokio::test]
async fn the_tag_is_the_hash_of_the_body_in_each_process() {
    let (folder, database) = sqlite_file();
    let service = Service { registry: Registry::start(&database), client: client(), _folder: folder };
    let other = Registry::start(&database);
    for path in BOTH {
        let shown = assert_head_is_get(&service, path, &[]).await;
        assert_eq!((shown.status, shown.header("content-type")), (200, "application/json"));
        assert_eq!(shown.etag(), sha_256_tag(&shown.body));
        assert_eq!(shown.header("content-length"), shown.body.len().to_string());
        assert!(!shown.has("last-modified"));
        let elsewhere = answer(client().get(other.url(path))).await;
        assert_eq!(elsewhere.representation(), shown.representation());
    }
}

/// Checklist 6, 7, 8, 30, 32, 50, 51, 52, 74, 75, 77.
#[tokio::test]
async fn a_client_that_names_the_tag_in_any_form_is_answered_304() {
    let service = Service::start();
    for path in BOTH {
        let tag = service.get(path).await.etag();
        let weak = format!("W/{tag}");
        let (list, sparse) = (format!("\"a,b\", W/\"c\" ,{tag}"), format!(",, {tag} ,"));
        let forms: [&[&str]; 6] = [&[&tag], &[&weak], &[&list], &[&sparse], &["\"one\"", &tag], &["*"]];
        for lines in forms {
            let conditions: Vec<_> = lines.iter().map(|line| (IF_NONE_MATCH, *line)).collect();
            let not_modified = assert_head_is_get(&service, path, &conditions).await;
            assert_eq!((not_modified.status, not_modified.etag()), (304, tag.clone()), "{lines:?}");
            let mut names: Vec<&str> = not_modified.headers.keys().map(HeaderName::as_str).collect();
            names.sort_unstable();
            assert_eq!((names, &*not_modified.body), (vec!["date", "etag"], &b""[..]));
        }
    }
}

/// Checklist 2, 9, 10, 12, 59.
#[tokio::test]
async fn a_client_that_does_not_name_the_tag_is_sent_the_body() {
    let service = Service::start();
    for path in BOTH {
        let shown = service.get(path).await;
        let tag = shown.etag();
        let (small_w, and_more, beside) = (format!("w/{tag}"), format!("*, {tag}"), format!("{tag}, xyzzy"));
        let longer = format!("\"{}.x\"", opaque(&tag));
        for tags in ["\"x\"", "\"*\"", "\"\"", opaque(&tag), &small_w, &and_more, &beside, &longer] {
            let sent = assert_head_is_get(&service, path, &[(IF_NONE_MATCH, tags)]).await;
            assert_eq!((sent.status, sent.representation()), (200, shown.representation()), "{tags}");
        }
        let since = assert_head_is_get(&service, path, &[(IF_MODIFIED_SINCE, shown.header("date"))]).await;
        assert_eq!((since.status, since.representation()), (200, shown.representation()), "it has no date");
    }
}

#[tokio::test]
async fn what_guards_writes_is_not_evaluated_after_a_handler_has_run() {
    let service = Service::start();
    for path in BOTH {
        let shown = service.get(path).await;
        let weak = format!("W/{}", shown.etag());
        let conditions = [
            (IF_MATCH, "\"x\""),
            (IF_MATCH, &weak),
            (IF_MATCH, "*"),
            (IF_MATCH, "xyzzy"),
            (IF_UNMODIFIED_SINCE, LONG_AGO),
        ];
        for condition in conditions {
            let sent = assert_head_is_get(&service, path, std::slice::from_ref(&condition)).await;
            assert_eq!((sent.status, sent.representation()), (200, shown.representation()), "{condition:?}");
            let both = [condition, (IF_NONE_MATCH, &shown.etag())];
            assert_eq!(assert_head_is_get(&service, path, &both).await.status, 304, "{both:?}");
        }
    }
}

/// Asserts whether a path is 304 for who has what it showed before, and reads what it shows now.
async fn has_moved(service: &Service, before: &Answer, path: &str) -> (bool, Answer) {
    let if_changed = assert_head_is_get(service, path, &[(IF_NONE_MATCH, &before.etag())]).await;
    let now = service.get(path).await;
    assert_eq!((now.status, now.etag()), (200, sha_256_tag(&now.body)));
    assert_eq!(if_changed.etag(), now.etag());
    let moved = now.etag() != before.etag();
    assert_eq!((if_changed.status, moved), (if moved { 200 } else { 304 }, now.body != before.body));
    (moved, now)
}

async fn patch(service: &Service, asset: &str, patch: Value) {
    assert_eq!(answer(service.patch(asset, &patch).header(IF_MATCH, "*")).await.status, 200);
}

/// Asserts that the report says how many assets of each status there are.
async fn assert_counted(service: &Service, report: &Answer) {
    let assets = service.get(EVERYTHING).await.json();
    let count = |status: &str| {
        let assets = assets.as_array().unwrap().iter();
        assets.filter(|asset| asset["status"] == status).count()
    };
    let expected = ["active", "maintenance", "retired"].map(count);
    let [active, maintenance, retired] = expected;
    assert_eq!(report.json(), json!({"active": active, "maintenance": maintenance, "retired": retired}));
}

#[tokio::test]
async fn the_reports_tag_moves_with_the_counts_and_not_otherwise() {
    let service = Service::start();
    let first = service.get(REPORT).await;
    assert_counted(&service, &first).await;
    let asset = service.new_asset().await;
    let asset = asset.header("location");
    let (moved, with_one_more) = has_moved(&service, &first, REPORT).await;
    assert!(moved);
    assert_counted(&service, &with_one_more).await;

    patch(&service, asset, json!({"name": "renamed", "value": 0.5, "tags": [], "location": null})).await;
    let product = service.get(asset).await.json()["productId"].as_str().unwrap().to_owned();
    crate::assets::rename_product(&service, &product).await;
    assert!(!has_moved(&service, &with_one_more, REPORT).await.0, "no count has changed");

    patch(&service, asset, json!({"status": "maintenance"})).await;
    let (moved, in_maintenance) = has_moved(&service, &with_one_more, REPORT).await;
    assert!(moved);
    assert_counted(&service, &in_maintenance).await;
    let retire = service.request(Method::POST, &format!("{asset}/retire")).header(IF_MATCH, "*");
    assert_eq!(answer(retire).await.status, 200);
    assert!(has_moved(&service, &in_maintenance, REPORT).await.0);
    patch(&service, asset, json!({"status": "active"})).await;
    assert!(!has_moved(&service, &with_one_more, REPORT).await.0, "the same bytes as before");
    let delete = service.request(Method::DELETE, asset).header(IF_MATCH, "*");
    assert_eq!(answer(delete).await.status, 204);
    assert!(!has_moved(&service, &first, REPORT).await.0, "the same bytes as at first");
}

#[tokio::test]
async fn the_products_tag_moves_with_a_product_and_not_otherwise() {
    let service = Service::start();
    let first = service.get(PRODUCTS).await;
    let asset = service.new_asset().await;
    patch(&service, asset.header("location"), json!({"name": "renamed", "status": "retired"})).await;
    let settings = json!({"currency": "USD", "inspectionIntervalDays": 30});
    assert_eq!(answer(service.put("/settings", &settings).header(IF_MATCH, "*")).await.status, 200);
    let product = first.json()[3].clone();
    let path = format!("{PRODUCTS}/{}", product["id"].as_str().unwrap());
    let unchanged = answer(service.put(&path, &product).header(IF_MATCH, "*")).await;
    assert_eq!(unchanged.status, 200);
    let refused = answer(service.put(&path, &json!({"name": "refused"})).header(IF_MATCH, "*")).await;
    assert_eq!(refused.status, 422);
    assert!(!has_moved(&service, &first, PRODUCTS).await.0, "no product has changed");

    crate::assets::rename_product(&service, product["id"].as_str().unwrap()).await;
    let (moved, renamed) = has_moved(&service, &first, PRODUCTS).await;
    assert!(moved);
    assert_ne!(renamed.json()[3]["name"], product["name"]);
    assert_eq!(answer(service.put(&path, &product).header(IF_MATCH, "*")).await.status, 200);
    assert!(!has_moved(&service, &first, PRODUCTS).await.0, "the same bytes as at first");
}

const BREAK: &str = "UPDATE etag_rows SET document = CAST('!' || document AS BLOB)
    WHERE rowid = (SELECT min(rowid) FROM etag_rows WHERE collection = ?)";
const MEND: &str = "UPDATE etag_rows SET document = substr(document, 2)
    WHERE rowid = (SELECT min(rowid) FROM etag_rows WHERE collection = ?)";

/// Runs a statement on one row of a collection.
async fn execute(database: &str, statement: &'static str, collection: &str) {
    let pool = SqlitePool::connect(database).await.unwrap();
    let done = sqlx::query(statement).bind(collection).execute(&pool).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
    pool.close().await;
}

/// Checklist 35.
#[tokio::test]
async fn a_handler_that_fails_is_answered_500_without_a_tag() {
    for (collection, path, intact) in [("products", PRODUCTS, REPORT), ("assets", REPORT, PRODUCTS)] {
        let (folder, database) = sqlite_file();
        let service = Service { registry: Registry::start(&database), client: client(), _folder: folder };
        let before = service.get(path).await;
        let kept = service.get(intact).await;
        execute(&database, BREAK, collection).await;
        let conditions = [None, Some((IF_NONE_MATCH, "*")), Some((IF_NONE_MATCH, &before.etag()))];
        for condition in conditions {
            let failed = assert_head_is_get(&service, path, condition.as_slice()).await;
            assert_problem(&failed, 500, "internal-error");
            assert!(!failed.has("etag"), "{path}");
        }
        assert_eq!(service.get(intact).await.representation(), kept.representation());
        execute(&database, MEND, collection).await;
        assert!(!has_moved(&service, &before, path).await.0, "it is as it was");
    }
}

#[tokio::test]
async fn a_list_beyond_a_mebibyte_is_sent_whole_and_without_a_tag() {
    let service = Service::start();
    let first = service.get(PRODUCTS).await;
    for product in &first.json().as_array().unwrap()[..2] {
        let mut value = product.clone();
        value["name"] = "n".repeat(600_000).into();
        let put = service.put(&format!("{PRODUCTS}/{}", product["id"].as_str().unwrap()), &value);
        assert_eq!(answer(put.header(IF_MATCH, "*")).await.status, 200);
    }
    for condition in [None, Some((IF_NONE_MATCH, "*"))] {
        let sent = assert_head_is_get(&service, PRODUCTS, condition.as_slice()).await;
        assert_eq!((sent.status, sent.has("etag")), (200, false));
        assert!(sent.body.len() > 1_200_000);
        assert_eq!(sent.json().as_array().unwrap().len(), first.json().as_array().unwrap().len());
    }
    let product = &first.json()[0];
    let put = service.put(&format!("{PRODUCTS}/{}", product["id"].as_str().unwrap()), product);
    assert_eq!(answer(put.header(IF_MATCH, "*")).await.status, 200);
    assert!(has_moved(&service, &first, PRODUCTS).await.0, "it has a tag again");
}

/// Checklist 34.
#[tokio::test]
async fn nothing_is_written_through_the_layer() {
    let service = Service::start();
    for path in BOTH {
        let before = service.get(path).await;
        for method in [Method::PUT, Method::POST, Method::PATCH, Method::DELETE] {
            let request = service.request(method, path).header(CONTENT_TYPE, "application/json").body("[]");
            let refused = answer(request.header(IF_NONE_MATCH, "*").header(IF_MATCH, before.etag())).await;
            assert_problem(&refused, 405, "method-not-allowed");
            assert!(!refused.has("etag"));
        }
        assert_eq!(service.get(path).await.representation(), before.representation());
    }
}
