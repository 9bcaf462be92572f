//! What decoding says in the end.

use super::Request;
use super::codes::ErrorCode;
use super::item::{Content, INCOMPLETE, Item, Source};
use super::pass::{BODY_CLASS, Pass};
use crate::check_digit::{self, CheckDigit};
use crate::index::tables::element_flags;
use crate::index::{Index, NONE, position};
use crate::vin::Vin;
use std::borrow::Cow;

/// vPIC's type of vehicles that somebody else completes.
const INCOMPLETE_VEHICLE: u16 = 10;
/// vPIC's texts end here.
const MOST_TEXT: usize = 500;

const OFF_ROAD_NOTE: &str = " NOTE: Disregard if this is an off-road vehicle PIN, as check digit calculation may not be accurate.";
const EXCEPTION_NOTE: &str = " NOTE: Check Digit Exception - The check digit was given an exception based on data from the OEM indicating an error on production.";
const INCOMPLETE_NOTE: &str = " Incomplete Vehicle Warning - Please be advised that the vehicle may have been altered and may not be an accurate representation of the vehicle in its current condition. ";
const YEAR_NOTE: &str = " The Model Year decoded for this VIN may be incorrect. If you know the Model year, please enter it and decode again to get more accurate information. ";

/// A text of the index, or one made for this VIN.
pub type Value<'i> = Cow<'i, str>;

/// What is known of a VIN.
#[derive(Debug, Clone)]
pub struct Decoded<'i> {
    /// The VIN.
    pub vin: Vin,
    /// The model year.
    pub model_year: Option<i32>,
    /// What position 9 should be.
    pub check_digit: CheckDigit,
    /// vPIC's codes, ascending.
    pub errors: Vec<ErrorCode>,
    /// The VIN as it might be meant, `!` where a character is not known (element 142).
    pub suggested_vin: Option<String>,
    /// `(position:characters)` for every position in error (element 144).
    pub possible_values: Option<String>,
    /// More about the codes (element 156).
    pub additional_error_text: Option<String>,
    /// The texts of the codes (element 191).
    pub error_text: String,
    /// Every public variable with a value or a source, by element id.
    pub attributes: Vec<Attribute<'i>>,
}

/// A variable of the vehicle.
#[derive(Debug, Clone)]
pub struct Attribute<'i> {
    /// vPIC's element id.
    pub element: u8,
    /// vPIC's name of the variable.
    pub name: &'i str,
    /// vPIC's short name, for programs.
    pub code: &'i str,
    /// What it is about.
    pub group: &'i str,
    /// The value as it reads; `None` where vPIC names an attribute that has no name.
    pub value: Option<Value<'i>>,
    /// The id in vPIC's look-up table, or the value itself.
    pub attribute_id: Option<Value<'i>>,
    /// Where it comes from.
    pub source: Source,
    /// The pattern, or the specification, that gave it.
    pub pattern_id: Option<u32>,
    /// The schema of the pattern.
    pub schema_id: Option<u32>,
    /// The key of the pattern.
    pub key: Option<&'i str>,
    /// The formula of a conversion.
    pub formula: Option<&'i str>,
}

impl<'i> Decoded<'i> {
    /// The first value of an element.
    pub fn attribute(&self, element: u8) -> Option<&Attribute<'i>> {
        self.attributes
            .iter()
            .find(|attribute| attribute.element == element)
    }

    /// Whether the VIN decoded without an error; warnings may stand beside it.
    pub fn is_clean(&self) -> bool {
        self.errors.contains(&ErrorCode::Clean)
    }
}

pub(super) fn answer<'i>(request: &Request<'i>, pass: &Pass) -> Decoded<'i> {
    let index = request.index;
    let mut attributes: Vec<_> = pass
        .items
        .all
        .iter()
        .filter_map(|item| attribute(request, item))
        .collect();
    attributes.sort_by_key(|it| (it.element, it.pattern_id));
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let serial_from_13 = request.light && !request.vin.is_low_volume();
    Decoded {
        vin: request.vin,
        model_year: pass.year,
        check_digit: check_digit::calculate(&request.vin, serial_from_13),
        errors: pass.codes.iter().collect(),
        suggested_vin: some(&pass.correction.suggested),
        possible_values: some(&pass.correction.possible),
        additional_error_text: additional(index, request, pass),
        error_text: error_text(index, request, pass),
        attributes,
    }
}

fn attribute<'i>(request: &Request<'i>, item: &Item) -> Option<Attribute<'i>> {
    let index = request.index;
    let element = index.element(item.element)?;
    if element.flags & element_flags::PUBLIC == 0 {
        return None;
    }
    let (attribute_id, value) = contents(request, item);
    let formula = match item.content {
        Content::Conversion(place) => index.conversions.get(position(place)).map(|it| it.source),
        _ => None,
    };
    let some = |number: u32| (number != NONE).then_some(number);
    let schema_id = match item.source {
        Source::VehicleSpecification => some(item.schema),
        _ => index
            .schemas
            .get(position(item.schema))
            .map(|schema| schema.id),
    };
    Some(Attribute {
        element: item.element,
        name: index.text(element.name).unwrap_or_default(),
        code: index.text(element.code).unwrap_or_default(),
        group: index.text(element.group).unwrap_or_default(),
        value,
        attribute_id,
        source: item.source,
        pattern_id: some(item.pattern),
        schema_id,
        key: index.key(item.key).and_then(|key| index.text(key.text)),
        formula: formula.and_then(|id| index.text(id)),
    })
}

/// The attribute id and the value.
fn contents<'i>(request: &Request<'i>, item: &Item) -> (Option<Value<'i>>, Option<Value<'i>>) {
    let index = request.index;
    let text = |id: u32| index.text(id).map(Cow::Borrowed);
    let attribute = item
        .attribute(index)
        .and_then(|place| index.attribute(place));
    let id = attribute.and_then(|it| text(it.text));
    match item.content {
        Content::Attribute(_) => (id, attribute.and_then(|it| text(it.value))),
        Content::Part { from, length, .. } => {
            let from = usize::from(from);
            let end = (from + usize::from(length)).min(request.subject.length);
            let part = request.subject.bytes.get(from..end).unwrap_or_default();
            (
                id,
                Some(Cow::Owned(String::from_utf8_lossy(part).into_owned())),
            )
        }
        Content::Default(place) => {
            let row = index.defaults.get(position(place));
            (id, row.and_then(|row| text(row.value)))
        }
        Content::VehicleType { name, .. } => (id, text(name)),
        Content::Manufacturer(place) => {
            let row = index.manufacturers.get(position(place));
            (
                row.and_then(|it| text(it.id_text)),
                row.and_then(|it| text(it.name)),
            )
        }
        Content::Make(place) => {
            let row = index.makes.get(position(place));
            (
                row.and_then(|it| text(it.id_text)),
                row.and_then(|it| text(it.name)),
            )
        }
        Content::Year(year) => {
            let year: Value<'i> = Cow::Owned(year.to_string());
            (Some(year.clone()), Some(year))
        }
        Content::Conversion(place) => {
            let value = index
                .conversions
                .get(position(place))
                .and_then(|it| text(it.value));
            (value.clone(), value)
        }
    }
}

/// Element 191: the texts of the codes.
fn error_text(index: &Index, request: &Request<'_>, pass: &Pass) -> String {
    let mut all = String::new();
    for code in pass.codes.iter() {
        let name = index
            .error_text(code.number())
            .and_then(|it| index.text(it.name));
        let note = match code {
            ErrorCode::CheckDigit if pass.off_road => OFF_ROAD_NOTE,
            ErrorCode::Clean if request.exception => EXCEPTION_NOTE,
            _ => "",
        };
        let text = format!("{}{note}", name.unwrap_or_default());
        if !all.is_empty() {
            all.push_str("; ");
        }
        all.push_str(text.trim_matches(' '));
    }
    cut(all)
}

/// Element 156: more about the codes.
fn additional(index: &Index, request: &Request<'_>, pass: &Pass) -> Option<String> {
    let codes = pass.codes;
    let mut text: Option<String> = None;
    for code in [ErrorCode::OnePosition, ErrorCode::SeveralPositions] {
        if codes.contains(code) {
            let row = index.error_text(code.number());
            text = row
                .and_then(|it| index.text(it.additional))
                .map(str::to_owned);
        }
    }
    let mut add = |more: Option<String>| {
        // In SQL, a text with something unknown in it is unknown.
        let before = text.take().unwrap_or_default();
        text = more.map(|more| cut(format!("{before}{more}").trim_matches(' ').to_owned()));
    };
    if codes.contains(ErrorCode::UnusedPositions) {
        let unused = pass.correction.unused.as_deref();
        add(unused.map(|unused| format!(" Unused position(s): {unused}. ")));
    }
    if codes.contains(ErrorCode::InvalidCharacters) {
        add(Some(format!(
            " Invalid character(s): {}. ",
            pass.correction.invalid
        )));
    }
    let body = pass.items.of(BODY_CLASS);
    if request.public.is_some() && pass.vehicle_type == Some(INCOMPLETE_VEHICLE)
        || body.is_some_and(|item| item.has_flag(index, INCOMPLETE))
    {
        add(Some(INCOMPLETE_NOTE.to_owned()));
    }
    if !pass.conclusive {
        add(Some(YEAR_NOTE.to_owned()));
    }
    text.filter(|text| !text.is_empty())
}

fn cut(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(MOST_TEXT) {
        text.truncate(at);
    }
    text
}
