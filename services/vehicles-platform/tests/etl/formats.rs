//! Every form a dump comes in brings the same rows.

use crate::harness::{Etl, mini};
use serde_json::Value;
use std::io::{Cursor, Write};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// As NHTSA packs it: a note first, then the dump.
fn zip(text: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("readme.txt", options).unwrap();
    archive.write_all(b"not the dump").unwrap();
    archive
        .start_file("vPICList_lite_2026_02.plain", options)
        .unwrap();
    archive.write_all(text).unwrap();
    archive.finish().unwrap().into_inner()
}

/// Answers every request with the same body, and stops after some of it when told to.
async fn serve(status: &'static str, body: Vec<u8>, sent: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/vPICList_lite_2026_02.zip",
        listener.local_addr().unwrap()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body[..sent]).await;
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_gzip_zstd_zip_and_url_bring_the_same_rows() {
    let etl = Etl::new().await;
    let text = mini();
    let archive = zip(&text);
    let length = archive.len();
    let sources = [
        etl.file("plain.dat", &text),
        etl.file("gzip.dat", gzip(&text)),
        etl.file("zstd.dat", zstd::encode_all(text.as_slice(), 3).unwrap()),
        etl.file("zip.dat", &archive),
        serve("200 OK", archive, length).await,
    ];
    for source in &sources {
        etl.run(&["etl", "load", "--force", "--as-of", "2026-01-01", source])
            .succeeded();
    }
    let counts: Vec<Value> = etl
        .releases()
        .iter()
        .map(|release| release["row_counts"].clone())
        .collect();
    assert_eq!(counts.len(), sources.len());
    assert!(
        counts[0]["pattern"].as_u64().unwrap() > 10_000,
        "{}",
        counts[0]
    );
    assert!(counts[0].get("wmiyearvalidchars").is_none());
    assert!(counts.iter().all(|count| *count == counts[0]));
    let months: Vec<Value> = etl
        .releases()
        .iter()
        .map(|release| release["month"].clone())
        .collect();
    // The URL's name has the month; the other names have none, so the newest row tells it.
    assert_eq!(months[0], "2026-02");
    assert!(months[1].as_str().unwrap().starts_with("20"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_download_is_known_before_the_database_is_touched() {
    let etl = Etl::with_live_release().await;
    let body = zip(&mini());
    let length = body.len();
    for (url, code, said) in [
        (
            serve("404 Not Found", Vec::new(), 0).await,
            10,
            "is not published",
        ),
        (
            serve("500 Internal Server Error", Vec::new(), 0).await,
            10,
            "answered 500",
        ),
        (
            serve("200 OK", body, length / 2).await,
            10,
            "cannot be reached",
        ),
        (
            "http://127.0.0.1:1/a.zip".to_owned(),
            10,
            "cannot be reached",
        ),
    ] {
        etl.load(&url)
            .failed(code, said)
            .failed(code, "while fetching the source");
    }
    assert_eq!(etl.releases().len(), 1);
    etl.assert_untouched().await;
}
