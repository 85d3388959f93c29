//! What is specified of an asset: a map whose key is only in the path, with a version of its own.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use etag_core::axum::{Fresh, Problem, Tagged, Update, not_found};
use etag_core::{Database, Matched, Removed, Store, Versioned};
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

/// Only what exists has specifications.
pub async fn replace(
    Path(id): Path<Uuid>,
    State(database): State<Database>,
    specifications: Update<Specifications>,
) -> Result<Tagged<Specifications>, Problem> {
    if database.get::<Asset>(&id).await?.is_none() {
        return Err(not_found().await);
    }
    specifications.save().await
}

/// Those of an asset that is gone, in whatever state they are.
pub async fn remove(database: &Database, id: Uuid) -> Result<(), Problem> {
    let _: Removed = database.remove(Matched::<Specifications>::unconditional(id)).await?;
    Ok(())
}
