//! Tools: a table with a revision, and an audit that is written in the same transaction.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use etag_core::axum::{Create, Fresh, Guarded, Patch, Problem, Tagged, Update};
use etag_core::{
    CompareAndSwap, Found, Matched, Removed, Store, StoreIn, Timestamp, Version, Versioned, Written,
};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

/// A tool that is deleted stays as a row, so that its revisions go on where it is made again.
pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS tools (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        keeper TEXT,
        uses INTEGER NOT NULL,
        revision BIGINT NOT NULL,
        deleted BOOLEAN NOT NULL DEFAULT FALSE
    );
    CREATE TABLE IF NOT EXISTS tool_audit (
        tool TEXT NOT NULL REFERENCES tools (id),
        action TEXT NOT NULL,
        revision BIGINT NOT NULL,
        at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
    );
";

/// Creates the tool where there is no row; else writes over the revision that was found, also a deleted one's.
const WRITE: &str = "
    INSERT INTO tools (name, keeper, uses, revision, id) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (id) DO UPDATE SET name = ?1, keeper = ?2, uses = ?3, revision = ?4, deleted = FALSE
    WHERE tools.revision = ?6";

/// The deletion has a revision too: who found the tool before finds another one now.
const DELETE: &str = "UPDATE tools SET deleted = TRUE, revision = revision + 1 WHERE id = ? AND revision = ?";

/// A tool, and how often it was used.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Tools, create = "put")]
pub struct Tool {
    #[versioned(id)]
    id: String,
    name: String,
    keeper: Option<String>,
    uses: i64,
    #[versioned(revision)]
    revision: i64,
}

/// Tools in their table.
#[derive(Clone)]
pub struct Tools(SqlitePool);

impl CompareAndSwap<Tool> for SqliteConnection {
    async fn find(&mut self, id: &String) -> Result<Found<Tool>, Problem> {
        let row = sqlx::query_as("SELECT name, keeper, uses, revision, deleted FROM tools WHERE id = ?");
        let Some((name, keeper, uses, revision, deleted)) = row.bind(id).fetch_optional(self).await? else {
            return Ok(Found::default());
        };
        let tool = Tool { id: id.clone(), name, keeper, uses, revision };
        let last = Some(Timestamp::from_microseconds(revision));
        Ok(Found { value: if deleted { None } else { Some(tool) }, last })
    }

    async fn swap(&mut self, id: &String, old: &Found<Tool>, new: Option<&Tool>) -> Result<bool, Problem> {
        let statement = match new {
            Some(Tool { name, keeper, uses, revision, .. }) => {
                sqlx::query(WRITE).bind(name).bind(keeper).bind(uses).bind(revision)
            }
            None => sqlx::query(DELETE),
        };
        let statement = statement.bind(id).bind(old.last.map(Timestamp::as_microseconds));
        Ok(statement.execute(self).await?.rows_affected() == 1)
    }
}

impl Store<Tool> for Tools {
    type Error = Problem;

    async fn load(&self, id: &String) -> Result<Option<(Tool, Version)>, Problem> {
        CompareAndSwap::<Tool>::load(&mut *self.0.acquire().await?, id).await
    }

    async fn replace(&self, matched: Matched<Tool>, tool: Tool) -> Result<Written<Tool>, Problem> {
        self.0.acquire().await?.replace(matched, tool).await
    }

    async fn remove(&self, matched: Matched<Tool>) -> Result<Removed, Problem> {
        self.0.acquire().await?.remove(matched).await
    }
}

impl StoreIn<Tool, Transaction<'_, Sqlite>> for Tools {
    async fn replace_in(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        matched: Matched<Tool>,
        tool: Tool,
    ) -> Result<Written<Tool>, Problem> {
        transaction.replace(matched, tool).await
    }

    async fn remove_in(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        matched: Matched<Tool>,
    ) -> Result<Removed, Problem> {
        transaction.remove(matched).await
    }
}

impl Tools {
    /// A transaction that no other writer is in: one that only began to write later could find that it has read what
    /// is not there any more, and would be answered 503.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Problem> {
        Ok(self.0.begin_with("BEGIN IMMEDIATE").await?)
    }
}

pub fn routes(pool: SqlitePool) -> Router {
    Router::new()
        .route("/tools", post(create))
        .route("/tools/{id}", get(show).put(replace).patch(patch).delete(delete))
        .with_state(Tools(pool))
}

async fn show(tool: Fresh<Tool>) -> Tagged<Tool> {
    tool.into()
}

async fn create(State(tools): State<Tools>, tool: Create<Tool>) -> Result<Tagged<Tool>, Problem> {
    let mut transaction = tools.begin().await?;
    let saved = tool.save_in(&mut transaction).await?;
    audit(&mut transaction, "POST", saved.value()).await?;
    saved.committed(transaction.commit().await)
}

async fn replace(State(tools): State<Tools>, tool: Update<Tool>) -> Result<Tagged<Tool>, Problem> {
    let mut transaction = tools.begin().await?;
    let saved = tool.save_in(&mut transaction).await?;
    audit(&mut transaction, "PUT", saved.value()).await?;
    saved.committed(transaction.commit().await)
}

async fn patch(State(tools): State<Tools>, tool: Update<Tool, Patch>) -> Result<Tagged<Tool>, Problem> {
    let mut transaction = tools.begin().await?;
    let saved = tool.save_in(&mut transaction).await?;
    audit(&mut transaction, "PATCH", saved.value()).await?;
    saved.committed(transaction.commit().await)
}

async fn delete(State(tools): State<Tools>, tool: Guarded<Tool>) -> Result<StatusCode, Problem> {
    let mut transaction = tools.begin().await?;
    audit(&mut transaction, "DELETE", &tool).await?;
    let deleted = tool.delete_in(&mut transaction).await?;
    deleted.committed(transaction.commit().await)
}

/// A row for each write that is acknowledged: it is committed with it, or neither is.
async fn audit(transaction: &mut Transaction<'_, Sqlite>, action: &str, tool: &Tool) -> Result<(), Problem> {
    let row = sqlx::query("INSERT INTO tool_audit (tool, action, revision) VALUES (?, ?, ?)");
    row.bind(&tool.id).bind(action).bind(tool.revision).execute(&mut **transaction).await?;
    Ok(())
}
