//! Products: what assets are instances of. A plain type, whose tag is the SHA-256 of the bytes sent.

use axum::extract::State;
use axum::response::Response;
use etag_core::axum::{Fresh, Problem, Tagged, Update};
use etag_core::{Database, Preconditions, Versioned};
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

pub async fn list(pre: Preconditions, State(database): State<Database>) -> Result<Response, Problem> {
    Ok(pre.respond(Tagged::new(database.all::<Product>().await?)))
}

pub async fn show(product: Fresh<Product>) -> Tagged<Product> {
    product.into()
}

pub async fn replace(product: Update<Product>) -> Result<Tagged<Product>, Problem> {
    product.save().await
}
