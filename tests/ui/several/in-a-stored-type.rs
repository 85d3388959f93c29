use axum::Router;
use axum::routing::get;
use etag_core::axum::{Fresh, Problem, Tagged, Update};
use etag_core::{Database, Versioned};
use serde::Deserialize;

#[derive(Deserialize, Versioned)]
#[versioned(sotre = Database, if_match = "never")]
struct Asset {
    #[versioned(id)]
    tenant: String,
    #[versioned(id = 5)]
    id: u64,
}

async fn show(asset: Fresh<Asset>) -> Tagged<Asset> {
    asset.into()
}

async fn replace(asset: Update<Asset>) -> Result<Tagged<Asset>, Problem> {
    asset.save().await
}

fn main() {
    let _: Router<Database> = Router::new().route("/{tenant}/assets/{id}", get(show).put(replace));
}
