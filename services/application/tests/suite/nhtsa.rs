//! NHTSA's public API in place of a platform that is away.

use crate::house::{House, NO_REDIS, OfSource as _};
use crate::issuer::{AUDIENCE, Issuer, Key};
use jsonwebtoken::Algorithm;
use test_kit::{Answering, Asked, RecordingServer};

/// As the API answers; what it says of one VIN is shortened.
fn vpic(asked: &Asked) -> Answering {
    if asked
        .line
        .contains("/GetModelsForMakeIdYear/makeId/474/modelyear/2022")
    {
        return Answering::json(
            r#"{"Count":2,"Message":"Response returned successfully","SearchCriteria":null,"Results":[
            {"Make_ID":474,"Make_Name":"HONDA","Model_ID":1865,"Model_Name":"Pilot"},
            {"Make_ID":474,"Make_Name":"HONDA","Model_ID":1863,"Model_Name":"Civic"}]}"#,
        );
    }
    if asked.line.contains("/DecodeVinValues/1HGCM82633A004352") {
        return Answering::json(
            r#"{"Count":1,"Message":"Results returned successfully","SearchCriteria":"VIN","Results":[
            {"VIN":"1HGCM82633A004352","ErrorCode":"0","ErrorText":"0 - VIN decoded clean. Check Digit (9th position) is correct",
             "Make":"HONDA","MakeID":"474","Model":"Accord","ModelID":"1861","ModelYear":"2003","BodyClass":"Coupe","Doors":"2"}]}"#,
        );
    }
    Answering::status(404)
}

#[tokio::test(flavor = "multi_thread")]
async fn models_and_vins_come_from_nhtsa_while_the_platform_is_away_and_nothing_is_kept() {
    let server = RecordingServer::start(vpic).await;
    let key = Key::new("k1", Algorithm::ES256);
    let issuer = Issuer::start(&[key.public()]);
    let (nhtsa, nobody) = (
        server.url(),
        format!("http://127.0.0.1:{}", test_kit::free_port()),
    );
    let settings = [
        ("NHTSA__URL", nhtsa.as_str()),
        ("TOKENS__ISSUER", &issuer.url),
        ("TOKENS__AUDIENCE", AUDIENCE),
    ];
    let house = House::start(&nobody, NO_REDIS, &settings).await;
    let models = "/api/platform/models?year=2022&make_id=474";
    for _ in 0..2 {
        let answer = house.get(models).await;
        let body = answer.is_from("nhtsa");
        assert_eq!(body["data"][0]["name"], "Civic");
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
    let token = format!("Bearer {}", key.sign(&issuer.claims()));
    let path = "/api/platform/vehicle?vin=1HGCM82633A004352";
    let vehicle = house.get_with(path, &[("Authorization", &token)]).await;
    let body = vehicle.is_from("nhtsa");
    assert_eq!(body["data"]["vehicle"]["make"]["name"], "HONDA");
    assert_eq!(body["data"]["valid"], true);
    assert_eq!(server.times_asked(), 2, "the models are kept");
    assert!(
        server
            .asked()
            .iter()
            .all(|it| it.headers.iter().all(|(name, _)| name != "x-api-key"))
    );
    // What NHTSA does not have.
    house
        .get("/api/platform/makes?year=2022")
        .await
        .is_problem(503, "unavailable");
    assert!(!house.log().contains("1HGCM"));
    let metrics = house.get("/metrics").await.text;
    assert!(
        metrics
            .lines()
            .any(|line| line.starts_with("mvp_fallback_total")
                && line.contains("source=\"nhtsa\"")
                && line.ends_with(" 3")),
        "{metrics}"
    );
}
