//! A registry of assets for a maintenance team: each answer carries its version, and no update is lost.

mod assets;
mod catalogue;
mod products;
mod retag;
mod settings;
mod specifications;
#[cfg(test)]
mod tags;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::routing::{get, post};
use axum::{Extension, Router};
use clap::{Parser, ValueEnum};
use etag_core::axum::{EtagLayer, cors, method_not_allowed, not_found};
use etag_core::{Database, Tolerate};
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;

/// A registry of assets and the products they are instances of.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The database: `sqlite:FILE`, `postgres://USER@HOST/DATABASE`, or `memory:`
    #[arg(long, default_value = "sqlite:registry.db")]
    database: String,
    /// A database whose rows are copied first, with their tags, into one that has none
    #[arg(long, value_name = "DATABASE")]
    copy_from: Option<String>,
    /// A JSON array of assets to import first: all of them, or none where one is bad
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// Re-tag the rows that another release wrote, and end: beside registries that serve, or before they do
    #[arg(long, conflicts_with = "load")]
    retag: bool,
    /// Whose pages may ask: an origin such as `https://app.example`; can be given several times
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    cors_origin: Vec<HeaderValue>,
    #[command(flatten)]
    hops: Hops,
}

/// What is between the clients and the service.
#[derive(clap::Args)]
struct Hops {
    /// Take tags that a proxy altered for what they were
    #[arg(long, value_name = "BY")]
    tolerate: Option<Tolerated>,
    /// Compress the answers, so that no proxy does
    #[arg(long)]
    compress: bool,
}

/// Who may alter a tag.
#[derive(Clone, Copy, ValueEnum)]
enum Tolerated {
    Nobody,
    Intermediaries,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    service::log();
    let arguments = Arguments::parse();
    if arguments.retag {
        return retag::all(&open(&arguments.database).await?).await;
    }
    let assets = arguments.load.as_deref().map(catalogue::read_file).transpose()?;
    let listening = format!("can't listen on {}", arguments.listen);
    let listener = TcpListener::bind(arguments.listen).await.context(listening)?;
    let database = open(&arguments.database).await?;
    if let Some(url) = &arguments.copy_from {
        catalogue::copy(url, &database).await?;
    }
    catalogue::fill(&database).await.context("the database can't be filled with the catalogue")?;
    if let Some(assets) = assets {
        catalogue::load(&database, assets).await?;
    }
    announce(listener.local_addr()?, &database).await?;
    let mut router = behind(arguments.hops, router(database));
    if !arguments.cors_origin.is_empty() {
        router = router.layer(cross_origin(arguments.cors_origin));
    }
    service::serve(listener, router, service::asked_to_stop()).await;
    Ok(())
}

async fn open(database: &str) -> anyhow::Result<Database> {
    Database::connect(database).await.context("can't open the database")
}

/// An origin as browsers send it: a scheme, a host, and no path (RFC 6454 §6.2).
fn origin(text: &str) -> Result<HeaderValue, &'static str> {
    let host = text.split_once("://").map(|(_, host)| host).filter(|host| !host.is_empty());
    let origin = host.filter(|host| !host.contains('/')).and_then(|_| text.parse().ok());
    origin.ok_or("expected a scheme and a host, such as `https://app.example`")
}

/// What pages of other origins may send and read.
fn cross_origin(origins: Vec<HeaderValue>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(cors::ALLOWED_METHODS)
        .allow_headers(cors::ALLOWED_HEADERS)
        .expose_headers(cors::EXPOSED_HEADERS)
}

/// The service. What is not answered by a handler is answered with a problem as well.
fn router(database: Database) -> Router {
    Router::new()
        .route(
            "/assets",
            get(assets::list).post(assets::create).put(assets::replace_all).patch(assets::patch_all),
        )
        .route(
            "/assets/{id}",
            get(assets::show).put(assets::replace).patch(assets::patch).delete(assets::delete),
        )
        .route("/assets/{id}/retire", post(assets::retire))
        .route("/assets/{id}/specifications", get(specifications::show).put(specifications::replace))
        .route("/settings", get(settings::show).put(settings::replace))
        .route("/products", get(products::list).layer(EtagLayer::new()))
        .route("/reports/assets-by-status", get(assets::by_status).layer(EtagLayer::new()))
        .route("/products/{id}", get(products::show).put(products::replace))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(1 << 20))
        .with_state(database)
}

/// The same, for what is between it and its clients.
fn behind(hops: Hops, router: Router) -> Router {
    let router = match hops.tolerate {
        None => router,
        Some(Tolerated::Nobody) => router.layer(Extension(Tolerate::Nothing)),
        Some(Tolerated::Intermediaries) => router.layer(Extension(Tolerate::Intermediaries)),
    };
    // The outer layer gives the coded answers tags of their own.
    if hops.compress { router.layer(CompressionLayer::new()).layer(EtagLayer::new()) } else { router }
}

/// Says where the service is, and three things to try.
async fn announce(address: SocketAddr, database: &Database) -> anyhow::Result<()> {
    println!("listening on http://{address}");
    let Some((path, etag)) = assets::first(database).await? else {
        return Ok(());
    };
    println!("curl -i http://{address}{path}");
    println!("curl -i http://{address}{path} -H 'If-None-Match: {etag}'");
    println!(
        "curl -i http://{address}{path} -X PATCH -H 'If-Match: {etag}' \
         -H 'Content-Type: application/merge-patch+json' -d '{{\"status\":\"maintenance\"}}'"
    );
    Ok(())
}
