//! Other programs write the tables as well, and know nothing of versions.

use std::time::Duration;

use tests::Answer;
use tests::promises::Service;

use crate::{MACHINES, PARTS, TABLES, Table, Workshop};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn show(workshop: &Workshop, table: &Table) -> Answer {
    workshop.ask("GET", &table.resource(1), &[], String::new()).await
}

/// A write over what was seen before the other program wrote is refused, and tells nothing of what it read before.
async fn is_stale(workshop: &Workshop, table: &Table, tag: &str) {
    let path = table.resource(1);
    let body = (table.value)().to_string();
    let refused = workshop.ask("PUT", &path, &[("if-match", tag), JSON], body).await;
    assert_eq!(refused.status, 412, "{}", refused.text());
    let read = workshop.ask("GET", &path, &[("if-none-match", tag)], String::new()).await;
    assert_eq!(read.status, 200);
}

#[tokio::test]
async fn who_forgets_to_say_when_a_machine_was_changed_overwrites_nobody_in_silence() {
    let workshop = Workshop::open(1);
    let pool = workshop.pool().await;
    let mut tag = workshop.create(&MACHINES, 1).await;
    let mut tags = vec![tag.clone()];
    for statement in [
        "UPDATE machines SET hours = hours + 1",
        "UPDATE machines SET hours = hours + 1, updated_at = 0",
        "UPDATE machines SET hours = hours + 1, updated_at = 4102444800000000",
        "UPDATE machines SET hours = hours + 1",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
        is_stale(&workshop, &MACHINES, &tag).await;
        tag = show(&workshop, &MACHINES).await.header("etag").to_owned();
        assert!(!tags.contains(&tag), "{statement}");
        tags.push(tag.clone());
    }
    let written =
        workshop.ask("PUT", "/machines/1", &[("if-match", &tag), JSON], (MACHINES.value)().to_string()).await;
    assert_eq!(written.status, 200, "its stamp is later than one in 2100: {}", written.text());
}

#[tokio::test]
async fn a_machine_that_another_program_deletes_is_made_again_in_a_new_state() {
    let workshop = Workshop::open(1);
    let pool = workshop.pool().await;
    workshop.create(&MACHINES, 1).await;
    sqlx::query("UPDATE machines SET updated_at = 4102444800000000").execute(&pool).await.unwrap();
    let tag = show(&workshop, &MACHINES).await.header("etag").to_owned();
    sqlx::query("DELETE FROM machines").execute(&pool).await.unwrap();
    assert_eq!(show(&workshop, &MACHINES).await.status, 404);
    let again = workshop.create(&MACHINES, 1).await;
    assert!(again.starts_with("\"4102444800000001."), "{again} is later than {tag}");
}

#[tokio::test]
async fn whatever_another_program_writes_into_a_part_is_another_state() {
    let workshop = Workshop::open(1);
    let pool = workshop.pool().await;
    let mut tag = workshop.create(&PARTS, 1).await;
    for statement in [
        "UPDATE parts SET stock = 7",
        "UPDATE parts SET shelf = 'A'",
        "UPDATE parts SET shelf = NULL, name = 'nut'",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
        is_stale(&workshop, &PARTS, &tag).await;
        tag = show(&workshop, &PARTS).await.header("etag").to_owned();
    }
}

/// Whoever writes for longer than the others wait.
#[tokio::test]
async fn a_database_that_stays_busy_is_a_503_that_says_when_to_come_back() {
    let workshop = Workshop::open(1);
    let mut tags = Vec::new();
    for table in &TABLES {
        tags.push(workshop.create(table, 1).await);
    }
    let mut connection = workshop.pool().await.acquire().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.unwrap();
    let writes = TABLES.iter().zip(&tags).map(|(table, tag)| {
        let mut body = (table.value)();
        body["name"] = "other".into();
        let (url, client, tag) = (workshop.url(0, &table.resource(1)), workshop.client.clone(), tag.clone());
        async move {
            let headers = [("if-match", &*tag), JSON];
            crate::exchange(&client, "PUT", &url, &headers, body.to_string()).await.unwrap()
        }
    });
    let writes: tokio::task::JoinSet<Answer> = writes.collect();
    let busy = tokio::time::timeout(Duration::from_secs(60), writes.join_all()).await.unwrap();
    for answer in busy {
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{}", answer.text());
    }
    for table in &TABLES {
        assert_eq!(show(&workshop, table).await.status, 200, "readers wait for no writer");
    }
    sqlx::query("ROLLBACK").execute(&mut *connection).await.unwrap();
}
