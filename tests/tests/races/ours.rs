//! What the library makes of types and handlers wins and loses each race as it has to.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use etag_core::Database;
use etag_core::axum::{FreshList, GuardedList, Problem, Tagged};
use etag_core::testing::Races;
use etag_core::testing::conformance::Write;
use tests::items::{Content, Dated, Item, JSON, Revised, router};
use tests::{Registry, client, on_each_database, postgres_database, sqlite_file};

use super::*;

async fn list<T: Item>(list: FreshList<T>) -> Tagged<Vec<T>> {
    list.into()
}

async fn replace_all<T: Item>(list: GuardedList<T>) -> Result<Tagged<Vec<T>>, Problem> {
    list.save().await
}

/// A kit for a type, with the list of its items.
async fn kit_of<T: Item>(database: &Database) -> Races {
    let app: Router = router::<T>(database);
    let lists =
        Router::new().route("/its", get(list::<T>).put(replace_all::<T>)).with_state(database.clone());
    let app = app.merge(lists);
    for id in ["a", "b", "c"] {
        let put =
            tests::call(&app, "PUT", &format!("/it/{id}"), &[("content-type", JSON)], r#"{"n":0}"#).await;
        assert_eq!(put.status, 201, "{}", put.text());
    }
    Races::of(app)
        .resource("/it/a")
        .put(JSON, |number| format!(r#"{{"n":{number}}}"#))
        .creates()
        .bulk("/its", ["/it/a", "/it/b", "/it/c"], |number| {
            let items = ["a", "b", "c"].map(|id| format!(r#"{{"id":"{id}","n":{number}}}"#));
            Write::put(JSON, format!("[{}]", items.join(",")))
        })
        .counter(|shown| member(shown, "n"), |_, n| Write::put(JSON, format!(r#"{{"n":{n}}}"#)))
}

fn member(shown: &[u8], name: &str) -> Option<u64> {
    serde_json::from_slice::<Value>(shown).ok()?[name].as_u64()
}

async fn run(races: Races) {
    let start = Instant::now();
    let races = races.within(Duration::from_secs(600));
    let races = if is_long() {
        races.clients(32).rounds(50).additions(50)
    } else {
        races.clients(12).rounds(4).additions(4)
    };
    let report = races.run().await;
    assert_all_passed(&report);
    eprintln!("{report}\n{} ms", start.elapsed().as_millis());
}

fn is_long() -> bool {
    std::env::var("ETAG_LONG").is_ok_and(|long| long == "1")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_type_wins_each_race_once_on_each_database() {
    on_each_database(async |database| run(kit_of::<Content>(&database).await).await).await;
    on_each_database(async |database| run(kit_of::<Revised>(&database).await).await).await;
    on_each_database(async |database| run(kit_of::<Dated>(&database).await).await).await;
}

/// A kit for an asset of the registry, on each of the processes.
async fn kit_of_assets(registries: &[Registry]) -> Races {
    let assets = client().get(registries[0].url("/assets?limit=2&sort=id")).send().await.unwrap();
    let assets: Vec<Value> = assets.json().await.unwrap();
    let paths: Vec<String> =
        assets.iter().map(|asset| format!("/assets/{}", asset["id"].as_str().unwrap())).collect();
    let [first, last] = [0, 1].map(|place| assets[place].clone());
    let valued = |asset: &Value, value: u64| {
        let mut asset = asset.clone();
        asset["value"] = value.into();
        for member in ["etag", "versionDate"] {
            asset.as_object_mut().unwrap().remove(member);
        }
        asset
    };
    let put = {
        let first = first.clone();
        move |value: u64| valued(&first, value).to_string()
    };
    let again = put.clone();
    let mut races = Races::at(&registries[0].url(""));
    for registry in &registries[1..] {
        races = races.and_at(&registry.url(""));
    }
    races
        .resource(&paths[0])
        .put(JSON, move |number| put(number as u64))
        .creates()
        .bulk("/assets?limit=2&sort=id", [&*paths[0], &paths[1]], move |number| {
            let items = [&first, &last].map(|asset| valued(asset, 1_000_000 + number as u64));
            Write::put(JSON, Value::from(items.to_vec()).to_string())
        })
        .counter(|shown| member(shown, "value"), move |_, value| Write::put(JSON, again(value)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_wins_each_race_once_in_one_process_and_in_two() {
    let (_folder, file) = sqlite_file();
    let mut services = vec![
        vec![Registry::start("memory:")],
        vec![Registry::start(&file)],
        vec![Registry::start(&file), Registry::start(&file)],
    ];
    services.extend(postgres_database().map(|url| vec![Registry::start(&url), Registry::start(&url)]));
    for registries in services {
        eprintln!("{} of the registry", registries.len());
        run(kit_of_assets(&registries).await).await;
    }
}
