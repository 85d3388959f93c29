//! Tables of a user's own, each with a store of under 40 lines: the example `own_tables` as processes on one file.

mod kept;
mod legacy;
mod races;
mod short;

use std::path::PathBuf;

use etag_core::testing::Conformance;
use etag_core::testing::conformance::{Outcome, Write};
use http::Method;
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;
use tests::promises::{Collection, Service};
use tests::{Answer, Registry, client};

/// What a table is called, a key for it that is `number`, a value without its key, and the member that counts.
struct Table {
    path: &'static str,
    key: fn(u64) -> Value,
    value: fn() -> Value,
    counter: &'static str,
}

const TOOLS: Table = Table {
    path: "/tools",
    key: |number| format!("tool-{number}").into(),
    value: || json!({ "name": "saw", "keeper": null, "uses": 0 }),
    counter: "uses",
};

const MACHINES: Table = Table {
    path: "/machines",
    key: |number| number.into(),
    value: || json!({ "name": "lathe", "hall": null, "hours": 0 }),
    counter: "hours",
};

const PARTS: Table = Table {
    path: "/parts",
    key: |number| format!("part-{number}").into(),
    value: || json!({ "name": "bolt", "shelf": null, "stock": 0 }),
    counter: "stock",
};

const TABLES: [Table; 3] = [TOOLS, MACHINES, PARTS];

impl Table {
    fn resource(&self, number: u64) -> String {
        let key = (self.key)(number);
        format!("{}/{}", self.path, key.as_str().map_or_else(|| key.to_string(), str::to_owned))
    }
}

/// Processes that share a file, and another look into it.
struct Workshop {
    processes: Vec<Registry>,
    client: Client,
    file: PathBuf,
    _folder: TempDir,
}

impl Workshop {
    fn open(processes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("workshop.db");
        let processes = (0..processes).map(|_| Registry::start_own_tables(&file)).collect();
        Self { processes, client: client(), file, _folder: folder }
    }

    fn url(&self, number: usize, path: &str) -> String {
        self.processes[number % self.processes.len()].url(path)
    }

    async fn pool(&self) -> SqlitePool {
        SqlitePool::connect_with(SqliteConnectOptions::new().filename(&self.file)).await.unwrap()
    }

    /// Creates a resource; its tag.
    async fn create(&self, table: &Table, number: u64) -> String {
        let path = table.resource(number);
        let headers = [("if-none-match", "*"), ("content-type", "application/json")];
        let created = self.ask("PUT", &path, &headers, (table.value)().to_string()).await;
        assert_eq!(created.status, 201, "{}", created.text());
        created.header("etag").to_owned()
    }

    fn collection(&self, table: &Table) -> Collection<'_, Self> {
        let keys = [(table.key)(1), (table.key)(2)];
        Collection { service: self, path: table.path, keys, member: "name", value: (table.value)() }
    }
}

impl Service for Workshop {
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        exchange(&self.client, method, &self.url(0, path), headers, body).await.unwrap()
    }
}

/// Sends a request over a socket.
async fn exchange(
    client: &Client,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: String,
) -> reqwest::Result<Answer> {
    let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), url).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send().await?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    Ok(Answer { status, headers, body: response.bytes().await? })
}

#[tokio::test]
async fn each_table_is_written_in_the_required_state_and_in_no_other() {
    let workshop = Workshop::open(1);
    for table in &TABLES {
        workshop.collection(table).guards().await;
    }
}

#[tokio::test]
async fn what_is_deleted_and_made_again_is_in_a_state_that_it_never_was_in() {
    let workshop = Workshop::open(1);
    for table in [TOOLS, MACHINES] {
        workshop.collection(&table).never_repeats_a_state().await;
    }
}

/// The other side of a state that is the content: the same part is the same version, whatever was in between.
#[tokio::test]
async fn what_is_made_again_with_the_same_content_has_the_same_tag_where_that_is_the_content() {
    let workshop = Workshop::open(1);
    let path = PARTS.resource(1);
    let first = workshop.create(&PARTS, 1).await;
    let gone = workshop.ask("DELETE", &path, &[("if-match", &first)], String::new()).await;
    assert_eq!(gone.status, 204);
    let headers = [("if-match", &*first), ("content-type", "application/json")];
    let revived = workshop.ask("PUT", &path, &headers, (PARTS.value)().to_string()).await;
    assert_eq!(revived.status, 412, "a tag never revives what was deleted");
    assert_eq!(workshop.create(&PARTS, 1).await, first);
}

#[tokio::test]
async fn each_table_keeps_the_rules_of_conditional_requests() {
    let workshop = Workshop::open(1);
    for table in &TABLES {
        workshop.create(table, 1).await;
        let bodies = ["a", "b", "c"].map(|name| {
            let mut value = (table.value)();
            value["name"] = name.into();
            value.to_string()
        });
        let mut new = (table.value)();
        new["id"] = (table.key)(3);
        let mut kit = Conformance::at(workshop.processes[0].url("").as_str())
            .resource(&table.resource(1))
            .put("application/json", bodies)
            .absent(&table.resource(2))
            .collection(table.path, Write::post("application/json", new.to_string()))
            .requires_if_match();
        if table.path == MACHINES.path {
            // The table does not know whether a row had another version in the same second (RFC 9110 §8.8.2.2).
            kit = kit.tolerating(60, "the date is a weak validator, and answers no 304");
        }
        let report = kit.run().await;
        report.assert();
        let passed = report.lines().iter().filter(|line| matches!(line.outcome(), Outcome::Passed));
        assert!(passed.count() >= 60, "{report}");
    }
}
