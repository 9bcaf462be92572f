//! Facts that anyone can check, on the release that the project ships.

use crate::etl::{Etl, whole_release};
use crate::service::{NO_REDIS, Service};
use serde_json::Value;

fn names(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_release_has_the_vehicles_that_people_drive() {
    let etl = Etl::new().await;
    etl.load(whole_release().to_str().unwrap()).succeeded();
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    assert!(service.list("/vehicles/years").await.len() >= 45);
    car_makers_are_offered_and_trailer_makers_are_not(&service).await;
    a_civic_carries_what_honda_sold(&service).await;
}

async fn car_makers_are_offered_and_trailer_makers_are_not(service: &Service) {
    let makes = service.list("/vehicles/makes?year=2022").await;
    assert!((50..80).contains(&makes.len()), "{}", makes.len());
    for make in ["Acura", "BMW", "Ford", "Honda", "Tesla", "Toyota", "Volvo"] {
        assert!(names(&makes).contains(&make), "{make}");
    }
    // Trailers, buses and motorcycles.
    for make in [
        "Great Dane",
        "Utility",
        "Wabash",
        "Blue Bird Body",
        "Harley-Davidson",
    ] {
        assert!(
            !names(&makes)
                .iter()
                .any(|name| name.eq_ignore_ascii_case(make)),
            "{make}"
        );
    }
    let motorcycles = service
        .list("/vehicles/makes?year=2022&vehicle_type=motorcycle")
        .await;
    assert!(
        names(&motorcycles)
            .iter()
            .any(|name| name.eq_ignore_ascii_case("Harley-Davidson"))
    );
}

async fn a_civic_carries_what_honda_sold(service: &Service) {
    let honda = service.id_of("/vehicles/makes?year=2022", "Honda").await;
    let of_honda = format!("/vehicles/models?year=2022&make_id={honda}");
    let models = service.list(&of_honda).await;
    let known = [
        "Accord",
        "Civic",
        "Civic SI",
        "CR-V",
        "HR-V",
        "Insight",
        "Odyssey",
        "Passport",
        "Pilot",
        "Ridgeline",
    ];
    let shown: Vec<String> = names(&models)
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    assert_eq!(shown, known.map(str::to_lowercase));

    let civic = service.id_of(&of_honda, "Civic").await;
    let civic = format!("year=2022&make_id={honda}&model_id={civic}");
    let rows = service
        .list(&format!("/vehicles/configurations?{civic}"))
        .await;
    let carried: Vec<String> = rows.iter().map(in_words).collect();
    for known in [
        "LX, K20C2, CVT",
        "LX, K20C2, 6-speed Manual",
        "EX, L15BY, CVT",
        "Touring, L15B7, CVT",
    ] {
        assert!(
            carried.iter().any(|row| row == known),
            "{known} is not in {carried:#?}"
        );
    }
    assert!(
        !carried.iter().any(|row| row.starts_with("LX, L15B7")),
        "{carried:#?}"
    );
}

fn in_words(row: &Value) -> String {
    let parts = [
        &row["trim"]["name"],
        &row["engine"]["engine_model"],
        &row["transmission"]["name"],
    ];
    parts.map(|part| part.as_str().unwrap_or("?")).join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_catalogue_can_be_searched_as_people_type() {
    let etl = Etl::new().await;
    etl.load(whole_release().to_str().unwrap()).succeeded();
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    for (typed, make, name) in [
        ("crv", "Honda", "CR-V"),
        ("cr-v", "Honda", "CR-V"),
        ("f150", "Ford", "F-150"),
        ("honda ci", "Honda", "Civic"),
        ("civic honda", "Honda", "Civic"),
        ("toyota", "Toyota", "Toyota"),
        ("model 3", "Tesla", "Model 3"),
    ] {
        let hits = service
            .list(&format!("/vehicles/search?q={}", typed.replace(' ', "+")))
            .await;
        let first = (hits[0]["make"]["name"].as_str(), hits[0]["name"].as_str());
        assert_eq!(first, (Some(make), Some(name)), "{typed}");
    }
}
