//! The tags that clients hold: a change that moves them is one that each client notices.

use etag_core::testing::Pins;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::assets::{Asset, Expanded, Included};
use crate::products::Product;
use crate::settings::Settings;
use crate::specifications::Specifications;

#[test]
fn the_tags_of_what_is_answered_stay() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/registry/tags.lock.json");
    Pins::new(file)
        .pin("an asset in the field", &asset())
        .pin("an asset in the store room", &stored_asset())
        .pin("assets", &[asset(), stored_asset()])
        .pin("no assets", &Vec::<Asset>::new())
        .pin("an asset and its product, weakly", &Included { asset: asset(), product: Some(product()) })
        .pin("an asset and its product", &Expanded { asset: asset(), product: Some(product()) })
        .pin("an asset whose product is gone", &Expanded { asset: asset(), product: None })
        .pin("a product", &product())
        .pin("the settings", &settings())
        .pin("what is specified", &specifications())
        .check();
}

fn asset() -> Asset {
    from(json!({
        "id": "5d0f6a3e-0c8c-4bb5-9a37-0d1f6f3f7a01",
        "serialNumber": "P-0001",
        "name": "North pump",
        "status": "active",
        "value": 1250.5,
        "tags": ["pump", "indoor"],
        "location": {"latitude": 59.33, "longitude": 18.07},
        "productId": "0e6f4f2c-7f4f-4f43-8d3f-0a9a4f1c2b02",
        "versionDate": "2026-03-01T12:00:00.25Z",
    }))
}

fn stored_asset() -> Asset {
    Asset { location: None, tags: Vec::new(), ..asset() }
}

fn product() -> Product {
    from(json!({
        "id": "0e6f4f2c-7f4f-4f43-8d3f-0a9a4f1c2b02",
        "name": "Centrifugal pump 40",
        "manufacturer": "Acme",
        "category": "pumps",
    }))
}

fn settings() -> Settings {
    from(json!({"currency": "EUR", "inspectionIntervalDays": 365, "changed": "2026-03-01T12:00:00.25Z"}))
}

fn specifications() -> Specifications {
    from(json!({"flow": {"value": 40, "unit": "l/s"}, "head": {"value": 12.5, "unit": "m"}}))
}

fn from<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a value of that type")
}
