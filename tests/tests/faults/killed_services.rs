//! `kill -9` of the service in the middle of writes: of one process, and of two that share a database.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor};
use tests::Registry;
use tests::clients::transfers::Service;
use tests::clients::workload::{LISTED, WRITERS, Workload};
use tests::clients::{Log, Site};

use super::{on_each_durable_database, rounds};

/// How many writes are acknowledged before each kill.
const WRITES: usize = 100;

async fn what_was_acknowledged_survives(database: &str, processes: usize) {
    let mut service = Service::on(database, LISTED.assets);
    let mut workload = Workload::new(&service.site(0), service.product).await;
    let mut kills = 0;
    for _ in 0..rounds(3) {
        service.registries.resize_with(processes, || Registry::start(database));
        let sites: Vec<Site> = (0..processes).map(|number| service.site(number)).collect();
        let registries = std::mem::take(&mut service.registries);
        kills += registries.len();
        let killed = async |log: &Log| {
            for registry in registries {
                log.acknowledged(WRITES).await;
                registry.kill();
            }
        };
        workload.write_during(&sites, killed).await;
        assert_intact(database).await;
        service.registries = vec![Registry::start(database)];
        workload.survived(&service.site(0)).await;
    }
    workload.assert_written(&service.site(0)).await;
    let tally = workload.log.tally();
    assert!(tally.found + tally.absent >= kills, "nobody was writing: {tally}");
    println!("{database}: {WRITERS} clients, {kills} kills of {processes} services: {tally}");
}

/// The file is a whole database; what killed processes had sent to a server has come to its end.
async fn assert_intact(database: &str) {
    if database.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(database).await.unwrap();
        let check = sqlx::query_scalar("PRAGMA integrity_check");
        let check: String = check.fetch_one(&mut connection).await.unwrap();
        assert_eq!(check, "ok");
        return connection.close().await.unwrap();
    }
    let mut connection = PgConnection::connect(database).await.unwrap();
    let others =
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while !connection.fetch_all(others).await.unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_service_acknowledged_survives() {
    on_each_durable_database(async |database| what_was_acknowledged_survives(database, 1).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_services_acknowledged_survives_when_they_are_killed_in_turn() {
    on_each_durable_database(async |database| what_was_acknowledged_survives(database, 2).await).await;
}
