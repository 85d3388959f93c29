use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use etag_core::axum::{Create, Fresh, FreshList, Guarded, Problem, Tagged, Update};
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(sotre = Database)]
struct Asset {
    #[versioned(id)]
    id: u64,
    name: String,
}

async fn show(asset: Fresh<Asset>) -> Tagged<Asset> {
    asset.into()
}

async fn list(assets: FreshList<Asset>) -> Tagged<Vec<Asset>> {
    assets.into()
}

async fn delete(asset: Guarded<Asset>) -> Result<StatusCode, Problem> {
    asset.delete().await
}

async fn replace(mut asset: Update<Asset>) -> Result<Tagged<Asset>, Problem> {
    asset.name = asset.name.trim().to_owned();
    asset.save().await
}

async fn create(asset: Create<Asset>) -> Result<Tagged<Asset>, Problem> {
    asset.save().await
}

fn main() {
    let _: Router<Database> = Router::new()
        .route("/assets", post(create).get(list))
        .route("/assets/{id}", get(show).put(replace).delete(delete));
}
