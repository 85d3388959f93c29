//! The list of assets.

use http::Method;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::{EVERYTHING, Service, answer, assert_written};

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|asset| asset["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_empty_database_is_filled_with_a_lifelike_catalogue() {
    let service = Service::start();
    let products = service.get("/products").await.json();
    let assets = service.get(EVERYTHING).await.json();
    let assets = assets.as_array().unwrap();
    assert!(products.as_array().unwrap().len() >= 12 && assets.len() >= 200);
    let any = |what: fn(&Value) -> bool| assets.iter().any(what);
    assert!(any(|asset| asset["value"].is_f64()) && any(|asset| asset["location"].is_null()));
    assert!(any(|asset| asset["location"]["latitude"].is_f64()));
    assert!(any(|asset| !asset["name"].as_str().unwrap().is_ascii()));
    for status in ["active", "maintenance", "retired"] {
        assert!(assets.iter().any(|asset| asset["status"] == status), "{status}");
    }
    let known = |id: &Value| products.as_array().unwrap().iter().any(|product| product["id"] == *id);
    assert!(assets.iter().all(|asset| known(&asset["productId"])));
}

#[tokio::test]
async fn assets_are_listed_a_page_at_a_time() {
    let service = Service::start();
    let everything = service.get("/assets?limit=500&sort=name").await.json();
    let in_order = names(&everything);
    assert!(in_order.is_sorted(), "{in_order:?}");
    let assets = everything.as_array().unwrap();
    let count = assets.len();

    let mut paged = Vec::new();
    for offset in (0..count).step_by(64) {
        let page = service.get(&format!("/assets?sort=name&limit=64&offset={offset}")).await.json();
        assert_eq!(page.as_array().unwrap().len(), (count - offset).min(64));
        paged.extend_from_slice(page.as_array().unwrap());
    }
    assert_eq!(paged, *assets);
    let pages = [
        ("/assets?sort=name".to_owned(), &assets[..50]),
        ("/assets?offset=7&sort=name".to_owned(), &assets[7..57]),
        ("/assets?sort=name&limit=2".to_owned(), &assets[..2]),
        ("/assets?limit=0".to_owned(), &[]),
        (format!("/assets?offset={count}"), &[]),
        (format!("/assets?limit={0}&offset={0}", u64::MAX), &[]),
    ];
    for (path, expected) in pages {
        let page = service.get(&path).await;
        assert_eq!((page.status, page.json()), (200, json!(expected)), "{path}");
    }
}

#[tokio::test]
async fn each_item_of_a_list_shows_the_tag_that_the_asset_has_alone() {
    let service = Service::start();
    let listed = service.get("/assets?limit=20").await;
    let mut bodies = Vec::new();
    for item in listed.json().as_array().unwrap() {
        let alone = service.get(&format!("/assets/{}", item["id"].as_str().unwrap())).await;
        assert_eq!(item["etag"], alone.header("etag"));
        bodies.push(alone.body);
    }
    assert_eq!(listed.body, [b"[", &*bodies.join(&b","[..]), b"]"].concat());

    let item = &listed.json()[7];
    let path = format!("/assets/{}", item["id"].as_str().unwrap());
    let patch = service.patch(&path, &json!({"value": 1})).header(IF_MATCH, item["etag"].as_str().unwrap());
    assert_written(&service, &path, &answer(patch).await, 200).await;
}

/// Checklist 13, 20, 52.
#[tokio::test]
async fn a_list_is_304_until_one_of_its_assets_changes() {
    let service = Service::start();
    let listed = service.get("/assets?limit=3").await;
    let ids: Vec<Value> = listed.json().as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    let if_changed = || service.request(Method::GET, "/assets?limit=3").header(IF_NONE_MATCH, listed.etag());
    let not_modified = answer(if_changed()).await;
    assert_eq!(
        (not_modified.status, not_modified.etag(), &*not_modified.body),
        (304, listed.etag(), &b""[..])
    );

    let change = |id: &Value, value: f64| {
        let path = format!("/assets/{}", id.as_str().unwrap());
        service.patch(&path, &json!({"value": value})).header(IF_MATCH, "*")
    };
    let beyond = service.get("/assets?limit=1&offset=3").await.json()[0]["id"].clone();
    assert_eq!(answer(change(&beyond, 0.5)).await.status, 200);
    assert_eq!(answer(if_changed()).await.status, 304, "what is on another page is not in the tag");
    assert_eq!(answer(change(&ids[2], 0.5)).await.status, 200);
    let changed = answer(if_changed()).await;
    assert_eq!((changed.status, &changed.json()[2]["value"]), (200, &json!(0.5)));
    assert_ne!(changed.etag(), listed.etag());
}
