//! Two releases of one service, whose types differ in each way that a deploy changes a type: `release before DATABASE`
//! serves, and `release after DATABASE retag` re-tags the rows that the other one wrote.

use axum::Router;
use axum::routing::get;
use etag_core::axum::{Fresh, FreshList, Update};
use etag_core::{Anyone, Database, DatabaseError, Resource, Retagged, Timestamp, Versioned};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [release, database, rest @ ..] = arguments.as_slice() else {
        return Err("expected a release and a database".into());
    };
    let database = Database::connect(database).await?;
    let is_after = release == "after";
    if rest == ["retag"] {
        let done = if is_after { after::retag(&database).await? } else { before::retag(&database).await? };
        done.iter().for_each(|(collection, done)| println!("{collection} {} {}", done.seen, done.retagged));
        let unreadable: u64 = done.iter().map(|(_, done)| done.unreadable).sum();
        return if unreadable == 0 { Ok(()) } else { Err(format!("{unreadable} unreadable rows").into()) };
    }
    let router = if is_after { after::router() } else { before::router() };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router.with_state(database)).await?)
}

/// `/COLLECTION` with GET, and `/COLLECTION/{id}` with GET and PUT.
fn routes<T>() -> Router<Database>
where
    T: Resource<Store = Database, Policy = Anyone> + DeserializeOwned,
{
    let one = get(async |value: Fresh<T>| value).put(async |value: Update<T>| value.save().await);
    Router::new()
        .route(&format!("/{}", T::COLLECTION), get(async |values: FreshList<T>| values))
        .route(&format!("/{}/{{id}}", T::COLLECTION), one)
}

async fn retag<T: Resource + DeserializeOwned>(
    database: &Database,
) -> Result<(&'static str, Retagged), DatabaseError> {
    let done = database.retag::<T>(|_, unreadable| unreadable.iter().for_each(|error| eprintln!("{error}")));
    Ok((T::COLLECTION, done.await?))
}

/// The types of a release, all of which have a number and count their writes.
macro_rules! release {
    ($release:ident { $($kind:ident $collection:literal $([$attribute:meta])* { $($members:tt)* })* }) => {
        mod $release {
            use super::*;

            $(
                #[derive(Serialize, Deserialize, Versioned)]
                #[versioned(store = Database, collection = $collection, create = "put")]
                $(#[$attribute])*
                struct $kind {
                    #[versioned(id)]
                    id: u64,
                    count: u64,
                    $($members)*
                }
            )*

            pub fn router() -> Router<Database> {
                Router::new()$(.merge(routes::<$kind>()))*
            }

            pub async fn retag(database: &Database) -> Result<Vec<(&'static str, Retagged)>, DatabaseError> {
                Ok(vec![$(super::retag::<$kind>(database).await?),*])
            }
        }
    };
}

release!(before {
    Added "added" { name: String, #[versioned(modified)] modified: Timestamp, }
    Removed "removed" { name: String, colour: Option<String>, }
    Renamed "renamed" { #[serde(alias = "title")] name: String, }
    RenamedAtOnce "renamed-at-once" { name: String, }
    Choice "choices" { status: FirstStatus, }
    Other "epochs" { name: String, }
    Revised "revised" { name: String, #[versioned(revision)] revision: u64, }
});

release!(after {
    Added "added" {
        name: String,
        #[versioned(modified)] modified: Timestamp,
        #[serde(default = "super::grey")] colour: String,
    }
    Removed "removed" { name: String, }
    Renamed "renamed" { #[serde(alias = "name")] title: String, }
    RenamedAtOnce "renamed-at-once" { #[serde(alias = "name")] title: String, }
    Choice "choices" { status: SecondStatus, }
    Other "epochs" [versioned(epoch = 2)] { name: String, }
    Revised "revised" { name: String, #[versioned(revision)] revision: u64, colour: Option<String>, }
});

fn grey() -> String {
    "grey".to_owned()
}

#[derive(Serialize, Deserialize, Versioned)]
#[serde(rename_all = "lowercase")]
enum FirstStatus {
    Active,
    Retired,
}

#[derive(Serialize, Deserialize, Versioned)]
#[serde(rename_all = "lowercase")]
enum SecondStatus {
    Active,
    Retired,
    Maintenance,
}
