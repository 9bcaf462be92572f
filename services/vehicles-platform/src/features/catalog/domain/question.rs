//! What can be asked of the catalogue. A question names its answer in the cache.

use super::vehicle_types::VehicleTypes;

/// A model of a make in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModelYear {
    pub(crate) year: i16,
    pub(crate) make_id: i32,
    pub(crate) model_id: i32,
}

/// What was already picked among the configurations of a model.
#[expect(
    clippy::struct_field_names,
    reason = "they are ids, and the parameters are called so"
)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Picked {
    pub(crate) trim_id: Option<i64>,
    pub(crate) engine_id: Option<i64>,
    pub(crate) transmission_id: Option<i64>,
}

/// Which side of the configurations is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Trims,
    Engines,
    Transmissions,
    Configurations,
}

/// A question to the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    Years {
        types: VehicleTypes,
    },
    Makes {
        year: i16,
        types: VehicleTypes,
    },
    Models {
        year: i16,
        make_id: i32,
        types: VehicleTypes,
    },
    /// Everything there is on that side. What was picked narrows it afterwards: an answer for every pick, possible or not,
    /// would fill the cache with what anybody cares to make up.
    Of {
        side: Side,
        model: ModelYear,
    },
}

impl Question {
    /// The end of the cache key; the release stands before it.
    pub(crate) fn key(self) -> String {
        match self {
            Self::Years { types } => format!("years:{}", types.bits()),
            Self::Makes { year, types } => format!("makes:{year}:{}", types.bits()),
            Self::Models {
                year,
                make_id,
                types,
            } => {
                format!("models:{year}:{make_id}:{}", types.bits())
            }
            Self::Of {
                side,
                model:
                    ModelYear {
                        year,
                        make_id,
                        model_id,
                    },
            } => {
                let side = match side {
                    Side::Trims => "trims",
                    Side::Engines => "engines",
                    Side::Transmissions => "transmissions",
                    Side::Configurations => "configurations",
                };
                format!("{side}:{year}:{make_id}:{model_id}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_questions_have_different_keys() {
        let model = ModelYear {
            year: 2022,
            make_id: 1,
            model_id: 2,
        };
        let of = |side| Question::Of { side, model }.key();
        let keys = [
            of(Side::Engines),
            of(Side::Trims),
            of(Side::Transmissions),
            of(Side::Configurations),
            Question::Years {
                types: VehicleTypes::default(),
            }
            .key(),
            Question::Years {
                types: VehicleTypes::from_bits(8),
            }
            .key(),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
