//! What tells one engine from another, small enough to compare by the million.

use super::engine_label::EngineFacts;

/// What an engine's name was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct EngineIdentity {
    /// Absent mostly means "has none", so these must agree.
    nature: Nature,
    /// Cubic centimetres below one litre, else tenths of a litre from a million on.
    size: Option<u32>,
    cylinders: Option<u8>,
    configuration: Option<u32>,
    fuel: Option<u32>,
    /// A number for the engine model's folded text.
    model: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Nature {
    electric: bool,
    turbo: bool,
    second_fuel: Option<u32>,
    electrification: Option<&'static str>,
}

impl EngineIdentity {
    /// The identity of `facts`, whose engine model is known by the number `model`.
    pub(super) fn new(facts: &EngineFacts, model: Option<u32>) -> Self {
        Self {
            nature: Nature {
                electric: facts.is_electric(),
                turbo: facts.turbo == Some(true),
                second_fuel: facts.fuel_secondary,
                electrification: facts.electrification_word(),
            },
            size: facts.named_size(),
            cylinders: facts.cylinders,
            configuration: facts.configuration,
            fuel: facts.fuel_primary,
            model,
        }
    }

    /// Does this say all that `vague` says of size, layout, fuel and model, and agree on the rest?
    pub(super) fn refines(&self, vague: &Self) -> bool {
        fn says<T: PartialEq + Copy>(fine: Option<T>, vague: Option<T>) -> bool {
            vague.is_none() || fine == vague
        }
        says(self.size, vague.size)
            && says(self.cylinders, vague.cylinders)
            && says(self.configuration, vague.configuration)
            && says(self.fuel, vague.fuel)
            && says(self.model, vague.model)
            && self.nature == vague.nature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> EngineFacts {
        EngineFacts {
            litres: Some(2.0),
            cylinders: Some(4),
            fuel_primary: Some(4),
            ..EngineFacts::default()
        }
    }

    fn refines(fine: &EngineFacts, vague: &EngineFacts) -> bool {
        EngineIdentity::new(fine, None).refines(&EngineIdentity::new(vague, None))
    }

    #[test]
    fn knowing_more_refines_and_knowing_otherwise_does_not() {
        let vague = EngineFacts {
            litres: None,
            ..plain()
        };
        assert!(refines(&plain(), &vague));
        assert!(!refines(&vague, &plain()));
        assert!(!refines(
            &EngineFacts {
                cylinders: Some(6),
                ..plain()
            },
            &vague
        ));
        let modelled = EngineIdentity::new(&plain(), Some(7));
        assert!(modelled.refines(&EngineIdentity::new(&plain(), None)));
        assert!(!modelled.refines(&EngineIdentity::new(&plain(), Some(8))));
    }

    #[test]
    fn turbo_second_fuel_and_hybrid_make_another_engine() {
        for other in [
            EngineFacts {
                turbo: Some(true),
                ..plain()
            },
            EngineFacts {
                fuel_secondary: Some(10),
                ..plain()
            },
            EngineFacts {
                electrification: Some(9),
                ..plain()
            },
        ] {
            assert!(!refines(&other, &plain()), "{other:?}");
        }
        assert!(refines(
            &EngineFacts {
                turbo: Some(false),
                ..plain()
            },
            &plain()
        ));
    }
}
