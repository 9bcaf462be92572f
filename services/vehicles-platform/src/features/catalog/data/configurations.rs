//! The four views of what a model's VINs can carry: trims, engines, transmissions, and all three together.

use crate::features::catalog::domain::natural_order;
use crate::features::catalog::domain::question::Picked;
use contracts::vehicles::{Configuration, Engine, PowerRange, Transmission, Trim};
use std::cmp::Ordering;
use tokio_postgres::Row;

/// A row of `catalog_configuration`, with the names of what it refers to.
pub(super) fn read(row: &Row) -> Configuration {
    let trim = row.get::<_, Option<i64>>("trim_id").map(|id| Trim {
        id,
        name: row.get("trim_name"),
    });
    let transmission = row
        .get::<_, Option<i64>>("transmission_id")
        .map(|id| Transmission {
            id,
            name: row.get("transmission_name"),
            kind: row.get("style"),
            speeds: row.get("speeds"),
        });
    Configuration {
        trim,
        engine: read_engine(row),
        transmission,
    }
}

/// Whether a row can go with what was picked. What NHTSA does not tell of it speaks against nothing.
pub(super) fn fits(row: &Configuration, picked: Picked) -> bool {
    let agrees = |own: Option<i64>, wanted: Option<i64>| {
        own.zip(wanted).is_none_or(|(own, wanted)| own == wanted)
    };
    agrees(row.trim.as_ref().map(|trim| trim.id), picked.trim_id)
        && agrees(
            row.engine.as_ref().map(|engine| engine.id),
            picked.engine_id,
        )
        && agrees(
            row.transmission.as_ref().map(|t| t.id),
            picked.transmission_id,
        )
}

fn read_engine(row: &Row) -> Option<Engine> {
    let power = (
        row.get::<_, Option<i16>>("power_hp_min"),
        row.get("power_hp_max"),
    );
    Some(Engine {
        id: row.get::<_, Option<i64>>("engine_id")?,
        name: row.get("engine_name"),
        displacement_l: row.get("displacement_l"),
        cylinders: row.get("cylinders"),
        configuration: row.get("configuration"),
        fuel_primary: row.get("fuel_primary"),
        fuel_secondary: row.get("fuel_secondary"),
        electrification: row.get("electrification"),
        turbo: row.get("turbo"),
        engine_model: row.get("engine_model"),
        power_hp: power
            .0
            .zip(power.1)
            .map(|(min, max)| PowerRange { min, max }),
    })
}

/// Each trim once, by name.
pub(super) fn trims(rows: Vec<Configuration>) -> Vec<Trim> {
    let mut trims: Vec<Trim> = rows.into_iter().filter_map(|row| row.trim).collect();
    trims.sort_by(by_trim);
    trims.dedup_by_key(|trim| trim.id);
    trims
}

/// Each engine once, smaller before larger, electric last; its power over all its configurations.
pub(super) fn engines(rows: Vec<Configuration>) -> Vec<Engine> {
    let mut engines: Vec<Engine> = rows.into_iter().filter_map(|row| row.engine).collect();
    engines.sort_by(by_engine);
    engines.dedup_by(|later, first| {
        let same = later.id == first.id;
        if same {
            first.power_hp = widest(first.power_hp, later.power_hp);
        }
        same
    });
    engines
}

/// Each transmission once, by kind and speeds.
pub(super) fn transmissions(rows: Vec<Configuration>) -> Vec<Transmission> {
    let mut transmissions: Vec<Transmission> = rows
        .into_iter()
        .filter_map(|row| row.transmission)
        .collect();
    transmissions.sort_by(by_transmission);
    transmissions.dedup_by_key(|transmission| transmission.id);
    transmissions
}

/// Every row, by trim, engine and transmission.
pub(super) fn all(mut rows: Vec<Configuration>) -> Vec<Configuration> {
    rows.sort_by(|a, b| {
        unknown_last(a.trim.as_ref(), b.trim.as_ref(), by_trim)
            .then_with(|| unknown_last(a.engine.as_ref(), b.engine.as_ref(), by_engine))
            .then_with(|| {
                unknown_last(
                    a.transmission.as_ref(),
                    b.transmission.as_ref(),
                    by_transmission,
                )
            })
    });
    rows
}

fn widest(a: Option<PowerRange>, b: Option<PowerRange>) -> Option<PowerRange> {
    match (a, b) {
        (Some(a), Some(b)) => Some(PowerRange {
            min: a.min.min(b.min),
            max: a.max.max(b.max),
        }),
        (known, None) | (None, known) => known,
    }
}

fn unknown_last<T>(a: Option<&T>, b: Option<&T>, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => order(a, b),
        _ => a.is_none().cmp(&b.is_none()),
    }
}

fn by_trim(a: &Trim, b: &Trim) -> Ordering {
    natural_order::compare(&a.name, &b.name).then(a.id.cmp(&b.id))
}

fn by_engine(a: &Engine, b: &Engine) -> Ordering {
    // Nothing that burns comes without a displacement, so what has none is electric, or unknown: last.
    let size = |engine: &Engine| engine.displacement_l.unwrap_or(f64::INFINITY);
    size(a)
        .total_cmp(&size(b))
        .then_with(|| a.cylinders.cmp(&b.cylinders))
        .then_with(|| natural_order::compare(&a.name, &b.name))
        .then(a.id.cmp(&b.id))
}

fn by_transmission(a: &Transmission, b: &Transmission) -> Ordering {
    a.kind
        .cmp(&b.kind)
        .then(a.speeds.cmp(&b.speeds))
        .then_with(|| natural_order::compare(&a.name, &b.name))
        .then(a.id.cmp(&b.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(id: i64, displacement_l: Option<f64>, power: Option<(i16, i16)>) -> Engine {
        Engine {
            id,
            name: format!("engine {id}"),
            displacement_l,
            cylinders: None,
            configuration: None,
            fuel_primary: None,
            fuel_secondary: None,
            electrification: None,
            turbo: None,
            engine_model: None,
            power_hp: power.map(|(min, max)| PowerRange { min, max }),
        }
    }

    fn row(trim: Option<i64>, engine: Option<Engine>) -> Configuration {
        let trim = trim.map(|id| Trim {
            id,
            name: format!("trim {id}"),
        });
        Configuration {
            trim,
            engine,
            transmission: None,
        }
    }

    #[test]
    fn an_engine_of_several_trims_is_listed_once_with_its_whole_range_of_power() {
        let rows = vec![
            row(Some(1), Some(engine(7, Some(2.0), Some((150, 150))))),
            row(Some(2), Some(engine(7, Some(2.0), Some((158, 160))))),
            row(Some(3), Some(engine(7, Some(2.0), None))),
        ];
        let listed = engines(rows);
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].power_hp, Some(PowerRange { min: 150, max: 160 }));
    }

    #[test]
    fn engines_grow_and_the_electric_one_is_last() {
        let rows = [Some(5.0), None, Some(2.7), Some(3.5)];
        let rows = rows
            .iter()
            .zip(1..)
            .map(|(litres, id)| row(None, Some(engine(id, *litres, None))));
        let sizes: Vec<_> = engines(rows.collect())
            .iter()
            .map(|e| e.displacement_l)
            .collect();
        assert_eq!(sizes, [Some(2.7), Some(3.5), Some(5.0), None]);
    }

    #[test]
    fn what_is_not_known_of_a_row_speaks_against_nothing() {
        let picked = Picked {
            trim_id: Some(1),
            engine_id: Some(9),
            ..Picked::default()
        };
        assert!(fits(&row(Some(1), None), picked));
        assert!(fits(&row(None, Some(engine(9, None, None))), picked));
        assert!(!fits(&row(Some(2), None), picked));
    }
}
