//! Small resources of each kind, all of their methods, and a conformance kit for them.

use axum::Router;
use axum::routing::{get, post};
use etag_core::axum::{
    Create, Fresh, Guarded, MergePatch, Problem, Tagged, Update, method_not_allowed, not_found,
};
use etag_core::testing::Conformance;
use etag_core::testing::conformance::Write;
use etag_core::{Anyone, Database, Resource, Timestamp, Versioned};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::call;

pub const JSON: &str = "application/json";

/// Its tag is a hash.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "contents", create = "put")]
pub struct Content {
    #[versioned(id)]
    pub id: String,
    pub n: u64,
}

/// Its tag is a number that is in no body.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "revisions", create = "put")]
pub struct Revised {
    #[versioned(id)]
    pub id: String,
    pub n: u64,
    #[serde(skip)]
    #[versioned(revision)]
    revision: u64,
}

/// It has a date beside its tag.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "dates", create = "put")]
pub struct Dated {
    #[versioned(id)]
    pub id: String,
    pub n: u64,
    #[versioned(modified)]
    changed: Timestamp,
}

/// A type of these tests.
pub trait Item: Resource<Store = Database, Policy = Anyone> + DeserializeOwned + Serialize {}

impl<T: Resource<Store = Database, Policy = Anyone> + DeserializeOwned + Serialize> Item for T {}

async fn show<T: Item>(it: Fresh<T>) -> Tagged<T> {
    it.into()
}

async fn replace<T: Item>(it: Update<T>) -> Result<Tagged<T>, Problem> {
    it.save().await
}

async fn patch<T: Item>(it: Update<T, MergePatch>) -> Result<Tagged<T>, Problem> {
    it.save().await
}

async fn remove<T: Item>(it: Guarded<T>) -> Result<StatusCode, Problem> {
    it.delete().await
}

async fn create<T: Item>(it: Create<T>) -> Result<Tagged<T>, Problem> {
    it.save().await
}

/// Each method of `/it/{id}`, and POST to `/it`.
pub fn router<T: Item>(database: &Database) -> Router {
    let methods = get(show::<T>).put(replace::<T>).patch(patch::<T>).delete(remove::<T>);
    Router::new()
        .route("/it", post(create::<T>))
        .route("/it/{id}", methods)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(database.clone())
}

/// A kit for a type, with one value of it in the database.
pub async fn kit<T: Item>(database: &Database) -> Conformance {
    let app = router::<T>(database);
    let put = call(&app, "PUT", "/it/a", &[("content-type", JSON)], r#"{"n":0}"#).await;
    assert_eq!(put.status, 201, "{}", put.text());
    Conformance::of(app)
        .resource("/it/a")
        .put(JSON, [r#"{"n":0}"#, r#"{"n":9007199254740993}"#, r#"{"n":9007199254740992}"#])
        .absent("/it/absent")
        .collection("/it", Write::post(JSON, r#"{"id":"posted","n":7}"#))
        .requires_if_match()
}
