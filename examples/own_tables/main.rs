//! A workshop's three tables, each with a schema of its own, and a store of its own that guards it.

mod machines;
mod parts;
#[cfg(test)]
mod swaps;
mod tools;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use clap::Parser;
use etag_core::axum::{method_not_allowed, not_found};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tokio::net::TcpListener;

/// A workshop's tools, machines and parts, in tables of its own
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The SQLite file
    #[arg(long, default_value = "workshop.db")]
    database: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    service::log();
    let arguments = Arguments::parse();
    let listening = format!("can't listen on {}", arguments.listen);
    let listener = TcpListener::bind(arguments.listen).await.context(listening)?;
    let router = router(open(arguments.database).await.context("can't open the database")?);
    println!("listening on http://{}", listener.local_addr()?);
    service::serve(listener, router, service::asked_to_stop()).await;
    Ok(())
}

/// Opens the file, with its tables; what is acknowledged survives a crash and a loss of power.
async fn open(file: PathBuf) -> sqlx::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10));
    let pool = SqlitePool::connect_with(options).await?;
    for schema in [tools::SCHEMA, machines::SCHEMA, parts::SCHEMA] {
        sqlx::raw_sql(schema).execute(&pool).await?;
    }
    Ok(pool)
}

fn router(pool: SqlitePool) -> Router {
    Router::new()
        .merge(tools::routes(pool.clone()))
        .merge(machines::routes(pool.clone()))
        .merge(parts::routes(pool))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
}
