//! Which kinds of vehicles a list is about, as the bits of the column `vehicle_types`.

use contracts::vehicles::VehicleType;

const NAMES: [(VehicleType, &str, i16); 4] = [
    (VehicleType::Car, "car", 1),
    (VehicleType::Mpv, "mpv", 2),
    (VehicleType::Truck, "truck", 4),
    (VehicleType::Motorcycle, "motorcycle", 8),
];

/// A set of vehicle types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct VehicleTypes(i16);

impl Default for VehicleTypes {
    /// Cars, MPVs and trucks: what stands in a garage. Motorcycles come when they are asked for.
    fn default() -> Self {
        Self(1 | 2 | 4)
    }
}

impl VehicleTypes {
    /// From the column.
    pub(crate) fn from_bits(bits: i16) -> Self {
        Self(bits)
    }

    /// As in the column.
    pub(crate) fn bits(self) -> i16 {
        self.0
    }

    /// Whether a type is among them.
    pub(crate) fn has(self, wanted: VehicleType) -> bool {
        NAMES
            .iter()
            .any(|(kind, _, bit)| *kind == wanted && self.0 & bit != 0)
    }

    /// One by one, in a fixed order.
    pub(crate) fn list(self) -> Vec<VehicleType> {
        NAMES
            .iter()
            .map(|(kind, _, _)| *kind)
            .filter(|kind| self.has(*kind))
            .collect()
    }

    /// From names separated by commas.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut bits = 0;
        for name in text.split(',') {
            let known = NAMES.iter().find(|(_, known, _)| *known == name.trim());
            let Some((_, _, bit)) = known else {
                let allowed = NAMES.map(|(_, name, _)| name).join(", ");
                return Err(format!(
                    "must be one or more of {allowed}, separated by commas"
                ));
            };
            bits |= bit;
        }
        Ok(Self(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_types_may_be_asked_for_at_once() {
        let types = VehicleTypes::parse("truck, car").unwrap();
        assert_eq!(types.list(), [VehicleType::Car, VehicleType::Truck]);
        assert_eq!(types.bits(), 5);
    }

    #[test]
    fn motorcycles_come_only_when_asked_for() {
        assert!(!VehicleTypes::default().has(VehicleType::Motorcycle));
        assert!(
            VehicleTypes::parse("motorcycle")
                .unwrap()
                .has(VehicleType::Motorcycle)
        );
    }

    #[test]
    fn another_type_is_refused_with_the_ones_there_are() {
        for text in ["trailer", "", "car,,truck", "CAR"] {
            assert!(
                VehicleTypes::parse(text)
                    .unwrap_err()
                    .contains("car, mpv, truck, motorcycle")
            );
        }
    }
}
