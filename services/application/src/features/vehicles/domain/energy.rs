//! What a vehicle runs on.

use crate::decimal::Capacity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Energy {
    /// Petrol, also with up to 15 % ethanol.
    Petrol,
    /// Diesel.
    Diesel,
    /// Ethanol, as E85.
    Ethanol,
    /// Liquefied petroleum gas.
    Lpg,
    /// Compressed natural gas.
    Cng,
    /// From the plug.
    Electric,
    /// Hydrogen.
    Hydrogen,
}

/// An energy with what it is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnergyStore {
    pub(crate) energy: Energy,
    /// Litres that the tank holds; kilogrammes of CNG and hydrogen; usable kilowatt-hours of the battery.
    #[serde(default)]
    #[schema(example = 60.0)]
    pub(crate) capacity: Option<Capacity>,
}

/// vPIC's words for fuels (element 24), as far as they are energies here.
pub(crate) fn of_fuel(fuel: &str) -> Option<Energy> {
    Some(match fuel {
        "Gasoline" | "Neat Methanol (M100)" | "Methanol (M85)" | "Flexible Fuel Vehicle (FFV)" => {
            Energy::Petrol
        }
        "Diesel" => Energy::Diesel,
        "Ethanol (E85)" | "Neat Ethanol (E100)" => Energy::Ethanol,
        "Liquefied Petroleum Gas (propane or LPG)" => Energy::Lpg,
        "Compressed Natural Gas (CNG)"
        | "Compressed Natural Gas (CNG)/Hydrogen"
        | "Natural Gas" => Energy::Cng,
        "Electric" => Energy::Electric,
        "Fuel Cell" | "Compressed Hydrogen/Hydrogen" => Energy::Hydrogen,
        _ => return None,
    })
}

/// What a decoded vehicle runs on. A hybrid that is not plugged in runs on its fuel alone.
pub(crate) fn of_decoded(
    fuels: [Option<&str>; 2],
    electrification: Option<&str>,
    battery: Option<Capacity>,
) -> Vec<EnergyStore> {
    let mut energies: Vec<Energy> = Vec::new();
    let is_plugged_in =
        electrification.is_none_or(|how| how.contains("PHEV") || how.contains("BEV"));
    for energy in fuels.into_iter().flatten().filter_map(of_fuel) {
        let counts = energy != Energy::Electric || is_plugged_in;
        if counts && !energies.contains(&energy) {
            energies.push(energy);
        }
    }
    let stores = energies.into_iter().map(|energy| EnergyStore {
        energy,
        capacity: battery.filter(|_| energy == Energy::Electric),
    });
    stores.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn energies(fuels: [Option<&str>; 2], how: Option<&str>) -> Vec<Energy> {
        let stores = of_decoded(fuels, how, None);
        stores.into_iter().map(|store| store.energy).collect()
    }

    #[test]
    fn a_hybrid_without_a_plug_runs_on_its_fuel() {
        let fuels = [Some("Gasoline"), Some("Electric")];
        let strong = Some("Strong HEV (Hybrid Electric Vehicle)");
        assert_eq!(energies(fuels, strong), [Energy::Petrol]);
        let plugged = Some("PHEV (Plug-in Hybrid Electric Vehicle)");
        assert_eq!(energies(fuels, plugged), [Energy::Petrol, Energy::Electric]);
        let electric = Some("BEV (Battery Electric Vehicle)");
        assert_eq!(
            energies([Some("Electric"), None], electric),
            [Energy::Electric]
        );
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        assert_eq!(energies([Some("Coal"), None], None), []);
        assert_eq!(energies([None, None], None), []);
    }
}
