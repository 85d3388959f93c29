//! The catalogue that ships with the registry, and assets from a file.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use etag_core::{Database, Required, Timestamp};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::assets::Asset;
use crate::products::Product;
use crate::settings::Settings;

const CATALOGUE: &str = include_str!("../data/catalogue.json");

#[derive(Deserialize)]
struct Catalogue {
    products: Vec<Product>,
    assets: Vec<Value>,
}

/// Fills an empty database, or one that was left half filled; another process may be doing the same.
pub async fn fill(database: &Database) -> anyhow::Result<()> {
    // A document that can't be read is one that is there.
    if matches!(database.get::<Settings>(&()).await, Ok(None)) {
        database.import(vec![Settings::initial()], Required::New, |_| {}).await?;
    }
    let has_products = database.all::<Product>().await.map_or(true, |products| !products.is_empty());
    if has_products && database.all::<Asset>().await.map_or(true, |assets| !assets.is_empty()) {
        return Ok(());
    }
    let catalogue: Catalogue = serde_json::from_str(CATALOGUE)?;
    let assets = read(catalogue.assets)?;
    database.import(catalogue.products, Required::New, |_| {}).await?;
    database.import(assets, Required::New, |_| {}).await?;
    Ok(())
}

/// Reads a file of assets: all of them, or none where one is bad.
pub fn read_file(file: &Path) -> anyhow::Result<Vec<Asset>> {
    let name = file.display();
    let text = fs::read(file).with_context(|| format!("can't read {name}"))?;
    let records: Vec<Value> =
        serde_json::from_slice(&text).with_context(|| format!("{name} is no JSON array of assets"))?;
    read(records).with_context(|| format!("nothing was loaded from {name}"))
}

/// Imports assets, over those that have the same id.
pub async fn load(database: &Database, assets: Vec<Asset>) -> anyhow::Result<()> {
    let style = ProgressStyle::with_template("loading {bar:40} {pos}/{len} assets, {elapsed}")?;
    let bar = ProgressBar::new(assets.len() as u64).with_style(style);
    database.import(assets, Required::Unconditional, |done| bar.set_position(done as u64)).await?;
    bar.finish();
    Ok(())
}

/// Copies all rows of another database; what is not there is not created.
pub async fn copy(url: &str, database: &Database) -> anyhow::Result<()> {
    anyhow::ensure!(
        url.strip_prefix("sqlite:").is_none_or(|file| Path::new(file).exists()),
        "there is no database `{url}` to copy from"
    );
    let from = Database::connect(url).await.context("can't open the database to copy from")?;
    let style = ProgressStyle::with_template("copying {spinner} {pos} rows, {elapsed}")?;
    let bar = ProgressBar::no_length().with_style(style);
    from.copy_to(database, |done| bar.set_position(done)).await.context("the database was not copied")?;
    bar.finish();
    Ok(())
}

/// Reads records as assets; what is wrong is said in a line for each bad record.
fn read(records: Vec<Value>) -> anyhow::Result<Vec<Asset>> {
    let mut ids = HashSet::new();
    let mut assets = Vec::new();
    let mut bad = 0;
    for (index, record) in records.into_iter().enumerate() {
        let asset = read_one(record).and_then(|asset| match ids.insert(asset.id) {
            true => Ok(asset),
            false => Err(format!("id: `{}` was there before", asset.id)),
        });
        match asset {
            Ok(asset) => assets.push(asset),
            Err(error) => {
                bad += 1;
                eprintln!("record {index}: {error}");
            }
        }
    }
    match bad {
        0 => Ok(assets),
        bad => bail!("{bad} bad records"),
    }
}

/// What the registry owns need not be there: the id is made, and the date is that of the import.
fn read_one(mut record: Value) -> Result<Asset, String> {
    let Value::Object(members) = &mut record else {
        return Err("expected an object".to_owned());
    };
    members.entry("id").or_insert_with(|| Uuid::new_v4().to_string().into());
    members.insert("versionDate".to_owned(), Timestamp::now().to_string().into());
    members.remove("etag");
    serde_path_to_error::deserialize(&record).map_err(|error| match error.path().to_string() {
        path if path == "." => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    })
}
