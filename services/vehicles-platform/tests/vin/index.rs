//! The index of a release: made by a load, found by a running service, made again where it is missing.

use crate::etl::{Etl, mini_text};
use crate::questions::CIVIC;
use crate::service::{NO_REDIS, Service};
use test_kit::eventually_async;

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_decodes_with_a_new_release_within_seconds() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let path = format!("/vehicles/vindecode/{CIVIC}");
    assert_eq!(service.get(&path).await.json()["data_release"], "2026-01-1");
    let next = format!("{}\n-- another month\n", mini_text());
    etl.load(&etl.file("mini_2026_02.sql", next)).succeeded();
    eventually_async("the new release decodes", || async {
        service.get(&path).await.json()["data_release"] == "2026-02-2"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_without_an_index_gets_one_by_migrating() {
    let etl = Etl::with_live_release().await;
    let with = etl.run(&["decode", CIVIC]).succeeded().stdout;
    let client = etl.database.superuser().await;
    let schemas = etl.schemas().await;
    let drop = format!("DROP TABLE {}.vin_index_1", schemas[0]);
    client.batch_execute(&drop).await.unwrap();
    let service = Service::start(&etl, etl.port, NO_REDIS).await;
    let path = format!("/vehicles/vindecode/{CIVIC}");
    let answer = service.get(&path).await;
    answer.is_problem(503, "unavailable");
    etl.run(&["migrate"]).succeeded();
    assert_eq!(etl.run(&["decode", CIVIC]).succeeded().stdout, with);
    eventually_async("the service finds the index", || async {
        service.get(&path).await.status == 200
    })
    .await;
}
