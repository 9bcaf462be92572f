//! Names of engines as people know them.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use super::EngineFacts;

fn gasoline(litres: f64, configuration: u32, cylinders: u8) -> EngineFacts {
    EngineFacts {
        litres: Some(litres),
        cylinders: Some(cylinders),
        configuration: Some(configuration),
        fuel_primary: Some(4),
        ..EngineFacts::default()
    }
}

fn label(facts: &EngineFacts) -> String {
    facts.label().unwrap()
}

#[test]
fn size_layout_turbo_fuel_and_model_make_the_name() {
    let civic = EngineFacts {
        turbo: Some(true),
        engine_model: Some("L15B7".into()),
        ..gasoline(1.498, 1, 4)
    };
    assert_eq!(label(&civic), "1.5L I4 Turbo Gasoline (L15B7)");
    assert_eq!(
        label(&EngineFacts {
            turbo: Some(false),
            ..gasoline(5.0, 2, 8)
        }),
        "5.0L V8 Gasoline"
    );
    assert_eq!(
        label(&EngineFacts {
            configuration: None,
            ..gasoline(1.7, 0, 2)
        }),
        "1.7L 2-cyl Gasoline"
    );
    assert_eq!(
        label(&EngineFacts {
            cylinders: None,
            ..gasoline(1.3, 3, 0)
        }),
        "1.3L Rotary Gasoline"
    );
}

#[test]
fn hybrids_do_not_repeat_their_electricity() {
    let truck = EngineFacts {
        fuel_secondary: Some(2),
        electrification: Some(9),
        engine_model: Some("HEV".into()),
        ..gasoline(3.5, 2, 6)
    };
    assert_eq!(label(&truck), "3.5L V6 Gasoline Hybrid (HEV)");
    let plug_in = EngineFacts {
        fuel_primary: Some(2),
        fuel_secondary: Some(4),
        electrification: Some(3),
        ..gasoline(2.0, 1, 4)
    };
    assert_eq!(label(&plug_in), "2.0L I4 Gasoline Plug-in Hybrid");
    let flexible = EngineFacts {
        fuel_secondary: Some(10),
        ..gasoline(5.3, 2, 8)
    };
    assert_eq!(label(&flexible), "5.3L V8 Gasoline/E85");
}

#[test]
fn an_electric_motor_is_just_electric() {
    let car = EngineFacts {
        fuel_primary: Some(2),
        engine_model: Some("Electric Motor".into()),
        ..EngineFacts::default()
    };
    assert_eq!(label(&car), "Electric");
    let level_only = EngineFacts {
        electrification: Some(4),
        cylinders: Some(0),
        ..EngineFacts::default()
    };
    assert_eq!(label(&level_only), "Electric");
    let fuel_cell = EngineFacts {
        fuel_primary: Some(8),
        electrification: Some(5),
        ..EngineFacts::default()
    };
    assert_eq!(label(&fuel_cell), "Hydrogen Fuel Cell");
}

#[test]
fn small_engines_are_named_by_cubic_centimetres() {
    assert_eq!(
        label(&EngineFacts {
            litres: Some(0.249),
            ..EngineFacts::default()
        }),
        "249cc"
    );
    assert_eq!(
        EngineFacts {
            litres: Some(0.249),
            ..EngineFacts::default()
        }
        .displacement_dl(),
        Some(2)
    );
}

#[test]
fn the_model_does_not_repeat_what_the_name_says() {
    let ford = EngineFacts {
        engine_model: Some("3.5L V6 Cyclone".into()),
        ..gasoline(3.5, 2, 6)
    };
    assert_eq!(label(&ford), "3.5L V6 Gasoline (Cyclone)");
    let all = EngineFacts {
        engine_model: Some("3.5L V6".into()),
        ..gasoline(3.5, 2, 6)
    };
    assert_eq!(label(&all), "3.5L V6 Gasoline");
    let model_only = EngineFacts {
        engine_model: Some("GTDI".into()),
        ..EngineFacts::default()
    };
    assert_eq!(label(&model_only), "GTDI");
    assert_eq!(EngineFacts::default().label(), None);
}

#[test]
fn electricity_does_not_keep_a_diesels_parts() {
    let crossed = EngineFacts {
        fuel_primary: Some(2),
        engine_model: Some("C15".into()),
        ..gasoline(15.2, 1, 6)
    };
    let kept = crossed.without_contradiction();
    assert_eq!(label(&kept), "Electric");
    assert_eq!(kept.displacement_dl(), None);
    let diesel = EngineFacts {
        fuel_primary: Some(1),
        ..gasoline(15.2, 1, 6)
    };
    assert_eq!(diesel.clone().without_contradiction(), diesel);
}
