//! What is specified of an asset: a map whose key is only in the path, with a version of its own.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use etag_core::axum::{Fresh, Problem, Tagged, Target, Update, not_found};
use etag_core::{Database, Versioned};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::assets::Asset;

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(transparent)]
#[versioned(store = Database, collection = "specifications", key = Uuid, create = "put")]
pub struct Specifications(BTreeMap<String, Quantity>);

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    value: f64,
    unit: String,
}

pub async fn show(specifications: Fresh<Specifications>) -> Tagged<Specifications> {
    specifications.into()
}

/// Only an asset that exists has specifications: it is looked for before anything else is said, and again in the
/// transaction that writes.
pub async fn replace(
    Known(id): Known,
    State(database): State<Database>,
    specifications: Update<Specifications>,
) -> Result<Tagged<Specifications>, Problem> {
    let mut transaction = database.transaction().await?;
    if transaction.get::<Asset>(&id).await?.is_none() {
        return Err(not_found().await);
    }
    let saved = specifications.save_in(&mut transaction).await?;
    saved.committed(transaction.commit().await)
}

/// The id of an asset that exists.
pub struct Known(Uuid);

impl FromRequestParts<Database> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, database: &Database) -> Result<Self, Problem> {
        let asset = Target::<Asset>::from_request_parts(parts, database).await?;
        asset.load().await?;
        Ok(Self(*asset.key()))
    }
}
