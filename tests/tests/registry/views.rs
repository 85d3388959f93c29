//! An asset with its product: shown beside the tag, or in it.

use http::Method;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::assets::rename_product;
use crate::{ABSENT, Answer, Service, answer, assert_problem, assert_written, opaque};

/// An asset, and the paths of its views.
struct Viewed {
    service: Service,
    path: String,
    include: String,
    expand: String,
    product: String,
}

impl Viewed {
    async fn new() -> Self {
        let service = Service::start();
        let asset = service.new_asset().await;
        let path = asset.header("location").to_owned();
        let product = asset.json()["productId"].as_str().unwrap().to_owned();
        let (include, expand) = (format!("{path}?include=product"), format!("{path}?expand=product"));
        Self { service, path, include, expand, product }
    }

    async fn rename_product(&self) {
        rename_product(&self.service, &self.product).await;
    }

    async fn change_asset(&self) {
        let patch = json!({"name": "changed", "etag": self.service.get(&self.path).await.etag()});
        assert_eq!(answer(self.service.patch(&self.path, &patch)).await.status, 200);
    }

    async fn get_if_none_match(&self, path: &str, tag: &str) -> Answer {
        answer(self.service.request(Method::GET, path).header(IF_NONE_MATCH, tag)).await
    }

    /// Asserts that a view shows the asset and its product, under the tag that its body names.
    async fn assert_complete(&self, view: &Answer) {
        let mut expected = self.service.get(&self.path).await.json();
        expected["product"] = self.service.get(&format!("/products/{}", self.product)).await.json();
        expected["etag"] = view.etag().into();
        assert_eq!((view.status, view.json()), (200, expected));
        assert_eq!(view.header("cache-control"), "private, no-cache");
    }
}

/// Checklist 15, 30, 74.
#[tokio::test]
async fn an_included_product_is_in_no_tag() {
    let viewed = Viewed::new().await;
    let plain = viewed.service.get(&viewed.path).await;
    let view = viewed.service.get(&viewed.include).await;
    viewed.assert_complete(&view).await;
    let tag = format!("W/\"{}.~\"", opaque(&plain.etag()));
    assert_eq!(view.etag(), tag);
    assert_eq!(view.header("last-modified"), plain.header("last-modified"));

    viewed.rename_product().await;
    for tag in [tag.as_str(), tag.trim_start_matches("W/"), "*"] {
        let not_modified = viewed.get_if_none_match(&viewed.include, tag).await;
        assert_eq!((not_modified.status, not_modified.etag()), (304, view.etag()), "{tag}");
    }
    let renamed = viewed.service.get(&viewed.include).await;
    viewed.assert_complete(&renamed).await;
    assert_eq!(renamed.etag(), tag, "the bytes differ under one tag: it is weak");
    assert_ne!(renamed.body, view.body);

    viewed.change_asset().await;
    let changed = viewed.get_if_none_match(&viewed.include, &tag).await;
    viewed.assert_complete(&changed).await;
    assert_ne!(changed.etag(), tag);
}

/// Checklist 31.
#[tokio::test]
async fn the_tag_of_an_included_product_guards_nothing() {
    let viewed = Viewed::new().await;
    let plain = viewed.service.get(&viewed.path).await;
    let weak = viewed.service.get(&viewed.include).await.etag();
    let service = &viewed.service;
    for tag in [weak.as_str(), weak.trim_start_matches("W/")] {
        let refused = [
            service.put(&viewed.path, &service.draft().await),
            service.patch(&viewed.path, &json!({"name": "changed"})),
            service.request(Method::DELETE, &viewed.path),
            service.request(Method::POST, &format!("{}/retire", viewed.path)),
        ];
        for write in refused {
            let refused = answer(write.header(IF_MATCH, tag)).await;
            let problem = assert_problem(&refused, 412, "precondition-failed");
            assert_eq!((refused.etag(), &problem["reason"]), (plain.etag(), &json!("weak")), "{tag}");
            assert!(problem["detail"].as_str().unwrap().contains("GET the resource itself"), "{problem}");
        }
    }
    let in_body = answer(service.patch(&viewed.path, &json!({"name": "changed", "etag": weak}))).await;
    assert_problem(&in_body, 412, "precondition-failed");
    assert_eq!(service.get(&viewed.path).await.representation(), plain.representation());
}

/// The state and the variant of a view's tag.
fn split(etag: &str) -> (&str, &str) {
    opaque(etag).split_once('.').unwrap_or_else(|| panic!("no variant: {etag}"))
}

/// Checklist 13, 16, 51.
#[tokio::test]
async fn the_tag_of_an_expanded_product_follows_it() {
    let viewed = Viewed::new().await;
    let plain = viewed.service.get(&viewed.path).await.etag();
    let view = viewed.service.get(&viewed.expand).await;
    viewed.assert_complete(&view).await;
    assert!(!view.has("last-modified"), "the asset's date would miss a change of the product");
    let (state, variant) = split(view.header("etag"));
    assert_eq!(state, opaque(&plain));
    assert_eq!(variant.len(), state.len());

    assert_eq!(viewed.get_if_none_match(&viewed.expand, &view.etag()).await.status, 304);
    assert_eq!(viewed.get_if_none_match(&viewed.expand, &plain).await.status, 200, "other bytes");
    assert_eq!(viewed.get_if_none_match(&viewed.path, &view.etag()).await.status, 200, "other bytes");
    let include = viewed.service.get(&viewed.include).await.etag();
    assert_eq!(viewed.get_if_none_match(&viewed.expand, &include).await.status, 200, "other bytes");

    viewed.rename_product().await;
    let renamed = viewed.get_if_none_match(&viewed.expand, &view.etag()).await;
    viewed.assert_complete(&renamed).await;
    assert_eq!(split(renamed.header("etag")).0, state);
    assert_ne!(split(renamed.header("etag")).1, variant);

    viewed.change_asset().await;
    let changed = viewed.get_if_none_match(&viewed.expand, &renamed.etag()).await;
    viewed.assert_complete(&changed).await;
    assert_ne!(split(changed.header("etag")).0, state);
    assert_eq!(split(changed.header("etag")).1, split(renamed.header("etag")).1);
}

/// Checklist 49.
#[tokio::test]
async fn the_tag_of_an_expanded_product_guards_the_asset() {
    let viewed = Viewed::new().await;
    let (service, path) = (&viewed.service, &viewed.path);
    let tag = service.get(&viewed.expand).await.etag();
    viewed.rename_product().await;
    let mut value = service.get(path).await.json();
    value["name"] = json!("put");
    value.as_object_mut().unwrap().remove("etag");
    let put = answer(service.put(path, &value).header(IF_MATCH, &tag)).await;
    assert_written(service, path, &put, 200).await;
    let stale = answer(service.put(path, &value).header(IF_MATCH, &tag)).await;
    assert_problem(&stale, 412, "precondition-failed");

    let tag = service.get(&viewed.expand).await.etag();
    let patch = answer(service.patch(path, &json!({"name": "patched", "etag": tag}))).await;
    assert_written(service, path, &patch, 200).await;
    let url = format!("{path}?etag={}", opaque(&service.get(&viewed.expand).await.etag()));
    assert_written(service, path, &answer(service.patch(&url, &json!({"value": 1}))).await, 200).await;
    let tag = service.get(&viewed.expand).await.etag();
    let retire = service.request(Method::POST, &format!("{path}/retire")).header(IF_MATCH, &tag);
    assert_written(service, path, &answer(retire).await, 200).await;
    let tag = service.get(&viewed.expand).await.etag();
    let delete = service.request(Method::DELETE, path).header(IF_MATCH, &tag);
    assert_eq!(answer(delete).await.status, 204);
}

#[tokio::test]
async fn an_unknown_product_is_null_and_an_unknown_asset_is_404() {
    let viewed = Viewed::new().await;
    let patch = json!({"productId": &ABSENT["/assets/".len()..]});
    let patch = viewed.service.patch(&viewed.path, &patch).header(IF_MATCH, "*");
    assert_eq!(answer(patch).await.status, 200);
    for path in [&viewed.include, &viewed.expand] {
        let view = viewed.service.get(path).await;
        assert_eq!((view.status, &view.json()["product"]), (200, &Value::Null), "{path}");
        let absent = path.replace(&viewed.path, ABSENT);
        assert_problem(&viewed.service.get(&absent).await, 404, "not-found");
        assert_problem(&viewed.get_if_none_match(&absent, "*").await, 404, "not-found");
    }
}
