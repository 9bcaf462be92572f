//! The whole answer about a VIN.

use super::confidence::confidence;
use super::vehicle::vehicle;
use contracts::vin::{CheckDigit, PossibleValues, VinAnswer, VinAttribute, VinError};
use vin_decoder::{Decoded, ErrorCode, Source};

/// The answer; with every public variable of vPIC, if asked for.
pub(crate) fn answer<'a>(
    decoded: &'a Decoded<'_>,
    release: &'a str,
    attributes: bool,
) -> VinAnswer<'a> {
    let vin = &decoded.vin;
    let part = |from, to| vin.part(from, to).into();
    let attributes = attributes.then(|| decoded.attributes().map(attribute).collect());
    let well_formed = !decoded.errors.contains(&ErrorCode::InvalidCharacters);
    VinAnswer {
        vin: vin.as_str().into(),
        valid: vin.is_full() && well_formed && decoded.is_check_digit_met,
        check_digit: check_digit(decoded),
        wmi: vin.wmi().as_str().to_owned().into(),
        vds: part(4, 9),
        vis: part(10, 17),
        serial: part(if vin.is_low_volume() { 15 } else { 12 }, 17),
        model_year: decoded.model_year,
        suggested_vin: decoded.suggested_vin.as_deref().map(Into::into),
        possible_values: possible(decoded.possible_values.as_deref().unwrap_or_default()),
        vehicle: vehicle(decoded),
        errors: decoded
            .errors
            .iter()
            .map(|code| error(decoded, *code))
            .collect(),
        additional_error_text: decoded.additional_error_text().map(Into::into),
        confidence: confidence(decoded),
        attributes,
        data_release: release.into(),
    }
}

fn check_digit<'a>(decoded: &'a Decoded<'_>) -> CheckDigit<'a> {
    let expected = match decoded.check_digit {
        vin_decoder::CheckDigit::Expected(digit) => Some(char::from(digit).to_string().into()),
        vin_decoder::CheckDigit::Incomplete | vin_decoder::CheckDigit::Incalculable => None,
    };
    let actual = decoded.vin.part(9, 9);
    CheckDigit {
        expected,
        actual: (!actual.is_empty()).then_some(actual.into()),
        valid: decoded.is_check_digit_met,
    }
}

fn error<'a>(decoded: &Decoded<'a>, code: ErrorCode) -> VinError<'a> {
    VinError {
        code: code.number(),
        text: decoded.text_of(code),
    }
}

/// `(4:AB)(11:12)`, as vPIC writes it.
fn possible(text: &str) -> Vec<PossibleValues<'_>> {
    let groups = text.split(')').filter_map(|group| group.strip_prefix('('));
    groups
        .filter_map(|group| {
            let (position, characters) = group.split_once(':')?;
            Some(PossibleValues {
                position: position.parse().ok()?,
                characters: characters.into(),
            })
        })
        .collect()
}

fn attribute(attribute: vin_decoder::Attribute<'_>) -> VinAttribute<'_> {
    VinAttribute {
        id: attribute.element,
        name: attribute.name.into(),
        code: attribute.code.into(),
        group: attribute.group.into(),
        value: attribute.value,
        value_id: attribute.attribute_id,
        source: source(attribute.source).into(),
        pattern_id: attribute.pattern_id,
        key: attribute.key.map(Into::into),
        formula: attribute.formula.map(Into::into),
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Pattern => "pattern",
        Source::Formula => "formula",
        Source::EngineModel => "engine_model",
        Source::VehicleSpecification => "vehicle_specification",
        Source::Manufacturer => "manufacturer",
        Source::Model => "model",
        Source::ModelYear => "model_year",
        Source::Conversion => "conversion",
        Source::Default => "default",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possible_values_are_taken_apart() {
        let values = possible("(4:AB)(11:12)");
        let seen: Vec<_> = values
            .iter()
            .map(|it| (it.position, &*it.characters))
            .collect();
        assert_eq!(seen, [(4, "AB"), (11, "12")]);
        assert!(possible("").is_empty());
    }
}
