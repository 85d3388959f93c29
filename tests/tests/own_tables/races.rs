//! Clients that race for one row, on two processes: no update is lost, no revision issued twice, and the audit has a row
//! for each write that was acknowledged.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use etag_core::testing::Races;
use etag_core::testing::conformance::Write;
use serde_json::Value;
use sqlx::SqlitePool;
use tests::Answer;
use tests::promises::Service;
use tokio::task::JoinSet;

use crate::{MACHINES, PARTS, TABLES, TOOLS, Table, Workshop, exchange};

#[tokio::test(flavor = "multi_thread")]
async fn each_table_wins_each_race_once_on_two_processes() {
    for table in &TABLES {
        let workshop = Workshop::open(2);
        let path = table.resource(1);
        let of = |count: u64| {
            let mut value = (table.value)();
            value[table.counter] = count.into();
            value.to_string()
        };
        let created = workshop.ask_one(0, "PUT", &path, &[JSON, ("if-none-match", "*")], &of(0)).await;
        assert_eq!(created.status, 201, "{}", created.text());
        let (value, counter) = ((table.value)(), table.counter);
        let counted = move |count: u64| {
            let mut value = value.clone();
            value[counter] = count.into();
            Write::put("application/json", value.to_string())
        };
        let count = move |shown: &[u8]| serde_json::from_slice::<Value>(shown).ok()?[counter].as_u64();
        let another = counted.clone();
        let report = Races::at(&workshop.processes[0].url(""))
            .and_at(&workshop.processes[1].url(""))
            .resource(&path)
            .modify(move |number| another(1_000_000 + number as u64))
            .creates()
            .counter(count, move |_, next| counted(next))
            .clients(8)
            .rounds(4)
            .additions(3)
            .run()
            .await;
        eprintln!("{path}\n{report}");
        report.assert();
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

const CLIENTS: usize = 16;
const INCREMENTS: usize = 3;

impl Workshop {
    /// Sends a request to one of the processes, again where it is told to.
    async fn ask_one(
        &self,
        number: usize,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        loop {
            let url = self.url(number, path);
            let answer = exchange(&self.client, method, &url, headers, body.to_owned()).await.unwrap();
            if answer.status != 503 {
                return answer;
            }
            let seconds = answer.header("retry-after").parse().unwrap();
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }

    /// Reads the counter, and writes one more with the tag that came with it, until that is accepted; half of the
    /// clients patch. How often it was refused.
    async fn increment(&self, table: &Table, number: usize) -> usize {
        let path = table.resource(1);
        let mut refused = 0;
        loop {
            let current = self.ask_one(number, "GET", &path, &[], "").await;
            let mut value: Value = serde_json::from_slice(&current.body).unwrap();
            let next = value[table.counter].as_u64().unwrap() + 1;
            let guard = ("if-match", current.header("etag"));
            let (method, content_type, body) = if number % 4 < 2 {
                value[table.counter] = next.into();
                ("PUT", "application/json", value)
            } else {
                ("PATCH", "application/merge-patch+json", serde_json::json!({ table.counter: next }))
            };
            let headers = [guard, ("content-type", content_type)];
            match self.ask_one(number, method, &path, &headers, &body.to_string()).await {
                answer if answer.status == 200 => return refused,
                answer => assert_eq!(answer.status, 412, "{}", answer.text()),
            }
            refused += 1;
        }
    }
}

async fn audited(pool: &SqlitePool, condition: &str) -> usize {
    let count = format!("SELECT count(*) FROM tool_audit WHERE {condition}");
    let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(pool).await.unwrap();
    usize::try_from(count).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_increment_of_16_clients_on_two_processes_is_lost() {
    let workshop = Arc::new(Workshop::open(2));
    for table in TABLES {
        workshop.create(&table, 1).await;
        let table = Arc::new(table);
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (workshop, table) = (Arc::clone(&workshop), Arc::clone(&table));
            clients.spawn(async move {
                let mut refused = 0;
                for _ in 0..INCREMENTS {
                    refused += workshop.increment(&table, number).await;
                }
                refused
            });
        }
        let refused: usize = clients.join_all().await.iter().sum();
        let shown = workshop.ask("GET", &table.resource(1), &[], String::new()).await;
        let value: Value = serde_json::from_slice(&shown.body).unwrap();
        assert_eq!(value[table.counter], CLIENTS * INCREMENTS, "{}", table.path);
        assert!(refused > 0, "{}: they met", table.path);
    }
    let pool = workshop.pool().await;
    assert_eq!(audited(&pool, "action = 'POST'").await, 0);
    let written = CLIENTS * INCREMENTS;
    assert_eq!(audited(&pool, "action IN ('PUT', 'PATCH')").await, 1 + written, "none for what was refused");
}

/// Creates, overwrites and deletes one resource whatever its state; the tags that were made.
async fn churn(workshop: Arc<Workshop>, table: Arc<Table>, number: usize) -> (Vec<String>, usize) {
    let (mut tags, mut acknowledged) = (Vec::new(), 0);
    let path = table.resource(2);
    for round in 0..12 {
        let mut value = (table.value)();
        value["name"] = format!("{number} of round {round}").into();
        let guard = if round % 2 == 0 { ("if-none-match", "*") } else { ("if-match", "*") };
        let headers = [guard, ("content-type", "application/json")];
        let written = workshop.ask_one(number, "PUT", &path, &headers, &value.to_string()).await;
        assert!([200, 201, 404, 412].contains(&written.status), "{}", written.text());
        if written.status < 300 {
            tags.push(written.header("etag").to_owned());
            acknowledged += 1;
        }
        let gone = workshop.ask_one(number, "DELETE", &path, &[("if-match", "*")], "").await;
        assert!([204, 404, 409].contains(&gone.status), "{}", gone.text());
        acknowledged += usize::from(gone.status == 204);
    }
    (tags, acknowledged)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_revision_is_issued_twice_while_many_delete_and_make_again() {
    let workshop = Arc::new(Workshop::open(2));
    for (table, is_audited) in [(TOOLS, true), (MACHINES, false)] {
        let table = Arc::new(table);
        let churns: JoinSet<_> =
            (0..CLIENTS).map(|number| churn(Arc::clone(&workshop), Arc::clone(&table), number)).collect();
        let (tags, acknowledged): (Vec<Vec<String>>, Vec<usize>) =
            churns.join_all().await.into_iter().unzip();
        let tags = tags.concat();
        assert!(tags.len() > 4, "{}: it was made again and again: {tags:?}", table.path);
        assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), tags.len(), "{}", table.path);
        if is_audited {
            let acknowledged: usize = acknowledged.iter().sum();
            assert_eq!(audited(&workshop.pool().await, "TRUE").await, acknowledged);
        }
    }
}

/// Of many who create one resource, one does; the stock of who came first is not overwritten.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_creates() {
    let workshop = Arc::new(Workshop::open(2));
    for table in [TOOLS, MACHINES, PARTS] {
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let workshop = Arc::clone(&workshop);
            let mut value = (table.value)();
            value[table.counter] = number.into();
            let path = table.resource(3);
            clients.spawn(async move {
                let headers = [("if-none-match", "*"), ("content-type", "application/json")];
                let created = workshop.ask_one(number, "PUT", &path, &headers, &value.to_string()).await;
                (created.status, created.header("etag").to_owned())
            });
        }
        let answers = clients.join_all().await;
        let created: Vec<&String> =
            answers.iter().filter(|(status, _)| *status == 201).map(|(_, tag)| tag).collect();
        assert_eq!(created.len(), 1, "{}: {answers:?}", table.path);
        assert!(answers.iter().all(|(status, _)| [201, 412].contains(status)), "{answers:?}");
        let shown = workshop.ask("GET", &table.resource(3), &[], String::new()).await;
        assert_eq!(shown.header("etag"), created[0]);
    }
}
