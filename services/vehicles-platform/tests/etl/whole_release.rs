//! The release that the project ships, from the file on disk to live.

use crate::harness::{Etl, whole_release};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_release_goes_live_and_passes_every_check() {
    let etl = Etl::new().await;
    etl.run(&["etl", "validate"])
        .failed(16, "there is no live release");
    let source = whole_release();
    let ran = etl.load(source.to_str().unwrap()).succeeded();
    assert!(ran.stderr.contains("Reading patterns"), "{}", ran.stderr);
    let release = etl.latest();
    assert_eq!(
        (&release["state"], &release["month"]),
        (&"live".into(), &"2026-10".into())
    );
    let counts = &release["row_counts"];
    // As the dump itself counts them.
    for (table, rows) in [
        ("pattern", 1_682_444),
        ("wmi", 13_014),
        ("vinschema", 25_299),
        ("make", 12_387),
        ("model", 32_070),
        ("wmi_vinschema", 41_810),
        ("vinexception", 18_806),
    ] {
        assert_eq!(counts[table], rows, "{table}");
    }
    assert!(release["phase_ms"]["total"].as_u64().unwrap() > 0);
    let validated = etl.run(&["etl", "validate", "--json"]).succeeded();
    let report: Value = serde_json::from_str(&validated.stdout).unwrap();
    assert_eq!(report["passed"], true);
    let checks = report["checks"].as_array().unwrap();
    let vins = checks
        .iter()
        .filter(|check| check["name"].as_str().unwrap().starts_with("VIN "))
        .count();
    assert!(vins >= 20, "{vins} known VINs");
    // The report is made from the database as it is: spoil it and see.
    let database = etl.database.client().await;
    database
        .batch_execute("DELETE FROM release_1.wmi WHERE wmi = '1HG'")
        .await
        .unwrap();
    etl.run(&["etl", "validate"])
        .failed(14, "VIN 1HGFE2F52NH000001")
        .failed(14, "wmi_vinschema refers to wmi");
}
