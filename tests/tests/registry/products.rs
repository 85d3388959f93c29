//! Products: plain, so that the tag is the hash of the bytes sent.

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderName, Method};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{ABSENT, Service, answer, assert_problem, assert_written, opaque};

/// The strong tag that is the SHA-256 of these bytes, in base64url without padding (RFC 4648 §5).
pub fn sha_256_tag(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<usize> = Sha256::digest(bytes)
        .iter()
        .flat_map(|octet| (0..8).rev().map(move |bit| usize::from(octet >> bit & 1)))
        .collect();
    let sextet = |bits: &[usize]| (0..6).fold(0, |value, at| value << 1 | bits.get(at).copied().unwrap_or(0));
    let text: String = bits.chunks(6).map(|bits| char::from(ALPHABET[sextet(bits)])).collect();
    format!("\"{text}\"")
}

fn path_of(product: &Value) -> String {
    format!("/products/{}", product["id"].as_str().unwrap())
}

/// Checklist 13, 22, 59.
#[tokio::test]
async fn the_tag_of_a_product_is_the_hash_of_the_bytes_sent() {
    let service = Service::start();
    let products = service.get("/products").await.json();
    for product in products.as_array().unwrap() {
        let shown = service.get(&path_of(product)).await;
        assert_eq!((shown.status, shown.json()), (200, product.clone()));
        assert_eq!(shown.etag(), sha_256_tag(&shown.body));
        assert_eq!(shown.header("content-type"), "application/json");
        assert_eq!(shown.header("cache-control"), "private, no-cache");
        assert!(!shown.has("last-modified"), "a product has no date");
        let members: Vec<&String> = product.as_object().unwrap().keys().collect();
        assert_eq!(members, ["category", "id", "manufacturer", "name"]);
    }
}

#[tokio::test]
async fn a_product_that_the_client_has_is_304() {
    let service = Service::start();
    let path = path_of(&service.get("/products").await.json()[0]);
    let tag = service.get(&path).await.etag();
    for method in [Method::GET, Method::HEAD] {
        let not_modified = answer(service.request(method, &path).header(IF_NONE_MATCH, &tag)).await;
        assert_eq!(
            (not_modified.status, not_modified.etag(), &*not_modified.body),
            (304, tag.clone(), &b""[..])
        );
    }
}

#[tokio::test]
async fn the_list_of_products_has_each_and_its_tag_follows_them() {
    let service = Service::start();
    let listed = service.get("/products").await;
    assert_eq!((listed.status, listed.header("content-type")), (200, "application/json"));
    for product in listed.json().as_array().unwrap() {
        assert_eq!(service.get(&path_of(product)).await.json(), *product);
    }
    assert_eq!(listed.etag(), sha_256_tag(&listed.body));

    let if_changed = || service.request(Method::GET, "/products").header(IF_NONE_MATCH, listed.etag());
    assert_eq!(answer(if_changed()).await.status, 304);
    crate::assets::rename_product(&service, listed.json()[3]["id"].as_str().unwrap()).await;
    let changed = answer(if_changed()).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.etag(), listed.etag());
}

/// Checklist 31, 44, 78, 94, 95.
#[tokio::test]
async fn a_put_of_a_product_is_guarded() {
    let service = Service::start();
    let products = service.get("/products").await.json();
    let product = products[0].clone();
    let path = path_of(&product);
    let first = service.get(&path).await;
    let another = service.get(&path_of(&products[1])).await.etag();
    let mut value = product.clone();
    value["name"] = json!("Größer");
    value.as_object_mut().unwrap().remove("id");
    let by_query = format!("{path}?etag={}", opaque(&first.etag()));
    for unguarded in [service.put(&path, &value), service.put(&by_query, &value)] {
        let refused = answer(unguarded).await;
        assert_problem(&refused, 428, "precondition-required");
        assert_eq!(refused.header("cache-control"), "no-store");
    }
    for tag in ["\"other\"", &another, &format!("W/{}", first.etag())] {
        let refused = answer(service.put(&path, &value).header(IF_MATCH, tag)).await;
        assert_problem(&refused, 412, "precondition-failed");
        assert_eq!(refused.etag(), first.etag());
    }
    assert_eq!(service.get(&path).await.representation(), first.representation());

    let written = answer(service.put(&path, &value).header(IF_MATCH, first.etag())).await;
    assert_written(&service, &path, &written, 200).await;
    assert_eq!(written.etag(), sha_256_tag(&written.body));
    assert_eq!(written.json()["name"], "Größer");
    let back = answer(service.put(&path, &product).header(IF_MATCH, written.etag())).await;
    assert_eq!(back.representation(), first.representation(), "the tag is that of the bytes");
}

/// Checklist 36.
#[tokio::test]
async fn a_put_creates_no_product() {
    let service = Service::start();
    let before = service.get("/products").await;
    let path = ABSENT.replace("assets", "products");
    let mut product = before.json()[0].clone();
    product.as_object_mut().unwrap().remove("id");
    let conditions: [Option<(HeaderName, &str)>; 4] =
        [None, Some((IF_MATCH, "\"x\"")), Some((IF_MATCH, "*")), Some((IF_NONE_MATCH, "*"))];
    for condition in conditions {
        let mut put = service.put(&path, &product);
        if let Some((name, value)) = condition {
            put = put.header(name, value);
        }
        assert_problem(&answer(put).await, 404, "not-found");
    }
    assert_problem(&service.get(&path).await, 404, "not-found");
    assert_eq!(service.get("/products").await.representation(), before.representation());
}
