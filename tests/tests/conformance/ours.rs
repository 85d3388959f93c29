//! What the library makes of types and handlers keeps each rule.

use std::collections::BTreeMap;

use axum::routing::get;
use axum::{Json, Router};
use etag_core::axum::{EtagLayer, Tagged};
use etag_core::testing::Conformance;
use etag_core::testing::conformance::{Line, Outcome, Report, Write};
use etag_core::{Preconditions, Versioned};
use tests::items::{Content, Dated, JSON, Revised, kit};
use tests::{Registry, client, on_each_database, sqlite_file};

/// The numbers of the rules that were judged, and none of which is broken.
#[track_caller]
fn judged(report: &Report) -> Vec<u8> {
    report.assert();
    let judged = |outcome: &Outcome| !matches!(outcome, Outcome::NotApplicable(_));
    let mut rules: Vec<u8> =
        report.lines().iter().filter(|line| judged(line.outcome())).map(|line| line.rule()).collect();
    rules.dedup();
    rules
}

/// What is judged of a service with strong tags that creates and deletes.
const GUARDED: &[u8] = &[
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20, 22, 31, 32, 34, 35, 36, 37, 41, 42, 43, 44, 45,
    48, 50, 51, 52, 53, 54, 55, 66, 67, 74, 75, 76, 77, 78, 79, 80, 81, 83, 85, 86, 87, 93, 94, 95, 96, 99,
    105, 115, 116, 117,
];

#[track_caller]
fn assert_judged(report: &Report, expected: &[u8]) {
    let judged = judged(report);
    let missing: Vec<&u8> = expected.iter().filter(|rule| !judged.contains(rule)).collect();
    assert!(missing.is_empty(), "{missing:?} are not judged:\n{report}");
}

#[tokio::test]
async fn a_type_whose_tag_is_its_content_keeps_each_rule() {
    on_each_database(async |database| {
        let report = kit::<Content>(&database).await.run().await;
        assert_judged(&report, GUARDED);
        assert_judged(&report, &[59, 63]);
    })
    .await;
}

#[tokio::test]
async fn a_type_with_a_revision_keeps_each_rule() {
    on_each_database(async |database| {
        assert_judged(&kit::<Revised>(&database).await.run().await, GUARDED);
    })
    .await;
}

#[tokio::test]
async fn a_type_with_a_date_keeps_each_rule() {
    on_each_database(async |database| {
        let report = kit::<Dated>(&database).await.run().await;
        assert_judged(&report, GUARDED);
        assert_judged(&report, &[24, 26, 56, 57, 58, 60, 61, 62, 64, 68]);
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_answers_by_its_preconditions_keeps_each_rule_of_reads() {
    #[derive(Versioned)]
    struct Motd {
        text: &'static str,
    }
    async fn motd(pre: Preconditions) -> axum::response::Response {
        pre.respond(Tagged::new(Motd { text: "be kind" }))
    }
    let app = Router::new().route("/motd", get(motd));
    let report = Conformance::of(app).resource("/motd").run().await;
    assert_judged(
        &report,
        &[1, 2, 3, 5, 6, 7, 8, 9, 10, 12, 20, 22, 32, 41, 48, 50, 51, 52, 55, 59, 63, 66, 67, 74, 75, 77],
    );
}

#[tokio::test]
async fn a_view_with_a_weak_tag_keeps_each_rule_of_reads() {
    #[derive(Versioned)]
    struct Counted {
        text: &'static str,
        #[versioned(skip)]
        views: u64,
    }
    async fn show(pre: Preconditions) -> axum::response::Response {
        pre.respond(Tagged::new(Counted { text: "be kind", views: 7 }))
    }
    let report = Conformance::of(Router::new().route("/", get(show))).run().await;
    assert_judged(&report, &[1, 2, 3, 6, 7, 8, 12, 32, 41, 48, 50, 51, 55, 66, 67]);
}

#[tokio::test]
async fn the_layer_keeps_each_rule_of_reads_but_those_of_if_match() {
    let app = Router::new()
        .route("/primes", get(async || Json(BTreeMap::from([("primes", [2, 3, 5])]))))
        .layer(EtagLayer::new());
    let report = Conformance::of(app.clone()).resource("/primes").run().await;
    let failed: Vec<u8> = report.failed().map(|line| line.rule()).collect();
    assert_eq!(failed, [48], "{report}");
    let tolerated =
        Conformance::of(app).resource("/primes").tolerating(48, "the handler has run by then").run().await;
    assert_judged(
        &tolerated,
        &[1, 2, 3, 5, 6, 7, 8, 9, 10, 12, 20, 22, 32, 48, 50, 51, 52, 55, 74, 75, 76, 77],
    );
    let is_tolerated = |line: &&Line| matches!(line.outcome(), Outcome::Tolerated { .. });
    assert_eq!(tolerated.lines().iter().filter(is_tolerated).count(), 1, "{tolerated}");
}

/// The registry, and what a kit needs to know of it.
struct Service {
    registry: Registry,
    _folder: tempfile::TempDir,
}

impl Service {
    fn start() -> Self {
        let (folder, database) = sqlite_file();
        Self { registry: Registry::start(&database), _folder: folder }
    }

    async fn json(&self, path: &str) -> serde_json::Value {
        client().get(self.registry.url(path)).send().await.unwrap().json().await.unwrap()
    }

    fn kit(&self) -> Conformance {
        Conformance::at(&self.registry.url(""))
    }
}

#[tokio::test]
async fn a_product_of_the_registry_keeps_each_rule() {
    let service = Service::start();
    let product = service.json("/products").await[0].clone();
    let path = format!("/products/{}", product["id"].as_str().unwrap());
    let report = service
        .kit()
        .resource(&path)
        .modify(move |number| {
            let mut product = product.clone();
            product["name"] = format!("number {number}").into();
            Write::put(JSON, product.to_string())
        })
        .absent("/products/00000000-0000-4000-8000-000000000000")
        .requires_if_match()
        .run()
        .await;
    assert_judged(&report, &[27, 31, 36, 42, 43, 44, 52, 55, 59, 74, 78, 95]);
}

#[tokio::test]
async fn an_asset_of_the_registry_keeps_each_rule() {
    let service = Service::start();
    let mut asset = service.json("/assets").await[0].clone();
    let path = format!("/assets/{}", asset["id"].as_str().unwrap());
    for member in ["etag", "versionDate"] {
        asset.as_object_mut().unwrap().remove(member);
    }
    let mut posted = asset.clone();
    posted.as_object_mut().unwrap().remove("id");
    let report = service
        .kit()
        .resource(&path)
        .modify(|number| {
            Write::patch("application/merge-patch+json", format!(r#"{{"name":"number {number}"}}"#))
        })
        .absent("/assets/00000000-0000-4000-8000-000000000000")
        .collection("/assets", Write::post(JSON, posted.to_string()))
        .requires_if_match()
        .run()
        .await;
    assert_judged(
        &report,
        &[26, 27, 31, 36, 42, 43, 44, 52, 56, 58, 60, 61, 64, 74, 77, 78, 81, 83, 85, 95, 99],
    );
}

#[tokio::test]
async fn the_settings_and_the_lists_of_the_registry_keep_each_rule() {
    let service = Service::start();
    let settings = |days: u32| format!(r#"{{"currency":"EUR","inspectionIntervalDays":{days}}}"#);
    let report = service
        .kit()
        .resource("/settings")
        .put(JSON, [settings(365), settings(30), settings(7)])
        .requires_if_match()
        .run()
        .await;
    assert_judged(&report, &[27, 31, 42, 43, 44, 52, 60, 64, 74, 78, 83, 95]);
    for path in ["/assets?limit=7&sort=name", "/assets?limit=500"] {
        service.kit().resource(path).run().await.assert();
    }
    for path in ["/products", "/reports/assets-by-status"] {
        let kit = service.kit().resource(path).tolerating(48, "the layer evaluates no If-Match");
        kit.run().await.assert();
    }
}
