//! An engine's facts in plain types, and the name people know it by: `1.5L I4 Turbo Gasoline (L15B7)`.

use super::ids::{folded, squeezed};

/// Cubic centimetres in a cubic inch, over a thousand.
pub(super) const LITRES_PER_CUBIC_INCH: f64 = 0.016_387_064;

/// Engines below this are named by cubic centimetres: motorcycles differ in them.
const SMALL_L: f64 = 0.95;

/// vPIC ids of `fueltype`.
const ELECTRIC: u32 = 2;
const FUEL_CELL: u32 = 18;
/// vPIC ids of `electrificationlevel`.
const MILD_HYBRID: u32 = 1;
const STRONG_HYBRID: u32 = 2;
const PLUG_IN_HYBRID: u32 = 3;
const BATTERY: u32 = 4;
const FUEL_CELL_VEHICLE: u32 = 5;
const HYBRID: u32 = 9;
/// vPIC id of `engineconfiguration`.
const ROTARY: u32 = 3;
/// Engine models that only repeat that it is electric.
const PLAIN_ELECTRIC: [&str; 6] = [
    "electric",
    "electric motor",
    "ev",
    "bev",
    "motor",
    "electric engine",
];

/// What is known of an engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EngineFacts {
    pub(super) litres: Option<f64>,
    pub(super) cylinders: Option<u8>,
    /// vPIC id, as are the fuels and the electrification level.
    pub(super) configuration: Option<u32>,
    pub(super) fuel_primary: Option<u32>,
    pub(super) fuel_secondary: Option<u32>,
    pub(super) electrification: Option<u32>,
    pub(super) turbo: Option<bool>,
    pub(super) engine_model: Option<String>,
}

impl EngineFacts {
    /// Electricity alone has no cylinders: where keys of an electric truck and of its siblings' diesels meet, the
    /// electricity is kept and what belongs to the diesel goes.
    pub(super) fn without_contradiction(self) -> Self {
        let combustion = self.litres.is_some() || self.cylinders.is_some();
        if !self.is_electric() || !combustion {
            return self;
        }
        Self {
            fuel_primary: self.fuel_primary,
            fuel_secondary: self.fuel_secondary,
            electrification: self.electrification,
            ..Self::default()
        }
    }

    /// Displacement in tenths of a litre.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "litres are checked to lie between 0 and 100"
    )]
    pub(super) fn displacement_dl(&self) -> Option<u16> {
        self.litres.map(|litres| (litres * 10.0).round() as u16)
    }

    /// Runs on electricity alone.
    pub(super) fn is_electric(&self) -> bool {
        match self.electrification {
            Some(BATTERY) => true,
            Some(_) => false,
            None => {
                self.fuel_primary == Some(ELECTRIC)
                    && self.fuel_secondary.is_none_or(|fuel| fuel == ELECTRIC)
            }
        }
    }

    /// The name, if anything is known that names an engine.
    pub(super) fn label(&self) -> Option<String> {
        let mut words: Vec<String> = Vec::new();
        if self.is_electric() {
            words.push("Electric".to_owned());
        } else {
            words.extend(self.displacement());
            words.extend(self.layout());
            words.extend(
                self.turbo
                    .filter(|&turbo| turbo)
                    .map(|_| "Turbo".to_owned()),
            );
            words.extend(self.fuel());
            words.extend(self.electrification_word().map(str::to_owned));
        }
        let model = self.model_beside(&words);
        match (words.is_empty(), model) {
            (true, model) => model,
            (false, None) => Some(words.join(" ")),
            (false, Some(model)) => Some(format!("{} ({model})", words.join(" "))),
        }
    }

    /// The electrification as the name says it.
    pub(super) fn electrification_word(&self) -> Option<&'static str> {
        self.electrification.and_then(electrification_word)
    }

    /// A number that differs where the displacement in the name does.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "litres are checked to lie between 0 and 100"
    )]
    pub(super) fn named_size(&self) -> Option<u32> {
        self.litres.map(|litres| {
            if litres < SMALL_L {
                (litres * 1000.0).round() as u32
            } else {
                1_000_000 + (litres * 10.0).round() as u32
            }
        })
    }

    /// Litres to a tenth; below one litre, where motorcycles are told apart by it, cubic centimetres.
    fn displacement(&self) -> Option<String> {
        let litres = self.litres?;
        Some(if litres < SMALL_L {
            format!("{:.0}cc", litres * 1000.0)
        } else {
            format!("{litres:.1}L")
        })
    }

    /// `I4`, `V6`, `H4`, `Rotary`; `4-cyl` when the configuration is unknown.
    fn layout(&self) -> Option<String> {
        let letter = match self.configuration {
            Some(1) => Some("I"),
            Some(2) => Some("V"),
            Some(4) => Some("W"),
            Some(5) => Some("H"),
            _ => None,
        };
        match (letter, self.cylinders) {
            _ if self.configuration == Some(ROTARY) => Some("Rotary".to_owned()),
            (Some(letter), Some(cylinders)) => Some(format!("{letter}{cylinders}")),
            (None, Some(cylinders)) => Some(format!("{cylinders}-cyl")),
            (_, None) => None,
        }
    }

    /// `Gasoline`, `Gasoline/E85`; a hybrid's electricity is told by its electrification.
    fn fuel(&self) -> Option<String> {
        let told = self.electrification_word().is_some();
        let mut fuels: Vec<&str> = Vec::new();
        for fuel in [self.fuel_primary, self.fuel_secondary]
            .into_iter()
            .flatten()
        {
            let repeated = told
                && (fuel == ELECTRIC
                    || (fuel == FUEL_CELL && self.electrification == Some(FUEL_CELL_VEHICLE)));
            if let Some(word) = fuel_word(fuel).filter(|word| !repeated && !fuels.contains(word)) {
                fuels.push(word);
            }
        }
        (!fuels.is_empty()).then(|| fuels.join("/"))
    }

    /// The engine model without what the name already says; `None` when nothing is left.
    fn model_beside(&self, words: &[String]) -> Option<String> {
        let model = squeezed(self.engine_model.as_deref()?);
        let said = |word: &str| {
            let word = word.trim_matches(|sign: char| sign == ',' || sign == '-');
            word.is_empty() || words.iter().any(|have| have.eq_ignore_ascii_case(word))
        };
        let tail: Vec<&str> = model.split(' ').skip_while(|word| said(word)).collect();
        let tail = tail.join(" ");
        let hollow = tail.is_empty()
            || (self.is_electric() && PLAIN_ELECTRIC.contains(&folded(&tail).as_str()));
        (!hollow).then_some(tail)
    }
}

/// A fuel's short name by vPIC id.
fn fuel_word(id: u32) -> Option<&'static str> {
    Some(match id {
        1 => "Diesel",
        ELECTRIC => "Electric",
        4 => "Gasoline",
        6 => "CNG",
        7 => "LNG",
        8 => "Hydrogen",
        9 => "LPG",
        10 => "E85",
        11 => "E100",
        13 => "M85",
        14 => "M100",
        15 => "Flex Fuel",
        17 => "Natural Gas",
        FUEL_CELL => "Fuel Cell",
        _ => return None,
    })
}

/// An electrification level's short name by vPIC id.
fn electrification_word(id: u32) -> Option<&'static str> {
    Some(match id {
        MILD_HYBRID => "Mild Hybrid",
        STRONG_HYBRID | HYBRID => "Hybrid",
        PLUG_IN_HYBRID => "Plug-in Hybrid",
        FUEL_CELL_VEHICLE => "Fuel Cell",
        _ => return None,
    })
}

#[cfg(test)]
#[path = "engine_label_tests.rs"]
mod tests;
