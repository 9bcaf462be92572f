//! Photos: their type by their bytes, and nothing of where they were taken.

use crate::town::{ANNA, Person, Town};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Answer;

/// As a camera writes it: a place in EXIF, a table, a scan.
pub(crate) fn jpeg() -> Vec<u8> {
    let exif = b"Exif\0\0MM\0\x2A\0\0\0\x08\0\0 GPS 52.52 N";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let table = [0xFF, 0xDB, 0, 4, 1, 2];
    let scan = [0xFF, 0xDA, 0, 2, 9, 9, 0xFF, 0xD9];
    [&[0xFF, 0xD8, 0xFF, 0xE1], &length[..], exif, &table, &scan].concat()
}

pub(crate) async fn put(town: &Town, person: &Person<'_>, path: &str, bytes: Vec<u8>) -> Answer {
    let headers = person.headers(&[("Content-Type", "image/png")]);
    town.house
        .send_bytes(Method::PUT, path, &headers, bytes)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_kept_as_what_its_bytes_are_without_its_place() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({})).await;
    let path = format!("{car}/photo");
    anna.get(&path).await.is_problem(404, "not_found");
    assert_eq!(put(&town, &anna, &path, jpeg()).await.status, 204);
    let photo = anna.get(&path).await;
    assert_eq!(photo.status, 200);
    assert_eq!(photo.header("content-type"), "image/jpeg");
    assert_eq!(photo.header("x-content-type-options"), "nosniff");
    assert!(!photo.text.contains("GPS"));
    let etag = photo.header("etag").to_owned();
    let again = anna
        .send(Method::GET, &path, &[("If-None-Match", &etag)], None)
        .await;
    assert_eq!(again.status, 304);
    let vehicle = anna.get(&car).await.is(200);
    assert!(
        vehicle["photo"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{path}?v="))
    );
    anna.delete(&path).await.is(204);
    assert_eq!(anna.get(&car).await.is(200)["photo"], Value::Null);
    anna.delete(&path).await.is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused_whatever_it_says_it_is() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let path = format!("{}/photo", anna.add(json!({})).await);
    for bytes in [
        &b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..],
        b"GIF89a",
        b"",
        b"<html>",
    ] {
        let refused = put(&town, &anna, &path, bytes.to_vec()).await;
        refused.is_problem(415, "unsupported_media_type");
    }
    let mut large = jpeg();
    large.resize(8 * 1024 * 1024 + 1, 0);
    put(&town, &anna, &path, large)
        .await
        .is_problem(413, "body_too_large");
}
