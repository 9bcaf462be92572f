//! What a VIN filled in where nobody had said anything.

use super::energy::EnergyStore;
use super::profile::Profile;
use super::specification::Specification;
use serde::{Deserialize, Serialize};

/// It goes with its VIN; what people said stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FilledIn {
    specification: Specification,
    energies: Vec<EnergyStore>,
}

impl FilledIn {
    /// What the whole has more than people said.
    pub(crate) fn between(said: &Profile, whole: &Profile) -> Self {
        let has_said = !said.energies.is_empty();
        Self {
            specification: whole.specification.clone().without(&said.specification),
            energies: if has_said {
                Vec::new()
            } else {
                whole.energies.clone()
            },
        }
    }

    /// What people said of a profile: what was changed since is theirs.
    pub(crate) fn taken_out_of(&self, whole: &Profile) -> Profile {
        let mut said = whole.clone();
        said.specification = said.specification.without(&self.specification);
        if said.energies == self.energies {
            said.energies.clear();
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn profile(specification: &serde_json::Value, energy: &[&str]) -> Profile {
        let energies: Vec<_> = energy.iter().map(|it| json!({ "energy": it })).collect();
        let body = json!({ "specification": specification, "energies": energies });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn what_people_said_is_what_is_left() {
        let said = profile(&json!({ "model": "Accord Coupe" }), &[]);
        let filled = json!({ "year": 2003, "make": "Honda", "model": "Accord Coupe" });
        let whole = profile(&filled, &["petrol"]);
        let filled_in = FilledIn::between(&said, &whole);
        assert_eq!(filled_in.taken_out_of(&whole), said);
        // Somebody knew better since.
        let changed = json!({ "year": 2002, "make": "Honda", "model": "Accord Coupe" });
        let changed = profile(&changed, &["lpg"]);
        let left = json!({ "year": 2002, "model": "Accord Coupe" });
        assert_eq!(filled_in.taken_out_of(&changed), profile(&left, &["lpg"]));
        assert_eq!(FilledIn::between(&whole, &whole), FilledIn::default());
    }
}
