//! `kill -9` of PostgreSQL in the middle of writes, and the end of all its connections: the services go on by
//! themselves.

use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tests::Registry;
use tests::clients::Log;
use tests::clients::transfers::Service;
use tests::clients::workload::{LISTED, WRITERS, Workload};
use tests::postgres::Cluster;
use tokio::task::block_in_place;

use super::rounds;

/// How many writes are acknowledged before each fault, and after it.
const BEFORE: usize = 80;
const AFTER: usize = 40;

/// Two services, whose database fails while clients write.
async fn what_was_acknowledged_survives(
    cluster: &mut Cluster,
    what: &str,
    fault: impl AsyncFn(&mut Cluster, &str),
) {
    let mut service = Service::on(&cluster.database(), LISTED.assets);
    service.registries.push(Registry::start(&service.database));
    let sites = [service.site(0), service.site(1)];
    let mut workload = Workload::new(&sites[0], service.product).await;
    let faults = rounds(4);
    for _ in 0..faults {
        let failed = async |log: &Log| {
            log.acknowledged(BEFORE).await;
            fault(cluster, &service.database).await;
            log.acknowledged(AFTER).await;
        };
        workload.write_during(&sites, failed).await;
        workload.survived(&sites[0]).await;
    }
    workload.survived(&sites[1]).await;
    workload.assert_written(&sites[1]).await;
    let tally = workload.log.tally();
    assert!(tally.unavailable > 0 && tally.broken == 0, "{tally}");
    println!("{WRITERS} clients of 2 services, {faults} times {what}: {tally}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_when_postgresql_is_killed() {
    let Some(mut cluster) = Cluster::start(&["fsync=on"]) else { return };
    let killed = async |cluster: &mut Cluster, _: &str| {
        block_in_place(|| cluster.kill());
        tokio::time::sleep(Duration::from_millis(300)).await;
        block_in_place(|| cluster.restart());
    };
    what_was_acknowledged_survives(&mut cluster, "PostgreSQL killed", killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_when_all_connections_are_terminated() {
    let Some(mut cluster) = Cluster::start(&["fsync=on"]) else { return };
    let terminated = async |_: &mut Cluster, database: &str| {
        let mut operator = PgConnection::connect(database).await.unwrap();
        for _ in 0..4 {
            terminate_others(&mut operator).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    what_was_acknowledged_survives(&mut cluster, "all connections terminated", terminated).await;
}

/// Ends all other connections to that database.
pub(crate) async fn terminate_others(operator: &mut PgConnection) {
    let statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    sqlx::query(statement).execute(operator).await.unwrap();
}
