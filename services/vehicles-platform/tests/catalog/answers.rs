//! What the lists hold, on the small release.

use crate::etl::Etl;
use crate::service::{NO_REDIS, Service};
use serde_json::Value;
use std::collections::BTreeSet;

fn ids<'a>(items: impl IntoIterator<Item = &'a Value>) -> BTreeSet<i64> {
    items
        .into_iter()
        .filter_map(|item| item["id"].as_i64())
        .collect()
}

fn names(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_sorted_and_nothing_comes_twice() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let years = service.list("/vehicles/years").await;
    let numbers: Vec<i64> = years
        .iter()
        .map(|year| year["id"].as_i64().unwrap())
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    let makes = service.list("/vehicles/makes?year=2022").await;
    let lower: Vec<String> = names(&makes)
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    assert!(lower.is_sorted_by(|a, b| a < b), "{lower:?}");
    let honda = service.id_of("/vehicles/makes?year=2022", "Honda").await;
    let models = service
        .list(&format!("/vehicles/models?year=2022&make_id={honda}"))
        .await;
    assert!(names(&models).contains(&"Civic"), "{models:?}");
    assert_eq!(ids(&models).len(), models.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn motorcycles_and_trucks_come_when_they_are_asked_for() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let usual = ids(&service.list("/vehicles/makes?year=2022").await);
    let each = "/vehicles/makes?year=2022&vehicle_type=car,mpv,truck";
    assert_eq!(ids(&service.list(each).await), usual);
    let honda = service.id_of("/vehicles/makes?year=2022", "Honda").await;
    let models = format!("/vehicles/models?year=2022&make_id={honda}");
    let trucks = service.list(&format!("{models}&vehicle_type=truck")).await;
    for model in &trucks {
        assert!(
            model["vehicle_types"]
                .as_array()
                .unwrap()
                .contains(&"truck".into()),
            "{model}"
        );
    }
    assert!(!names(&trucks).contains(&"Civic"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_picked_narrows_the_other_lists_to_what_one_vin_could_carry() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let honda = service.id_of("/vehicles/makes?year=2022", "Honda").await;
    let models = format!("/vehicles/models?year=2022&make_id={honda}");
    let civic = service.id_of(&models, "Civic").await;
    let of = |list: &str, picked: &str| {
        format!("/vehicles/{list}?year=2022&make_id={honda}&model_id={civic}{picked}")
    };
    let rows = service.list(&of("configurations", "")).await;
    assert!(!rows.is_empty());
    for (own, list) in [
        ("trim", "trims"),
        ("engine", "engines"),
        ("transmission", "transmissions"),
    ] {
        let all = service.list(&of(list, "")).await;
        assert_eq!(ids(&all), ids(rows.iter().map(|row| &row[own])), "{list}");
        for picked in ["trim", "engine", "transmission"]
            .iter()
            .filter(|p| **p != own)
        {
            for id in ids(rows.iter().map(|row| &row[*picked])) {
                let fitting = rows
                    .iter()
                    .filter(|row| row[*picked].is_null() || row[*picked]["id"] == id);
                let expected = ids(fitting.map(|row| &row[own]));
                let narrowed = service.list(&of(list, &format!("&{picked}_id={id}"))).await;
                assert_eq!(ids(&narrowed), expected, "{list} with {picked} {id}");
            }
        }
    }
    let engine = &service.list(&of("engines", "")).await[0];
    assert!(
        engine["displacement_l"].is_f64() && engine["cylinders"].is_i64(),
        "{engine}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_makes_and_models_and_keeps_to_its_limit() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let make = &service.list("/vehicles/search?q=HONDA").await[0];
    assert_eq!(
        (&make["type"], &make["name"]),
        (&"make".into(), &"Honda".into())
    );
    let model = &service.list("/vehicles/search?q=honda+ci").await[0];
    assert_eq!(
        (&model["type"], &model["name"]),
        (&"model".into(), &"Civic".into())
    );
    assert_eq!(model["make"]["name"], "Honda");
    assert!(model["years"]["from"].as_i64() <= model["years"]["to"].as_i64());
    assert_eq!(service.list("/vehicles/search?q=h&limit=1").await.len(), 1);
}
