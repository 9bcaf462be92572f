//! The pool against a real PostgreSQL that is well, frozen, cut off and away.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

use pg::{Credentials, DatabaseSettings, Db, DbError, Migration, Tls};
use std::time::{Duration, Instant};
use test_kit::{ChaosProxy, Database};
use tokio_postgres::error::SqlState;

fn settings(database: &Database, port: u16) -> DatabaseSettings {
    DatabaseSettings {
        host: database.host.clone(),
        port,
        name: database.name.clone(),
        user: database.api(),
        password_file: database.password_file.clone(),
        max_connections: 2,
        tls: Tls::Disable,
        tls_ca_file: None,
    }
}

async fn proxied() -> (Database, ChaosProxy, Db) {
    let database = Database::create().await;
    let proxy = ChaosProxy::start(format!("{}:{}", database.host, database.port)).await;
    let db = Db::new(&settings(&database, proxy.port), "test").unwrap();
    (database, proxy, db)
}

#[tokio::test]
async fn a_frozen_database_is_unavailable_within_its_deadline_and_works_once_it_answers() {
    let (_database, proxy, db) = proxied().await;
    db.query("SELECT 1", &[]).await.unwrap();
    proxy.hang();
    let begun = Instant::now();
    let error = db.query("SELECT 1", &[]).await.unwrap_err();
    assert!(error.is_passing(), "{error:?}");
    assert!(
        begun.elapsed() < Duration::from_millis(2_500),
        "took {:?}",
        begun.elapsed()
    );
    proxy.heal();
    test_kit::eventually_async("the pool recovers", || async {
        db.query("SELECT 1", &[]).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_cut_connection_is_replaced() {
    let (_database, proxy, db) = proxied().await;
    db.query("SELECT 1", &[]).await.unwrap();
    proxy.cut();
    assert!(db.query("SELECT 1", &[]).await.unwrap_err().is_passing());
    proxy.heal();
    db.query("SELECT 1", &[]).await.unwrap();
}

#[tokio::test]
async fn a_long_query_is_cut_off_and_its_connection_is_not_lent_again() {
    let database = Database::create().await;
    let db = Db::new(&settings(&database, database.port), "test")
        .unwrap()
        .with_query_timeout(Duration::from_millis(500));
    assert!(matches!(
        db.query("SELECT pg_sleep(20)", &[]).await,
        Err(DbError::Timeout)
    ));
    let row = db.query_opt("SELECT 7", &[]).await.unwrap().unwrap();
    assert_eq!(row.get::<_, i32>(0), 7);
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_once_and_not_for_each_connection_of_the_pool() {
    let database = Database::create().await;
    let proxy = ChaosProxy::start(format!("{}:{}", database.host, database.port)).await;
    let mut settings = settings(&database, proxy.port);
    settings.max_connections = 8;
    let db = Db::new(&settings, "test").unwrap();
    // All of the pool's connections are there by the end of this.
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(db.begin().await.unwrap());
    }
    for transaction in held {
        transaction.commit().await.unwrap();
    }
    proxy.hang();
    let begun = Instant::now();
    assert!(db.ping().await.unwrap_err().is_passing());
    // Half a second for each of eight connections, and two for a new one, would be six.
    assert!(begun.elapsed() < Duration::from_millis(2_500));
}

#[tokio::test]
async fn the_waits_of_one_request_do_not_add_up() {
    let database = Database::create().await;
    let db = Db::new(&settings(&database, database.port), "test").unwrap();
    let begun = Instant::now();
    let error = service::budget::fresh(async {
        let transaction = db.begin().await.unwrap();
        // Each is short enough for itself.
        loop {
            if let Err(error) = transaction.query("SELECT pg_sleep(0.5)", &[]).await {
                return error;
            }
        }
    });
    assert!(matches!(error.await, DbError::Timeout));
    assert!(begun.elapsed() > Duration::from_secs(2));
    assert!(begun.elapsed() < Duration::from_millis(2_500));
    // What is known to take longer than a request may has its own time.
    let patient = db.clone().with_query_timeout(Duration::from_secs(10));
    service::budget::fresh(async {
        for _ in 0..2 {
            patient.query("SELECT pg_sleep(1.2)", &[]).await.unwrap();
        }
        db.query("SELECT pg_sleep(0.1)", &[]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_server_that_freezes_in_the_middle_of_a_request_ends_it_in_time() {
    let (_database, proxy, db) = proxied().await;
    let begun = Instant::now();
    let error = service::budget::fresh(async {
        db.query("SELECT pg_sleep(1)", &[]).await.unwrap();
        let transaction = db.begin().await.unwrap();
        proxy.hang();
        transaction.query("SELECT 1", &[]).await.unwrap_err()
    });
    assert!(error.await.is_passing());
    assert!(begun.elapsed() < Duration::from_millis(2_500));
}

#[tokio::test]
async fn a_statement_the_server_refuses_is_no_reason_to_try_again() {
    let database = Database::create().await;
    let db = Db::new(&settings(&database, database.port), "test").unwrap();
    let error = db.query("SELECT * FROM nowhere", &[]).await.unwrap_err();
    assert_eq!(error.sql_state(), Some(&SqlState::UNDEFINED_TABLE));
    assert!(!error.is_passing());
}

#[tokio::test]
async fn whoever_goes_quiet_in_a_transaction_stops_the_others_for_seconds_only() {
    let database = Database::create().await;
    let db = Db::new(&settings(&database, database.port), "test").unwrap();
    let lock = "SELECT pg_advisory_xact_lock(7)";
    let quiet = db.begin().await.unwrap();
    quiet.query(lock, &[]).await.unwrap();
    let begun = Instant::now();
    let patient = db.clone().with_query_timeout(Duration::from_secs(30));
    patient.query(lock, &[]).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20));
    let error = quiet.query("SELECT 1", &[]).await.unwrap_err();
    assert!(error.is_passing(), "{error:?}");
}

#[tokio::test]
async fn two_transactions_in_each_others_way_are_a_reason_to_try_again() {
    let database = Database::create().await;
    let db = Db::new(&settings(&database, database.port), "test").unwrap();
    let (one, other) = (db.begin().await.unwrap(), db.begin().await.unwrap());
    let lock = "SELECT pg_advisory_xact_lock($1)";
    one.query(lock, &[&1_i64]).await.unwrap();
    other.query(lock, &[&2_i64]).await.unwrap();
    let (first, second) = tokio::join!(one.query(lock, &[&2_i64]), other.query(lock, &[&1_i64]));
    let error = first.and(second).unwrap_err();
    assert!(error.is_passing(), "{error:?}");
}

#[tokio::test]
async fn what_is_in_a_row_is_in_no_error() {
    let database = Database::create().await;
    let db = Db::new(&settings(&database, database.port), "test").unwrap();
    let transaction = db.begin().await.unwrap();
    let table = "CREATE TEMP TABLE one (secret text PRIMARY KEY)";
    transaction.query(table, &[]).await.unwrap();
    let insert = "INSERT INTO one VALUES ('Xyzzy'), ('Xyzzy')";
    let error = transaction.query(insert, &[]).await.unwrap_err();
    assert_eq!(error.sql_state(), Some(&SqlState::UNIQUE_VIOLATION));
    let text = format!("{error:?} {}", service::errors::chain(&error));
    assert!(
        text.contains("one_pkey") && !text.contains("Xyzzy"),
        "{text}"
    );
}

#[tokio::test]
async fn migrations_run_once_however_many_instances_start_and_serving_roles_only_read() {
    const STEPS: &[Migration] = &[
        Migration {
            name: "V1__table",
            sql: "CREATE TABLE sample.thing (id int)",
        },
        Migration {
            name: "V2__row",
            sql: "INSERT INTO sample.thing VALUES (1)",
        },
    ];
    let database = Database::create().await;
    let owner = settings(&database, database.port).with_credentials(&Credentials {
        user: database.owner(),
        password_file: database.password_file.clone(),
    });
    let mut watching = pg::connect(&owner, "test").await.unwrap();
    assert_eq!(
        pg::pending(&mut watching, "sample", STEPS).await.unwrap(),
        2
    );
    let instances = (0..4).map(|_| {
        let owner = owner.clone();
        tokio::spawn(async move {
            let mut client = pg::connect(&owner, "test").await.unwrap();
            pg::migrate(&mut client, "sample", STEPS).await.unwrap()
        })
    });
    let mut applied = 0;
    for instance in instances.collect::<Vec<_>>() {
        applied += instance.await.unwrap();
    }
    assert_eq!(applied, 2);
    assert_eq!(
        pg::pending(&mut watching, "sample", STEPS).await.unwrap(),
        0
    );

    let db = Db::new(&settings(&database, database.port), "test").unwrap();
    assert_eq!(
        db.query("SELECT id FROM sample.thing", &[])
            .await
            .unwrap()
            .len(),
        1
    );
    let refused = db.query("DELETE FROM sample.thing", &[]).await.unwrap_err();
    assert_eq!(refused.sql_state(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}
