//! The drop-downs, out of a real platform.

use crate::house::{House, MAKES, NO_REDIS, OfSource as _};
use crate::platform::{Platform, id_of};
use test_kit::{Answering, RecordingServer, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_picks_a_car_from_the_year_to_the_transmission() {
    let platform = Platform::start().await;
    let house = House::start(&platform.url(), NO_REDIS, &[]).await;
    let years = house.found("/api/platform/years").await;
    assert_eq!(id_of(&years, "2022"), 2022);
    let honda = id_of(&house.found(MAKES).await, "Honda");
    let models = format!("/api/platform/models?year=2022&make_id={honda}");
    let civic = id_of(&house.found(&models).await, "Civic");
    let civic = format!("year=2022&make_id={honda}&model_id={civic}");
    let mut picked = civic.clone();
    for (list, id) in [
        ("trims", "trim_id"),
        ("engines", "engine_id"),
        ("transmissions", "transmission_id"),
    ] {
        let found = house.get(&format!("/api/platform/{list}?{picked}")).await;
        let found = found.is_from("platform");
        assert!(found["next_cursor"].is_null());
        let first = &found["data"][0];
        assert!(first["name"].is_string(), "{list}: {found}");
        picked = format!("{picked}&{id}={}", first["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_answer_is_kept_and_says_so_and_a_known_one_is_not_sent() {
    let platform = Platform::start().await;
    let house = House::start(&platform.url(), NO_REDIS, &[]).await;
    let first = house.get(MAKES).await;
    let second = house.get(MAKES).await;
    let (first_body, second_body) = (first.is_from("platform"), second.is_from("cache"));
    assert_eq!(first_body["data"], second_body["data"]);
    assert_eq!(second.header("cache-control"), "public, max-age=60");
    let release = second.header("x-data-release");
    assert!(release.starts_with("2026-01-"), "{release}");
    assert_eq!(second_body["meta"]["data_release"], release);
    let known = second.header("etag");
    let third = house.get_with(MAKES, &[("If-None-Match", known)]).await;
    assert_eq!((third.status.as_u16(), third.text.as_str()), (304, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_here_or_passed_on_from_the_platform() {
    let platform = Platform::start().await;
    let house = House::start(&platform.url(), NO_REDIS, &[]).await;
    for (query, pointer) in [
        ("makes", "/query/year"),
        ("makes?year=99999", "/query/year"),
        ("makes?year=2022&year=2021", "/query/year"),
        ("models?year=2022&make_id=%27%20OR%201=1", "/query/make_id"),
        ("years?colour=red", "/query/colour"),
    ] {
        let answer = house.get(&format!("/api/platform/{query}")).await;
        let problem = answer.is_problem(422, "invalid_parameter");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let nobody = house
        .get("/api/platform/models?year=2022&make_id=2147483647")
        .await;
    nobody.is_problem(404, "not_found");
    house
        .get("/api/platform/wheels")
        .await
        .is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_release_drops_what_is_kept() {
    let platform = Platform::start().await;
    let follow = [("PLATFORM_DATA__FOLLOW_S", "1")];
    let house = House::start(&platform.url(), NO_REDIS, &follow).await;
    house.get(MAKES).await.is_from("platform");
    house.get(MAKES).await.is_from("cache");
    platform.load_another_release();
    eventually_async("the new release is given", || async {
        let answer = house.get(MAKES).await;
        answer.is(200);
        answer.header("x-data-release").starts_with("2026-02-")
    })
    .await;
    house.get(MAKES).await.is_from("cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_is_known_to_the_platform_too() {
    let years = |_: &_| Answering::json(r#"{"data":[],"next_cursor":null}"#);
    let server = RecordingServer::start(years).await;
    let house = House::start(&server.url(), NO_REDIS, &[]).await;
    let headers = [
        ("X-Request-Id", "a-person-asks-7"),
        (
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
    ];
    house.get_with(MAKES, &headers).await.is_from("platform");
    let asked = server.asked();
    let makes = asked.iter().find(|it| it.line.contains("makes")).unwrap();
    assert_eq!(makes.line, "GET /vehicles/makes?year=2022");
    assert_eq!(makes.header("x-request-id"), "a-person-asks-7");
    assert!(
        makes
            .header("traceparent")
            .starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    );
    assert_eq!(makes.header("x-api-key"), crate::platform::KEY);
    assert!(makes.header("x-deadline-ms").parse::<u64>().unwrap() <= 3_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_makes_no_sense_is_502() {
    let server = RecordingServer::start(|_| Answering::json("<html>")).await;
    let house = House::start(&server.url(), NO_REDIS, &[]).await;
    house.get(MAKES).await.is_problem(502, "bad_gateway");
}
