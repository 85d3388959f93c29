//! Products: what assets are instances of. A plain type, whose tag is the SHA-256 of the bytes sent.

use axum::Json;
use axum::extract::State;
use etag_core::axum::{Fresh, Problem, Tagged, Update};
use etag_core::{Database, Versioned};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(deny_unknown_fields)]
#[versioned(store = Database, collection = "products")]
pub struct Product {
    #[versioned(id)]
    pub id: Uuid,
    pub name: String,
    pub manufacturer: String,
    pub category: String,
}

/// An ordinary handler: the tag is made by a layer around it.
pub async fn list(State(database): State<Database>) -> Result<Json<Vec<Product>>, Problem> {
    Ok(Json(database.all::<Product>().await?))
}

pub async fn show(product: Fresh<Product>) -> Tagged<Product> {
    product.into()
}

pub async fn replace(product: Update<Product>) -> Result<Tagged<Product>, Problem> {
    product.save().await
}
