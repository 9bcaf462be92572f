//! Another release goes live under load.

use crate::etl::{Etl, mini, mini_text};
use crate::service::{NO_REDIS, Service};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use test_kit::Answer;
use test_kit::eventually_async;

fn is_of_one_release(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let release = answer.header("x-data-release");
    assert!(["2026-01-1", "2026-02-2"].contains(&release), "{release}");
    assert!(
        answer.header("etag").starts_with(&format!("\"{release}.")),
        "{answer:?}"
    );
}

/// Asks for known and for new things, one after the other, until told to stop. Returns how often.
async fn ask(service: Arc<Service>, stop: Arc<AtomicBool>, asked: Arc<AtomicU64>) {
    let honda = service.id_of("/vehicles/makes?year=2022", "Honda").await;
    let models = format!("/vehicles/models?year=2022&make_id={honda}");
    let civic = service.id_of(&models, "Civic").await;
    while !stop.load(Ordering::Relaxed) {
        let nth = asked.fetch_add(1, Ordering::Relaxed);
        for path in [
            "/vehicles/years".to_owned(),
            // Seldom asked before, so it goes to the database.
            format!("/vehicles/makes?year={}&vehicle_type=mpv", 1900 + nth % 200),
            format!("/vehicles/trims?year=2022&make_id={honda}&model_id={civic}&engine_id={nth}"),
            "/vehicles/search?q=civ".to_owned(),
        ] {
            is_of_one_release(&service.get(&path).await, &path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_under_load_that_removes_the_old_release_fails_nobody() {
    let etl = Etl::with_live_release().await;
    let service = Arc::new(Service::ready(&etl, etl.port, NO_REDIS).await);
    let (stop, asked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let askers: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(ask(
                Arc::clone(&service),
                Arc::clone(&stop),
                Arc::clone(&asked),
            ))
        })
        .collect();
    let before = etl.file("mini_2026_02.sql", mini_text() + "\n");
    let load = etl
        .command(&["etl", "load", &before])
        .env("MVP_VEHICLES_PLATFORM__ETL__KEEP", "1")
        .spawn()
        .unwrap();
    let loaded = tokio::task::spawn_blocking(|| load.wait_with_output().unwrap())
        .await
        .unwrap();
    assert!(loaded.status.success(), "{loaded:?}");
    assert_eq!(etl.schemas().await, ["release_2"]);
    eventually_async("the new release is served", || async {
        service
            .get("/vehicles/years")
            .await
            .header("x-data-release")
            == "2026-02-2"
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    for asker in askers {
        asker.await.unwrap();
    }
    assert!(asked.load(Ordering::Relaxed) > 100);
    let metrics = service.get("/metrics").await.text;
    assert!(
        metrics.contains("mvp_vpic_release_info{month=\"2026-02\""),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_is_followed_too() {
    let etl = Etl::new().await;
    for (month, content) in [("01", mini()), ("02", (mini_text() + "\n").into_bytes())] {
        etl.load(&etl.file(&format!("mini_2026_{month}.sql"), content))
            .succeeded();
    }
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    assert_eq!(
        service
            .get("/vehicles/years")
            .await
            .header("x-data-release"),
        "2026-02-2"
    );
    etl.run(&["etl", "rollback"]).succeeded();
    eventually_async("the older release is served", || async {
        service
            .get("/vehicles/years")
            .await
            .header("x-data-release")
            == "2026-01-1"
    })
    .await;
}
