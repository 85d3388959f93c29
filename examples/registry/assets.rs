//! Assets: what the team maintains.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use etag_core::axum::{
    Create, FreshList, Guarded, GuardedList, InList, MergePatch, Patch, Problem, Refusal, Tagged, Target,
    Update,
};
use etag_core::{Database, Matched, Preconditions, Removed, Representation, StoreIn, Timestamp, Versioned};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::products::Product;
use crate::specifications::Specifications;

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[versioned(store = Database, collection = "assets", create = "put, ignore-if-match")]
#[versioned(query = "etag", embed = "etag")]
pub struct Asset {
    #[versioned(id)]
    pub id: Uuid,
    pub serial_number: String,
    pub name: String,
    pub status: Status,
    pub value: f64,
    pub tags: Vec<String>,
    pub location: Option<Location>,
    pub product_id: Uuid,
    #[versioned(modified)]
    pub version_date: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Active,
    Maintenance,
    Retired,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Maintenance => "maintenance",
            Self::Retired => "retired",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(deny_unknown_fields)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
}

/// `?include=product`: the product is shown, and the tag is the asset's, weakly.
#[derive(Versioned)]
pub struct Included {
    #[serde(flatten)]
    pub asset: Asset,
    #[versioned(skip)]
    pub product: Option<Product>,
}

/// `?expand=product`: the product is shown, and the tag follows it.
#[derive(Versioned)]
pub struct Expanded {
    #[serde(flatten)]
    pub asset: Asset,
    #[versioned(variant)]
    pub product: Option<Product>,
}

#[derive(Deserialize)]
pub struct View {
    include: Option<Related>,
    expand: Option<Related>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Related {
    Product,
}

pub async fn list(assets: FreshList<Asset>) -> Tagged<Vec<Asset>> {
    assets.into()
}

pub async fn replace_all(assets: GuardedList<Asset>) -> Result<Tagged<Vec<Asset>>, Problem> {
    assets.save().await
}

pub async fn patch_all(assets: GuardedList<Asset, MergePatch>) -> Result<Tagged<Vec<Asset>>, Problem> {
    assets.save().await
}

pub async fn create(asset: Create<Asset, InList>) -> Result<Tagged<Asset>, Problem> {
    asset.save().await
}

pub async fn show(
    view: Result<Query<View>, QueryRejection>,
    pre: Preconditions,
    target: Target<Asset>,
    State(database): State<Database>,
) -> Result<Response, Refusal> {
    let Query(view) = view.map_err(bad_query)?;
    if view.include.is_some() && view.expand.is_some() {
        let both = "`include` and `expand` are two ways to show the product: send one of them";
        return Err(Problem::from(StatusCode::BAD_REQUEST).detail(both).into());
    }
    if view.include.is_none() && view.expand.is_none() {
        return Ok(target.fresh().await?.into_response());
    }
    let (asset, version) = target.load().await?;
    let product = database.get::<Product>(&asset.product_id).await?;
    Ok(match view.expand {
        Some(Related::Product) => pre.respond(Tagged::new(Expanded { asset, product })),
        None => pre.respond(Tagged::new(Included { asset, product }).with_last_modified(version.modified)),
    })
}

pub async fn replace(asset: Update<Asset>) -> Result<Tagged<Asset>, Problem> {
    asset.save().await
}

/// A merge patch or a JSON Patch, as `Content-Type` says.
pub async fn patch(asset: Update<Asset, Patch>) -> Result<Tagged<Asset>, Problem> {
    asset.save().await
}

/// What is specified of the asset goes with it.
pub async fn delete(State(database): State<Database>, asset: Guarded<Asset>) -> Result<StatusCode, Problem> {
    let mut transaction = database.transaction().await?;
    let specified = Matched::<Specifications>::unconditional(asset.id);
    let _: Removed = database.remove_in(&mut transaction, specified).await?;
    let deleted = asset.delete_in(&mut transaction).await?;
    deleted.committed(transaction.commit().await)
}

pub async fn by_status(
    State(database): State<Database>,
) -> Result<Json<BTreeMap<&'static str, usize>>, Problem> {
    let mut counts = BTreeMap::from(["active", "maintenance", "retired"].map(|status| (status, 0)));
    for asset in database.all::<Asset>().await? {
        *counts.entry(asset.status.name()).or_default() += 1;
    }
    Ok(Json(counts))
}

pub async fn retire(mut asset: Guarded<Asset>) -> Result<Tagged<Asset>, Problem> {
    asset.status = Status::Retired;
    let location = format!("/assets/{}", asset.id);
    Ok(asset.save().await?.with_content_location(location))
}

/// The path and the entity tag of some asset, if there is one.
pub async fn first(database: &Database) -> anyhow::Result<Option<(String, String)>> {
    // A document that can't be read keeps nobody from the others.
    let Some(asset) = database.all::<Asset>().await.unwrap_or_default().into_iter().next() else {
        return Ok(None);
    };
    let etag = Representation::of(&asset)?.validators().etag;
    Ok(etag.map(|etag| (format!("/assets/{}", asset.id), etag.to_string())))
}

fn bad_query(rejection: QueryRejection) -> Problem {
    Problem::from(rejection.status()).detail(rejection.body_text())
}
