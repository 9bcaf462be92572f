//! The rules of derivation, each on a release of a few rows.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use super::super::sample_release::{SampleRelease, SampleSpec};

const MODEL: u32 = 28;
const TRIM: u32 = 38;
const CIVIC: i32 = 10;
const CIVIC_2022: SampleSpec = SampleSpec {
    make: 1,
    vehicle_type: 2,
    model: 10,
    year: 2022,
};

#[test]
fn trims_engines_and_transmissions_stand_together_only_where_their_keys_meet() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2022, Some(2022)),
        &[
            ("FL[12]", MODEL, "10"),
            ("FL*A", TRIM, "LX"),
            ("FL1B", TRIM, "Touring"),
            ("FL1", 13, "1.5"),
            ("FL1", 9, "4"),
            ("FL2", 13, "2.0"),
            ("FL2", 9, "4"),
            ("FL", 24, "4"),
            ("FL", 64, "1"),
            ("FL*A", 37, "3"),
            ("FL*A", 63, "6"),
            ("FL*B", 37, "7"),
        ],
    );
    assert_eq!(
        release.derive().shown(2022, CIVIC),
        [
            "LX | 1.5L I4 Gasoline | 6-speed Manual",
            "LX | 2.0L I4 Gasoline | 6-speed Manual",
            "Touring | 1.5L I4 Gasoline | CVT",
        ]
    );
}

#[test]
fn schemas_of_a_wmi_and_year_are_matched_together() {
    let mut release = SampleRelease::new();
    release
        .schema(1, 1, (2005, Some(2006)), &[("A", MODEL, "10")])
        .schema(2, 1, (2006, Some(2006)), &[("*1", 13, "2.4")]);
    let catalog = release.derive();
    assert_eq!(catalog.shown(2006, CIVIC), ["- | 2.4L | -"]);
    // Nothing is known of 2005, yet the model was sold.
    assert!(catalog.shown(2005, CIVIC).is_empty());
    assert_eq!(catalog.years_of(CIVIC), [2005, 2006]);
}

#[test]
fn unchecked_schemas_and_unpublished_wmis_do_not_decode() {
    let mut release = SampleRelease::new();
    release.schema(1, 1, (2022, Some(2022)), &[("A", MODEL, "10")]);
    release.model(1, 11, "Hidden").model(1, 12, "Secret");
    release
        .band(2, 1, (2022, Some(2022)))
        .row("vinschema", &["t", "2"]);
    release.pattern(2, "B", MODEL, "11", "2020-01-01 00:00:00");
    release
        .row("wmi", &["\\N", "2", "7"])
        .schema(3, 7, (2022, Some(2022)), &[("C", MODEL, "12")]);
    let catalog = release.derive();
    assert_eq!(
        catalog.models.iter().map(|row| row.id).collect::<Vec<_>>(),
        [CIVIC]
    );
}

#[test]
fn a_model_key_that_excludes_the_years_letter_is_dropped() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2021, Some(2023)),
        &[("A****|N", MODEL, "10"), ("A****|[MN]", 13, "2.0")],
    );
    let catalog = release.derive();
    assert_eq!(catalog.years_of(CIVIC), [2022]);
    assert_eq!(catalog.shown(2022, CIVIC), ["- | 2.0L | -"]);
}

#[test]
fn an_engine_holds_only_in_the_years_its_key_allows() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2021, Some(2022)),
        &[
            ("A", MODEL, "10"),
            ("A****|M", 13, "1.8"),
            ("A****|N", 13, "2.0"),
        ],
    );
    let catalog = release.derive();
    assert_eq!(catalog.shown(2021, CIVIC), ["- | 1.8L | -"]);
    assert_eq!(catalog.shown(2022, CIVIC), ["- | 2.0L | -"]);
}

#[test]
fn open_bands_end_a_year_after_the_last_change_and_span_at_least_their_first_year() {
    let mut release = SampleRelease::new();
    release.model(1, 11, "Late");
    release.schema(
        1,
        1,
        (2018, Some(2018)),
        &[("Z", TRIM, "unused"), ("A", MODEL, "10")],
    );
    release.schema(2, 1, (2019, None), &[("B", MODEL, "10")]);
    release.schema(3, 1, (2019, Some(2026)), &[("C", MODEL, "11")]);
    release.schema(4, 1, (2026, None), &[("D", MODEL, "10")]);
    assert_eq!(
        release.derive().years_of(CIVIC),
        [2018, 2019, 2020, 2021, 2026]
    );
}

#[test]
fn years_run_from_1981_to_the_one_after_the_release() {
    let mut release = SampleRelease::new();
    release.schema(1, 1, (1980, Some(2039)), &[("A", MODEL, "10")]);
    let years = release.derive().years_of(CIVIC);
    assert_eq!(
        (years[0], years[years.len() - 1], years.len()),
        (1981, 2027, 47)
    );
}

#[test]
fn only_makes_with_cars_in_closed_bands_are_shown_and_for_two_years_more() {
    let mut release = SampleRelease::new();
    release
        .make(2, "Trailer Kit")
        .model(2, 20, "Kit")
        .wmi(2, 2)
        .wmi(3, 3)
        .model(1, 11, "Ridgeline");
    release.schema(1, 1, (2015, Some(2015)), &[("A", MODEL, "10")]);
    release.schema(2, 2, (2015, None), &[("A", MODEL, "20")]);
    release.schema(3, 3, (2014, Some(2019)), &[("A", MODEL, "11")]);
    let catalog = release.derive();
    assert!(catalog.years_of(20).is_empty());
    assert_eq!(catalog.years_of(11), [2015, 2016, 2017]);
    let truck = catalog
        .model_years
        .iter()
        .find(|row| row.model_id == 11)
        .unwrap();
    assert_eq!(truck.vehicle_types, 4);
    assert_eq!(catalog.makes.len(), 1);
}

#[test]
fn motorcycles_are_listed_without_the_maker_rule() {
    let mut release = SampleRelease::new();
    release.make(3, "DUCATI").model(3, 30, "MONSTER").wmi(3, 1);
    release.schema(1, 1, (2020, Some(2020)), &[("A", MODEL, "10")]);
    release.schema(2, 3, (2020, None), &[("A", MODEL, "30"), ("*1", 11, "937")]);
    let catalog = release.derive();
    assert_eq!(catalog.years_of(30), [2020, 2021]);
    assert_eq!(catalog.shown(2020, 30), ["- | 937cc | -"]);
    let monster = catalog
        .model_years
        .iter()
        .find(|row| row.model_id == 30)
        .unwrap();
    assert_eq!(monster.vehicle_types, 8);
    assert_eq!(
        (
            catalog.makes[1].name.as_str(),
            catalog.models[1].name.as_str()
        ),
        ("Ducati", "Monster")
    );
}

#[test]
fn a_covering_pattern_decides_and_of_two_the_later_change() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2022, Some(2022)),
        &[("A", MODEL, "10"), ("A1", 13, "2.0")],
    );
    release
        .pattern(1, "A1", 9, "4", "2019-01-01 00:00:00")
        .pattern(1, "*1", 9, "6", "2021-01-01 00:00:00");
    // Two fuels meet the engine and neither covers it: unknown.
    release
        .pattern(1, "A1X", 24, "4", "2020-01-01 00:00:00")
        .pattern(1, "A1Y", 24, "1", "2020-01-01 00:00:00");
    assert_eq!(release.derive().shown(2022, CIVIC), ["- | 2.0L 6-cyl | -"]);
}

#[test]
fn gaps_are_filled_from_the_engine_model_and_fuel_carries_where_nothing_else_does() {
    let mut release = SampleRelease::new();
    release.model(1, 11, "e:Ny1").engine_model(
        5,
        "k20c2 ",
        &[(13, "1.996"), (9, "4"), (64, "1"), (24, "4"), (71, "158")],
    );
    release.schema(
        1,
        1,
        (2022, Some(2022)),
        &[
            ("A", MODEL, "10"),
            ("A1", 18, "K20C2"),
            ("A1", 24, "4"),
            ("B", MODEL, "11"),
            ("B", 126, "4"),
        ],
    );
    let catalog = release.derive();
    assert_eq!(
        catalog.shown(2022, CIVIC),
        ["- | 2.0L I4 Gasoline (K20C2) | -"]
    );
    let row = catalog.of(2022, CIVIC).next().unwrap();
    assert_eq!((row.power_hp_min, row.power_hp_max), (Some(158), Some(158)));
    assert_eq!(catalog.shown(2022, 11), ["- | Electric | -"]);
    let engine = catalog
        .engines
        .iter()
        .find(|row| row.name.contains("K20C2"))
        .unwrap();
    assert_eq!(
        (engine.displacement_dl, engine.cylinders),
        (Some(20), Some(4))
    );
    assert_eq!(
        (
            engine.configuration.as_deref(),
            engine.fuel_primary.as_deref()
        ),
        (Some("In-Line"), Some("Gasoline"))
    );
}

#[test]
fn power_is_the_range_of_the_configurations_patterns() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2022, Some(2022)),
        &[
            ("A", MODEL, "10"),
            ("A*1", TRIM, "LX"),
            ("A*2", TRIM, "EX"),
            ("A", 13, "2.0"),
            ("A*1", 71, "150"),
            ("A*2X", 71, "200.4"),
            ("A*2Y", 71, "180"),
            ("A*2Y", 125, "220"),
        ],
    );
    let catalog = release.derive();
    let powers: Vec<_> = catalog
        .of(2022, CIVIC)
        .map(|row| (row.power_hp_min, row.power_hp_max))
        .collect();
    assert!(powers.contains(&(Some(150), Some(150))), "{powers:?}");
    assert!(powers.contains(&(Some(180), Some(220))), "{powers:?}");
}

#[test]
fn specifications_tell_the_transmission_where_their_keys_hold() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2022, Some(2023)),
        &[
            ("A", MODEL, "10"),
            ("A1", TRIM, "LE"),
            ("A2", TRIM, "XLE"),
            ("A*1", 13, "2.5"),
            ("A*1", 24, "4"),
            ("A*2", 13, "2.5"),
            ("A*2", 24, "4"),
            ("A*2", 126, "2"),
        ],
    );
    release.spec(
        &CIVIC_2022,
        &[
            (11, &[(38, "le")], "2", "8"),
            // Changed later and keyed by the hybrid too: it wins there.
            (12, &[(38, "LE"), (126, "2")], "7", ""),
            (13, &[(38, "SE")], "3", "6"),
        ],
    );
    let catalog = release.derive();
    assert_eq!(
        catalog.shown(2022, CIVIC),
        [
            "LE | 2.5L Gasoline Hybrid | CVT",
            "LE | 2.5L Gasoline | 8-speed Automatic",
            "XLE | 2.5L Gasoline Hybrid | -",
            "XLE | 2.5L Gasoline | -",
        ]
    );
    assert!(
        catalog
            .shown(2023, CIVIC)
            .iter()
            .all(|row| row.ends_with("| -"))
    );
}

#[test]
fn a_specification_keyed_by_what_a_configuration_leaves_open_is_a_possibility() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2022, Some(2022)),
        &[
            ("A", MODEL, "10"),
            ("A", 13, "2.0"),
            ("A1", 5, "13"),
            ("A2", 5, "5"),
        ],
    );
    release.spec(
        &CIVIC_2022,
        &[
            (11, &[(5, "13")], "2", "6"),
            (12, &[(5, "5")], "3", "6"),
            (13, &[(5, "7")], "7", ""),
        ],
    );
    // Another vehicle type's specification is not for this one.
    release.spec(
        &SampleSpec {
            vehicle_type: 7,
            ..CIVIC_2022
        },
        &[(14, &[], "7", "")],
    );
    assert_eq!(
        release.derive().shown(2022, CIVIC),
        ["- | 2.0L | 6-speed Automatic", "- | 2.0L | 6-speed Manual"]
    );
}

#[test]
fn lists_of_trims_fold_into_their_parts_only_where_every_part_is_a_trim() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2022, Some(2023)),
        &[
            ("A", MODEL, "10"),
            ("A1", TRIM, "XLE"),
            ("A2", TRIM, "xle / XSE"),
        ],
    );
    release.schema(2, 1, (2022, Some(2022)), &[("A3", TRIM, "XSE")]);
    let catalog = release.derive();
    assert_eq!(catalog.shown(2022, CIVIC), ["XLE | - | -", "XSE | - | -"]);
    assert_eq!(
        catalog.shown(2023, CIVIC),
        ["XLE | - | -", "xle / XSE | - | -"]
    );
}

#[test]
fn case_twins_are_one_trim_spelled_the_commoner_way_and_trim2_fills_in() {
    let mut release = SampleRelease::new();
    release.model(1, 11, "Fit");
    release.schema(
        1,
        1,
        (2022, Some(2022)),
        &[
            ("A", MODEL, "10"),
            ("A1", TRIM, "300H Luxury"),
            ("A2", TRIM, "300h Luxury"),
            ("A3", TRIM, "300h  Luxury"),
            ("A4", TRIM, "(not identified)"),
            ("A5", 109, "Convenience Package"),
            ("B", MODEL, "11"),
            ("B1", 109, "Sport"),
        ],
    );
    let catalog = release.derive();
    assert_eq!(catalog.shown(2022, CIVIC).len(), 1);
    assert_eq!(catalog.trims.len(), 2);
    assert_eq!(catalog.shown(2022, 11), ["Sport | - | -"]);
}

#[test]
fn a_row_another_says_better_is_dropped() {
    let mut release = SampleRelease::new();
    release.schema(
        1,
        1,
        (2022, Some(2022)),
        &[
            ("A", MODEL, "10"),
            ("A1", TRIM, "EX"),
            ("A", 9, "4"),
            ("A1X", 13, "1.5"),
            ("A", 37, "2"),
            ("A1", 63, "6"),
        ],
    );
    assert_eq!(
        release.derive().shown(2022, CIVIC),
        ["EX | 1.5L 4-cyl | 6-speed Automatic"]
    );
}

#[test]
fn the_same_tables_give_the_same_catalogue_whatever_their_order() {
    let build = |flipped: bool| {
        let mut release = SampleRelease::new();
        let mut patterns = vec![
            ("A", MODEL, "10"),
            ("A1", TRIM, "EX"),
            ("A2", TRIM, "ex"),
            ("A2", TRIM, "LX"),
            ("A*1", 13, "1.5"),
            ("A*2", 13, "2"),
            ("A*1", 18, "l15"),
            ("A*2", 18, "L15"),
        ];
        if flipped {
            patterns.reverse();
        }
        release.schema(1, 1, (2021, Some(2022)), &patterns);
        release.derive()
    };
    assert_eq!(build(false), build(true));
}
