//! The embedded release of October 2026, against counts and samples taken from it independently of this code.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::sync::LazyLock;

use super::super::catalog::Catalog;
use super::super::tables::{Collector, VpicTables};
use super::{AsOf, derive};

/// One derivation serves all tests of this file (each is its own process under nextest, each about two seconds).
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| derive(&collect(), AsOf(2026)).unwrap());

const CAR_MPV_TRUCK: i16 = 7;
const MOTORCYCLE: i16 = 8;

fn collect() -> VpicTables {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/data/vPICList_lite_2026_10.sql.zst"
    );
    let mut dump = BufReader::with_capacity(
        1 << 20,
        zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap(),
    );
    let mut collector = Collector::default();
    let mut line = String::new();
    while dump.read_line(&mut line).unwrap() > 0 {
        if let Some(header) = line.strip_prefix("COPY vpic.") {
            let (table, columns) = header.split_once(" (").unwrap();
            let columns: Vec<String> = columns
                .split_once(')')
                .unwrap()
                .0
                .split(", ")
                .map(str::to_owned)
                .collect();
            copy_block(
                &mut dump,
                Collector::wants(table).then_some((&mut collector, table, &columns[..])),
            );
        }
        line.clear();
    }
    collector.finish().unwrap()
}

/// Reads to the end of a COPY block, handing its rows on in chunks of whole lines.
fn copy_block(dump: &mut impl BufRead, wanted: Option<(&mut Collector, &str, &[String])>) {
    let mut rows = Vec::new();
    let mut start = 0;
    while dump.read_until(b'\n', &mut rows).unwrap() > 0 && &rows[start..] != b"\\.\n" {
        start = rows.len();
    }
    rows.truncate(start);
    if let Some((collector, table, columns)) = wanted {
        collector.begin(table, columns).unwrap();
        for chunk in split_after_lines(&rows, 1 << 20) {
            collector.rows(chunk).unwrap();
        }
    }
}

fn split_after_lines(mut rest: &[u8], size: usize) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    while rest.len() > size {
        let end = size + rest[size..].iter().position(|&byte| byte == b'\n').unwrap() + 1;
        chunks.push(&rest[..end]);
        rest = &rest[end..];
    }
    chunks.push(rest);
    chunks
}

/// Model-years of some vehicle types: (year, make, model).
fn sold(types: i16) -> BTreeSet<(i16, i32, i32)> {
    let rows = CATALOG
        .model_years
        .iter()
        .filter(|row| row.vehicle_types & types != 0);
    rows.map(|row| (row.year, row.make_id, row.model_id))
        .collect()
}

/// Distinct (year, model, id) of a column of the configurations, for vehicle types.
fn known(
    types: i16,
    id: fn(&super::super::catalog::ConfigurationRow) -> Option<i64>,
) -> BTreeSet<(i16, i32, i64)> {
    let shown: BTreeSet<(i16, i32)> = sold(types)
        .iter()
        .map(|&(year, _, model)| (year, model))
        .collect();
    let rows = CATALOG
        .configurations
        .iter()
        .filter(|row| shown.contains(&(row.year, row.model_id)));
    rows.filter_map(|row| Some((row.year, row.model_id, id(row)?)))
        .collect()
}

fn model_years_of(rows: &BTreeSet<(i16, i32, i64)>) -> usize {
    rows.iter()
        .map(|&(year, model, _)| (year, model))
        .collect::<BTreeSet<_>>()
        .len()
}

fn model(make: &str, name: &str) -> i32 {
    let make = make_id(make);
    CATALOG
        .models
        .iter()
        .find(|row| row.make_id == make && row.name == name)
        .unwrap()
        .id
}

fn make_id(name: &str) -> i32 {
    CATALOG
        .makes
        .iter()
        .find(|row| row.name == name)
        .unwrap()
        .id
}

/// Names of a make's models in a year, of some vehicle types, sorted.
fn models_of(year: i16, make: &str, types: i16) -> Vec<&'static str> {
    let make = make_id(make);
    let ids: BTreeSet<i32> = sold(types)
        .iter()
        .filter(|row| (row.0, row.1) == (year, make))
        .map(|row| row.2)
        .collect();
    let mut names: Vec<&str> = CATALOG
        .models
        .iter()
        .filter(|row| ids.contains(&row.id))
        .map(|row| row.name.as_str())
        .collect();
    names.sort_unstable();
    names
}

/// The distinct texts of one column of `Catalog::shown`.
fn column(rows: &[String], at: usize) -> BTreeSet<&str> {
    rows.iter()
        .map(|row| row.split(" | ").nth(at).unwrap())
        .collect()
}

/// Ours within so many percent of the figure expected.
#[track_caller]
fn near(ours: usize, expected: usize, percent: usize) {
    assert!(
        ours.abs_diff(expected) * 100 <= expected * percent,
        "{ours} is not within {percent}% of {expected}"
    );
}

#[test]
fn cars_mpvs_and_trucks_are_as_many_as_counted() {
    let rows = sold(CAR_MPV_TRUCK);
    let distinct =
        |of: fn(&(i16, i32, i32)) -> (i16, i32)| rows.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(|row| (row.0, 0)), 47);
    assert_eq!(distinct(|row| (row.0, row.1)), 2_672);
    assert_eq!(distinct(|row| (0, row.1)), 136);
    assert_eq!(distinct(|row| (row.0, row.2)), 19_006);
    assert_eq!(distinct(|row| (0, row.2)), 1_921);
    for (year, makes, models) in [
        (1990, 57, 411),
        (2000, 55, 323),
        (2010, 60, 412),
        (2015, 54, 420),
        (2020, 60, 497),
        (2022, 60, 473),
        (2024, 65, 463),
        (2026, 61, 396),
        (2027, 55, 337),
    ] {
        let of_year: Vec<_> = rows.iter().filter(|row| row.0 == year).collect();
        let of_makes: BTreeSet<i32> = of_year.iter().map(|row| row.1).collect();
        assert_eq!((of_makes.len(), of_year.len()), (makes, models), "{year}");
    }
}

#[test]
fn trims_engines_and_transmissions_are_about_as_many_as_counted() {
    let trims = known(CAR_MPV_TRUCK, |row| row.trim_id);
    let engines = known(CAR_MPV_TRUCK, |row| row.engine_id);
    let transmissions = known(CAR_MPV_TRUCK, |row| row.transmission_id);
    near(trims.len(), 35_767, 1);
    near(model_years_of(&trims), 10_049, 1);
    near(model_years_of(&engines), 18_863, 1);
    near(model_years_of(&transmissions), 5_001, 1);
    // We name engines by their model too, and speeds beside styles; see the README of this folder.
    near(engines.len(), 160_174, 20);
    near(transmissions.len(), 7_145, 20);
    assert!(CATALOG.configurations.len() < 1_000_000);
}

#[test]
fn motorcycles_are_as_many_as_counted() {
    let rows = sold(MOTORCYCLE);
    assert_eq!(
        rows.iter().map(|row| row.1).collect::<BTreeSet<_>>().len(),
        1_665
    );
    assert_eq!(rows.len(), 82_022);
    assert_eq!(
        rows.iter().map(|row| row.2).collect::<BTreeSet<_>>().len(),
        9_985
    );
    assert_eq!(models_of(2018, "Harley-Davidson", MOTORCYCLE).len(), 54);
}

#[test]
fn the_2022_hondas_are_the_ones_sold() {
    assert_eq!(
        models_of(2022, "Honda", CAR_MPV_TRUCK),
        [
            "Accord",
            "CR-V",
            "Civic",
            "Civic SI",
            "HR-V",
            "Insight",
            "Odyssey",
            "Passport",
            "Pilot",
            "Ridgeline",
        ]
    );
    assert_eq!(
        CATALOG.shown(2022, model("Honda", "Civic")),
        [
            "EX | 1.5L I4 Turbo Gasoline (L15BY) | CVT",
            "EX-L | 1.5L I4 Turbo Gasoline (L15B7) | CVT",
            "LX | 2.0L I4 Gasoline (K20C2) | 6-speed Manual",
            "LX | 2.0L I4 Gasoline (K20C2) | CVT",
            "Sport Touring | 1.5L I4 Turbo Gasoline (L15B7) | 6-speed Manual",
            "Sport Touring | 1.5L I4 Turbo Gasoline (L15B7) | CVT",
            "Sport | 2.0L I4 Gasoline (K20C2) | 6-speed Manual",
            "Sport | 2.0L I4 Gasoline (K20C2) | CVT",
            "Touring | 1.5L I4 Turbo Gasoline (L15B7) | CVT",
        ]
    );
}

#[test]
fn the_2022_f_150_is_electric_only_as_a_supercrew() {
    let rows = CATALOG.shown(2022, model("Ford", "F-150"));
    let trims = [
        "SuperCab",
        "SuperCrew",
        "SuperCrew-Police",
        "SuperCrew-Raptor",
        "SuperCrew-SSV",
    ];
    assert_eq!(column(&rows, 0), trims.into());
    let engines = [
        "2.7L V6 Gasoline (2.7L-4V)",
        "3.3L V6 Gasoline (TIVCT)",
        "3.5L V6 Gasoline Hybrid (HEV)",
        "3.5L V6 Turbo Gasoline (GTDI)",
        "5.0L V8 Gasoline (5.0L-4V)",
        "Electric",
    ];
    assert_eq!(column(&rows, 1), engines.into());
    assert_eq!(column(&rows, 2), ["-"].into());
    let electric: Vec<_> = rows.iter().filter(|row| row.contains("Electric")).collect();
    assert_eq!(electric, ["SuperCrew | Electric | -"]);
}

#[test]
fn the_2023_camrys_transmissions_follow_trim_and_hybrid() {
    let rows = CATALOG.shown(2023, model("Toyota", "Camry"));
    assert_eq!(column(&rows, 0), ["LE", "SE", "XLE", "XSE"].into());
    assert_eq!(rows.len(), 12);
    for (trim, hybrid) in [
        ("LE", "e-CVT"),
        ("SE", "CVT"),
        ("XLE", "CVT"),
        ("XSE", "CVT"),
    ] {
        assert!(
            rows.contains(&format!(
                "{trim} | 2.5L I4 Gasoline Hybrid (A25A-FXS, 3NM) | {hybrid}"
            )),
            "{rows:?}"
        );
        assert!(
            rows.contains(&format!(
                "{trim} | 2.5L I4 Gasoline (A25A-FKS) | 8-speed Automatic"
            )),
            "{rows:?}"
        );
        assert!(
            rows.contains(&format!(
                "{trim} | 3.5L V6 Gasoline (2GR-FKS) | 8-speed Automatic"
            )),
            "{rows:?}"
        );
    }
}

#[test]
fn every_2020_tesla_is_electric_with_one_speed() {
    assert_eq!(
        models_of(2020, "Tesla", CAR_MPV_TRUCK),
        ["Model 3", "Model S", "Model X", "Model Y"]
    );
    assert_eq!(
        CATALOG.shown(2020, model("Tesla", "Model 3")),
        ["- | Electric | 1-speed Automatic"]
    );
}

#[test]
fn makes_of_2022_have_the_names_people_know() {
    let makes: BTreeSet<i32> = sold(CAR_MPV_TRUCK)
        .iter()
        .filter(|row| row.0 == 2022)
        .map(|row| row.1)
        .collect();
    let names: BTreeSet<&str> = CATALOG
        .makes
        .iter()
        .filter(|row| makes.contains(&row.id))
        .map(|row| row.name.as_str())
        .collect();
    for name in [
        "Acura",
        "BMW",
        "GMC",
        "Karma",
        "MINI",
        "McLaren",
        "Ram",
        "Rivian",
        "FF",
        "Volvo",
        "Land Rover",
    ] {
        assert!(names.contains(name), "{name} is not in {names:?}");
    }
}

#[test]
fn rows_are_sorted_and_every_reference_is_met() {
    let catalog = &*CATALOG;
    assert!(catalog.configurations.is_sorted() && catalog.model_years.is_sorted());
    let ids = |rows: Vec<i64>| {
        assert!(
            rows.is_sorted_by(|one, other| one < other),
            "ids are sorted and unique"
        );
        rows.into_iter().collect::<BTreeSet<i64>>()
    };
    let trims = ids(catalog.trims.iter().map(|row| row.id).collect());
    let engines = ids(catalog.engines.iter().map(|row| row.id).collect());
    let transmissions = ids(catalog.transmissions.iter().map(|row| row.id).collect());
    let model_years: BTreeSet<_> = catalog
        .model_years
        .iter()
        .map(|row| (row.year, row.model_id))
        .collect();
    for row in &catalog.configurations {
        assert!(model_years.contains(&(row.year, row.model_id)), "{row:?}");
        assert!(row.trim_id.is_none_or(|id| trims.contains(&id)), "{row:?}");
        assert!(
            row.engine_id.is_none_or(|id| engines.contains(&id)),
            "{row:?}"
        );
        assert!(
            row.transmission_id
                .is_none_or(|id| transmissions.contains(&id)),
            "{row:?}"
        );
        assert!(row.power_hp_min <= row.power_hp_max, "{row:?}");
    }
}
