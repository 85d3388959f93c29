//! What was acknowledged survives `kill -9` in the middle of writes, with its row in the audit.

use serde_json::Value;
use tests::Registry;
use tests::promises::Service;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::{TABLES, Table, Workshop, exchange};

const ROUNDS: usize = 3;
const WRITES: usize = 40;

/// A row as it was acknowledged last, and how many writes of it were.
struct Row {
    table: Table,
    tag: String,
    value: Value,
    acknowledged: usize,
    /// How many were sent and not answered: of each, nobody knows.
    lost: usize,
}

impl Row {
    async fn create(workshop: &Workshop, table: Table) -> Self {
        let tag = workshop.create(&table, 1).await;
        let shown = workshop.ask("GET", &table.resource(1), &[], String::new()).await;
        let value = serde_json::from_slice(&shown.body).unwrap();
        Self { table, tag, value, acknowledged: 1, lost: 0 }
    }

    /// Counts up, until the connection breaks.
    async fn keep_counting(mut self, url: String, written: UnboundedSender<()>) -> Self {
        let client = tests::client();
        loop {
            let mut value = self.value.clone();
            let counter = self.table.counter;
            value[counter] = (value[counter].as_u64().unwrap() + 1).into();
            let headers = [("if-match", &*self.tag), ("content-type", "application/json")];
            let Ok(answer) = exchange(&client, "PUT", &url, &headers, value.to_string()).await else {
                self.lost += 1;
                return self;
            };
            assert_eq!(answer.status, 200, "{}", answer.text());
            self.tag = answer.header("etag").to_owned();
            self.value = serde_json::from_slice(&answer.body).unwrap();
            self.acknowledged += 1;
            // Nobody counts any more once all are told to end.
            let _ = written.send(());
        }
    }

    /// It is as it was acknowledged, or one further: what was sent and not answered.
    async fn survived(&mut self, workshop: &Workshop) {
        let shown = workshop.ask("GET", &self.table.resource(1), &[], String::new()).await;
        assert_eq!(shown.status, 200);
        let value: Value = serde_json::from_slice(&shown.body).unwrap();
        let counter = self.table.counter;
        let more = value[counter].as_u64().unwrap() - self.value[counter].as_u64().unwrap();
        match more {
            0 => assert_eq!((shown.header("etag"), &value), (&*self.tag, &self.value)),
            1 => assert_ne!(shown.header("etag"), self.tag),
            _ => panic!("{value} was acknowledged as {}", self.value),
        }
        (self.tag, self.value) = (shown.header("etag").to_owned(), value);
        self.acknowledged += usize::try_from(more).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill_with_one_row_in_the_audit() {
    let mut workshop = Workshop::open(1);
    let mut rows = Vec::new();
    for table in TABLES {
        rows.push(Row::create(&workshop, table).await);
    }
    for _ in 0..ROUNDS {
        let (written, mut acknowledged) = unbounded_channel();
        let counting: JoinSet<Row> = std::mem::take(&mut rows)
            .into_iter()
            .map(|row| {
                let url = workshop.url(0, &row.table.resource(1));
                row.keep_counting(url, written.clone())
            })
            .collect();
        for _ in 0..WRITES {
            acknowledged.recv().await.unwrap();
        }
        workshop.processes.remove(0).kill();
        rows = counting.join_all().await;
        workshop.processes.push(Registry::start_own_tables(&workshop.file));
        for row in &mut rows {
            row.survived(&workshop).await;
        }
    }
    let pool = workshop.pool().await;
    let intact: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await.unwrap();
    assert_eq!(intact, "ok");
    let tool = rows.iter().find(|row| row.table.path == "/tools").unwrap();
    let audited: i64 = sqlx::query_scalar("SELECT count(*) FROM tool_audit").fetch_one(&pool).await.unwrap();
    assert_eq!(
        usize::try_from(audited).unwrap(),
        tool.acknowledged,
        "one for each write, lost answers included"
    );
    let last: i64 =
        sqlx::query_scalar("SELECT max(revision) FROM tool_audit").fetch_one(&pool).await.unwrap();
    assert_eq!(tool.value["revision"], last);
}
