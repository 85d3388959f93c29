//! `--retag`: the rows that another release wrote are re-tagged, and it ends.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sqlx::SqlitePool;
use tests::{Registry, program, sqlite_file};

/// A database that another release wrote: the shapes are its, and the states.
async fn of_another_release() -> (tempfile::TempDir, String, SqlitePool, Vec<String>) {
    let (folder, database) = sqlite_file();
    Registry::start(&database).kill();
    let pool = SqlitePool::connect(&database).await.unwrap();
    let tags = tags(&pool).await;
    let other = "UPDATE etag_rows SET shape = 'another', state = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', \
                 content = state, members = '[]'";
    sqlx::query(other).execute(&pool).await.unwrap();
    (folder, database, pool, tags)
}

/// What this release makes of the rows.
async fn tags(pool: &SqlitePool) -> Vec<String> {
    let tags =
        "SELECT concat_ws('|', collection, key, state, content, shape, members, hex(document)) FROM etag_rows
        ORDER BY collection, key";
    sqlx::query_scalar(tags).fetch_all(pool).await.unwrap()
}

async fn of_another_shape(pool: &SqlitePool) -> u64 {
    let count = "SELECT count(*) FROM etag_rows WHERE shape = 'another'";
    let count: i64 = sqlx::query_scalar(count).fetch_one(pool).await.unwrap();
    count.unsigned_abs()
}

fn command(database: &str) -> Command {
    let mut command = Command::new(program());
    command.args(["--retag", "--database", database]);
    command
}

fn run(database: &str) -> Output {
    command(database).output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// How many rows of each collection it found, re-tagged and could not read.
fn counts(output: &Output) -> Vec<(String, [u64; 3])> {
    let count = |line: &str| {
        let (collection, counts) = line.split_once(": ").unwrap();
        let numbers = counts.split(' ').filter_map(|word| word.parse().ok()).collect::<Vec<u64>>();
        (collection.to_owned(), numbers.try_into().unwrap())
    };
    text(&output.stdout).lines().map(count).collect()
}

#[tokio::test]
async fn it_retags_each_collection_and_ends() {
    let (_folder, database, pool, expected) = of_another_release().await;
    let output = run(&database);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "no bar is drawn where there is no terminal");
    assert_eq!(tags(&pool).await, expected);
    let counts_first = counts(&output);
    for (collection, [found, retagged, unreadable]) in &counts_first {
        let rows = expected.iter().filter(|row| row.starts_with(&format!("{collection}|"))).count() as u64;
        assert_eq!((*found, *retagged, *unreadable), (rows, rows, 0), "{collection}");
    }
    let total: u64 = counts_first.iter().map(|(_, [found, ..])| found).sum();
    assert_eq!((counts_first.len(), total), (4, expected.len() as u64));
    let again = run(&database);
    assert!(again.status.success() && counts(&again).iter().all(|(_, counts)| *counts == [0; 3]));
}

#[tokio::test]
async fn a_row_that_can_not_be_read_is_named_and_its_exit_code_tells() {
    let (_folder, database, pool, expected) = of_another_release().await;
    let key: String = sqlx::query_scalar("SELECT min(key) FROM etag_rows WHERE collection = 'assets'")
        .fetch_one(&pool)
        .await
        .unwrap();
    let spoil = "UPDATE etag_rows SET document = CAST('{\"name\":7}' AS BLOB) WHERE key = ?1";
    sqlx::query(spoil).bind(&key).execute(&pool).await.unwrap();
    let output = run(&database);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.matches(&format!("`assets/{key}`")).count(), 1, "{said}");
    assert!(said.contains("1 rows can't be read"), "{said}");
    assert_eq!(of_another_shape(&pool).await, 1);
    let others = |rows: Vec<String>| rows.into_iter().filter(|row| !row.contains(&key)).collect::<Vec<_>>();
    assert_eq!(others(tags(&pool).await), others(expected));
}

#[tokio::test]
async fn killed_in_the_middle_it_is_finished_by_two_others() {
    let (_folder, database, pool, _) = of_another_release().await;
    let grow = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 12000)
        INSERT INTO etag_rows SELECT collection, printf('00000000-0000-4000-8000-%012d', n), deleted, modified, alone,
            state, content, shape, exact, members, document
        FROM n, (SELECT * FROM etag_rows WHERE collection = 'assets' LIMIT 1)";
    sqlx::query(grow).execute(&pool).await.unwrap();
    let all = of_another_shape(&pool).await;
    let mut killed = command(&database).stdout(Stdio::null()).spawn().unwrap();
    while of_another_shape(&pool).await == all {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = of_another_shape(&pool).await;
    assert!((1..all).contains(&left), "{left} of {all} were left");

    let two = [(); 2].map(|()| command(&database).stdout(Stdio::piped()).spawn().unwrap());
    let two = two.map(|process| process.wait_with_output().unwrap());
    assert!(two.iter().all(|output| output.status.success()));
    let retagged = two.iter().flat_map(counts).map(|(_, [_, retagged, _])| retagged);
    assert_eq!(retagged.sum::<u64>(), left, "each row is re-tagged once");
    assert_eq!(of_another_shape(&pool).await, 0);
    let check: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await.unwrap();
    assert_eq!(check, "ok");
}

#[test]
fn it_does_not_load_as_well() {
    let output = command("memory:").args(["--load", "assets.json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--load"), "{}", text(&output.stderr));
}
