//! Machines: a table from before there were versions. All that it has is when a row was last changed, and other programs
//! write it as well.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use etag_core::axum::{Create, Fresh, Guarded, Patch, Problem, Tagged, Update};
use etag_core::{CompareAndSwap, Found, Matched, Removed, Store, Timestamp, Version, Versioned, Written};
use serde::{Deserialize, Serialize};
use sqlx::{SqliteConnection, SqlitePool};

/// `machines` is as it always was, in microseconds since 1970. The rest is added to it: a row that is deleted, by
/// whomever, leaves behind when it was last changed; and a program that forgets to say when it changes a row is helped.
pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS machines (
        id INTEGER NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        hall TEXT,
        hours INTEGER NOT NULL,
        updated_at BIGINT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS deleted_machines (
        id INTEGER NOT NULL PRIMARY KEY,
        updated_at BIGINT NOT NULL
    );
    CREATE TRIGGER IF NOT EXISTS machine_deleted AFTER DELETE ON machines BEGIN
        INSERT INTO deleted_machines VALUES (OLD.id, OLD.updated_at)
        ON CONFLICT (id) DO UPDATE SET updated_at = max(updated_at, excluded.updated_at);
    END;
    CREATE TRIGGER IF NOT EXISTS machine_changed AFTER UPDATE ON machines WHEN NEW.updated_at <= OLD.updated_at BEGIN
        UPDATE machines
        SET updated_at = max(OLD.updated_at + 1, CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER))
        WHERE id = NEW.id;
    END;
";

/// Nothing is created where others created and deleted it meanwhile.
const INSERT: &str = "
    INSERT INTO machines (name, hall, hours, updated_at, id)
    SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT updated_at FROM deleted_machines WHERE id = ?5) IS ?6
    ON CONFLICT DO NOTHING";

const UPDATE: &str =
    "UPDATE machines SET name = ?, hall = ?, hours = ?, updated_at = ? WHERE id = ? AND updated_at = ?";

const DELETE: &str = "DELETE FROM machines WHERE id = ? AND updated_at = ?";

/// A machine, and how many hours it ran. Its state is when it was last changed.
#[derive(Debug, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "camelCase")]
#[versioned(store = Machines, create = "put")]
pub struct Machine {
    #[versioned(id)]
    id: i64,
    name: String,
    hall: Option<String>,
    hours: i64,
    #[versioned(revision)]
    updated_at: Timestamp,
}

/// Machines in their table.
#[derive(Clone)]
pub struct Machines(SqlitePool);

impl CompareAndSwap<Machine> for SqliteConnection {
    async fn find(&mut self, id: &i64) -> Result<Found<Machine>, Problem> {
        let row = sqlx::query_as("SELECT name, hall, hours, updated_at FROM machines WHERE id = ?").bind(id);
        let Some((name, hall, hours, updated_at)) = row.fetch_optional(&mut *self).await? else {
            let last = sqlx::query_scalar("SELECT updated_at FROM deleted_machines WHERE id = ?").bind(id);
            let last = last.fetch_optional(self).await?.map(Timestamp::from_microseconds);
            return Ok(Found { value: None, last });
        };
        let updated_at = Timestamp::from_microseconds(updated_at);
        Ok(Found { value: Some(Machine { id: *id, name, hall, hours, updated_at }), last: Some(updated_at) })
    }

    async fn swap(&mut self, id: &i64, old: &Found<Machine>, new: Option<&Machine>) -> Result<bool, Problem> {
        let statement = match new {
            Some(Machine { name, hall, hours, updated_at, .. }) => {
                let statement = sqlx::query(if old.value.is_some() { UPDATE } else { INSERT });
                statement.bind(name).bind(hall).bind(hours).bind(updated_at.as_microseconds())
            }
            None => sqlx::query(DELETE),
        };
        let statement = statement.bind(id).bind(old.last.map(Timestamp::as_microseconds));
        Ok(statement.execute(self).await?.rows_affected() == 1)
    }
}

impl Store<Machine> for Machines {
    type Error = Problem;

    async fn load(&self, id: &i64) -> Result<Option<(Machine, Version)>, Problem> {
        CompareAndSwap::<Machine>::load(&mut *self.0.acquire().await?, id).await
    }

    async fn replace(&self, matched: Matched<Machine>, new: Machine) -> Result<Written<Machine>, Problem> {
        self.0.acquire().await?.replace(matched, new).await
    }

    async fn remove(&self, matched: Matched<Machine>) -> Result<Removed, Problem> {
        self.0.acquire().await?.remove(matched).await
    }
}

pub fn routes(pool: SqlitePool) -> Router {
    Router::new()
        .route("/machines", post(create))
        .route("/machines/{id}", get(show).put(replace).patch(patch).delete(delete))
        .with_state(Machines(pool))
}

async fn show(machine: Fresh<Machine>) -> Tagged<Machine> {
    machine.into()
}

async fn create(machine: Create<Machine>) -> Result<Tagged<Machine>, Problem> {
    machine.save().await
}

async fn replace(machine: Update<Machine>) -> Result<Tagged<Machine>, Problem> {
    machine.save().await
}

async fn patch(machine: Update<Machine, Patch>) -> Result<Tagged<Machine>, Problem> {
    machine.save().await
}

async fn delete(machine: Guarded<Machine>) -> Result<StatusCode, Problem> {
    machine.delete().await
}
