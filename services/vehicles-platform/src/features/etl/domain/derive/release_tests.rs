//! The embedded release, against counts and samples taken from it independently.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]

use std::io::Read;
use std::time::Instant;

use super::super::tables::{Collector, VpicTables};
use super::{AsOf, derive};

fn collect() -> VpicTables {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/data/vPICList_lite_2026_10.sql.zst"
    );
    let mut text = Vec::new();
    zstd::Decoder::new(std::fs::File::open(path).unwrap())
        .unwrap()
        .read_to_end(&mut text)
        .unwrap();
    let start = Instant::now();
    let mut collector = Collector::default();
    let mut rest = text.as_slice();
    let finder = b"\nCOPY vpic.";
    while let Some(at) = rest
        .windows(finder.len())
        .position(|window| window == finder)
    {
        rest = &rest[at + finder.len()..];
        let line_end = rest.iter().position(|&byte| byte == b'\n').unwrap();
        let header = std::str::from_utf8(&rest[..line_end]).unwrap();
        let (table, columns) = header.split_once(" (").unwrap();
        let columns: Vec<String> = columns
            .split_once(')')
            .unwrap()
            .0
            .split(", ")
            .map(str::to_owned)
            .collect();
        rest = &rest[line_end + 1..];
        let end = if rest.starts_with(b"\\.\n") {
            0
        } else {
            rest.windows(4).position(|w| w == b"\n\\.\n").unwrap() + 1
        };
        if Collector::wants(table) {
            collector.begin(table, &columns).unwrap();
            for chunk in rest[..end].chunk_by(|_, _| true) {
                collector.rows(chunk).unwrap();
            }
        }
        rest = &rest[end..];
    }
    let tables = collector.finish().unwrap();
    println!("collect {:?}", start.elapsed());
    tables
}

#[test]
fn explore() {
    let tables = collect();
    let start = Instant::now();
    let catalog = derive(&tables, AsOf(2026)).unwrap();
    println!("derive {:?}", start.elapsed());
    println!(
        "makes {} models {} trims {} engines {} transmissions {} model_years {} configurations {}",
        catalog.makes.len(),
        catalog.models.len(),
        catalog.trims.len(),
        catalog.engines.len(),
        catalog.transmissions.len(),
        catalog.model_years.len(),
        catalog.configurations.len()
    );
}
