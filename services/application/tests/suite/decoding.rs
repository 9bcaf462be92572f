//! What a VIN fills in: it goes with its VIN, and it can be asked for again.

use crate::town::{ANNA, Town, VIN};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{Answer, eventually_async};

/// A 2022 Honda Civic.
const CIVIC: &str = "1HGFE2F50NL500001";

#[tokio::test(flavor = "multi_thread")]
async fn another_vin_takes_along_what_the_one_before_filled_in() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let slip = json!({ "vin": CIVIC, "specification": { "trim": "Mine" } });
    let car = anna.add(slip).await;
    let civic = anna.get(&car).await.is(200);
    assert_eq!(civic["specification"]["year"], 2022);
    assert_eq!(civic["specification"]["model"], "Civic");
    assert_ne!(civic["energies"], json!([]));
    // What is said along with the new VIN stays, also where the old one said the same.
    let said = json!({ "vin": VIN, "specification": { "make": "Honda" } });
    let accord = anna.patch(&car, said).await.is(200);
    let specification = &accord["specification"];
    assert_eq!(specification["year"], 2003, "{specification}");
    assert_eq!(specification["model"], Value::Null, "{specification}");
    assert_eq!(specification["trim"], "Mine");
    assert_eq!(accord["decoding"]["status"], "done");
    // Without a VIN it stays what it was, until another VIN says something else.
    let bare = anna.patch(&car, json!({ "vin": null })).await.is(200);
    assert_eq!(bare["specification"], accord["specification"]);
    assert_eq!(bare["energies"], accord["energies"]);
    assert_eq!(bare["decoding"]["status"], "none");
    let civic = anna.patch(&car, json!({ "vin": CIVIC })).await.is(200);
    let specification = &civic["specification"];
    assert_eq!(specification["year"], 2022, "{specification}");
    assert_eq!(specification["model"], "Civic");
    assert_eq!(specification["trim"], "Mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_that_somebody_said_is_believed_and_stays() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({ "vin": VIN })).await;
    let said = json!({ "specification": { "year": 2004 } });
    anna.patch(&car, said).await.is(200);
    let civic = anna.patch(&car, json!({ "vin": CIVIC })).await.is(200);
    assert_eq!(civic["specification"]["year"], 2004);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vin_that_said_nothing_is_asked_again() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({ "vin": VIN })).await;
    let said = json!({ "specification": { "make": "HONDA" } });
    let before = anna.patch(&car, said).await.is(200);
    let database = town.house.database.superuser().await;
    let failed = "UPDATE vehicles.vehicle
        SET decoding = 'failed', decoded_at = NULL, decoded_from = NULL, year = NULL, filled_in = '{}'";
    database.batch_execute(failed).await.unwrap();
    let path = format!("{car}/decode");
    let ask = async |version: &str| -> Answer {
        let headers = [("If-Match", version)];
        anna.send(Method::POST, &path, &headers, None).await
    };
    let blind = anna.send(Method::POST, &path, &[], None).await;
    blind.is_problem(428, "precondition_required");
    ask("\"1\"").await.is_problem(412, "precondition_failed");
    let after = ask("\"2\"").await;
    assert_eq!(after.header("etag"), "\"3\"");
    let after = after.is(200);
    assert_eq!(after["specification"], before["specification"]);
    assert_eq!(after["specification"]["make"], "HONDA");
    assert_eq!(after["decoding"]["status"], "done");
    assert!(after["decoding"]["at"].is_string());
    let activity = anna.get(&format!("{car}/activity")).await.is(200);
    assert_eq!(activity["data"][0]["action"], "vehicle.decoded");
    assert!(!town.house.log().to_uppercase().contains("1HGCM"));

    let other = anna.add(json!({})).await;
    let headers = [("If-Match", "*")];
    let none = format!("{other}/decode");
    let none = anna.send(Method::POST, &none, &headers, None).await;
    none.is_problem(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_release_of_vehicle_data_can_be_asked() {
    let town = Town::with(&[("PLATFORM_DATA__FOLLOW_S", "1")]).await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({ "vin": CIVIC })).await;
    let first = anna.get(&car).await.is(200);
    town.platform.load_another_release();
    let path = format!("{car}/decode");
    eventually_async("it is decoded from the newer one", || async {
        let headers = [("If-Match", "*")];
        let again = anna.send(Method::POST, &path, &headers, None).await;
        let again = again.is(200);
        assert_eq!(again["specification"], first["specification"]);
        again["decoding"]["source"] != first["decoding"]["source"]
    })
    .await;
}
