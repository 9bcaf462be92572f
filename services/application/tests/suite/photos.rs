//! Photos: their type by their bytes, and nothing of where they were taken.

use crate::town::{ANNA, Person, Town};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Answer;

/// As a camera writes it: a place in EXIF, a table, a frame of 4 by 3 pixels, two scans with a note between them, and behind its end a preview with a place of
/// its own.
pub(crate) fn jpeg() -> Vec<u8> {
    let exif = segment(0xE1, b"Exif\0\0MM\0\x2A\0\0\0\x08\0\0 GPS 52.52 N");
    let table = segment(0xDB, &[1, 2]);
    let frame = segment(0xC2, &[8, 0, 3, 0, 4, 1, 1, 0x11, 0]);
    let scan = [segment(0xDA, &[1, 1, 0, 0, 63, 0]), vec![9, 0xFF, 0, 9]].concat();
    let note = segment(0xE5, b"GPS 52.52 N");
    let picture = [
        &[0xFF, 0xD8],
        &exif[..],
        &table,
        &frame,
        &scan,
        &note,
        &scan,
        &[0xFF, 0xD9],
    ];
    picture.concat().repeat(2)
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, marker], &length[..], content].concat()
}

pub(crate) async fn put(town: &Town, person: &Person<'_>, path: &str, bytes: Vec<u8>) -> Answer {
    put_over(town, person, path, bytes, None).await
}

/// In the place of the photo with this `ETag`.
pub(crate) async fn put_over(
    town: &Town,
    person: &Person<'_>,
    path: &str,
    bytes: Vec<u8>,
    etag: Option<&str>,
) -> Answer {
    let mut headers = person.headers(&[("Content-Type", "image/png")]);
    headers.extend(etag.map(|etag| ("If-Match", etag)));
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

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_more_pixels_than_a_viewer_can_hold_is_refused() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let path = format!("{}/photo", anna.add(json!({})).await);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([60_000_u32.to_be_bytes(), 60_000_u32.to_be_bytes()].concat());
    png.extend(b"\x08\x02\0\0\0crc!\0\0\0\0IENDcrc!");
    let refused = put(&town, &anna, &path, png).await;
    let problem = refused.is_problem(422, "invalid_body");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("60000 by 60000"), "{detail}");
    refused.names(422, "/body");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_replaces_a_photo_says_which() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let path = format!("{}/photo", anna.add(json!({})).await);
    let none = put_over(&town, &anna, &path, jpeg(), Some("*")).await;
    none.is_problem(412, "precondition_failed");
    // Two first ones at once: the second has not seen the first.
    let (one, two) = tokio::join!(
        put(&town, &anna, &path, jpeg()),
        put(&town, &anna, &path, jpeg())
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 428]);
    let etag = anna.get(&path).await.header("etag").to_owned();
    let other = put_over(&town, &anna, &path, jpeg(), Some("\"x\"")).await;
    other.is_problem(412, "precondition_failed");
    let replaced = put_over(&town, &anna, &path, jpeg(), Some(&etag)).await;
    replaced.is(204);
    assert_eq!(replaced.header("etag"), etag);
}
