//! Parts: a table that knows nothing of versions. What a part is, is its state.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use etag_core::axum::{Create, Fresh, Guarded, Patch, Problem, Tagged, Update};
use etag_core::{CompareAndSwap, Found, Matched, Removed, Store, Version, Versioned, Written};
use serde::{Deserialize, Serialize};
use sqlx::{SqliteConnection, SqlitePool};

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS parts (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        shelf TEXT,
        stock INTEGER NOT NULL
    );
";

const INSERT: &str = "INSERT INTO parts (id, name, shelf, stock) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";

/// All columns that the state is made of are compared; `IS` takes one NULL for another.
const UPDATE: &str = "
    UPDATE parts SET name = ?5, shelf = ?6, stock = ?7
    WHERE id = ?1 AND (name, shelf, stock) IS (?2, ?3, ?4)";

const DELETE: &str = "DELETE FROM parts WHERE id = ? AND (name, shelf, stock) IS (?, ?, ?)";

/// A part, and how many of it there are.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Parts, create = "put")]
pub struct Part {
    #[versioned(id)]
    id: String,
    name: String,
    shelf: Option<String>,
    stock: i64,
}

/// Parts in their table.
#[derive(Clone)]
pub struct Parts(SqlitePool);

impl CompareAndSwap<Part> for SqliteConnection {
    async fn find(&mut self, id: &String) -> Result<Found<Part>, Problem> {
        let row = sqlx::query_as("SELECT name, shelf, stock FROM parts WHERE id = ?").bind(id);
        let part = |(name, shelf, stock)| Part { id: id.clone(), name, shelf, stock };
        Ok(Found { value: row.fetch_optional(self).await?.map(part), last: None })
    }

    async fn swap(&mut self, id: &String, old: &Found<Part>, new: Option<&Part>) -> Result<bool, Problem> {
        let mut statement = sqlx::query(match (&old.value, new) {
            (None, _) => INSERT,
            (Some(_), Some(_)) => UPDATE,
            (Some(_), None) => DELETE,
        });
        statement = statement.bind(id);
        for Part { name, shelf, stock, .. } in old.value.iter().chain(new) {
            statement = statement.bind(name).bind(shelf).bind(stock);
        }
        Ok(statement.execute(self).await?.rows_affected() == 1)
    }
}

impl Store<Part> for Parts {
    type Error = Problem;

    async fn load(&self, id: &String) -> Result<Option<(Part, Version)>, Problem> {
        CompareAndSwap::<Part>::load(&mut *self.0.acquire().await?, id).await
    }

    async fn replace(&self, matched: Matched<Part>, part: Part) -> Result<Written<Part>, Problem> {
        self.0.acquire().await?.replace(matched, part).await
    }

    async fn remove(&self, matched: Matched<Part>) -> Result<Removed, Problem> {
        self.0.acquire().await?.remove(matched).await
    }
}

pub fn routes(pool: SqlitePool) -> Router {
    Router::new()
        .route("/parts", post(create))
        .route("/parts/{id}", get(show).put(replace).patch(patch).delete(delete))
        .with_state(Parts(pool))
}

async fn show(part: Fresh<Part>) -> Tagged<Part> {
    part.into()
}

async fn create(part: Create<Part>) -> Result<Tagged<Part>, Problem> {
    part.save().await
}

async fn replace(part: Update<Part>) -> Result<Tagged<Part>, Problem> {
    part.save().await
}

async fn patch(part: Update<Part, Patch>) -> Result<Tagged<Part>, Problem> {
    part.save().await
}

async fn delete(part: Guarded<Part>) -> Result<StatusCode, Problem> {
    part.delete().await
}
