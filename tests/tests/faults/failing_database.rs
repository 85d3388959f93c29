//! A database that answers errors: a full disk, locks that others hold, no connection that is left, no writes at all, a
//! table that is gone. What passes is a 503 that says when to come again, and the rest a 500 that says nothing of the
//! inside. Nothing is half done, and when it has passed the same process goes on.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tests::clients::alone::{Resource, new_asset};
use tests::clients::transfers::{Party, Service};
use tests::clients::{Answer, answer, exchange, tag_of};
use tests::postgres::Cluster;
use tests::{postgres_database, sqlite_file};
use uuid::Uuid;

use super::disk::Disk;
use super::killed_database::terminate_others;

/// How many assets are written in one list: two long ones are as long as a request may be.
const LISTED: usize = 2;

/// How long a request may wait for a connection, and then for a lock; and what a busy machine adds.
const WAITS: Duration = Duration::from_secs(10 + 10 + 5);

/// A service whose database fails, and what was there before.
struct Probe {
    service: Service,
    party: Party,
    /// The resources that are written, as they are.
    asset: Resource,
    doomed: Resource,
    product: Resource,
    list: Answer,
    total: Option<usize>,
}

/// What was answered to a number of requests.
struct Answered {
    statuses: Vec<u16>,
    slowest: Duration,
}

impl Probe {
    async fn new(database: &str) -> Self {
        let service = Service::on(database, LISTED);
        let (party, site) = (service.party(0), service.site(0));
        let mut assets = Vec::new();
        for _ in 0..2 {
            let created = answer(party.write(Method::POST, "", &new_asset())).await;
            assert_eq!(created.status, 201, "{}", created.body);
            let path = format!("/assets/{}", created.json()["id"].as_str().unwrap());
            assets.push(Resource::at(&site, path).await);
        }
        let products = site.show("/products").await.unwrap().items();
        let product = format!("/products/{}", products[0]["id"].as_str().unwrap());
        let product = Resource::at(&site, product).await;
        let [asset, doomed] = assets.try_into().unwrap();
        let list = party.all().await;
        let mut probe = Self { service, party, asset, doomed, product, list, total: None };
        probe.total = probe.count().await;
        probe
    }

    /// How many assets there are.
    async fn count(&self) -> Option<usize> {
        self.party.site.show("/assets?limit=1").await.unwrap().total
    }

    /// A write of each kind; all but the last two are as long as their text.
    fn writes(&self, text: &str) -> Vec<RequestBuilder> {
        let guarded = |method: Method, resource: &Resource, body: Value| {
            let request = self.party.site.http.request(method.clone(), self.party.site.url(&resource.path));
            let patch = if method == Method::PATCH { "merge-patch+" } else { "" };
            let request = request.header(CONTENT_TYPE, format!("application/{patch}json"));
            request.header(IF_MATCH, &resource.acknowledged.tag).body(body.to_string())
        };
        let named = |mut value: Value| {
            value["name"] = json!(format!("Renamed {text}"));
            value
        };
        let items = self.list.items();
        let patches =
            items.iter().map(|item| named(json!({"id": item["id"], "etag": item["etag"]}))).collect();
        let all = self.party.write(Method::PUT, "", &items.iter().cloned().map(named).collect());
        let new = self.party.write(Method::PUT, &format!("/{}", Uuid::new_v4()), &named(new_asset()));
        vec![
            guarded(Method::PUT, &self.asset, named(self.asset.acknowledged.json())),
            guarded(Method::PATCH, &self.asset, named(json!({}))),
            all.header(IF_MATCH, &self.list.tag),
            self.party.write(Method::PATCH, "", &patches),
            self.party.write(Method::POST, "", &named(new_asset())),
            new.header(IF_NONE_MATCH, "*"),
            guarded(Method::PUT, &self.product, named(self.product.acknowledged.json())),
            guarded(Method::DELETE, &self.doomed, json!({})),
        ]
    }

    fn reads(&self) -> Vec<RequestBuilder> {
        let site = &self.party.site;
        let asset = || site.http.get(site.url(&self.asset.path));
        let current = asset().header(IF_NONE_MATCH, &self.asset.acknowledged.tag);
        vec![asset(), current, self.party.list("limit=500"), site.http.get(site.url(&self.product.path))]
    }

    /// All reads and all writes are answered so; 200 stands for what they are answered else.
    async fn assert_answers(&self, fault: &str, reads: u16, writes: u16) {
        let (read, written) = tokio::join!(send(self.reads()), send(self.writes("")));
        let expected = if reads == 200 { vec![200, 304, 200, 200] } else { vec![reads; 4] };
        assert_eq!(read.statuses, expected, "{fault}: reads");
        assert_eq!(written.statuses, [writes; 8], "{fault}: writes");
        let slowest = read.slowest.max(written.slowest);
        assert!(slowest < WAITS, "{fault}: {slowest:?}");
        println!("{fault}: 4 reads {reads}, 8 writes {writes}, 0 done by half; slowest {slowest:.1?}");
    }

    /// All is as it was, and then each write is carried out.
    async fn assert_usable(mut self) {
        for resource in [&mut self.asset, &mut self.doomed, &mut self.product] {
            resource.survived(&self.service.site(0)).await.unwrap();
        }
        assert_eq!((&self.party.all().await, self.count().await), (&self.list, self.total));
        let mut statuses = Vec::new();
        for number in 0..8 {
            // Each write needs the state that the one before it left.
            self.list = self.party.all().await;
            let site = self.service.site(0);
            self.asset = Resource::at(&site, self.asset.path).await;
            let request = self.writes(&number.to_string()).swap_remove(number);
            let answer = answer(request).await;
            if answer.status == 200 {
                assert!(answer.body.contains(&format!("Renamed {number}")), "{}", answer.body);
            }
            statuses.push(answer.status);
        }
        assert_eq!(statuses, [200, 200, 200, 200, 201, 201, 200, 204]);
    }
}

/// Sends requests side by side: a failure is a problem that says nothing of the inside.
async fn send(requests: Vec<RequestBuilder>) -> Answered {
    let begun = Instant::now();
    let answers = join_all(requests.into_iter().map(exchange)).await;
    let mut statuses = Vec::new();
    for answer in answers {
        let answer = answer.expect("an answer");
        match answer.status {
            200 => assert!(answer.body.starts_with('[') || answer.tag == tag_of(&answer.body)),
            503 => {
                assert_eq!(answer.json()["detail"], "the store is busy; send the request again");
                assert_eq!((answer.retry_after, &*answer.tag), (Some(1), ""));
            }
            500 => {
                let expected = json!({
                    "type": "https://docs.rs/etag-core/latest/etag_core/struct.Problem.html#internal-error",
                    "title": "Internal error",
                    "status": 500,
                    "detail": "the service failed; its log says how",
                });
                assert_eq!((answer.json(), answer.retry_after, &*answer.tag), (expected, None, ""));
            }
            _ => {}
        }
        statuses.push(answer.status);
    }
    Answered { statuses, slowest: begun.elapsed() }
}

#[tokio::test]
async fn a_write_that_waits_for_a_lock_of_another_program_is_a_503_on_sqlite() {
    let (_folder, database) = sqlite_file();
    let probe = Probe::new(&database).await;
    let mut other = SqliteConnection::connect(&database).await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    probe.assert_answers("SQLite, locked by another program", 200, 503).await;
    other.execute("ROLLBACK").await.unwrap();
    probe.assert_usable().await;
}

#[tokio::test]
async fn what_waits_for_a_lock_of_another_program_is_a_503_on_postgresql() {
    let (Some(one), Some(other)) = (postgres_database(), postgres_database()) else { return };
    tokio::join!(is_locked(&one, "EXCLUSIVE", 200), is_locked(&other, "ACCESS EXCLUSIVE", 503));
}

async fn is_locked(database: &str, mode: &str, reads: u16) {
    let probe = Probe::new(database).await;
    let mut other = PgConnection::connect(database).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other.execute(AssertSqlSafe(format!("LOCK TABLE etag_rows IN {mode} MODE"))).await.unwrap();
    probe.assert_answers(&format!("PostgreSQL, locked {mode}"), reads, 503).await;
    other.execute("ROLLBACK").await.unwrap();
    probe.assert_usable().await;
}

/// How long a connection rests before it is asked whether it still is one.
const RESTS: Duration = Duration::from_millis(1200);

#[tokio::test]
async fn a_write_to_a_server_that_takes_none_is_a_503() {
    let Some(database) = postgres_database() else { return };
    let probe = Probe::new(&database).await;
    let mut operator = PgConnection::connect(&database).await.unwrap();
    let alter = async |operator: &mut PgConnection, change: &str| {
        let (_, name) = database.rsplit_once('/').unwrap();
        let statement = format!("ALTER DATABASE {name} {change}");
        operator.execute(AssertSqlSafe(statement)).await.unwrap();
        terminate_others(operator).await;
        tokio::time::sleep(RESTS).await;
    };
    // As on a standby.
    alter(&mut operator, "SET default_transaction_read_only = on").await;
    probe.assert_answers("PostgreSQL, read-only", 200, 503).await;
    alter(&mut operator, "RESET default_transaction_read_only").await;
    probe.assert_usable().await;
}

#[tokio::test]
async fn a_request_for_which_the_server_has_no_connection_left_is_a_503() {
    let Some(cluster) = Cluster::start(&["fsync=off", "max_connections=8"]) else { return };
    let database = cluster.database();
    let probe = Probe::new(&database).await;
    let mut others = vec![PgConnection::connect(&database).await.unwrap()];
    terminate_others(&mut others[0]).await;
    while let Ok(other) = PgConnection::connect(&database).await {
        others.push(other);
    }
    tokio::time::sleep(RESTS).await;
    probe.assert_answers("PostgreSQL, no connection left", 503, 503).await;
    drop(others);
    probe.assert_usable().await;
}

#[tokio::test]
async fn a_table_that_is_gone_is_a_500_that_does_not_say_so() {
    let (_folder, file) = sqlite_file();
    let probe = Probe::new(&file).await;
    let mut operator = SqliteConnection::connect(&file).await.unwrap();
    operator.execute("ALTER TABLE etag_rows RENAME TO kept").await.unwrap();
    probe.assert_answers("SQLite, the table is gone", 500, 500).await;
    operator.execute("ALTER TABLE kept RENAME TO etag_rows").await.unwrap();
    probe.assert_usable().await;

    let Some(database) = postgres_database() else { return };
    let probe = Probe::new(&database).await;
    let mut operator = PgConnection::connect(&database).await.unwrap();
    let drop = "CREATE TABLE kept (LIKE etag_rows INCLUDING ALL);
        INSERT INTO kept SELECT * FROM etag_rows;
        DROP TABLE etag_rows";
    operator.execute(drop).await.unwrap();
    probe.assert_answers("PostgreSQL, the table is gone", 500, 500).await;
    operator.execute("ALTER TABLE kept RENAME TO etag_rows").await.unwrap();
    probe.assert_usable().await;
}

/// A text that no database makes shorter, of so many octets.
fn incompressible(length: usize) -> String {
    std::iter::repeat_with(Uuid::new_v4).map(|uuid| uuid.simple().to_string()).take(length / 32).collect()
}

/// Fills the disk with what is written, and then writes more.
async fn a_full_disk_is_a_503(probe: Probe, disk: &Disk, kind: &str) {
    let long = incompressible(450_000);
    let mut created = 0;
    let mut asset = new_asset();
    asset["name"] = json!(long);
    loop {
        let answer = exchange(probe.party.write(Method::POST, "", &asset)).await.unwrap();
        if answer.status == 503 {
            break;
        }
        assert_eq!(answer.status, 201, "{}", answer.body);
        created += 1;
        assert!(created < 100, "the disk is never full");
    }
    let before = probe.count().await;
    assert_eq!(before, probe.total.map(|total| total + created));
    let mut writes = probe.writes(&long);
    // What makes it less may be carried out.
    writes.pop();
    let (read, written) = (send(probe.reads()).await, send(writes).await);
    assert_eq!((read.statuses, written.statuses), (vec![200, 304, 200, 200], vec![503; 7]));
    assert_eq!(probe.count().await, before);
    println!(
        "{kind}, a full disk: {created} writes until then, 4 reads 200, 8 writes 503, 0 done by half; slowest {:.1?}",
        read.slowest.max(written.slowest)
    );
    disk.resize(64);
    Probe { total: before, ..probe }.assert_usable().await;
}

#[tokio::test]
async fn a_write_to_a_full_disk_is_a_503_on_sqlite() {
    let Some(disk) = Disk::new(6) else { return };
    let probe = Probe::new(&format!("sqlite:{}", disk.folder().join("test.db").display())).await;
    a_full_disk_is_a_503(probe, &disk, "SQLite").await;
}

#[tokio::test]
async fn a_write_to_a_full_disk_is_a_503_on_postgresql() {
    let Some(disk) = Disk::new(6) else { return };
    let Some(cluster) = Cluster::start(&["fsync=off"]) else { return };
    let database = cluster.database();
    let probe = Probe::new(&database).await;
    let mut operator = PgConnection::connect(&database).await.unwrap();
    let create = format!("CREATE TABLESPACE small LOCATION '{}'", disk.folder().display());
    operator.execute(AssertSqlSafe(create)).await.unwrap();
    operator.execute("ALTER TABLE etag_rows SET TABLESPACE small").await.unwrap();
    a_full_disk_is_a_503(probe, &disk, "PostgreSQL").await;
}
